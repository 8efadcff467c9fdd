/*
 * wait.h - requests that wait until an account has got somewhere ("Prefer: wait=N").
 *
 * Waiters are kept by account.  One subscriber of the bus looks at the waiters of each account that
 * something happened to; nobody polls.
 */
#ifndef RELINK_API_WAIT_H
#define RELINK_API_WAIT_H
#include <stdbool.h>
#include <stdint.h>

#include "api/port.h"

struct conn;
struct face;
struct waits;
struct http_request;
struct response;

#define WAIT_MAX_S 120

/* What is waited for. */
enum wait_for {
	WAIT_SETTLED, /* a QR code can be scanned, or connected, disconnected, failed */
	WAIT_ENDED    /* disconnected or failed */
};

#define WAIT_TEXT sizeof "wait=4294967295"

struct wait_order {
	enum wait_for what;
	unsigned seconds; /* 0: answer at once */
	bool replayed;    /* goes into the answer */
	uint8_t format;   /* GET qr: what the answer shall be, see qr.c */
	uint16_t size;    /* ... and of how many pixels */
	/* Write the answer.  Both are lent; `view` is NULL when the account is gone. */
	void (*answer)(struct conn *, const struct wait_order *order,
		       const struct account_view *view);
};

int waits_new(struct waits **ret_waits, struct face *);
void waits_free(struct waits **);

/* The N of "Prefer: wait=N", at most WAIT_MAX_S; 0: none, or not understood (it is a wish). */
unsigned wait_wish(const struct http_request *);

/* Say in the answer that the wish was heeded.  `text` is lent until the answer is sent. */
void wait_say(struct response *, const struct wait_order *, char text[WAIT_TEXT]);

/* Answer the connection's request when the account has got there, when the time is over, or at once
 * where neither can be waited for: no wish, too many waiters.  `order` is copied, with `seconds` 0
 * in that last case, so that the answer does not claim to have waited. */
void wait_start(struct conn *, struct str account, const struct wait_order *order);

#endif
