/*
 * source.h - complaints about a file: which one, which line, which key, what to do.
 */
#ifndef RELINK_CONF_SOURCE_H
#define RELINK_CONF_SOURCE_H
#include "base/err.h"
#include "base/str.h"

struct node;

/* Where a text came from and where complaints go; both kept. */
struct source {
	const char *name; /* NULL: no file */
	struct why *why;
};

/* "relink.yaml:12: policy.backoff_base: " and the sentence.  Returns ERR_CONFIG. */
int source_complain(const struct source *, const struct node *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same without a key. */
int source_complain_line(const struct source *, size_t line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Memory ran out; returns ERR_NOMEM. */
int source_no_memory(const struct source *);

/* What somebody wrote, for a message: in quotes, cut, control bytes escaped. */
struct quoted {
	char text[64];
};
struct quoted quote(struct str);

#endif
