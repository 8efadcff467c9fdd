/*
 * endpoints.h - events on their way to the endpoints that clients have made.
 *
 * The engine holds what they are.  This follows it: each that is enabled has a receiver (api/receiver.h) with
 * a place in the journal of its own, so that none delays another.
 */
#ifndef RELINK_API_ENDPOINTS_ENDPOINTS_H
#define RELINK_API_ENDPOINTS_ENDPOINTS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "out/forward.h"

struct endpoint;
struct endpoints;
struct face;
struct metrics;
struct outbox_office;

#define ENDPOINTS_SHARED 40   /* requests at once, besides the one that each may always have */
#define ENDPOINTS_TESTS  8    /* test deliveries at once */
#define ENDPOINTS_SLOW   2000 /* ms: an answer that took longer was late */

struct endpoints_options {
	uint64_t total_ms;          /* for one request */
	struct forward_rules rules; /* of tries */
	uint64_t stuck_ms;   /* an event that waits for longer raises an alert; 0: none does */
	uint64_t overlap_ms; /* how long a secret that was replaced signs, too */
};

/* What is known of one since the daemon began. */
struct endpoint_state {
	bool running; /* the rest of the block is known */
	uint64_t seq, backlog, accounts, oldest_at;

	uint64_t delivered, failed, given_up, dead;
	uint64_t success_at, failure_at; /* 0: never */
	const char *failure;             /* lent */
	bool resending;
};

/* The office is kept.  ERR_NOMEM. */
int endpoints_new(struct endpoints **ret_endpoints, struct face *, const struct outbox_office *,
		  const struct endpoints_options *);
/* `url` is where we listen.  ERR_NOMEM. */
int endpoints_start(struct endpoints *, const char *url);
/* NULL is fine. */
void endpoints_stop(struct endpoints *);
/* NULL inside is fine. */
void endpoints_free(struct endpoints **);

/* NULL: there is none, or it came just now. */
struct endpoint *endpoints_find(const struct endpoints *, struct str id);
void endpoint_state(const struct endpoint *, struct endpoint_state *ret_state);
void endpoints_figures(const struct endpoints *, struct metrics *);

#endif
