/*
 * attempt.h - one life of an account, as it is kept: why it was begun, how it ended, what followed.
 *
 * The ledger of these is also the lineage of an account's session ids and profiles.
 */
#ifndef RELINK_POLICY_ATTEMPT_H
#define RELINK_POLICY_ATTEMPT_H
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "policy/why.h"

/* Numbers are stored; never reuse one. */
#define ATTEMPT_BEGUN(B)                                                       \
	B(UNKNOWN, 0, "unknown") /* by a version that did not write it down */ \
	B(PERSON, 1, "person")                                                 \
	B(RETRY, 2, "retry")  /* because of begun_cause */                     \
	B(AGAIN, 3, "relink") /* it moved, or nothing failed that was its fault */
enum attempt_begun {
#define B(id, n, name) BEGUN_##id = (n),
	ATTEMPT_BEGUN(B)
#undef B
};
enum attempt_login { LOGIN_UNKNOWN = 0, LOGIN_SAME = 1, LOGIN_NEW = 2 };

/* How a life ended.  Times in ms, 0: not (yet), or not known. */
struct attempt_end {
	uint64_t up_at;    /* last connected since then */
	uint64_t ended_at; /* when it was given up */
	uint8_t event, from, cause;
	struct step_why why; /* timer_at: when the next start is due */
};

/* One life: written before its create is sent. */
enum attempt_state { ATTEMPT_OPEN = 0, ATTEMPT_ABANDONED = 1, ATTEMPT_GONE = 2 };
struct attempt_record {
	uint64_t row, generation; /* account, life */
	struct str session, profile, instance;
	uint64_t minted_at, closed_at;
	enum attempt_state state;
	uint8_t begun_by, begun_cause, begun_on; /* begun_on: enum attempt_login */
	struct attempt_end end;
};

/* "person". */
const char *attempt_begun_name(unsigned begun);
/* The whole life in plain English. */
void explain_attempt(const struct attempt_record *, char *out, size_t room);

#endif
