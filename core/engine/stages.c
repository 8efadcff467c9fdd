/*
 * stages.c - how far an account can be heard at the moment, and the rare question to one session.
 *
 * Lists speak of all sessions at once and cost one question; whether the engine behind one of them
 * really answers, only a question to it can tell, or a message.  Where health.check_after is set, an
 * account that is connected and of which nothing stronger than lists was heard for so long is asked:
 * after a list, one of an instance at a time, so that no account needs a timer.
 */
#include "engine/state.h"

#define LOOKED_A_LIST 256 /* accounts that are considered after a list */

/* ---- what is known ---- */

static struct stage worker_stage(const struct engine *e, const struct member *m)
{
	const struct slot *s = &e->slots[slot_for(e, m->instance, m)];
	uint64_t at = MAX_OF(s->ponged_at, s->w.ready_at);

	if (s->w.state == WS_READY)
		return (struct stage){ s->w.misses == 0 ? VERDICT_GOOD : VERDICT_UNKNOWN, at };
	if (s->w.state == WS_COOLING || s->w.state == WS_HELD || s->w.state == WS_KILLED)
		return (struct stage){ VERDICT_BAD, s->w.since };
	return (struct stage){ VERDICT_UNKNOWN, at };
}

static struct stage instance_stage(const struct engine *e, const struct instance *i)
{
	if (i->reachable)
		return (struct stage){ VERDICT_GOOD, i->answered_at };
	if (i->down_since != 0 && !service_is_booting(e, i))
		return (struct stage){ VERDICT_BAD, i->down_since };
	return (struct stage){ VERDICT_UNKNOWN, i->answered_at };
}

static struct stage listed_stage(const struct account *a, const struct instance *i)
{
	if (a->open && a->absent_since != 0)
		return (struct stage){ VERDICT_BAD, a->absent_since };
	if (!a->open && a->cause == RELINK_GONE)
		return (struct stage){ VERDICT_BAD, a->since };
	if (a->open && a->seen && i->listed_at >= a->minted_at)
		return (struct stage){ VERDICT_GOOD, i->listed_at };
	return (struct stage){ VERDICT_UNKNOWN, 0 };
}

static struct stage engine_stage(const struct account *a)
{
	if (a->open && a->suspect != RELINK_NONE)
		return (struct stage){ VERDICT_BAD, a->evidence_at };
	if (a->open && a->sure && a->state == ST_UP)
		return (struct stage){ VERDICT_GOOD, a->evidence_at };
	if (!a->open && a->want && a->cause != RELINK_NONE)
		return (struct stage){ VERDICT_BAD, a->since };
	return (struct stage){ VERDICT_UNKNOWN, a->open ? a->evidence_at : 0 };
}

/* What an older life answered says nothing about this one. */
static struct stage round_trip_stage(const struct member *m)
{
	uint64_t at = m->checked_s * 1000ull;

	if (at == 0 || at + 1000 < m->a.minted_at || !m->a.open)
		return (struct stage){ VERDICT_UNKNOWN, at };
	return (struct stage){ m->check_bad ? VERDICT_BAD : VERDICT_GOOD, at };
}

static struct stage message_stage(const struct engine *e, const struct member *m)
{
	uint64_t newest, last = m->message_s * 1000ull;

	if (health_failures(e, m, &newest) >= HEALTH_SENDS_MANY)
		return (struct stage){ VERDICT_BAD, newest };
	return (struct stage){ last != 0 ? VERDICT_GOOD : VERDICT_UNKNOWN, last };
}

void stages_of_member(const struct engine *e, const struct member *m, struct stages *ret_stages)
{
	struct stages s = { .first = STAGE_COUNT };

	if (m->instance != NULL) {
		s.v[STAGE_WORKER] = worker_stage(e, m);
		s.v[STAGE_INSTANCE] = instance_stage(e, m->instance);
		s.v[STAGE_LISTED] = listed_stage(&m->a, m->instance);
		s.v[STAGE_ENGINE] = engine_stage(&m->a);
		s.v[STAGE_ROUND_TRIP] = round_trip_stage(m);
		s.v[STAGE_MESSAGES] = message_stage(e, m);
	}
	stages_judge(&s);
	*ret_stages = s;
}

/* ---- the question ---- */

static bool is_due(const struct engine *e, const struct instance *i, const struct member *m)
{
	uint64_t last = MAX_OF(m->message_s, m->checked_s) * 1000ull;

	return m->instance == i && m->a.state == ST_UP && m->a.open && m->a.sure &&
	       slot_for(e, i, m) == i->slot &&
	       MAX_OF(last, m->a.up_since) + e->conf->health_check_ms <= e->now;
}

/* The one before was answered, or has run out of time: each is given no longer than op_deadline. */
void health_round(struct engine *e, struct instance *i)
{
	if (e->conf->health_check_ms == 0 || e->now < i->check_at)
		return;
	for (unsigned n = 0; n < LOOKED_A_LIST && n < e->last_row; n++) {
		struct member *m;

		i->check_row = i->check_row < e->last_row ? i->check_row + 1 : 1;
		m = member_by_row(e, i->check_row);
		if (m == NULL || !is_due(e, i, m))
			continue;
		i->check_at = e->now + e->conf->op_deadline_ms;
		e->stats.checks++;
		call_health(e, m, NULL);
		return;
	}
}

void health_checked(struct engine *e, struct member *m, uint64_t generation, bool bad)
{
	if (m->a.generation != generation)
		return;
	m->checked_s = (uint32_t)(e->now / 1000);
	m->check_bad = bad;
}
