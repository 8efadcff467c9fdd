/*
 * accept.h - which of our media types a client would like best.
 */
#ifndef RELINK_API_ACCEPT_H
#define RELINK_API_ACCEPT_H
#include "base/str.h"

/* The index of the type in `types` ("image/png") that `accept` (a header's value) gives the highest
 * weight, the first among equals.  0 when it says nothing, or wants none of them: an answer of another
 * type is better than none. */
unsigned accept_choose(struct str accept, const char *const *types, unsigned n_types);

#endif
