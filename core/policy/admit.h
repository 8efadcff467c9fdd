/*
 * admit.h - who may start now: a token bucket per provider, a cap per instance, classes.  Pure.
 *
 * A start is expensive (a browser each) and the time after an outage is when everybody wants one.
 */
#ifndef RELINK_POLICY_ADMIT_H
#define RELINK_POLICY_ADMIT_H
#include <stdbool.h>
#include <stdint.h>

struct account;

/* Tokens are counted in parts of a start, so that a slow rate refills smoothly. */
struct bucket {
	uint64_t parts, at;
};
/* A full bucket would let `burst` starts go at once; a new core begins with one token, so that boot
 * is a ramp and not a burst. */
void bucket_init(struct bucket *, uint64_t now);
/* Take a token if there is one.  Otherwise *ret_wait_ms says when there will be. */
bool bucket_take(struct bucket *, uint64_t per_minute, uint64_t burst, uint64_t now,
		 uint64_t *ret_wait_ms);

/* Lower classes go first: a person waits > was connected > others; in each high, normal, low. */
#define ADMIT_CLASSES 9
unsigned admit_class(const struct account *);

#endif
