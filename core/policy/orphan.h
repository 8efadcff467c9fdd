/*
 * orphan.h - a life that the ledger has given up, until it is proven gone.  Pure.
 *
 * Only what the ledger abandoned is ever ended from here (store first, kill after), so an end may be
 * late, repeated or lost without harm: an abandoned life never becomes current again.  A disconnect
 * that was answered "done" proves nothing; two complete lists a settle time apart do.
 */
#ifndef RELINK_POLICY_ORPHAN_H
#define RELINK_POLICY_ORPHAN_H
#include <stdbool.h>
#include <stdint.h>

struct orphan {
	uint64_t minted_at;    /* when the life was written down */
	uint64_t quiet_until;  /* the account's own disconnect is under way; 0: none */
	uint64_t absent_since; /* start of the first complete list without it; 0: none */
	uint8_t tries;
	bool op;   /* our disconnect is unanswered */
	bool seen; /* was listed since it was abandoned */
};

struct orphan_rules {
	uint64_t settle, op_deadline, backoff_base, backoff_cap;
	bool hold; /* automation is paused: nothing is ended */
};

enum orphan_do {
	ORPHAN_NOTHING,
	ORPHAN_KILL, /* send a disconnect; answer with orphan_answered */
	ORPHAN_GONE  /* proven: the ledger closes it, the orphan ends */
};

/* The ledger abandoned it at `now`.  `closing`: the account itself sends a disconnect first. */
void orphan_init(struct orphan *, const struct orphan_rules *, uint64_t minted_at, uint64_t now,
		 bool closing);
/* A list (asked at `at`) has it alive; it is ended, unless `hold`. */
enum orphan_do orphan_seen(struct orphan *, const struct orphan_rules *, uint64_t now, uint64_t at);
/* A complete list (asked at `at`) does not have it. */
enum orphan_do orphan_absent(struct orphan *, const struct orphan_rules *, uint64_t at);
/* Our disconnect was answered, failed, or ran into its deadline. */
void orphan_answered(struct orphan *, const struct orphan_rules *, uint64_t now, uint64_t *rng);

#endif
