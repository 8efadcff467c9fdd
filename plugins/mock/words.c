/* words.c - tables of names. */
#include "words.h"

static const char *const causes[RELINK_CAUSE_COUNT] = {
#define C(id, n, name, text) [n] = name,
	RELINK_CAUSES(C)
#undef C
};
static const char *const cause_texts[RELINK_CAUSE_COUNT] = {
#define C(id, n, name, text) [n] = text,
	RELINK_CAUSES(C)
#undef C
};
static const char *const states[RELINK_STATE_COUNT] = {
	[RELINK_STATE_UNKNOWN] = "unknown",
	[RELINK_STATE_STARTING] = "starting",
	[RELINK_STATE_QR] = "qr",
	[RELINK_STATE_AUTHENTICATED] = "authenticated",
	[RELINK_STATE_CONNECTED] = "connected",
	[RELINK_STATE_DOWN] = "down",
};
static const char *const hows[HOW_COUNT] = {
	[HOW_VANISH] = "vanish",
	[HOW_DOWN] = "down",
	[HOW_SILENT] = "silent",
};
static const char *const logins[] = {
	[LOGIN_NONE] = "none",
	[LOGIN_GOOD] = "good",
	[LOGIN_REVOKED] = "revoked",
};
static const char *const ops[OP_COUNT] = {
	[OP_CREATE] = "create", [OP_DISCONNECT] = "disconnect",
	[OP_HEALTH] = "health", [OP_LIST] = "list",
	[OP_SEND] = "send",
};
static const char *const faults[FAULT_COUNT] = {
	[FAULT_NONE] = "none",
	[FAULT_DOWN] = "down",
	[FAULT_NEVER_ANSWER] = "never_answer",
	[FAULT_FAIL] = "fail",
	[FAULT_LIE] = "lie",
	[FAULT_PARTIAL] = "partial",
	[FAULT_EMPTY_ERROR] = "empty_error",
	[FAULT_LOSE_REPLY] = "lose_reply",
	[FAULT_UNKNOWN] = "unknown",
	[FAULT_WRECK] = "wreck",
};
static const char *const wrecks[WRECK_COUNT] = {
#define W(id, name) [WRECK_##id] = name,
	WRECKS(W)
#undef W
};

const char *cause_name(enum relink_cause c)
{
	return causes[c];
}

const char *cause_text(enum relink_cause c)
{
	return cause_texts[c];
}

const char *state_name(enum relink_state s)
{
	return states[s];
}

const char *how_name(enum how h)
{
	return hows[h];
}

const char *login_name(enum login l)
{
	return logins[l];
}

const char *op_name(enum op o)
{
	return ops[o];
}

const char *fault_name(enum fault f)
{
	return faults[f];
}

const char *wreck_name(enum wreck w)
{
	return wrecks[w];
}

/* Index of `word` in `v`, or -1. */
static int find(const char *const v[], int n, struct relink_str word)
{
	for (int i = 0; i < n; i++) {
		if (v[i] != NULL && str_is(word, v[i]))
			return i;
	}
	return -1;
}

bool cause_of(struct relink_str name, enum relink_cause *ret_cause)
{
	int i = find(causes, RELINK_CAUSE_COUNT, name);

	if (i >= 0)
		*ret_cause = (enum relink_cause)i;
	return i >= 0;
}

bool how_of(struct relink_str name, enum how *ret_how)
{
	int i = find(hows, HOW_COUNT, name);

	if (i >= 0)
		*ret_how = (enum how)i;
	return i >= 0;
}

bool wreck_of(struct relink_str name, enum wreck *ret_wreck)
{
	int i = find(wrecks, WRECK_COUNT, name);

	if (i >= 0)
		*ret_wreck = (enum wreck)i;
	return i >= 0;
}

bool fault_of(struct relink_str name, enum fault *ret_fault)
{
	int i = find(faults, FAULT_COUNT, name);

	if (i >= 0)
		*ret_fault = (enum fault)i;
	return i >= 0;
}
