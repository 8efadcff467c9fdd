/* why.c - the facts of a step.  Pure. */
#include "policy/why.h"

#include "policy/account.h"
#include "policy/incident.h"

static unsigned evidence_of(const struct account *before, const struct account_event *e)
{
	static const uint8_t bit[] = { [SOURCE_PUSH] = EVIDENCE_PUSHED,
				       [SOURCE_LIST] = EVIDENCE_LISTED,
				       [SOURCE_ASKED] = EVIDENCE_ASKED };
	unsigned bits = 0;

	if (e->kind != EV_DOWN && e->kind != EV_ABSENT)
		return 0;
	if (before->suspect != 0 && before->suspect_source <= SOURCE_ASKED)
		bits |= bit[before->suspect_source];
	if (before->absent_since != 0 || e->kind == EV_ABSENT)
		bits |= EVIDENCE_ABSENT;
	if (e->kind == EV_DOWN && e->source <= SOURCE_ASKED)
		bits |= bit[e->source];
	return bits;
}

/* Did this failure, or the one that is being closed, count as an attempt? */
static bool is_free(const struct policy *p, const struct account *b, const struct account *a,
		    const struct effects *fx)
{
	if (fx->abandon)
		return a->fails == b->fails;
	return cause_then(p->causes, a->cause) != THEN_RETRY || account_is_flapping(a);
}

/* Was it spared what the cause would have cost, since it fails together with many? */
static bool is_braked(const struct account_event *e, const struct account *a)
{
	bool waits = a->state == ST_WAITING || (a->state == ST_CLOSING && a->after == AFTER_WAIT);

	return waits && e->kind != EV_EXCUSED && e->brake != BRAKE_NONE &&
	       incident_counts(a->cause);
}

static unsigned notes_of(const struct policy *p, const struct account *b,
			 const struct account_event *e, const struct account *a,
			 const struct effects *fx)
{
	unsigned notes = 0;

	notes |= a->person ? NOTE_PERSON : 0;
	notes |= fx->mint ? fx->resume ? NOTE_RESUME : NOTE_FRESH : 0;
	notes |= a->fresh_next || !account_may_resume(a) ? NOTE_FRESH_NEXT : 0;
	notes |= account_is_flapping(a) ? NOTE_FLAPPING : 0;
	notes |= cause_then(p->causes, a->cause) == THEN_SLOW ? NOTE_SLOW : 0;
	notes |= is_free(p, b, a, fx) ? NOTE_FREE : 0;
	notes |= is_braked(e, a) ? NOTE_BRAKED | NOTE_FREE : 0;
	notes |= a->profile == PROFILE_SUSPECT && b->profile != PROFILE_SUSPECT ? NOTE_SUSPECT : 0;
	notes |= b->open && !b->sure ? NOTE_UNSURE : 0;
	return notes;
}

void why_of(const struct policy *p, const struct account *before, const struct account_event *e,
	    const struct account *after, const struct effects *fx, struct step_why *ret_why)
{
	uint64_t since = before->absent_since;

	*ret_why = (struct step_why){
		.evidence = (uint8_t)evidence_of(before, e),
		.lacked_ms =
		    e->kind == EV_ABSENT && since != 0 && e->at > since ? e->at - since : 0,
		.after = after->after,
		.fails = after->fails,
		.max_fails = (uint8_t)cause_attempts(p->causes, after->cause, p->max_fails),
		.notes = notes_of(p, before, e, after, fx),
		.timer_at = after->timer_at,
	};
}
