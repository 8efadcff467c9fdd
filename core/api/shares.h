/*
 * shares.h - how many connections each address has.
 *
 * There is one entry for each address that has a connection, so connections bound the table.
 */
#ifndef RELINK_API_SHARES_H
#define RELINK_API_SHARES_H
#include <stdint.h>

#include "api/peer.h"

struct share;
struct shares {
	struct share *peers; /* uthash */
};

/* One more from this address; returns how many it has now, 0 when memory is out. */
uint64_t shares_add(struct shares *, const struct peer *);
/* One less. */
void shares_remove(struct shares *, const struct peer *);

#endif
