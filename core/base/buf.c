/* buf.c - a growing byte buffer with a limit. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf){ .limit = limit < SIZE_MAX ? limit : SIZE_MAX - 1 };
}

void buf_fini(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .limit = b->limit };
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->failed = 0;
}

void buf_drop(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

/* Memory is one byte more than the limit at most: vsnprintf wants a place for its NUL. */
char *buf_room(struct buf *b, size_t n)
{
	size_t room;
	char *p;

	if (b->failed != 0)
		return NULL;
	if (n > b->limit || b->n > b->limit - n) {
		b->failed = ERR_TOOBIG;
		return NULL;
	}
	if (b->n + n < b->room)
		return b->p + b->n;
	room = b->room > 0 ? b->room : 256;
	while (room <= b->n + n)
		room = room <= b->limit / 2 ? room * 2 : b->limit + 1;
	p = realloc(b->p, room);
	if (p == NULL) {
		b->failed = ERR_NOMEM;
		return NULL;
	}
	b->p = p;
	b->room = room;
	return b->p + b->n;
}

int buf_add(struct buf *b, const void *bytes, size_t n)
{
	char *to;

	if (n == 0)
		return b->failed;
	/* every field of every message comes through here, and nearly always there is room */
	if (b->failed == 0 && n < b->room - b->n && n <= b->limit - b->n)
		to = b->p + b->n;
	else
		to = buf_room(b, n);
	if (to == NULL)
		return b->failed;
	memcpy(to, bytes, n);
	b->n += n;
	return 0;
}

int buf_str(struct buf *b, struct str s)
{
	return buf_add(b, s.p, s.n);
}

int buf_text(struct buf *b, const char *z)
{
	return buf_add(b, z, strlen(z));
}

int buf_byte(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int buf_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	return buf_add(b, digits + at, sizeof digits - at);
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *to;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		b->failed = ERR_FORMAT;
		return b->failed;
	}
	to = buf_room(b, (size_t)n);
	if (to == NULL)
		return b->failed;
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
	return 0;
}

int buf_base64(struct buf *b, struct str s)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *to = buf_room(b, (s.n + 2) / 3 * 4);

	if (to == NULL)
		return b->failed;
	for (size_t i = 0; i < s.n; i += 3) {
		size_t n = s.n - i < 3 ? s.n - i : 3;
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (k < n ? (uint8_t)s.p[i + k] : 0u);
		for (size_t k = 0; k < 4; k++)
			*to++ = k <= n ? digits[v >> (18 - 6 * k) & 63] : '=';
	}
	b->n += (s.n + 2) / 3 * 4;
	return 0;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return r;
}
