/*
 * pause.h - for what automation can be paused.
 */
#ifndef RELINK_POLICY_PAUSE_H
#define RELINK_POLICY_PAUSE_H

/* Numbers are stored; never reuse one. */
#define PAUSE_SCOPE_LIST(S)            \
	S(EVERYTHING, 0, "everything") \
	S(PROVIDER, 1, "provider")     \
	S(WORKSPACE, 2, "workspace")   \
	S(ACCOUNT, 3, "account")
enum pause_scope {
#define S(id, n, name) PAUSE_##id = (n),
	PAUSE_SCOPE_LIST(S)
#undef S
	    PAUSE_SCOPES
};
const char *pause_scope_name(unsigned scope);

#endif
