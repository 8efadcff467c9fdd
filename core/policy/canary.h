/*
 * canary.h - an instance on trial: how many accounts it gets, and when the trial has failed.  Pure.
 *
 * A new version of a backend is tried with a share of the accounts.  What ends a trial is not that
 * something fails, but that it fails clearly more often than at the other instances: an outage of the
 * whole field halts no one.
 */
#ifndef RELINK_POLICY_CANARY_H
#define RELINK_POLICY_CANARY_H
#include <stdbool.h>
#include <stdint.h>

#define CANARY_HALF_MS  300000 /* what is counted is between one and two of these old */
#define CANARY_FAILURES 5      /* fewer are chance */

/* Starts that got somewhere, and sessions that failed, in this half of the window and the one before. */
struct canary_tally {
	uint64_t at; /* when this half began */
	uint32_t good[2], bad[2];
};
struct canary_count {
	uint64_t good, bad;
};

void canary_note(struct canary_tally *, uint64_t now, bool good);
struct canary_count canary_counted(const struct canary_tally *, uint64_t now);

/* Does this cause say something about the instance? */
bool canary_blames(unsigned cause);
/* At least CANARY_FAILURES, a tenth of all, and twice the share of the others; or, where the others tell
 * nothing, half of all. */
bool canary_fails(const struct canary_count *mine, const struct canary_count *others);
/* May one more account of a provider that has `all` be placed where `here` are, of `percent`? */
bool canary_has_room(uint64_t here, uint64_t all, uint64_t percent);

#endif
