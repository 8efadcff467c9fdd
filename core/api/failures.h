/*
 * failures.h - wrong keys, counted by the address that they come from.
 *
 * Only attempts with a wrong key are ever refused for it: a right key passes, so nobody who shares
 * an address with an attacker (a proxy, an office) is locked out.
 */
#ifndef RELINK_API_FAILURES_H
#define RELINK_API_FAILURES_H
#include <stdint.h>

#include "api/peer.h"

#define FAILURES_ALLOWED   20
#define FAILURES_WINDOW_MS 60000
/* Addresses that are remembered; the one whose window began first makes room. */
#define FAILURES_PEERS 1024

struct failure;
struct failures {
	struct failure *peers; /* uthash, in the order in which their windows began */
};

/* Another wrong key.  Returns 0, or how many seconds this peer should wait: it has used up what is
 * allowed.  The first in a window is logged. */
unsigned failures_add(struct failures *, const struct peer *, uint64_t now_ms);
void failures_fini(struct failures *);

#endif
