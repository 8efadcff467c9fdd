/*
 * fence.h - the second defence of "a (session, generation) goes into at most one create".
 *
 * The first is the core's store.  Here each instance remembers the highest generation that it has
 * created for an account, and refuses what is not above it.  The memory is bounded: the accounts
 * that came first are forgotten first, and it dies with the process.
 */
#ifndef RELINK_WORKER_FENCE_H
#define RELINK_WORKER_FENCE_H
#include "base/str.h"

#define FENCE_ACCOUNTS_MAX 65536

struct fence_entry;
struct fence {
	struct fence_entry *entries; /* by account, in the order in which they came */
};

/* Remember that `generation` of `account` is being created.  ERR_EXISTS: this one or a later
 * one was created before, and *ret_highest is the highest; ERR_NOMEM. */
int fence_pass(struct fence *, struct str account, uint64_t generation, uint64_t *ret_highest);
void fence_fini(struct fence *);

#endif
