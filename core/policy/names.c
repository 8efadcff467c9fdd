/* names.c - the words of the state machine, for the API, the log and the store. */
#include <stddef.h>

#include "policy/account.h"
#include "policy/bulk.h"
#include "policy/death.h"
#include "policy/pause.h"

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
	return event < EV_COUNT && event_names[event] != NULL ? event_names[event] : "?";
}

const char *status_name(unsigned status)
{
	return status < STATUS_COUNT ? status_names[status] : "?";
}

static const char *const scope_names[PAUSE_SCOPES] = {
#define S(id, n, name) [n] = name,
	PAUSE_SCOPE_LIST(S)
#undef S
};
static const char *const bulk_action_names[BULK_ACTIONS] = {
#define A(id, n, name) [n] = name,
	BULK_ACTION_LIST(A)
#undef A
};
static const char *const bulk_state_names[BULK_STATES] = {
#define S(id, n, name) [n] = name,
	BULK_STATE_LIST(S)
#undef S
};

const char *pause_scope_name(unsigned scope)
{
	return scope < PAUSE_SCOPES ? scope_names[scope] : "?";
}

const char *bulk_action_name(unsigned action)
{
	return action < BULK_ACTIONS ? bulk_action_names[action] : "?";
}

const char *bulk_state_name(unsigned state)
{
	return state < BULK_STATES ? bulk_state_names[state] : "?";
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
