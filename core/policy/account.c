/*
 * account.c - the account's table: what happens in each state on each event.  Pure; see account.h.
 *
 * Four rules stand above the table, in account_step: an event of another life than the newest
 * changes nothing; an answer or evidence needs a life that is open or closing; evidence that is older
 * than what we know changes nothing; and the public status follows from the state in one place.
 */
#include "policy/account_step.h"

static void keep(struct step *s)
{
	(void)s;
}

/* Never sent, or filtered out before the table: the caller aborts on it. */
static void bug(struct step *s)
{
	s->fx->bug = true;
}

/* The table, cut into five by kind of event; EV_HANDS is `keep` everywhere.  Rows are states, in the order of account.h. */
// clang-format off
static action *const wishes[ST_COUNT][5] = {
	/*                CONNECT         RECONNECT       REGENERATE           DISCONNECT       DELETE */
	[ST_IDLE]     = { on_ask,         on_ask_again,   on_ask_fresh,        keep,            on_forget      },
	[ST_QUEUED]   = { on_hurry,       on_hurry_again, on_hurry_fresh,      on_stop_wanting, on_forget      },
	[ST_STARTING] = { keep,           on_restart,     on_restart_fresh,    on_stop_life,    on_forget_life },
	[ST_QR]       = { keep,           on_restart,     on_restart_fresh,    on_stop_life,    on_forget_life },
	[ST_AUTH]     = { keep,           on_restart,     on_restart_fresh,    on_stop_life,    on_forget_life },
	[ST_UP]       = { keep,           on_restart,     on_restart_fresh,    on_stop_life,    on_forget_life },
	[ST_CLOSING]  = { on_then_start,  on_then_start_again, on_then_start_fresh, on_then_stop,    on_then_forget },
	[ST_WAITING]  = { on_ask,         on_ask_again,   on_ask_fresh,        on_stop_wanting, on_forget      },
	[ST_PARKED]   = { on_ask,         on_ask_again,   on_ask_fresh,        on_stop_wanting, on_forget      },
	[ST_HELD]     = { on_ask,         on_ask_again,   on_ask_fresh,        on_stop_wanting, on_forget      },
	[ST_DELETED]  = { keep,           keep,           keep,                keep,            keep           },
};
static action *const engine[ST_COUNT][3] = {
	/*                PERMIT    TIMER               LOST */
	[ST_IDLE]     = { bug,      bug,                keep      },
	[ST_QUEUED]   = { on_start, bug,                keep      },
	[ST_STARTING] = { bug,      on_start_too_long,  on_unsure },
	[ST_QR]       = { bug,      on_qr_too_long,     on_unsure },
	[ST_AUTH]     = { bug,      on_auth_too_long,   on_unsure },
	[ST_UP]       = { bug,      on_stable,          on_unsure },
	[ST_CLOSING]  = { bug,      on_close_again,     keep      },
	[ST_WAITING]  = { bug,      on_wait_over,       keep      },
	[ST_PARKED]   = { bug,      bug,                keep      },
	[ST_HELD]     = { bug,      bug,                keep      },
	[ST_DELETED]  = { bug,      bug,                keep      },
};
static action *const places[ST_COUNT][3] = {
	/*                LEAVE             MOVED     EXCUSED */
	[ST_IDLE]     = { keep,             on_moved, keep },
	[ST_QUEUED]   = { keep,             on_moved, on_excused_queued },
	[ST_STARTING] = { on_leave,         bug, on_excused },
	[ST_QR]       = { on_leave,         bug, on_excused_qr },
	[ST_AUTH]     = { on_leave,         bug, on_excused },
	[ST_UP]       = { on_leave_up,      bug, keep },
	[ST_CLOSING]  = { on_leave_closing, bug, on_excused_closing },
	[ST_WAITING]  = { keep,             on_moved, on_excused_waiting },
	[ST_PARKED]   = { keep,             on_moved, on_excused_resting },
	[ST_HELD]     = { keep,             on_moved, on_excused_resting },
	[ST_DELETED]  = { keep,             keep, keep },
};
static action *const answers[ST_COUNT][5] = {
	/*                CREATED      REFUSED         UNKNOWN      CLOSED     UNCLOSED */
	[ST_IDLE]     = { bug,         bug,            bug,         bug,       bug           },
	[ST_QUEUED]   = { bug,         bug,            bug,         bug,       bug           },
	[ST_STARTING] = { on_answered, on_not_created, on_unsure,   bug,       bug           },
	[ST_QR]       = { on_answered, on_unsure,      on_answered, bug,       bug           },
	[ST_AUTH]     = { on_answered, on_unsure,      on_answered, bug,       bug           },
	[ST_UP]       = { on_answered, on_unsure,      on_answered, bug,       bug           },
	[ST_CLOSING]  = { keep,        keep,           keep,        on_closed, on_not_closed },
	[ST_WAITING]  = { bug,         bug,            bug,         bug,       bug           },
	[ST_PARKED]   = { bug,         bug,            bug,         bug,       bug           },
	[ST_HELD]     = { bug,         bug,            bug,         bug,       bug           },
	[ST_DELETED]  = { bug,         bug,            bug,         bug,       bug           },
};
static action *const evidence[ST_COUNT][6] = {
	/*                BORN             QR                 AUTH             UP        DOWN           ABSENT */
	[ST_IDLE]     = { bug,             bug,               bug,             bug,      bug,           bug                  },
	[ST_QUEUED]   = { bug,             bug,               bug,             bug,      bug,           bug                  },
	[ST_STARTING] = { on_alive,        on_to_qr,          on_to_auth,      on_to_up, on_down,       on_absent            },
	[ST_QR]       = { on_alive,        on_alive,          on_to_auth,      on_to_up, on_down,       on_absent            },
	[ST_AUTH]     = { on_alive,        on_qr_after_login, on_alive,        on_to_up, on_down,       on_absent            },
	[ST_UP]       = { on_not_quite_up, on_qr_after_login, on_not_quite_up, on_alive, on_down,       on_absent            },
	[ST_CLOSING]  = { keep,            keep,              keep,            keep,     keep,          on_closed_by_absence },
	[ST_WAITING]  = { bug,             bug,               bug,             bug,      bug,           bug                  },
	[ST_PARKED]   = { bug,             bug,               bug,             bug,      bug,           bug                  },
	[ST_HELD]     = { bug,             bug,               bug,             bug,      bug,           bug                  },
	[ST_DELETED]  = { bug,             bug,               bug,             bug,      bug,           bug                  },
};
// clang-format on

static action *cell(unsigned state, unsigned event)
{
	if (event < EV_PERMIT)
		return wishes[state][event];
	if (event < EV_CREATED)
		return engine[state][event - EV_PERMIT];
	if (event < EV_BORN)
		return answers[state][event - EV_CREATED];
	if (event < EV_LEAVE)
		return evidence[state][event - EV_BORN];
	if (event <= EV_EXCUSED)
		return places[state][event - EV_LEAVE];
	return event == EV_HANDS ? keep : bug; /* it changes what is shown, in status_of */
}

bool account_expects(unsigned state, unsigned event)
{
	return cell(state, event) != bug;
}

/* The status that users see, from the state alone; CLOSING shows what it is on the way to. */
static unsigned status_of(const struct account *a, bool hands_off)
{
	unsigned starting = a->was_up ? STATUS_RECONNECTING : STATUS_CONNECTING;
	bool waits = a->state == ST_QUEUED || a->state == ST_WAITING;

	if (waits && hands_off && !a->person)
		return STATUS_DISCONNECTED; /* nobody is about to connect it */

	switch ((enum account_state)a->state) {
	case ST_IDLE:
		return a->generation == 0 && a->cause == RELINK_NONE ? STATUS_NEW
								     : STATUS_DISCONNECTED;
	case ST_QUEUED:
	case ST_STARTING:
	case ST_WAITING:
		return starting;
	case ST_QR:
		return STATUS_QR_SCANNING;
	case ST_AUTH:
		return STATUS_AUTHENTICATED;
	case ST_UP:
		return STATUS_CONNECTED;
	case ST_CLOSING:
		switch ((enum after)a->after) {
		case AFTER_START:
		case AFTER_WAIT:
			return starting;
		case AFTER_PARK:
			return STATUS_DISCONNECTED;
		case AFTER_HOLD:
			return STATUS_FAILED;
		case AFTER_IDLE:
		case AFTER_DELETE:
			break;
		}
		return a->status; /* a stop is done when it is observed, not when it is wished */
	case ST_HELD:
		return STATUS_FAILED;
	case ST_PARKED:
	case ST_DELETED:
	case ST_COUNT:
		break;
	}
	return STATUS_DISCONNECTED;
}

/* A list that was asked for before the last push came tells how things were before it.  Only when
 * both say that something is wrong does their order not matter. */
static bool outdated(const struct account *a, const struct account_event *e)
{
	bool sick = e->kind == EV_DOWN || e->kind == EV_ABSENT;
	bool suspected = a->suspect != RELINK_NONE || a->absent_since != 0;

	return e->kind >= EV_BORN && event_is_about_a_life(e->kind) && a->open &&
	       e->at < a->evidence_at && !(sick && suspected);
}

void account_step(const struct policy *p, struct account *a, const struct account_event *e,
		  struct effects *ret_fx)
{
	struct effects *fx = ret_fx;
	struct step s = { p, a, e, fx };
	unsigned cause = a->cause, act = a->action, status;

	*fx = (struct effects){ .from = a->state };
	if (event_is_about_a_life(e->kind) &&
	    (e->generation != a->generation || !(a->open || a->state == ST_CLOSING) ||
	     outdated(a, e))) {
		fx->stale = true;
		return;
	}
	cell(a->state, e->kind)(&s);
	if (fx->bug)
		return;
	status = status_of(a, e->hands_off);
	fx->tell = status != a->status || cause != a->cause || act != a->action;
	a->status = (uint8_t)status;
	fx->changed = fx->changed || fx->tell;
}

void account_init(struct account *a, uint64_t seed, uint64_t now)
{
	*a = (struct account){
		.rng = seed, .since = now, .status = STATUS_NEW, .priority = PRIORITY_NORMAL
	};
}

void account_restore(const struct policy *p, struct account *a, uint64_t now)
{
	uint64_t grace = 0, longest;

	a->op = 0;
	a->sure = 0;
	a->slot = a->state == ST_STARTING;
	a->looks = 0;
	a->evidence_at = 0;
	step_no_suspicion(a);
	switch ((enum account_state)a->state) {
	case ST_STARTING:
	case ST_AUTH:
		grace = p->start_deadline; /* nobody watched the clock meanwhile */
		break;
	case ST_QR:
		grace = p->settle;
		break;
	case ST_CLOSING:
		a->timer_at = now; /* the disconnect may not have been sent */
		break;
	case ST_WAITING:
		longest = p->slow_cap + p->slow_cap / 10;
		if (longest < p->backoff_cap)
			longest = p->backoff_cap;
		if (account_is_flapping(a) && longest < flap_wait_max(&p->flap))
			longest = flap_wait_max(&p->flap);
		if (a->timer_at > now + longest)
			a->timer_at = now + p->backoff_cap; /* the clock was set back */
		if (a->timer_at == 0)
			a->timer_at = now;
		break;
	default:
		break;
	}
	if (grace > 0 && a->timer_at < now + grace)
		a->timer_at = now + grace;
}

bool account_may_resume(const struct account *a)
{
	return a->profile == PROFILE_NEW || a->profile == PROFILE_GOOD ||
	       a->profile == PROFILE_SUSPECT;
}

bool account_checking(const struct account *a)
{
	return a->open && (!a->sure || a->suspect != RELINK_NONE || a->absent_since != 0);
}

bool account_is_flapping(const struct account *a)
{
	return a->flap.step > 0;
}

bool account_has_login(const struct account *a)
{
	return a->profile == PROFILE_GOOD || a->profile == PROFILE_SUSPECT;
}
