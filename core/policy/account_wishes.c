/*
 * account_wishes.c - what people ask for: connect, reconnect, a new QR, disconnect, delete.  Pure.
 *
 * The seed's rule: a reconnect never calls the old session id.  Without a life it mints a new one;
 * with one it abandons and disconnects that first ("not found" is fine) and then mints.
 */
#include "policy/account_step.h"

void on_ask(struct step *s)
{
	step_forgive(s);
	step_queue(s);
}

/* A click on reconnect ends in a session or in a QR: a suspect profile is not tried a third time.
 * Nobody has clicked when it is one of many. */
static void not_on_a_suspect(struct step *s)
{
	if (!s->e->bulk && s->a->profile == PROFILE_SUSPECT && !s->a->fresh_next) {
		s->a->fresh_next = 1;
		s->fx->changed = true;
	}
}

void on_ask_again(struct step *s)
{
	not_on_a_suspect(s);
	on_ask(s);
}

void on_ask_fresh(struct step *s)
{
	s->a->fresh_next = 1;
	on_ask(s);
}

/* Somebody waits for a start that is queued already. */
void on_hurry(struct step *s)
{
	if (!s->a->person)
		step_forgive(s);
}

void on_hurry_again(struct step *s)
{
	not_on_a_suspect(s);
	on_hurry(s);
}

void on_hurry_fresh(struct step *s)
{
	s->a->fresh_next = 1;
	s->fx->changed = true;
	on_hurry(s);
}

/* Two clicks, or 64 parallel requests, are one wish: a start of a moment ago answers them all. */
static bool just_started(const struct step *s)
{
	return s->a->person && s->e->now < s->a->minted_at + s->p->join;
}

void on_restart(struct step *s)
{
	if (just_started(s))
		return;
	not_on_a_suspect(s);
	step_forgive(s);
	step_end_life(s, AFTER_START);
}

void on_restart_fresh(struct step *s)
{
	/* once it is scanned, a new QR is a new wish */
	if (just_started(s) && s->a->fresh && s->a->state < ST_AUTH)
		return;
	step_forgive(s);
	s->a->fresh_next = 1;
	step_end_life(s, AFTER_START);
}

void on_then_start(struct step *s)
{
	if (s->a->after == AFTER_START || s->a->after == AFTER_DELETE)
		return;
	step_forgive(s);
	s->a->after = AFTER_START;
}

void on_then_start_again(struct step *s)
{
	if (s->a->after != AFTER_DELETE)
		not_on_a_suspect(s);
	on_then_start(s);
}

void on_then_start_fresh(struct step *s)
{
	if (s->a->after == AFTER_DELETE)
		return;
	step_forgive(s);
	s->a->fresh_next = 1;
	s->a->after = AFTER_START;
}

static void unwant(struct account *a)
{
	a->want = 0;
	a->person = 0;
	a->fresh_next = 0;
}

void on_stop_wanting(struct step *s)
{
	unwant(s->a);
	step_set_cause(s, RELINK_BY_REQUEST, ACTION_NONE);
	s->a->after = AFTER_IDLE;
	step_follow(s);
}

void on_stop_life(struct step *s)
{
	unwant(s->a);
	step_set_cause(s, RELINK_BY_REQUEST, ACTION_NONE);
	step_end_life(s, AFTER_IDLE);
}

void on_then_stop(struct step *s)
{
	if (s->a->after == AFTER_DELETE || s->a->after == AFTER_IDLE)
		return;
	unwant(s->a);
	step_set_cause(s, RELINK_BY_REQUEST, ACTION_NONE);
	s->a->after = AFTER_IDLE;
}

void on_forget(struct step *s)
{
	unwant(s->a);
	step_set_cause(s, RELINK_BY_REQUEST, ACTION_NONE);
	step_enter(s, ST_DELETED);
}

void on_forget_life(struct step *s)
{
	unwant(s->a);
	step_set_cause(s, RELINK_BY_REQUEST, ACTION_NONE);
	step_end_life(s, AFTER_DELETE);
}

void on_then_forget(struct step *s)
{
	unwant(s->a);
	step_set_cause(s, RELINK_BY_REQUEST, ACTION_NONE);
	s->a->after = AFTER_DELETE;
}
