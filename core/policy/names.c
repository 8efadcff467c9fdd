/* names.c - the words of the state machine, for the API, the log and the store. */
#include <stddef.h>

#include "policy/account.h"
#include "policy/death.h"

static const char *const state_names[ST_COUNT] = {
#define S(id, n, name) [n] = name,
	ACCOUNT_STATES(S)
#undef S
};
static const char *const event_names[EV_COUNT] = {
#define E(id, n, name) [n] = name,
	ACCOUNT_EVENTS(E)
#undef E
};
static const char *const status_names[STATUS_COUNT] = {
#define S(id, n, name) [n] = name,
	ACCOUNT_STATUSES(S)
#undef S
};

const char *state_name(unsigned state)
{
	return state < ST_COUNT ? state_names[state] : "?";
}

const char *event_name(unsigned event)
{
	return event < EV_COUNT ? event_names[event] : "?";
}

const char *status_name(unsigned status)
{
	return status < STATUS_COUNT ? status_names[status] : "?";
}

const char *death_kind_name(unsigned kind)
{
	switch (kind) {
#define K(id, n, name)   \
	case DEATH_##id: \
		return name;
		DEATH_KINDS(K)
#undef K
	default:
		return NULL;
	}
}
