/*
 * account_move.c - the account and its instance: leaving it, and belonging to another one.  Pure.
 *
 * Which instance that is, is not the account's business (place.h).  Nothing here counts as a failed
 * attempt: an account is not to blame for its instance.
 */
#include "policy/account_step.h"

/* Nobody can be asked to end the life: it is given up in the ledger, and ended as an orphan when the
 * instance answers again. */
static void give_up(struct step *s, enum after after)
{
	step_abandon(s);
	s->a->after = (uint8_t)after;
	step_follow(s);
}

/* A start gets somewhere, or ends, by its own deadline; so does a QR code, which lives only while
 * somebody wants to scan it. */
void on_leave(struct step *s)
{
	if (!s->e->cut_off)
		return;
	if (s->a->state != ST_QR) {
		give_up(s, AFTER_START);
		return;
	}
	s->a->person = 0;
	step_set_cause(s, RELINK_QR_EXPIRED, ACTION_SCAN_QR);
	give_up(s, AFTER_PARK);
}

void on_leave_up(struct step *s)
{
	if (s->e->cut_off)
		give_up(s, AFTER_START);
	else if (!s->e->hands_off)
		step_end_life(s, AFTER_START);
}

void on_leave_closing(struct step *s)
{
	if (s->e->cut_off)
		step_follow(s);
}

/* A profile that was made there and never seen logged in is of no use elsewhere.  A login is another
 * matter: it is given up for proof or for a person only, never by moving.  Who asked for a new code has
 * given it up, and cannot have it back where it does not lie. */
void on_moved(struct step *s)
{
	struct account *a = s->a;

	if (!s->e->bare || (a->profile != PROFILE_NEW && !a->fresh_next))
		return;
	a->profile = PROFILE_NONE;
	a->profile_fails = 0;
	s->fx->changed = true;
}
