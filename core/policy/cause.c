/* cause.c - the table of causes.  Pure. */
#include "policy/cause.h"

static const struct cause_rule rules[RELINK_CAUSE_COUNT] = {
#define RULE(id, then, action, dead, blames, may) \
	[RELINK_##id] = { THEN_##then, ACTION_##action, dead, blames, may },
#include "conf/causes.def"
#undef RULE
};

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
static const char *const thens[THEN_COUNT] = {
#define T(id, n, name) [n] = name,
	CAUSE_THENS(T)
#undef T
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

enum cause_then cause_then(const struct cause_choice *choices, unsigned cause)
{
	unsigned c = cause < RELINK_CAUSE_COUNT ? cause : RELINK_UNKNOWN;

	return choices[c].then != THEN_DEFAULT ? choices[c].then : rules[c].then;
}

unsigned cause_attempts(const struct cause_choice *choices, unsigned cause, unsigned budget)
{
	unsigned own = choices[cause < RELINK_CAUSE_COUNT ? cause : RELINK_UNKNOWN].attempts;

	return own != 0 && own < budget ? own : budget;
}

const char *then_name(unsigned then)
{
	return then < THEN_COUNT ? thens[then] : "?";
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
