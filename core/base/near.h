/*
 * near.h - did you mean?
 */
#ifndef RELINK_BASE_NEAR_H
#define RELINK_BASE_NEAR_H
#include "base/str.h"

/* How many letters must be added, dropped, changed or swapped with their neighbour to make `b` of
 * `a`; UINT_MAX when either is too long to be a key. */
unsigned near_distance(struct str a, struct str b);

/* The nearest word so far for something that was written: begin with `{ .written = text }`. */
struct near {
	struct str written;
	const char *word; /* NULL: none is near enough to be meant */
	unsigned distance;
};
void near_try(struct near *, const char *word);

#endif
