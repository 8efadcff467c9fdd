/*
 * ramp.h - how many starts may be under way at an instance, by how starts go there.  Pure.
 *
 * A start that got somewhere makes room for one more, a start that failed by the fault of the engine or the
 * provider halves what there is.  After the first setback the way up is slow: one more for each full set of
 * good starts.  So many starts as the configuration allows are an upper bound, never a promise.
 *
 * How long a start takes is no fault; only a deadline is.
 */
#ifndef RELINK_POLICY_RAMP_H
#define RELINK_POLICY_RAMP_H
#include <stdbool.h>
#include <stdint.h>

struct account;

/* What came of a start. */
enum start_outcome {
	START_WELL,   /* a code, a login, or connected */
	START_BADLY,  /* the engine or the provider failed */
	START_NEITHER /* somebody wished otherwise, or the account is to blame */
};
/* Of an account that has just given its start slot back. */
enum start_outcome start_outcome_of(const struct account *);

struct ramp {
	uint64_t parts;  /* starts that may be under way, in parts of one */
	uint64_t cut_at; /* starts of before then say nothing new */
	uint64_t mean;   /* ms that a start takes, of the last ones; 0: none has ended yet */
	bool careful;    /* there was a setback */
};
/* A new core, and an instance that comes back, begin with `first`; what was measured stays. */
void ramp_restart(struct ramp *, uint64_t first, uint64_t now);
/* A start ended that began at `began`.  `under_way` at that moment, this one included: what was not used
 * was not tried, and does not grow. */
void ramp_ended(struct ramp *, enum start_outcome, uint64_t began, uint64_t now, uint64_t under_way,
		uint64_t most);

/* How many may be under way; of `most` (2 or more) the last is a person's. */
uint64_t ramp_slots(const struct ramp *, uint64_t most);
/* May one more begin?  People have as many slots of their own, within `most`: who clicks while the others
 * use up what the ramp gives, or still have more than it gives by now, does not wait for them. */
bool ramp_lets(const struct ramp *, uint64_t most, bool person, uint64_t under_way,
	       uint64_t persons);
/* How long until so many starts have been let in behind each other, as starts went so far; false: none
 * has ended yet, so nobody knows. */
bool ramp_time(const struct ramp *, uint64_t slots, uint64_t under_way, uint64_t starts,
	       uint64_t *ret_ms);

#endif
