/*
 * bulk.h - what can be asked of many accounts at once.
 */
#ifndef RELINK_POLICY_BULK_H
#define RELINK_POLICY_BULK_H

/* Numbers are stored; never reuse one.  Nothing is in here that costs a login. */
#define BULK_ACTION_LIST(A)            \
	A(CONNECT, 0, "connect")       \
	A(DISCONNECT, 1, "disconnect") \
	A(RECONNECT, 2, "reconnect")
enum bulk_action {
#define A(id, n, name) BULK_##id = (n),
	BULK_ACTION_LIST(A)
#undef A
	    BULK_ACTIONS
};
#define BULK_STATE_LIST(S)       \
	S(RUNNING, 0, "running") \
	S(DONE, 1, "done")       \
	S(CANCELLED, 2, "cancelled")
enum bulk_state {
#define S(id, n, name) BULK_##id = (n),
	BULK_STATE_LIST(S)
#undef S
	    BULK_STATES
};
const char *bulk_action_name(unsigned action);
const char *bulk_state_name(unsigned state);

#endif
