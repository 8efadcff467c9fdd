/*
 * account_life.c - a life from its permit to its end: answers, evidence of life and of death.  Pure.
 *
 * Success is seen, never concluded: "create answered" proves nothing.  An unknown outcome is looked
 * up, never repeated.  Nothing is destroyed on one piece of evidence.
 */
#include "policy/account_step.h"

/* Evidence that the life works; one false alarm less. */
static void believe(struct step *s)
{
	struct account *a = s->a;

	if (!a->sure && a->state == ST_UP && account_is_flapping(a)) {
		/* nobody saw it meanwhile: its stable time begins again */
		a->timer_at = s->e->now + s->p->flap.stable;
		s->fx->changed = true;
	}
	a->sure = 1;
	a->looks = 0;
	a->evidence_at = s->e->at;
	step_no_suspicion(a);
	if (!a->seen) {
		a->seen = 1;
		s->fx->changed = true;
	}
}

/*
 * Two independent pieces of evidence, or two samples, before anything destructive: a push and a list
 * in any order, or two lists.  True when this piece is the second; *ret_cause is then the more
 * telling of both.
 */
static bool confirmed(struct step *s, unsigned cause, unsigned *ret_cause)
{
	struct account *a = s->a;
	const struct account_event *e = s->e;
	bool vague = cause == RELINK_GONE || cause == RELINK_UNKNOWN || cause == RELINK_NONE;
	bool pushed = a->suspect != RELINK_NONE && a->suspect_source == SOURCE_PUSH;
	bool listed = a->absent_since != 0 || (a->suspect != RELINK_NONE && !pushed);
	bool newer = a->suspect != RELINK_NONE && e->at > a->evidence_at;

	if (e->at > a->evidence_at)
		a->evidence_at = e->at;
	if (e->source == SOURCE_PUSH ? listed : pushed || newer) {
		*ret_cause = vague && a->suspect != RELINK_NONE ? a->suspect : cause;
		return true;
	}
	if (a->suspect == RELINK_NONE || !vague) {
		a->suspect = (uint8_t)(cause == RELINK_NONE ? RELINK_UNKNOWN : cause);
		a->suspect_source = e->source;
	}
	s->fx->look = LOOK_NOW;
	return false;
}

/* During an incident a connected life is not ended for what everybody is told at the moment. */
static bool kept(struct step *s, unsigned cause)
{
	if (s->a->state != ST_UP || s->e->brake != BRAKE_KEEP || !step_is_braked(s, cause))
		return false;
	s->fx->kept = true;
	s->fx->kept_cause = (uint8_t)cause;
	return true;
}

/* ---- start ---- */

void on_start(struct step *s)
{
	struct account *a = s->a;

	a->generation++;
	a->minted_at = s->e->now;
	a->fresh = a->fresh_next || !account_may_resume(a);
	a->fresh_next = 0;
	if (a->fresh) {
		a->profile = PROFILE_NEW;
		a->profile_fails = 0;
	}
	a->open = 1;
	a->op = 1;
	a->slot = 1;
	a->seen = 0;
	a->sure = 1;
	a->looks = 0;
	a->evidence_at = s->e->now;
	step_no_suspicion(a);
	s->fx->mint = true;
	s->fx->resume = !a->fresh;
	step_enter(s, ST_STARTING);
	step_timer_in(s, s->p->start_deadline);
}

void on_answered(struct step *s)
{
	s->a->op = 0;
}

void on_not_created(struct step *s)
{
	struct account *a = s->a;

	bool person = a->person;

	if (s->e->cause == RELINK_STALE && s->e->floor >= a->generation &&
	    s->e->floor <= GENERATION_FLOOR_MAX) {
		/* Our database is older than the provider's memory (a restored backup, or an id that was
		 * deleted and taken again).  What is wrong is known and put right, so there is nothing
		 * to wait for. */
		a->after = (uint8_t)step_verdict(s, RELINK_STALE, false);
		if (a->after == AFTER_WAIT) {
			a->after = AFTER_START;
			a->person = person;
			step_set_cause(s, RELINK_NONE, ACTION_NONE);
		}
		step_abandon(s);
		a->generation = s->e->floor;
		step_follow(s);
		return;
	}
	step_fail_gone(s, s->e->cause, true);
}

/* It may have happened, or what we knew is only the last known: look, never create blindly. */
void on_unsure(struct step *s)
{
	s->a->op = 0;
	s->a->sure = 0;
	s->fx->look = LOOK_NOW;
}

#define LOOKS_MAX 8 /* deadlines that an instance may let pass, which answers and does not say */

/* The deadline of a state is over, and nobody has been able to look since a worker or the core died:
 * what would be ended may long have become what we wait for.  So look first, for as long as nobody
 * answers at all, and a bounded number of times when the answers say nothing.  While automation is
 * paused a deadline does nothing else. */
static bool look_first(struct step *s, uint64_t again_ms)
{
	struct account *a = s->a;
	bool patient = s->e->cut_off || s->e->hands_off;

	if (!s->e->hands_off && (a->sure || (!patient && a->looks >= LOOKS_MAX)))
		return false;
	if (!patient)
		a->looks++;
	s->fx->look = LOOK_NOW;
	s->fx->changed = true;
	step_timer_in(s, again_ms);
	return true;
}

/* Ending our own start needs no second evidence; nobody adopted it. */
void on_start_too_long(struct step *s)
{
	const struct account *a = s->a;
	/* Nobody could tell, or the create was neither answered nor ever seen to have happened: the
	 * provider's fault, which burns no budget. */
	bool theirs = !a->sure || (a->op && !a->seen);

	if (look_first(s, s->p->start_deadline))
		return;
	step_fail_and_close(s, theirs ? RELINK_NETWORK : RELINK_ENGINE_HANG, !theirs && a->seen);
}

/* ---- evidence of life ---- */

void on_alive(struct step *s)
{
	believe(s);
}

void on_to_qr(struct step *s)
{
	struct account *a = s->a;
	bool resumed = a->state == ST_STARTING && !a->fresh && account_has_login(a);

	if (resumed && !a->person && step_is_braked(s, RELINK_LOGGED_OUT)) {
		if (s->e->hands_off)
			believe(
			    s); /* the next list that says so decides, when automation goes on */
		else
			step_fail_and_close(s, RELINK_LOGGED_OUT,
					    false); /* nobody is asked to scan */
		return;
	}
	believe(s);
	a->slot = 0;
	a->up_since = 0;
	a->profile = PROFILE_NEW; /* who is logged in is shown no QR */
	a->action = ACTION_SCAN_QR;
	step_enter(s, ST_QR);
	/* nobody waits for one too many: it is over at once, and a person asks for it when one does */
	step_timer_in(s, s->e->crowded ? 0 : s->p->qr_deadline);
}

void on_to_auth(struct step *s)
{
	struct account *a = s->a;

	believe(s);
	a->slot = 0;
	a->profile = PROFILE_GOOD;
	step_enter(s, ST_AUTH);
	step_timer_in(s, s->p->start_deadline);
	step_set_cause(s, RELINK_NONE, ACTION_NONE);
}

void on_to_up(struct step *s)
{
	struct account *a = s->a;

	believe(s);
	a->slot = 0;
	a->profile = PROFILE_GOOD;
	a->profile_fails = 0;
	a->was_up = 1;
	a->up_since = s->e->now;
	step_enter(s, ST_UP);
	if (a->fails > 0 || a->waits > 0 || a->slow_step > 0 || a->replaced ||
	    account_is_flapping(a))
		step_timer_in(s, s->p->stable);
	if (a->cause != RELINK_NONE || a->action != ACTION_NONE)
		step_set_cause(s, RELINK_NONE, ACTION_NONE);
}

/* Connected for long enough: the budget is full again. */
void on_stable(struct step *s)
{
	struct account *a = s->a;

	if (!a->sure) { /* what nobody has seen is no stable time */
		s->fx->changed = true;
		s->fx->look = LOOK_NOW;
		step_timer_in(s, s->p->stable);
		return;
	}
	a->fails = 0;
	a->waits = 0;
	a->slow_step = 0;
	a->replaced = 0;
	a->timer_at = 0;
	if (flap_is_over(&s->p->flap, &a->flap, a->up_since, s->e->now))
		flap_forget(&a->flap);
	else if (account_is_flapping(a))
		a->timer_at = a->up_since + s->p->flap.stable;
	s->fx->changed = true;
}

/* A session that was connected is now on its way somewhere, says a list.  A push may be late. */
void on_not_quite_up(struct step *s)
{
	if (s->e->source == SOURCE_PUSH)
		return;
	step_lost_up(s);
	believe(s);
	s->a->up_since = 0;
	step_enter(s, ST_AUTH);
	step_timer_in(s, s->p->start_deadline);
}

/* A QR after the login: the phone unlinked the device.  A push of it may be an old one that comes
 * late, so it is not even a suspicion of that, only a reason to look. */
void on_qr_after_login(struct step *s)
{
	unsigned cause;

	if (s->e->source == SOURCE_PUSH) {
		s->fx->look = LOOK_NOW;
		return;
	}
	if (!confirmed(s, RELINK_LOGGED_OUT, &cause) || kept(s, RELINK_LOGGED_OUT))
		return;
	if (step_is_braked(s, RELINK_LOGGED_OUT)) {
		if (!s->e->hands_off)
			step_fail_and_close(s, RELINK_LOGGED_OUT, false);
		return;
	}
	step_set_cause(s, RELINK_LOGGED_OUT, ACTION_SCAN_QR);
	on_to_qr(s);
}

/* ---- evidence of death ---- */

/* Is the profile to blame when this life fails?  Only on its way up. */
static bool on_its_way(const struct account *a)
{
	return a->seen && (a->state == ST_STARTING || a->state == ST_AUTH);
}

/* It is down, says more than one voice, and automation is paused: shown, and nothing is ended.  The
 * evidence stays, so that the next list ends it when automation goes on; so does the deadline. */
static void show_down(struct step *s, unsigned cause)
{
	struct account *a = s->a;

	if (step_lost_up(s)) {
		s->fx->kept = true; /* an incident is recognised all the same */
		s->fx->kept_cause = (uint8_t)cause;
		a->up_since = 0;
		step_enter(s, ST_AUTH);
		step_timer_in(s, s->p->start_deadline);
	}
	if (a->cause != cause)
		step_set_cause(s, cause, a->action);
	s->fx->look = LOOK_SETTLED;
}

void on_down(struct step *s)
{
	unsigned cause;

	if (!s->a->seen) {
		s->a->seen = 1; /* what is down was there */
		s->fx->changed = true;
	}
	if (!confirmed(s, s->e->cause, &cause) || kept(s, cause))
		return;
	if (s->e->hands_off)
		show_down(s, cause);
	else
		step_fail_and_close(s, cause, on_its_way(s->a));
}

void on_absent(struct step *s)
{
	struct account *a = s->a;
	uint64_t at = s->e->at;

	if (a->op || (!a->seen && at < a->minted_at + s->p->settle))
		return; /* a session that is being born may be invisible */
	if (a->suspect != RELINK_NONE &&
	    (a->suspect_source == SOURCE_PUSH || at > a->evidence_at)) {
		if (kept(s, a->suspect))
			return;
		step_fail_gone(s, a->suspect, on_its_way(a));
		return;
	}
	if (at > a->evidence_at)
		a->evidence_at = at;
	if (a->absent_since == 0)
		a->absent_since = at;
	if (at < a->absent_since + s->p->settle) {
		s->fx->look = LOOK_SETTLED;
		return;
	}
	if (kept(s, RELINK_GONE))
		return;
	/* Neither answered nor ever seen: the create was lost on the way, and nobody's attempt. */
	step_fail_gone(s, a->seen || a->sure ? RELINK_GONE : RELINK_NETWORK, on_its_way(a));
}

void on_qr_too_long(struct step *s)
{
	if (look_first(s, s->p->start_deadline))
		return;
	s->a->person = 0;
	step_set_cause(s, RELINK_QR_EXPIRED, ACTION_SCAN_QR);
	step_end_life(s, AFTER_PARK);
}

void on_auth_too_long(struct step *s)
{
	bool sure = s->a->sure;

	if (!look_first(s, s->p->start_deadline))
		step_fail_and_close(s, sure ? RELINK_ENGINE_HANG : RELINK_NETWORK, sure);
}
