/*
 * quarantine.c - accounts that worker processes die of: marked, kept apart, given up (policy/blame.h).
 *
 * Each provider has one more slot than it has workers, behind all others: empty until an account must
 * be alone, and again when none does.  Its worker opens all instances of the provider, is asked for no
 * list and believed about no other account.  One account at a time has operations there, so that a
 * death has one suspect; another one's are answered as if the worker were not there, and come again.
 */
#include <signal.h>
#include <stdio.h>

#include "engine/state.h"

/* What a process died of is its plugin's business, unless somebody else killed it, the kernel for want of
 * memory or a person; or we for want of ours.  Else one that served is killed by us only for its silence or
 * what it did to its link. */
static bool is_plugin_s_fault(const struct inbox_gone *g)
{
	bool innocent = g->killed == KILLED_BY_OTHERS || g->killed == KILLED_WANT;

	return g->was_ready && (g->signal != SIGKILL || !innocent);
}

static bool was_marked(const struct slot *s, unsigned upto, uint64_t row)
{
	for (unsigned n = 0; n < upto; n++) {
		if (s->lost[n].row == row)
			return true;
	}
	return false;
}

static void mark(struct engine *e, struct slot *s, struct member *m)
{
	static const char *const follows[] = { "", "; it works alone from now on",
					       "; it is given up until a person acts" };
	char text[LIMIT_REASON];

	blame_mark(&m->blame, s->quarantine, e->now);
	snprintf(text, sizeof text, "worker %u died while an operation of this account was open%s",
		 s->number, follows[blame_verdict(&m->blame, e->now)]);
	account_changed(e, m);
	account_journal(e, m, JOURNAL_BLAMED, !member_is_deleted(m), str_of(text), STR_NONE);
	LOG(WARN, ENGINE, "account.blamed", f_text("account", m->id), f_u64("slot", s->number),
	    f_u64("marks", m->blame.marks));
	e->stats.blamed++;
}

void blame_the_lost(struct engine *e, struct slot *s, const struct inbox_gone *g)
{
	if (!is_plugin_s_fault(g))
		return;
	for (unsigned n = 0; n < s->n_lost; n++) {
		struct member *m = member_by_row(e, s->lost[n].row);

		if (s->lost[n].row != 0 && m != NULL && !was_marked(s, n, s->lost[n].row))
			mark(e, s, m);
	}
}

bool is_poison(const struct engine *e, const struct member *m, char *text, size_t n)
{
	if (blame_verdict(&m->blame, e->now) != BLAME_HOLD)
		return false;
	snprintf(
	    text, n,
	    "3 worker processes died while an operation of this account was open, the last one in "
	    "slot %u where it was alone (relinkctl worker deaths %u shows why); correct the cause, "
	    "then connect it again",
	    m->instance->provider->quarantine, m->instance->provider->quarantine);
	return true;
}

static bool must_be_alone(const struct engine *e, const struct member *m)
{
	return blame_verdict(&m->blame, e->now) != BLAME_NONE;
}

unsigned slot_for(const struct engine *e, const struct instance *i, const struct member *or_null)
{
	return or_null != NULL && must_be_alone(e, or_null) ? i->provider->quarantine : i->slot;
}

bool quarantine_admits(struct engine *e, const struct op *op)
{
	struct slot *s = &e->slots[op->slot];

	if (!s->quarantine)
		return true;
	if (s->w.state == WS_EMPTY && !e->stopping)
		worker_happens(e, s, WE_WANT, false);
	return s->n_guests == 0 || s->guest == op->row;
}

void quarantine_entered(struct engine *e, struct op *op)
{
	struct slot *s = &e->slots[op->slot];

	op->guest = s->quarantine;
	if (!op->guest)
		return;
	s->guest = op->row;
	s->n_guests++;
}

void quarantine_left(struct engine *e, const struct op *op)
{
	if (op->guest)
		e->slots[op->slot].n_guests--;
}

bool quarantine_may_tell(const struct engine *e, const struct instance *at,
			 const struct member *or_null, unsigned *slot)
{
	if (!e->slots[*slot].quarantine)
		return true;
	if (at == NULL || slot_for(e, at, or_null) != *slot)
		return false;
	*slot = at->slot;
	return true;
}

uint64_t quarantined(const struct engine *e, const struct provider *p)
{
	const struct member *m;
	uint64_t n = 0;

	for (size_t i = 0; i < p->n_instances; i++) {
		DL_FOREACH2(p->instances[i].members, m, i_next)
		n += must_be_alone(e, m);
	}
	DL_FOREACH2(p->homeless, m, i_next) /* what they left behind is there */
	n += m->n_strays > 0 && must_be_alone(e, m);
	return n;
}

void quarantine_ends(struct engine *e, struct slot *s)
{
	if (s->quarantine && s->w.state == WS_READY && s->n_guests == 0 &&
	    quarantined(e, s->provider) == 0)
		worker_happens(e, s, WE_UNWANT, false);
}
