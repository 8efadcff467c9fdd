/*
 * account_end.c - the end of a life, what follows from its cause, and the wait until the next.  Pure.
 *
 * Store first, kill after: a life is abandoned in the ledger before its disconnect is sent, so that a
 * disconnect may be late, repeated or lost without ever hitting a life that counts.
 */
#include "policy/account_step.h"
#include "policy/backoff.h"
#include "policy/incident.h"

void step_enter(struct step *s, enum account_state state)
{
	s->a->state = (uint8_t)state;
	s->a->since = s->e->now;
	s->a->timer_at = 0;
	s->fx->changed = true;
}

void step_set_cause(struct step *s, unsigned cause, unsigned act)
{
	s->a->cause = (uint8_t)cause;
	s->a->action = (uint8_t)act;
	s->fx->reason = true;
	s->fx->changed = true;
}

void step_timer_in(struct step *s, uint64_t ms)
{
	s->a->timer_at = s->e->now + ms;
}

void step_queue(struct step *s)
{
	step_enter(s, ST_QUEUED);
}

void step_forgive(struct step *s)
{
	struct account *a = s->a;

	a->want = 1;
	a->person = !s->e->bulk;
	a->fails = 0;
	a->waits = 0;
	a->slow_step = 0;
	a->replaced = 0;
	flap_forget(&a->flap);
	step_set_cause(s, RELINK_NONE, ACTION_NONE);
}

bool step_lost_up(struct step *s)
{
	if (s->a->state != ST_UP)
		return false;
	if (!s->e->excused)
		flap_lost(&s->p->flap, &s->a->flap, s->e->now);
	return true;
}

void step_no_suspicion(struct account *a)
{
	a->suspect = RELINK_NONE;
	a->suspect_source = SOURCE_NONE;
	a->absent_since = 0;
}

void step_abandon(struct step *s)
{
	struct account *a = s->a;

	s->fx->abandon = true;
	s->fx->abandoned = a->generation;
	s->fx->changed = true;
	a->open = 0;
	a->op = 0;
	a->slot = 0;
	a->sure = 0;
	a->close_tries = 0;
	a->up_since = 0;
	a->looks = 0;
	a->evidence_at = 0;
	step_no_suspicion(a);
}

/* The slow ladder, or the provider's wish. */
static uint64_t slow_wait(struct step *s)
{
	struct account *a = s->a;
	const struct policy *p = s->p;
	uint64_t step = p->slow[a->slow_step < 3 ? a->slow_step : 2];
	uint64_t wish = s->e->retry_after;

	if (a->slow_step < 3)
		a->slow_step++;
	if (wish > 0)
		step = wish < p->backoff_base ? p->backoff_base
		       : wish > p->slow_cap   ? p->slow_cap
					      : wish;
	return backoff_spread(&a->rng, step);
}

/* Its own ladders stay where they are. */
uint64_t step_short_wait(struct step *s)
{
	struct account *a = s->a;
	struct flap same = a->flap;

	if (account_is_flapping(a))
		return flap_wait(&s->p->flap, &same, &a->rng);
	return backoff_delay(&a->rng, s->p->backoff_base, s->p->backoff_cap, 1);
}

/* How long until the next start, by its cause; who is flapping waits for its own ladder at least. */
static uint64_t wait_ms(struct step *s)
{
	struct account *a = s->a;
	uint64_t ms, flap;

	if (s->e->brake != BRAKE_NONE) /* the incident says who starts when */
		return step_short_wait(s);
	if (cause_then(s->p->causes, a->cause) == THEN_SLOW) {
		ms = slow_wait(s);
	} else {
		ms = backoff_delay(&a->rng, s->p->backoff_base, s->p->backoff_cap, a->waits);
		if (a->waits < 32)
			a->waits++;
	}
	if (!account_is_flapping(a))
		return ms;
	flap = flap_wait(&s->p->flap, &a->flap, &a->rng);
	return flap > ms ? flap : ms;
}

void step_follow(struct step *s)
{
	struct account *a = s->a;

	switch ((enum after)a->after) {
	case AFTER_IDLE:
		a->was_up = 0;
		step_enter(s, ST_IDLE);
		break;
	case AFTER_START:
		step_queue(s);
		break;
	case AFTER_WAIT:
		step_enter(s, ST_WAITING);
		step_timer_in(s, wait_ms(s));
		break;
	case AFTER_PARK:
		step_enter(s, ST_PARKED);
		break;
	case AFTER_HOLD:
		step_enter(s, ST_HELD);
		break;
	case AFTER_DELETE:
		step_enter(s, ST_DELETED);
		break;
	}
}

void step_end_life(struct step *s, enum after after)
{
	step_abandon(s);
	s->a->after = (uint8_t)after;
	s->fx->close = true;
	step_enter(s, ST_CLOSING);
}

bool step_is_braked(const struct step *s, unsigned cause)
{
	return s->e->brake != BRAKE_NONE && incident_counts(cause);
}

enum after step_verdict(struct step *s, unsigned cause, bool blame)
{
	struct account *a = s->a;
	const struct cause_rule *rule = cause_rule(cause);
	bool lost, on_ladder; /* connected before; and flapping: no failed attempt to connect */

	a->person = 0;
	if (step_is_braked(s, cause)) {
		step_set_cause(s, cause, ACTION_NONE);
		return AFTER_WAIT;
	}
	lost = step_lost_up(s);
	on_ladder = lost && account_is_flapping(a);
	if (rule->login_dead)
		a->profile = PROFILE_DEAD;
	if (blame && rule->blames_profile && !a->fresh && ++a->profile_fails >= 2) {
		/* Locked or corrupt; the credentials stay where they are. */
		a->profile_fails = 0;
		a->profile = PROFILE_SUSPECT;
		step_set_cause(s, cause, ACTION_SCAN_QR);
		return AFTER_PARK;
	}
	switch (cause_then(s->p->causes, cause)) {
	case THEN_RETRY:
		if (on_ladder || (lost && s->e->excused))
			break;
		if (++a->fails >= cause_attempts(s->p->causes, cause, s->p->max_fails)) {
			step_set_cause(s, cause, rule->action);
			return AFTER_HOLD;
		}
		break;
	case THEN_ONCE:
		if (a->replaced) {
			step_set_cause(s, cause, rule->action);
			return AFTER_HOLD;
		}
		a->replaced = 1;
		break;
	case THEN_PARK:
		step_set_cause(s, cause, rule->action);
		return AFTER_PARK;
	case THEN_HOLD:
		step_set_cause(s, cause, rule->action);
		return AFTER_HOLD;
	case THEN_PROVIDER:
	case THEN_SLOW:
	case THEN_NOTHING:
	case THEN_DEFAULT:
	case THEN_COUNT:
		break;
	}
	step_set_cause(s, cause, ACTION_NONE);
	return AFTER_WAIT;
}

void step_fail_and_close(struct step *s, unsigned cause, bool blame)
{
	step_end_life(s, step_verdict(s, cause, blame));
}

void step_fail_gone(struct step *s, unsigned cause, bool blame)
{
	s->a->after = (uint8_t)step_verdict(s, cause, blame);
	step_abandon(s);
	step_follow(s);
}

/* ---- end ---- */

void on_closed(struct step *s)
{
	step_follow(s);
}

/* Asked after we abandoned it and not there: what the disconnect would have done is done. */
void on_closed_by_absence(struct step *s)
{
	if (s->e->at >= s->a->since)
		step_follow(s);
}

void on_not_closed(struct step *s)
{
	struct account *a = s->a;
	bool starts = a->after == AFTER_START || a->after == AFTER_WAIT;

	if (a->close_tries < UINT8_MAX)
		a->close_tries++;
	s->fx->changed = true;
	if (a->close_tries >= s->p->max_close_tries && !starts) {
		step_follow(s); /* whatever is still listed of it is ended as an orphan */
		return;
	}
	if (starts && s->p->fenced && a->close_tries >= 2) {
		step_follow(s); /* the provider itself ends the old life when the new one starts */
		return;
	}
	/* Refuse to replace what is not proven dead. */
	if (a->close_tries == s->p->max_close_tries)
		a->action = ACTION_CHECK_PROVIDER; /* the cause stays: it says what follows */
	step_timer_in(
	    s, backoff_delay(&a->rng, s->p->backoff_base, s->p->close_retry_cap, a->close_tries));
	s->fx->look = LOOK_SETTLED;
}

void on_close_again(struct step *s)
{
	/* Nobody asked for this end: it was ours, and waits as everything of ours does. */
	if (s->e->hands_off && s->a->want && !s->a->person) {
		s->fx->look = LOOK_SETTLED;
		s->fx->changed = true;
		step_timer_in(s, s->p->close_retry_cap);
		return;
	}
	s->a->timer_at = 0;
	s->fx->abandoned = s->a->generation;
	s->fx->close = true;
	s->fx->changed = true;
}

/* ---- wait ---- */

void on_wait_over(struct step *s)
{
	step_queue(s);
}
