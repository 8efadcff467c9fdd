/* explain_account.c - an account in plain English: why, what next, what to do.  Pure. */
#include "policy/account.h"
#include "policy/explain.h"
#include "policy/say.h"

const char *explain_action(unsigned action)
{
	switch ((enum user_action)action) {
	case ACTION_NONE:
		return "Nobody needs to do anything.";
	case ACTION_SCAN_QR:
		return "Ask for a connect or for a QR code, and scan it with the phone.";
	case ACTION_OPEN_PHONE:
		return "Open WhatsApp on the phone, and leave it open until it is connected.";
	case ACTION_CHECK_PROVIDER:
		return "Look at the provider and at its instance, then ask for a reconnect.";
	case ACTION_UNBLOCK:
		return "See to the number on the phone (it is used elsewhere, or blocked), then "
		       "ask for a "
		       "reconnect.";
	case ACTION_FIX_CONFIG:
		return "Correct the configuration, then ask for a reconnect.";
	case ACTION_COUNT:
		break;
	}
	return "Ask for a reconnect.";
}

const char *explain_cause(unsigned cause)
{
	switch (cause) {
	case RELINK_THROTTLED:
		return "the provider says that it goes too fast";
	case RELINK_REFUSED:
		return "the provider refuses it for now, which is no log-out";
	case RELINK_MISCONFIGURED:
		return "a URL, key or setting of the instance is wrong";
	case RELINK_STALE:
		return "the provider has seen a later session of it than Relink knows";
	case RELINK_BY_REQUEST:
		return "somebody asked for it";
	case RELINK_UNKNOWN:
		return "the provider did not say anything that is known here";
	case RELINK_INTERNAL:
		return "the plugin could not read the provider's answer, or has a bug";
	case RELINK_POISON:
		return "worker processes died of its operations";
	default:
		return cause < RELINK_CAUSE_COUNT ? cause_text(cause)
						  : "a cause that this version does not know";
	}
}

static void because(struct say *s, const struct account *a)
{
	if (a->cause == RELINK_NONE)
		return;
	say(s, ": ");
	say(s, explain_cause(a->cause));
	say(s, " (");
	say(s, cause_name(a->cause));
	say(s, ")");
}

static void why(struct say *s, const struct account *a, struct str waits)
{
	switch ((enum account_state)a->state) {
	case ST_IDLE:
		say(s, a->generation == 0 && a->cause == RELINK_NONE
			   ? "Nobody has asked for it to be connected yet."
			   : "Somebody asked for it to be disconnected (by_request).");
		return;
	case ST_QUEUED:
		if (waits.n > 0) {
			say(s, "It is not started yet: ");
			say_str(s, waits);
			say(s, ".");
			return;
		}
		say(s, "It waits for its turn to start");
		break;
	case ST_STARTING:
		say(s, a->fresh ? "Its session is starting, on a new login"
				: "Its session is starting, on the login that there is");
		break;
	case ST_QR:
		say(s, "Its QR code waits to be scanned");
		break;
	case ST_AUTH:
		say(s, "It is logged in and not connected yet");
		break;
	case ST_UP:
		say(s, account_checking(a)
			   ? "It was connected when it was last seen; that is being looked at"
			   : "It is connected");
		break;
	case ST_CLOSING:
		say(s, "Its last session is being ended");
		break;
	case ST_WAITING:
		say(s, "Its last session ended, or did not begin");
		break;
	case ST_PARKED:
		say(s, "It waits for a person");
		break;
	case ST_HELD:
		say(s, "It was given up");
		if (a->fails > 0) {
			say(s, " after ");
			say_u64(s, a->fails);
			say(s, a->fails == 1 ? " failed attempt" : " failed attempts in a row");
		}
		break;
	case ST_DELETED:
		say(s, "It is deleted");
		break;
	case ST_COUNT:
		say(s, "Its state is not known to this version");
		break;
	}
	because(s, a);
	say(s, ".");
	if (a->state == ST_WAITING && waits.n > 0) {
		say(s, " It is not tried again yet: ");
		say_str(s, waits);
		say(s, ".");
	}
	if (account_is_flapping(a))
		say(s, " It was connected and lost too often lately.");
}

static void by(struct say *s, uint64_t at, uint64_t now, const char *before)
{
	if (at == 0)
		return;
	say(s, before);
	say_time(s, at, now);
}

static void attempt(struct say *s, const struct policy *p, const struct account *a)
{
	unsigned most = cause_attempts(p->causes, a->cause, p->max_fails);

	if (cause_then(p->causes, a->cause) != THEN_RETRY || account_is_flapping(a)) {
		say(s, "The next attempt");
		return;
	}
	say(s, "Attempt ");
	say_u64(s, a->fails + 1u);
	say(s, " of ");
	say_u64(s, most);
}

static void on_login(struct say *s, const struct account *a)
{
	say(s, a->fresh_next || !account_may_resume(a) ? " on a new login, which needs a scan"
						       : " on the same login");
}

static void closing_next(struct say *s, const struct policy *p, const struct account *a)
{
	say(s, "When its last session is proven ended, ");
	switch ((enum after)a->after) {
	case AFTER_IDLE:
		say(s, "it stays disconnected");
		break;
	case AFTER_START:
		say(s, "a new one is started");
		on_login(s, a);
		break;
	case AFTER_WAIT:
		say(s, "it waits a while; ");
		say(s, "then comes ");
		attempt(s, p, a);
		on_login(s, a);
		break;
	case AFTER_PARK:
		say(s, "it waits for a person");
		break;
	case AFTER_HOLD:
		say(s, "it is left alone until somebody asks");
		break;
	case AFTER_DELETE:
		say(s, "it is forgotten");
		break;
	}
}

static void next(struct say *s, const struct policy *p, const struct account *a, struct str waits,
		 uint64_t now)
{
	switch ((enum account_state)a->state) {
	case ST_IDLE:
	case ST_PARKED:
	case ST_HELD:
		say(s, "Nothing happens until somebody asks; then it is started");
		on_login(s, a);
		break;
	case ST_QUEUED:
		say(s, "It is started");
		on_login(s, a);
		say(s, " as soon as it may be");
		break;
	case ST_STARTING:
		say(s, "The start ends with a login, a QR code or a failure");
		by(s, a->timer_at, now, " by ");
		break;
	case ST_QR:
		say(s, "Without a scan the code is put away");
		by(s, a->timer_at, now, " at ");
		break;
	case ST_AUTH:
		say(s, "It connects, or the session counts as failed");
		by(s, a->timer_at, now, " at ");
		break;
	case ST_UP:
		say(s, "It is kept connected");
		break;
	case ST_CLOSING:
		closing_next(s, p, a);
		break;
	case ST_WAITING:
		attempt(s, p, a);
		if (waits.n > 0) /* the timer alone starts nothing */
			say(s, " follows as soon as it may be");
		else
			by(s, a->timer_at, now, " follows at ");
		on_login(s, a);
		break;
	case ST_DELETED:
		say(s, "It is forgotten as soon as its sessions are proven gone");
		break;
	case ST_COUNT:
		say(s, "That is not known to this version");
		break;
	}
	say(s, ".");
}

static const char *todo(const struct account *a, unsigned action)
{
	if (a->action != ACTION_NONE)
		action = a->action;
	if (a->state == ST_QR)
		return "Scan the QR code with the phone: WhatsApp, Linked devices, Link a device.";
	if (action != ACTION_NONE)
		return explain_action(action);
	switch (a->state) {
	case ST_IDLE:
		return "Ask for a connect.";
	case ST_WAITING:
		return "Nobody needs to do anything. Who does not want to wait asks for a "
		       "reconnect.";
	case ST_HELD:
	case ST_PARKED:
		return "Ask for a reconnect.";
	default:
		return explain_action(ACTION_NONE);
	}
}

void explain_account(const struct policy *p, const struct account *a, struct str waits,
		     unsigned action, uint64_t now, struct explanation *ret_explanation)
{
	struct explanation *e = ret_explanation;
	struct say s = say_to(e->why, sizeof e->why);

	why(&s, a, waits);
	s = say_to(e->next, sizeof e->next);
	next(&s, p, a, waits, now);
	s = say_to(e->todo, sizeof e->todo);
	say(&s, todo(a, action));
}
