/*
 * endpoint.h - an endpoint at work: what is sent to it, what came of that, and its dead letters.
 *
 * What it is (its URL, its secrets) is the engine's; here is a copy of it, and what is known of its receiver
 * since the daemon began.
 */
#ifndef RELINK_API_ENDPOINTS_ENDPOINT_H
#define RELINK_API_ENDPOINTS_ENDPOINT_H
#include "api/endpoints/endpoints.h"
#include "api/face.h"
#include "api/receiver.h"
#include "base/limits.h"

#define ENDPOINT_PREFIX "whsec_"
#define ENDPOINT_SECRET 50 /* the prefix, and 32 bytes in base64 */

struct endpoint {
	unsigned magic;
	struct endpoints *set;
	struct endpoint *prev, *next;
	char id[LIMIT_ENDPOINT_ID + 1];
	char *url, *events, *workspace, *secret, *old_secret;
	uint64_t old_until, changed_at;
	uint8_t form;
	bool seen, enabled;
	struct receiver *receiver; /* NULL: disabled */

	bool gone;             /* it has said so: it is being disabled */
	struct ending *ending; /* NULL: the engine is not asked for that at the moment */
	bool sluggish;         /* its last answer was none, or came late */
	uint64_t delivered, failed, given_up;
	uint64_t success_at, failure_at; /* 0: never */
	char failure[FORWARD_WHY_MAX];

	uint64_t n_dead;
	bool counting, count_again;

	/* The pass through its dead letters; see dead.c. */
	bool passing, posted;
	struct outbox_port pass; /* while `passing` */
	uint64_t pass_seq, pass_since;
	struct outbox_port count; /* of dead letters */
};

struct endpoints {
	struct face *face;
	const struct outbox_office *office;
	struct endpoints_options o;
	struct bus_subscriber *subscriber; /* malloc'ed */
	struct endpoint *list;
	uint64_t version;
	char *own_url; /* for the seed's form */
	bool started, stopped;
	struct outbox_port tests, watch;
	struct test *testing; /* utlist */
	unsigned n_tests;
};

/* actions.c: who waits for a test is told that it ends here. */
void endpoint_tests_end(struct endpoints *);

/* watch.c: which of them take nothing.  Looks now, and every now and then until watch_stop. */
void watch_begin(struct endpoints *);
void watch_stop(struct endpoints *);

/* endpoint.c */
/* It is as `v` says from now on.  NULL: memory is out. */
struct endpoint *endpoint_take(struct endpoints *, const struct endpoint_view *v);
/* `keep`: its place is wanted again.  Frees it. */
void endpoint_leave(struct endpoint *, bool keep);
/* What came of a request to it. */
void endpoint_learned(struct endpoint *, const struct outbox_answer *, const char *why,
		      uint64_t ms);
/* How many requests are under way to it, besides tests. */
unsigned endpoint_flying(const struct endpoint *);

/* letter.c: the line as it is sent; 1: there is nothing to send (any more), ERR_NOMEM, ERR_TOOBIG */
int endpoint_write(struct endpoint *, const struct journal_record *, struct letter *);
/* A letter that tells nothing but that it came; `id` is its webhook-id. */
int endpoint_write_test(struct endpoint *, const char *id, struct letter *);
/* Could anything be sent in this form? */
bool endpoint_has_form(const struct endpoints *, unsigned form);
void endpoint_secret_make(char secret[ENDPOINT_SECRET + 1]);

/* dead.c */
void dead_count(struct endpoint *);
/* Send them again, the oldest first, until one is not taken.  ERR_STATE: that is under way. */
int dead_pass(struct endpoint *);
void dead_stop(struct endpoint *);

#endif
