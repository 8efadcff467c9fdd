/* explain_attempt.c - a life in plain English: why it was begun, how it went, what followed.  Pure. */
#include "policy/account.h"
#include "policy/attempt.h"
#include "policy/explain.h"
#include "policy/say.h"

const char *attempt_begun_name(unsigned begun)
{
	static const char *const names[] = {
#define B(id, n, name) [n] = name,
		ATTEMPT_BEGUN(B)
#undef B
	};

	return begun < sizeof names / sizeof names[0] ? names[begun] : "?";
}

static void begun(struct say *s, const struct attempt_record *a)
{
	switch ((enum attempt_begun)a->begun_by) {
	case BEGUN_PERSON:
		say(s, "Begun because somebody asked");
		break;
	case BEGUN_RETRY:
		say(s, "Begun by Relink, after a failure (");
		say(s, explain_cause(a->begun_cause));
		say(s, ")");
		break;
	case BEGUN_AGAIN:
		say(s, "Begun by Relink, without a failure");
		break;
	case BEGUN_UNKNOWN:
		say(s, "Begun before Relink wrote down why");
		break;
	}
	if (a->begun_on == LOGIN_SAME)
		say(s, ", on the login that there was");
	else if (a->begun_on == LOGIN_NEW)
		say(s, ", on a new login");
	say(s, ". ");
}

static unsigned state_after(unsigned after)
{
	static const uint8_t states[] = {
		[AFTER_IDLE] = ST_IDLE,   [AFTER_START] = ST_QUEUED, [AFTER_WAIT] = ST_WAITING,
		[AFTER_PARK] = ST_PARKED, [AFTER_HOLD] = ST_HELD,    [AFTER_DELETE] = ST_DELETED,
	};

	return after <= AFTER_DELETE ? states[after] : ST_COUNT;
}

void explain_attempt(const struct attempt_record *a, char *out, size_t room)
{
	const struct journal_record step = { .kind = JOURNAL_STEP,
					     .at = a->end.ended_at,
					     .event = a->end.event,
					     .from = a->end.from,
					     .to = (uint8_t)state_after(a->end.why.after),
					     .cause = a->end.cause,
					     .action = cause_rule(a->end.cause)->action,
					     .why = a->end.why };
	struct say s = say_to(out, room);
	char last[EXPLAIN_MAX];

	begun(&s, a);
	if (a->state == ATTEMPT_OPEN) {
		say(&s, "It is the present session.");
		return;
	}
	if (a->end.ended_at == 0) {
		say(&s, "It is over.");
		return;
	}
	if (a->end.up_at != 0) {
		say(&s, "It was connected for ");
		say_ms(&s, a->end.ended_at > a->end.up_at ? a->end.ended_at - a->end.up_at : 0);
		say(&s, ". ");
	}
	explain_line(&step, last, sizeof last);
	say(&s, last);
}
