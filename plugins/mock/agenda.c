/* agenda.c - a binary heap whose sessions know their place. */
#include "agenda.h"

#include <stdlib.h>

#include "life.h"

static void put(struct agenda *a, uint32_t slot, struct agenda_entry e)
{
	a->v[slot] = e;
	e.life->slot = slot;
}

static bool before(struct agenda_entry a, struct agenda_entry b)
{
	return a.at != b.at ? a.at < b.at : a.life->serial < b.life->serial;
}

/* Put `e` where it belongs, given that `slot` is free. */
static void place(struct agenda *a, uint32_t slot, struct agenda_entry e)
{
	while (slot > 0 && before(e, a->v[(slot - 1) / 2])) {
		put(a, slot, a->v[(slot - 1) / 2]);
		slot = (slot - 1) / 2;
	}
	for (;;) {
		uint32_t child = slot * 2 + 1;

		if (child + 1 < a->n && before(a->v[child + 1], a->v[child]))
			child++;
		if (child >= a->n || before(e, a->v[child]))
			break;
		put(a, slot, a->v[child]);
		slot = child;
	}
	put(a, slot, e);
}

static void take_out(struct agenda *a, uint32_t slot)
{
	struct agenda_entry last = a->v[--a->n];

	if (slot < a->n)
		place(a, slot, last);
}

void agenda_free(struct agenda *a)
{
	free(a->v);
	*a = (struct agenda){ 0 };
}

bool agenda_reserve(struct agenda *a, size_t n)
{
	uint32_t room = a->room > 0 ? a->room : 64;
	struct agenda_entry *v;

	if (n <= a->room)
		return true;
	while (room < n)
		room *= 2;
	v = realloc(a->v, room * sizeof *v);
	if (v == NULL)
		return false;
	a->v = v;
	a->room = room;
	return true;
}

void agenda_set(struct agenda *a, struct life *l, uint64_t at)
{
	uint32_t slot = l->slot;

	if (at == AGENDA_NEVER) {
		l->slot = AGENDA_NOWHERE;
		if (slot != AGENDA_NOWHERE)
			take_out(a, slot);
		return;
	}
	if (slot == AGENDA_NOWHERE)
		slot = a->n++;
	place(a, slot, (struct agenda_entry){ at, l });
}

struct life *agenda_pop_due(struct agenda *a, uint64_t now)
{
	struct life *l;

	if (agenda_next(a) > now)
		return NULL;
	l = a->v[0].life;
	agenda_set(a, l, AGENDA_NEVER);
	return l;
}

uint64_t agenda_next(const struct agenda *a)
{
	return a->n > 0 ? a->v[0].at : AGENDA_NEVER;
}
