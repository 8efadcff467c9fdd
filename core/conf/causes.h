/*
 * causes.h - what may follow from a cause, and what operators say about that.
 */
#ifndef RELINK_CONF_CAUSES_H
#define RELINK_CONF_CAUSES_H
#include <stdbool.h>
#include <stdint.h>

#include "relink/plugin.h"

/* Names are those of the configuration and of the API. */
#define CAUSE_THENS(T)                                                                       \
	T(DEFAULT, 0, "default")   /* in what operators say: nothing */                      \
	T(RETRY, 1, "retry")       /* with backoff, on the budget; then hold */              \
	T(PROVIDER, 2, "provider") /* the provider's fault: with backoff, burns no budget */ \
	T(SLOW, 3, "slow")         /* the slow ladder, or what the provider asked for */     \
	T(ONCE, 4, "once")         /* one retry, then hold: two owners must not fight */     \
	T(PARK, 5, "park")         /* wait for a person at no cost */                        \
	T(HOLD, 6, "hold")         /* failed until a person acts */                          \
	T(NOTHING, 7, "nothing")   /* not a failure */
enum cause_then {
#define T(id, n, name) THEN_##id = (n),
	CAUSE_THENS(T)
#undef T
	    THEN_COUNT
};

/* All zero: as causes.def has it. */
struct cause_choice {
	uint8_t then; /* enum cause_then */
	uint8_t
	    attempts; /* THEN_RETRY: after so many failed ones in a row it is held; 0: the budget */
};
struct conf_causes {
	struct cause_choice of[RELINK_CAUSE_COUNT];
};

#define CAUSE_ATTEMPTS_MAX 200

#endif
