/*
 * exchange.h - one request on its way to its handler.
 *
 * Lives on the stack while the handler runs; what an answer needs later is copied into its work.
 */
#ifndef RELINK_API_EXCHANGE_H
#define RELINK_API_EXCHANGE_H
#include "api/conn.h"
#include "api/face.h"
#include "api/http.h"
#include "api/query.h"
#include "api/router.h"

struct exchange {
	struct face *face;
	struct conn *conn;
	const struct http_request *request; /* lent */
	struct match match;                 /* route and parameters, checked */
	struct query query;                 /* checked against the route's list */
	struct problem problem;             /* a place for whatever goes wrong */
};

#define NO_ACCOUNT "There is no account \"%.*s\". List them with GET /v1/accounts."

/* Find the route and check what needs no body: query, key, ids, type and presence of a body.
 * `complete`: the body is there; a key in it can be looked at.  < 0: x->problem says why. */
int exchange_open(struct exchange *x, struct conn *, const struct http_request *, bool complete);

/* How much body this route takes at most (the configuration may say less). */
size_t exchange_body_limit(const struct exchange *);

#endif
