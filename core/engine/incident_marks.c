/*
 * incident_marks.c - which accounts of an instance failed lately, each once, and what that cost them.
 */
#include <stdlib.h>

#include "engine/incident.h"

void mark_drop(struct instance *i, struct fault_mark *k)
{
	if (i->excuse_next == k)
		i->excuse_next = k->next;
	must(i->marks != NULL && i->mark_list != NULL);
	HASH_DELETE(hh, i->marks, k);
	DL_DELETE(i->mark_list, k);
	i->n_start_marks -= k->start;
	i->n_open_marks -= !k->ended;
	free(k);
}

void marks_free(struct instance *i)
{
	while (i->mark_list != NULL)
		mark_drop(i, i->mark_list);
}

void marks_prune(struct engine *e, struct instance *i)
{
	if (!scope_is_calm(scope_of(i)))
		return; /* they are the accounts of the incident */
	while (i->mark_list != NULL && i->mark_list->at + e->conf->incident_window_ms < e->now)
		mark_drop(i, i->mark_list);
}

struct fault_mark *mark_of(const struct instance *i, uint64_t row)
{
	struct fault_mark *k = NULL;

	if (i->marks != NULL)
		HASH_FIND(hh, i->marks, &row, sizeof row, k);
	return k;
}

static struct account_before before_of(const struct account *a)
{
	return (struct account_before){ .fails = a->fails,
					.waits = a->waits,
					.profile = a->profile,
					.profile_fails = a->profile_fails,
					.slow_step = a->slow_step,
					.replaced = a->replaced,
					.flap = a->flap };
}

/* Each account once, as it was before the first of its failures in the window. */
struct fault_mark *mark_bad(struct engine *e, const struct member *m, const struct account *was)
{
	struct instance *i = m->instance;
	struct fault_mark *k = mark_of(i, m->row);

	if (k == NULL) {
		k = calloc(1, sizeof *k);
		if (k == NULL)
			return NULL; /* it is not counted, which harms nobody */
		k->row = m->row;
		k->before = before_of(was);
		HASH_ADD(hh, i->marks, row, sizeof k->row, k);
		i->n_open_marks++;
	} else {
		DL_DELETE(i->mark_list, k);
		if (i->excuse_next == k)
			i->excuse_next = k->next;
	}
	k->at = e->now;
	k->life = was->generation;
	DL_APPEND(i->mark_list, k);
	return k;
}

/* Two halves of a window, so that old ones are forgotten. */
void tally_add(struct engine *e, struct instance *i)
{
	uint64_t half = e->conf->incident_window_ms / 2 + 1;

	if (e->now >= i->good_at + half) {
		i->good_before = e->now < i->good_at + 2 * half ? i->good_now : 0;
		i->good_now = 0;
		i->good_at = e->now;
	}
	i->good_now++;
}

uint64_t good_starts(const struct engine *e, const struct instance *i)
{
	return e->now < i->good_at + e->conf->incident_window_ms
		   ? (uint64_t)i->good_now + i->good_before
		   : 0;
}
