/*
 * cause.h - what follows from each cause: the retry rules as one table.
 *
 * Causes are those of relink/plugin.h; a plugin classifies, this table decides, and operators may
 * choose otherwise within its bounds (conf/causes.def).
 */
#ifndef RELINK_POLICY_CAUSE_H
#define RELINK_POLICY_CAUSE_H
#include <stdbool.h>
#include <stdint.h>

#include "conf/causes.h"
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

struct cause_rule {
	uint8_t then;        /* enum cause_then */
	uint8_t action;      /* what a person should do when we park or hold for it */
	bool login_dead;     /* proof that the credentials are of no use any more */
	bool blames_profile; /* a start that ends so counts against the profile */
	uint8_t may;         /* bits of what an operator may choose instead of `then`; 0: nothing */
};

/* Never NULL: a number outside the list has UNKNOWN's rule. */
const struct cause_rule *cause_rule(unsigned cause);

/* What follows under these choices, of RELINK_CAUSE_COUNT causes: an operator's word, or the table's. */
enum cause_then cause_then(const struct cause_choice *choices, unsigned cause);
/* After how many failed attempts in a row this cause ends them; `budget` where nobody says less. */
unsigned cause_attempts(const struct cause_choice *choices, unsigned cause, unsigned budget);

/* Names for the API, the log and the store; never NULL ("?" for a number that has none). */
const char *cause_name(unsigned cause);
const char *cause_text(unsigned cause);
const char *action_name(unsigned action);
const char *then_name(unsigned then);
/* The cause of a name, -1 for none. */
int cause_of(const char *name);

#endif
