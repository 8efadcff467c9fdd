/*
 * cause.h - what follows from each cause: the retry rules as one table.
 *
 * Causes are those of relink/plugin.h; a plugin classifies, this table decides.
 */
#ifndef RELINK_POLICY_CAUSE_H
#define RELINK_POLICY_CAUSE_H
#include <stdbool.h>
#include <stdint.h>

#include "relink/plugin.h"

/* What a person should do; numbers are stored. */
#define USER_ACTIONS(A)                        \
	A(NONE, 0, "none")                     \
	A(SCAN_QR, 1, "scan_qr")               \
	A(OPEN_PHONE, 2, "open_phone")         \
	A(CHECK_PROVIDER, 3, "check_provider") \
	A(UNBLOCK, 4, "unblock")               \
	A(FIX_CONFIG, 5, "fix_config")
enum user_action {
#define A(id, n, name) ACTION_##id = (n),
	USER_ACTIONS(A)
#undef A
	    ACTION_COUNT
};

enum cause_then {
	THEN_RETRY,    /* with backoff, on the budget; then hold */
	THEN_PROVIDER, /* the provider's fault: with backoff, burns no budget */
	THEN_SLOW,     /* the slow ladder, or what the provider asked for */
	THEN_ONCE,     /* one retry, then hold: two owners must not fight */
	THEN_PARK,     /* wait for a person at no cost */
	THEN_HOLD,     /* failed until a person acts */
	THEN_NOTHING   /* not a failure */
};

struct cause_rule {
	uint8_t then;        /* enum cause_then */
	uint8_t action;      /* what a person should do when we park or hold for it */
	bool login_dead;     /* proof that the credentials are of no use any more */
	bool blames_profile; /* a start that ends so counts against the profile */
};

/* Never NULL: a number outside the list has UNKNOWN's rule. */
const struct cause_rule *cause_rule(unsigned cause);

/* Names for the API, the log and the store; never NULL ("?" for a number that has none). */
const char *cause_name(unsigned cause);
const char *cause_text(unsigned cause);
const char *action_name(unsigned action);
/* The cause of a name, -1 for none. */
int cause_of(const char *name);

#endif
