/*
 * buf.h - a growing byte buffer that states its maximum at birth.
 *
 * An append that would pass the limit, or for which there is no memory, changes nothing, returns an
 * error and marks the buffer failed; later appends fail too.  So a writer may append ten times and
 * ask once at the end.
 */
#ifndef RELINK_BASE_BUF_H
#define RELINK_BASE_BUF_H
#include <stdarg.h>

#include "base/err.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t n, room, limit;
	int failed; /* 0, ERR_TOOBIG, ERR_NOMEM or (printf's) ERR_FORMAT */
};

void buf_init(struct buf *, size_t limit);
void buf_fini(struct buf *);
/* Forget the content and the failure, keep the memory. */
void buf_reset(struct buf *);
/* Forget the first `n` bytes. */
void buf_drop(struct buf *, size_t n);

int buf_add(struct buf *, const void *bytes, size_t n);
int buf_str(struct buf *, struct str);
int buf_text(struct buf *, const char *z);
int buf_byte(struct buf *, char c);
int buf_u64(struct buf *, uint64_t v);
/* In base64, with its padding. */
int buf_base64(struct buf *, struct str);
int buf_printf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Make room for `n` more bytes and return where they go (NULL: failed); add to `->n` yourself.
 * There is one byte more than that, so that a NUL may be written behind them. */
char *buf_room(struct buf *, size_t n);

static inline struct str buf_all(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

#endif
