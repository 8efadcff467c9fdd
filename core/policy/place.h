/*
 * place.h - which instance an account belongs to.  Pure.
 *
 * A new account goes to the least loaded instance with room.  Placement is sticky: the credentials
 * of a login lie at its instance, so an account with a login stays there, whatever that costs,
 * unless the instances share them.  Who has no login to lose may start elsewhere when its instance
 * cannot take it.
 */
#ifndef RELINK_POLICY_PLACE_H
#define RELINK_POLICY_PLACE_H
#include <stdbool.h>
#include <stdint.h>

struct account;

struct place_candidate {
	uint64_t accounts; /* placed there already */
	uint64_t capacity;
	uint64_t open, queued; /* of them: with a session, waiting for one */
	bool closed;           /* takes nobody: drained, or where the account is to leave */
	bool down;             /* does not answer: only when all that have room don't */
};

/* Of `n` the least loaded that has room, by (accounts + open + queued) / capacity; the first of
 * equals.  -1: there is none. */
int place_choose(const struct place_candidate *, int n);

/* What is wrong with the instance that an account belongs to. */
enum place_fault {
	PLACE_OK,
	PLACE_FULL,     /* it holds as many sessions as it may */
	PLACE_DRAINED,  /* an operator wants it empty */
	PLACE_DOWN,     /* it does not answer */
	PLACE_GIVEN_UP, /* for so long that its accounts shall move (when_down: move) */
	PLACE_NOWHERE   /* it is not configured any more, and when_down is move */
};

struct place_rules {
	bool shared;   /* all instances see the same credentials (shared_credentials) */
	bool apart;    /* session ids and credentials are apart (RELINK_CAP_PROFILES) */
	bool unproven; /* a life of the account is not proven gone */
};

enum place_do {
	PLACE_STAY,
	PLACE_MOVE,  /* it has no life: it belongs to another instance from now on */
	PLACE_LEAVE, /* end its life there in order, then it moves */
	PLACE_FLEE   /* give its life up, since nobody there can be asked; then it moves */
};

/* Would the account lose a login by starting at an instance that does not have its credentials?  A
 * profile that was never seen logged in counts as a login, since a scan may have been missed; but not
 * when a person asks for a start, who would scan it again. */
bool place_tied(const struct account *);
/* What an account does about its instance, now. */
enum place_do place_decide(const struct account *, enum place_fault, const struct place_rules *);

#endif
