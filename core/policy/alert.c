/* alert.c - when an account needs somebody.  Pure. */
#include "policy/alert.h"

#include <stddef.h>

const char *alert_kind_name(unsigned kind)
{
	switch (kind) {
#define K(id, n, name)   \
	case ALERT_##id: \
		return name;
		ALERT_KINDS(K)
#undef K
	default:
		return NULL;
	}
}

static bool was_linked(const struct account *a)
{
	return a->was_up || a->profile == PROFILE_GOOD || a->profile == PROFILE_SUSPECT ||
	       a->profile == PROFILE_DEAD;
}

/* It stays until the account is connected: a person who has asked for a code and does not scan it has not
 * helped yet. */
static enum alert_verdict needs_person(const struct account *a)
{
	if (a->status == STATUS_CONNECTED)
		return ALERT_CLEAR;
	if (a->action == ACTION_NONE || (a->action == ACTION_SCAN_QR && !was_linked(a)))
		return ALERT_KEEP;
	return ALERT_RAISE;
}

static enum alert_verdict reconnect_loop(const struct account *a)
{
	if (account_is_flapping(a) || a->waits >= ALERT_LOOP_WAITS)
		return ALERT_RAISE;
	return a->waits == 0 ? ALERT_CLEAR : ALERT_KEEP;
}

enum alert_verdict alert_of(const struct account *a, unsigned kind)
{
	bool deleted =
	    a->state == ST_DELETED || (a->state == ST_CLOSING && a->after == AFTER_DELETE);

	if (deleted || !a->want)
		return ALERT_CLEAR;
	return kind == ALERT_NEEDS_PERSON ? needs_person(a) : reconnect_loop(a);
}
