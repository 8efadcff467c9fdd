/*
 * deadline.h - everything in this room that is due some time, in one heap behind one timer.
 *
 * Nothing here knows libuv: the owner of the timer (server.c) asks deadlines_next() and calls
 * deadlines_run(), tests do the same with a clock of their own.
 */
#ifndef RELINK_API_DEADLINE_H
#define RELINK_API_DEADLINE_H
#include <stdint.h>

#include "base/heap.h"

#define DEADLINE_NEVER UINT64_MAX

/* Embedded in whatever has one. */
struct deadline {
	struct heap_node node;
	void (*due)(struct deadline *); /* the deadline is DEADLINE_NEVER again when it runs */
};

struct deadlines {
	struct heap heap;
	/* The earliest moved forward, so a timer may have to be set anew.  NULL: nobody cares. */
	void (*sooner)(struct deadlines *);
	void *ctx; /* of the owner of `sooner` */
};

void deadlines_fini(struct deadlines *);

/* Take a place in the heap, at DEADLINE_NEVER.  ERR_NOMEM is possible here only: setting and
 * clearing never fail, so no deadline is ever lost. */
int deadline_init(struct deadlines *, struct deadline *, void (*due)(struct deadline *));
void deadline_fini(struct deadlines *, struct deadline *);
void deadline_set(struct deadlines *, struct deadline *, uint64_t at_ms);

/* Run what is due at `now_ms`. */
void deadlines_run(struct deadlines *, uint64_t now_ms);
/* When the earliest is due; DEADLINE_NEVER when nothing is. */
uint64_t deadlines_next(const struct deadlines *);

#endif
