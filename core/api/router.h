/*
 * router.h - which handler a method and a path lead to.
 */
#ifndef RELINK_API_ROUTER_H
#define RELINK_API_ROUTER_H
#include <stdbool.h>

#include "api/http.h"
#include "api/port.h"
#include "api/problem.h"
#include "base/str.h"

struct exchange;

/* See routes.def.  DROPIN and DROPIN_OPEN are the drop-in face's: with its key, and without any. */
enum route_access {
	ROUTE_OPEN,
	ROUTE_VIEWER,
	ROUTE_OPERATOR,
	ROUTE_ADMIN,
	ROUTE_VIEWER_SCOPED,
	ROUTE_OPERATOR_SCOPED,
	ROUTE_DROPIN,
	ROUTE_DROPIN_OPEN
};
enum route_body { ROUTE_NONE, ROUTE_JSON, ROUTE_HOOK };

struct route {
	enum http_method method;
	const char *path;
	void (*handler)(struct exchange *);
	enum route_access access;
	enum route_body body;
	const char *query, *doc;
};

#define ROUTE_PATH_MAX 256

struct match {
	const struct route *route; /* NULL: nothing fits */
	/* decoded, not yet checked; empty: not in the path */
	struct str id, verb, provider, instance, session, key, slot, incident, workspace, bulk,
	    token, webhook, file;
	char text[ROUTE_PATH_MAX]; /* the decoded path */
	char allow[64];            /* with PROBLEM_method_not_allowed: what would do */
};

/* `path` is as sent; `dropin`: the routes of the drop-in face are there, too.  < 0 with *problem:
 * not_found, method_not_allowed, bad_request. */
int router_find(enum http_method, struct str path, bool dropin, struct match *ret_match,
		struct problem *);
/* Is it one of the drop-in face? */
bool route_is_dropin(const struct route *);
/* The least role that may; ROLE_NONE: a key of /v1 is not asked for. */
enum api_role route_role(const struct route *);
/* May a key of one workspace only?  Then its accounts are checked by the path, or by the handler. */
bool route_is_scoped(const struct route *);

/* The table; for tests and for who describes the API. */
const struct route *router_routes(size_t *ret_n);

#endif
