/*
 * wait.h - waiting for an outcome, and the line on a terminal that says so.
 *
 * The daemon itself waits (Prefer: wait=N).  The line is on standard error, only where a person
 * looks on, and is wiped before anything else is printed.
 */
#ifndef RELINKCTL_WAIT_H
#define RELINKCTL_WAIT_H
#include "cli.h"
#include "http.h"

struct wait {
	struct cli *cli;
	const char *id; /* of the account */
	char status[32];
	unsigned seconds; /* 0: don't wait */
	uint64_t begun_ms, until_ms;
	bool shown;       /* the line is there ... */
	uint64_t shown_s; /* ... and says so many seconds */
};

/* --wait, --no-wait, or `otherwise` when neither was given. */
unsigned wait_seconds(const struct cli *, unsigned otherwise);
/* The clock starts.  `id` is kept. */
void wait_begin(struct wait *, struct cli *, const char *id, unsigned seconds);
/* call() that lets the daemon wait. */
int wait_call(struct wait *, struct request *, struct answer *ret_answer);
/* What the line says of the account. */
void wait_status(struct wait *, struct str status);
/* Draw the line anew if it has something new to say.  `ctx` is the struct wait. */
void wait_tick(void *ctx);
void wait_wipe(struct wait *);

#endif
