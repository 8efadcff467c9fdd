/*
 * account_step.h - inside the account's state machine: one step, and the actions of its table.
 *
 * Only account*.c includes this.  An action changes the account and names the effects; account.c says
 * when it runs.
 */
#ifndef RELINK_POLICY_ACCOUNT_STEP_H
#define RELINK_POLICY_ACCOUNT_STEP_H
#include "policy/account.h"

struct step {
	const struct policy *p;
	struct account *a;
	const struct account_event *e;
	struct effects *fx;
};
typedef void action(struct step *);

/* --- small steps that actions are made of (account_end.c) --- */

void step_enter(struct step *s, enum account_state state);
void step_set_cause(struct step *s, unsigned cause, unsigned act);
void step_timer_in(struct step *s, uint64_t ms);
void step_queue(struct step *s);
/* A person asked: whatever counted against the account before counts no more. */
void step_forgive(struct step *s);
void step_no_suspicion(struct account *a);
/* It is connected no more, by nobody's wish: counted, unless its instance is to blame.  Was it? */
bool step_lost_up(struct step *s);
/* The wait of who failed together with many others: short, but for who flaps. */
uint64_t step_short_wait(struct step *s);
/* The life is over as far as the ledger is concerned; whether a disconnect follows is the caller's. */
void step_abandon(struct step *s);
/* Go where `after` says.  The life before is closed, gone, or never was. */
void step_follow(struct step *s);
/* Abandon the life, end it at the provider, then go on as `after` says. */
void step_end_life(struct step *s, enum after after);
/* Is this failure the provider's, as far as anybody knows during an incident? */
bool step_is_braked(const struct step *s, unsigned cause);
/* What follows from `cause`, by its rule and the account's history.  `blame`: the start got as far as
 * its profile, so the profile may be what is wrong. */
enum after step_verdict(struct step *s, unsigned cause, bool blame);
/* The life failed and still exists at the provider, as far as we know. */
void step_fail_and_close(struct step *s, unsigned cause, bool blame);
/* The life failed and is not there (never was, or proven gone). */
void step_fail_gone(struct step *s, unsigned cause, bool blame);

/* --- actions: account_wishes.c --- */
action on_ask, on_ask_again, on_ask_fresh, on_hurry, on_hurry_again, on_hurry_fresh, on_restart,
    on_restart_fresh, on_then_start, on_then_start_again, on_then_start_fresh, on_stop_wanting,
    on_stop_life, on_then_stop, on_forget, on_forget_life, on_then_forget;

/* --- actions: account_life.c --- */
action on_start, on_answered, on_not_created, on_unsure, on_start_too_long, on_alive, on_to_qr,
    on_to_auth, on_to_up, on_stable, on_not_quite_up, on_qr_after_login, on_down, on_absent,
    on_qr_too_long, on_auth_too_long;

/* --- actions: account_move.c --- */
action on_leave, on_leave_up, on_leave_closing, on_moved;

/* --- actions: account_excuse.c --- */
action on_excused, on_excused_queued, on_excused_qr, on_excused_closing, on_excused_waiting,
    on_excused_resting;

/* --- actions: account_end.c --- */
action on_closed, on_closed_by_absence, on_not_closed, on_close_again, on_wait_over;

#endif
