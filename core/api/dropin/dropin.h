/*
 * dropin.h - the drop-in face: the REST contract of the Node.js service that Relink replaces.
 *
 * README.md has the contract.  It has a key of its own, which may come in the body or in the query
 * and opens nothing else; it reaches only accounts that were made here.
 */
#ifndef RELINK_API_DROPIN_DROPIN_H
#define RELINK_API_DROPIN_DROPIN_H
#include <stdbool.h>
#include <stdint.h>

#include "api/auth.h"
#include "api/problem.h"

struct clients;
struct conn;
struct dropin_options;
struct errand;
struct exchange;
struct face;
struct forward_stats;
struct forwarding;
struct response;

struct dropin_counts {
	uint64_t at, total, connected, disconnected;
	uint64_t waiting; /* a QR code waits for its scan, or a start is under way */
};

struct dropin {
	struct auth auth;
	struct face *face;
	char *provider, *workspace_prefix;
	unsigned wait_s;
	uint64_t started_at;
	struct clients *clients;
	struct errand *errands;        /* whose client has gone; see open.c */
	struct forwarding *forwarding; /* NULL: events go nowhere */
	struct dropin_counts counts;   /* see health.c */
};

/* Leaves *ret_dropin NULL when no key is configured.  Reads the secrets' files and all accounts.
 * ERR_CONFIG, ERR_NOMEM. */
int dropin_new(struct dropin **ret_dropin, struct face *, const struct dropin_options *,
	       struct why *);
/* NULL inside is fine.  No answer of the outbox comes after it. */
void dropin_free(struct dropin **);
/* Begin to forward events; `url` is where we listen.  NULL is fine, for both.
 * ERR_NOMEM. */
int dropin_start(struct dropin *, const char *url);
/* How far forwarding has got, and how many journal lines it has not come to; false: there is none. */
bool dropin_forwarded(const struct dropin *, struct forward_stats *ret_stats,
		      uint64_t *ret_backlog);
/* No event is sent any more. */
void dropin_stop(struct dropin *);

/* May this request come in?  Before the body is `complete`, one that shows no key yet is let on.
 * < 0: x->problem says why. */
int dropin_check(struct exchange *x, bool complete);
/* open.c: those under way end without us. */
void dropin_leave_errands(struct dropin *);
/* Does it show the key before its body is read?  Then the body may be large. */
bool dropin_shows_key(const struct exchange *);
/* The problem in the old shape: writes the content, sets status and type. */
void dropin_problem(struct buf *content, const struct problem *, struct response *);

#endif
