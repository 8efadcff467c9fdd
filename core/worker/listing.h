/*
 * listing.h - the sessions of one list operation, on their way to the core in parts.
 *
 * A part leaves when it has LIMIT_LIST_PART sessions or when the room for their texts is full, so a
 * list of any length needs one part's memory.
 */
#ifndef RELINK_WORKER_LISTING_H
#define RELINK_WORKER_LISTING_H
#include "worker/fit.h"
#include "worker/uplink.h"

struct listing;

/* `call`: the core's number of the list request; the uplink is kept.  NULL: no memory. */
struct listing *listing_new(struct uplink *, uint32_t call);
void listing_free(struct listing **);
/* Copies what it is lent. */
void listing_add(struct listing *, const struct relink_session *);
/* Send what has not left yet. */
void listing_flush(struct listing *);
/* Sessions added so far. */
uint64_t listing_total(const struct listing *);

#endif
