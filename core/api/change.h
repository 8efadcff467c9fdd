/*
 * change.h - a request that changes something: from the handler to the inbox, and the reply back.
 */
#ifndef RELINK_API_CHANGE_H
#define RELINK_API_CHANGE_H
#include "api/exchange.h"
#include "api/key_text.h"
#include "api/wait.h"

/* What the answer needs when the reply comes, long after the request is forgotten. */
struct change_order {
	unsigned status; /* of the answer when it worked */
	/* Write the answer; `result->code` is 0.  Lent. */
	void (*answer)(struct conn *, const struct change_order *order,
		       const struct command_result *result);
	/* The same when it was refused; NULL: a problem is answered. */
	void (*refused)(struct conn *, const struct change_order *order,
			const struct command_result *result);
	struct wait_order wait;    /* for answers that may wait for the account */
	char secret[KEY_TEXT + 1]; /* what is made and told once, as a key; "": none */
};

/* Submit `*command` (given) for the request's account and answer when it is durable or refused.
 * Reads Idempotency-Key.  `order` is copied. */
void change_submit(struct exchange *, struct command **command, const struct change_order *order);

/* The same for a command that has its account and takes no Idempotency-Key: one of who needs no key, or
 * one that follows from another. */
void change_follow(struct conn *, struct command **command, const struct change_order *order);

/* Answer with the engine's refusal as a problem. */
void change_refused(struct conn *, const struct command_result *);

#endif
