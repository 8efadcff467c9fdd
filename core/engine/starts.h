/*
 * starts.h - who waits for a start, who may begin one, and when that will be.
 *
 * Part of state.h, and included by nobody else.
 */
#ifndef RELINK_ENGINE_STARTS_H
#define RELINK_ENGINE_STARTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/str.h"
#include "policy/ramp.h"

struct engine;
struct instance;
struct member;

/* A workspace's accounts that wait in one line of an instance: made for the first, gone with the last. */
struct lane {
	UT_hash_handle hh;
	struct lane *prev, *next; /* of its line, in the order of `turn` */
	struct member *first;     /* utlist, q_prev/q_next */
	uint64_t turn;            /* when it went to the end of the line */
	uint32_t tickets;         /* given so far */
	uint32_t passed;          /* how often it let others go first since it was served here */
	char key[];               /* the line, 1 byte, and the workspace */
};
struct line {
	struct lane *first;
	uint64_t accounts, lanes;
};

/* admission.c: who may start now */
void admit(struct engine *);
/* A start gave its slot back. */
void start_ended(struct engine *, struct member *, enum start_outcome);
/* The instance begins low: it is new, or was down, or an operator's brake is let go. */
void starts_begin_low(struct engine *, struct instance *);
/* Does the instance take starts at all at the moment?  Its slots are another matter. */
bool takes_starts(const struct engine *, const struct instance *);
/* How many may be under way. */
uint64_t start_slots(const struct instance *);
/* Is there room for one code more? */
bool can_scan(const struct instance *, bool person);
/* Would an automatic start find a slot there, behind those that wait already? */
bool start_would_fit(const struct instance *);
/* Is there no room for the code that it would show now? */
bool scan_is_one_too_many(const struct member *);
/* Why it waits, when codes are in the way; empty: they are not. */
struct str scans_wait(const struct member *, char *text, size_t size);

/* queues.c: who waits where, and whose turn it is */
/* The two lines of a class: of those with a login, and of those who will need a scan. */
const struct line *lines_of(const struct instance *, unsigned class);
void queue_put(struct engine *, struct member *);
void queue_take(struct engine *, struct member *);
/* The lane whose turn it is, of those in this class that the instance may serve; NULL: none. */
struct lane *queue_next(const struct instance *, unsigned class, bool may_scan);
/* Is it longer ago that this one was served?  NULL is never. */
bool lane_is_older(const struct lane *, const struct lane *than);
/* Its workspace was served at this instance. */
void queue_served(struct instance *, unsigned class, const char *workspace);
/* How many of its class at its instance go first, at most. */
uint64_t queue_ahead(const struct member *);

/* estimate.c: when that will be */
uint64_t estimate_start_at(const struct engine *, const struct member *); /* 0: not known */
bool estimate_drained(const struct engine *, const struct instance *, uint64_t *ret_ms);

#endif
