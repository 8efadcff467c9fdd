/*
 * place.h - which instance a new account goes to.  Pure.
 *
 * Placement is sticky: an account's credentials lie at its instance, so it is placed once and stays.
 */
#ifndef RELINK_POLICY_PLACE_H
#define RELINK_POLICY_PLACE_H
#include <stdbool.h>
#include <stdint.h>

struct place_candidate {
	uint64_t accounts; /* placed there already */
	uint64_t capacity;
};

/* The least loaded of `n` that has room, by accounts / capacity; the first of equals.  -1: all full. */
int place_choose(const struct place_candidate *, int n);

#endif
