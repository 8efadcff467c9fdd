/*
 * rate.h - so many things and bytes in a second; the rest is counted.
 */
#ifndef RELINK_PROC_RATE_H
#define RELINK_PROC_RATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate {
	uint64_t things, bytes; /* most in one second */
	uint64_t second, used_things, used_bytes;
	uint64_t refused; /* since rate_refused was asked last */
};

/* May one more, of `n` bytes, pass at `now_ms`?  A refused one is counted. */
static inline bool rate_pass(struct rate *r, uint64_t now_ms, size_t n)
{
	if (now_ms / 1000 != r->second) {
		r->second = now_ms / 1000;
		r->used_things = r->used_bytes = 0;
	}
	if (r->used_things < r->things && n <= r->bytes - r->used_bytes) {
		r->used_things++;
		r->used_bytes += n;
		return true;
	}
	r->refused++;
	return false;
}

/* How many were refused in seconds that are over; they are forgotten then. */
static inline uint64_t rate_refused(struct rate *r, uint64_t now_ms)
{
	uint64_t n = now_ms / 1000 != r->second ? r->refused : 0;

	r->refused -= n;
	return n;
}

#endif
