/* cause.c - the table of causes.  Pure. */
#include "policy/cause.h"

// clang-format off
static const struct cause_rule rules[RELINK_CAUSE_COUNT] = {
	/*                            then           when it ends            login  blames  */
	/*                                                                   dead   profile */
	[RELINK_NONE]            = { THEN_NOTHING,  ACTION_NONE,           false, false },
	[RELINK_GONE]            = { THEN_RETRY,    ACTION_CHECK_PROVIDER, false, true  },
	[RELINK_ENGINE_CRASH]    = { THEN_RETRY,    ACTION_CHECK_PROVIDER, false, true  },
	[RELINK_ENGINE_HANG]     = { THEN_RETRY,    ACTION_CHECK_PROVIDER, false, true  },
	[RELINK_NETWORK]         = { THEN_PROVIDER, ACTION_CHECK_PROVIDER, false, false },
	[RELINK_PROVIDER_DOWN]   = { THEN_PROVIDER, ACTION_CHECK_PROVIDER, false, false },
	[RELINK_THROTTLED]       = { THEN_SLOW,     ACTION_CHECK_PROVIDER, false, false },
	[RELINK_REFUSED]         = { THEN_SLOW,     ACTION_CHECK_PROVIDER, false, false },
	[RELINK_REPLACED]        = { THEN_ONCE,     ACTION_UNBLOCK,        false, false },
	[RELINK_LOGGED_OUT]      = { THEN_PARK,     ACTION_SCAN_QR,        true,  false },
	[RELINK_UNPAIRED]        = { THEN_PARK,     ACTION_SCAN_QR,        true,  false },
	[RELINK_AUTH_CORRUPT]    = { THEN_PARK,     ACTION_SCAN_QR,        true,  false },
	[RELINK_QR_EXPIRED]      = { THEN_PARK,     ACTION_SCAN_QR,        false, false },
	[RELINK_BANNED]          = { THEN_HOLD,     ACTION_UNBLOCK,        false, false },
	[RELINK_TOS_BLOCK]       = { THEN_HOLD,     ACTION_UNBLOCK,        false, false },
	[RELINK_CLIENT_OUTDATED] = { THEN_HOLD,     ACTION_CHECK_PROVIDER, false, false },
	[RELINK_MISCONFIGURED]   = { THEN_HOLD,     ACTION_FIX_CONFIG,     false, false },
	[RELINK_CANCELLED]       = { THEN_PROVIDER, ACTION_CHECK_PROVIDER, false, false },
	[RELINK_STALE]           = { THEN_RETRY,    ACTION_CHECK_PROVIDER, false, false },
	[RELINK_CAPACITY]        = { THEN_PROVIDER, ACTION_CHECK_PROVIDER, false, false },
	[RELINK_BY_REQUEST]      = { THEN_NOTHING,  ACTION_NONE,           false, false },
	[RELINK_UNKNOWN]         = { THEN_RETRY,    ACTION_CHECK_PROVIDER, false, false },
	[RELINK_INTERNAL]        = { THEN_RETRY,    ACTION_CHECK_PROVIDER, false, false },
	[RELINK_POISON]          = { THEN_HOLD,     ACTION_CHECK_PROVIDER, false, false },
};
// clang-format on

static const char *const names[RELINK_CAUSE_COUNT] = {
#define C(id, n, name, doc) [n] = name,
	RELINK_CAUSES(C)
#undef C
};
static const char *const texts[RELINK_CAUSE_COUNT] = {
#define C(id, n, name, doc) [n] = doc,
	RELINK_CAUSES(C)
#undef C
};
static const char *const actions[ACTION_COUNT] = {
#define A(id, n, name) [n] = name,
	USER_ACTIONS(A)
#undef A
};

const struct cause_rule *cause_rule(unsigned cause)
{
	return &rules[cause < RELINK_CAUSE_COUNT ? cause : RELINK_UNKNOWN];
}

const char *cause_name(unsigned cause)
{
	return cause < RELINK_CAUSE_COUNT ? names[cause] : "?";
}

const char *cause_text(unsigned cause)
{
	return cause < RELINK_CAUSE_COUNT ? texts[cause] : "?";
}

const char *action_name(unsigned action)
{
	return action < ACTION_COUNT ? actions[action] : "?";
}

static bool same(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

int cause_of(const char *name)
{
	for (int i = 0; i < RELINK_CAUSE_COUNT; i++) {
		if (same(name, names[i]))
			return i;
	}
	return -1;
}
