/*
 * flap.h - accounts that connect and get lost again, over and over.
 *
 * Each start works, so no budget ends it; what it costs is a browser every few minutes and a number that
 * looks like a robot's.  So after some losses in a sliding window the account is in quarantine: its next
 * starts follow a slow ladder of their own.  It is never held for it, and leaves only by connected time
 * that somebody saw, or when a person asks.
 */
#ifndef RELINK_POLICY_FLAP_H
#define RELINK_POLICY_FLAP_H
#include <stdbool.h>
#include <stdint.h>

#define FLAP_LOSSES_MAX 5          /* as many as the gaps remember */
#define FLAP_GAP_MAX    UINT16_MAX /* seconds; a gap as long as that, or none */

struct flap_rules {
	uint64_t window; /* ms: so many losses within it are too many */
	uint64_t wait;   /* ms: first step of the ladder; it doubles twice */
	uint64_t stable; /* ms of connected time that end it */
	uint32_t losses; /* at most FLAP_LOSSES_MAX; 0: nothing is flapping */
};

/* All zero: never lost. */
struct flap {
	uint64_t gaps; /* seconds between the last losses, 16 bits each, the newest lowest */
	uint32_t at_s; /* the last loss, in seconds; 0: none */
	uint8_t step;  /* 0: not in quarantine; else its place on the ladder */
};

/* It was connected and is no more, by nobody's wish. */
void flap_lost(const struct flap_rules *, struct flap *, uint64_t now);
/* How long until the next start; one step further up the ladder.  In quarantine only. */
uint64_t flap_wait(const struct flap_rules *, struct flap *, uint64_t *rng);
/* The longest of these waits. */
uint64_t flap_wait_max(const struct flap_rules *);
/* Connected since then and seen to be: is it over? */
bool flap_is_over(const struct flap_rules *, const struct flap *, uint64_t up_since, uint64_t now);
void flap_forget(struct flap *);

#endif
