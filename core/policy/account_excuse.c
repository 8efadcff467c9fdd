/*
 * account_excuse.c - what an account did just before an incident was recognised was its provider's fault:
 * attempts and blame are given back, and verdicts undone.  Pure.
 *
 * A person who has decided meanwhile has decided: a newer life, or a wish, is left alone.
 */
#include "policy/account_step.h"

/* What counts against the account, as it was; what it has won since stays won. */
static void give_back(struct step *s)
{
	const struct account_before *b = &s->e->before;
	struct account *a = s->a;

	if (a->fails > b->fails)
		a->fails = b->fails;
	if (a->waits > b->waits)
		a->waits = b->waits;
	if (a->profile_fails > b->profile_fails)
		a->profile_fails = b->profile_fails;
	if (a->slow_step > b->slow_step)
		a->slow_step = b->slow_step;
	if (b->replaced == 0)
		a->replaced = 0;
	if (a->flap.at_s > b->flap.at_s)
		a->flap = b->flap;
	s->fx->changed = true;
}

/* Its last life is the one that failed: then what was said of its login is taken back, too. */
static bool is_that_life(const struct step *s)
{
	return s->a->generation == s->e->failed_life;
}

/* Never for the worse: a login may have been seen since. */
static void believe_in_login(struct step *s)
{
	struct account *a = s->a;
	unsigned before = s->e->before.profile;
	bool given_up = a->profile == PROFILE_DEAD || a->profile == PROFILE_SUSPECT;

	if (!a->fresh_next && before != PROFILE_NONE && (before == PROFILE_GOOD || given_up))
		a->profile = (uint8_t)before;
}

void on_excused(struct step *s)
{
	give_back(s);
}

void on_excused_queued(struct step *s)
{
	give_back(s);
	if (is_that_life(s))
		believe_in_login(s);
}

void on_excused_waiting(struct step *s)
{
	uint64_t soon = s->e->now + s->p->backoff_base;

	on_excused_queued(s);
	if (s->a->timer_at > soon && !account_is_flapping(s->a))
		s->a->timer_at = soon; /* the incident says who starts when */
}

void on_excused_closing(struct step *s)
{
	struct account *a = s->a;

	give_back(s);
	if (!is_that_life(s) ||
	    (a->after != AFTER_PARK && a->after != AFTER_HOLD && a->after != AFTER_WAIT))
		return;
	believe_in_login(s);
	a->after = AFTER_WAIT;
	step_set_cause(s, a->cause, ACTION_NONE);
}

/* Parked or held for it: it waits for better times as the others do. */
void on_excused_resting(struct step *s)
{
	struct account *a = s->a;

	give_back(s);
	if (!is_that_life(s))
		return;
	believe_in_login(s);
	step_enter(s, ST_WAITING);
	step_timer_in(s, step_short_wait(s));
	step_set_cause(s, a->cause, ACTION_NONE);
}

/* A login that was good shows a QR since then, and nobody asked for one. */
void on_excused_qr(struct step *s)
{
	struct account *a = s->a;
	bool awaited = a->person && s->e->now < a->minted_at + s->p->qr_deadline;

	give_back(s);
	if (!is_that_life(s) || awaited || a->fresh_next)
		return;
	believe_in_login(s);
	if (!account_has_login(a))
		return;
	step_set_cause(s, RELINK_LOGGED_OUT, ACTION_NONE);
	if (s->e->hands_off) { /* nothing is ended; the next list that says so decides */
		step_enter(s, ST_AUTH);
		step_timer_in(s, s->p->start_deadline);
		return;
	}
	step_end_life(s, AFTER_WAIT);
}
