/* frame.c - length prefixes, read and written. */
#include "ipc/frame.h"

#include "base/limits.h"
#include "base/must.h"

#define NOWHERE SIZE_MAX /* the place of a frame in a buffer that had failed before */

int frame_peek(struct str bytes, struct str *ret_value)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t n;

	if (bytes.n < FRAME_HEAD)
		return 0;
	n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (n == 0)
		return ERR_FORMAT;
	if (n > LIMIT_FRAME)
		return ERR_TOOBIG;
	if (bytes.n - FRAME_HEAD < n)
		return 0;
	*ret_value = (struct str){ bytes.p + FRAME_HEAD, n };
	return (int)(FRAME_HEAD + n);
}

size_t frame_begin(struct buf *b)
{
	size_t place = b->failed == 0 ? b->n : NOWHERE;

	buf_add(b, "\0\0\0", FRAME_HEAD);
	return place;
}

int frame_end(struct buf *b, size_t place)
{
	size_t n;
	int r;

	if (place == NOWHERE)
		return b->failed;
	must(b->failed != 0 || b->n > place + FRAME_HEAD);
	n = b->n - place - FRAME_HEAD;
	if (b->failed == 0 && n > LIMIT_FRAME)
		b->failed = ERR_TOOBIG;
	if (b->failed != 0) {
		r = b->failed;
		b->n = place;
		b->failed = 0;
		return r;
	}
	for (int i = 0; i < FRAME_HEAD; i++)
		b->p[place + i] = (char)(n >> (24 - 8 * i) & 0xff);
	return 0;
}
