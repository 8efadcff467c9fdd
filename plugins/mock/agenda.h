/*
 * agenda.h - which session changes by itself next.
 *
 * A heap of (time, session) in one array; the session remembers its place, so that moving and
 * removing need no search.  Of two that are due at one time the older goes first, so that every
 * reader of a journal sees them in one order.  Room is reserved when a session is made, so that
 * nothing here can fail in the middle of a change.
 */
#ifndef RELINK_MOCK_AGENDA_H
#define RELINK_MOCK_AGENDA_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AGENDA_NEVER   UINT64_MAX
#define AGENDA_NOWHERE UINT32_MAX

struct life;
struct agenda {
	struct agenda_entry {
		uint64_t at;
		struct life *life;
	} * v;
	uint32_t n, room;
};

void agenda_free(struct agenda *);
/* Room for `n` sessions in all; false: no memory. */
bool agenda_reserve(struct agenda *, size_t n);
/* Insert, move, or (AGENDA_NEVER) take out. */
void agenda_set(struct agenda *, struct life *, uint64_t at);
/* The earliest if it is due at `now`, taken out; NULL: none. */
struct life *agenda_pop_due(struct agenda *, uint64_t now);
/* When the earliest is due; AGENDA_NEVER: nothing is. */
uint64_t agenda_next(const struct agenda *);

#endif
