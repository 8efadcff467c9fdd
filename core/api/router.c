/* router.c - the route table and the walk through it. */
#include "api/router.h"

#include <stdio.h>

#include "api/handlers.h"
#include "api/query.h"
#include "base/obj.h"

static const struct route routes[] = {
#define ROUTE(method, path, handler, access, body, query, doc) \
	{ METHOD_##method, path, handler, ROUTE_##access, ROUTE_##body, query, doc },
#include "api/routes.def"
};

const struct route *router_routes(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(routes);
	return routes;
}

/* Cut the next segment off: "/v1/x" gives "v1" and leaves "/x".  False at the end. */
static bool next_segment(struct str *path, struct str *ret_segment)
{
	const char *slash;
	size_t n;

	if (path->n == 0)
		return false;
	slash = memchr(path->p + 1, '/', path->n - 1);
	n = slash != NULL ? (size_t)(slash - path->p) : path->n;
	*ret_segment = (struct str){ path->p + 1, n - 1 };
	path->p += n;
	path->n -= n;
	return true;
}

/* Does the decoded path fit the pattern?  Then its parameters are set in `m`. */
static bool fits(const char *pattern, struct str path, struct match *m)
{
	struct str want = str_of(pattern), w, have;

	m->id = m->verb = m->provider = m->instance = m->session = m->key = m->slot = m->incident =
	    m->webhook = STR("");
	m->workspace = m->bulk = m->token = m->file = STR("");
	while (next_segment(&want, &w)) {
		if (!next_segment(&path, &have))
			return false;
		if (str_is(w, "{id}") && have.n > 0)
			m->id = have;
		else if (str_is(w, "{verb}") && have.n > 0)
			m->verb = have;
		else if (str_is(w, "{provider}") && have.n > 0)
			m->provider = have;
		else if (str_is(w, "{instance}") && have.n > 0)
			m->instance = have;
		else if (str_is(w, "{session}") && have.n > 0)
			m->session = have;
		else if (str_is(w, "{key}") && have.n > 0)
			m->key = have;
		else if (str_is(w, "{incident}") && have.n > 0)
			m->incident = have;
		else if (str_is(w, "{token}") && have.n > 0)
			m->token = have;
		else if (str_is(w, "{webhook}") && have.n > 0)
			m->webhook = have;
		else if (str_is(w, "{file}") && have.n > 0)
			m->file = have;
		else if (str_is(w, "{slot}") && have.n > 0)
			m->slot = have;
		else if (str_is(w, "{workspace}") && have.n > 0)
			m->workspace = have;
		else if (str_is(w, "{bulk}") && have.n > 0)
			m->bulk = have;
		else if (!str_eq(w, have))
			return false;
	}
	return path.n == 0;
}

static void allow(struct match *m, enum http_method method)
{
	size_t n = strlen(m->allow);

	snprintf(m->allow + n, sizeof m->allow - n, "%s%s%s", n > 0 ? ", " : "",
		 http_method_name(method), method == METHOD_GET ? ", HEAD" : "");
}

bool route_is_dropin(const struct route *r)
{
	return r->access == ROUTE_DROPIN || r->access == ROUTE_DROPIN_OPEN;
}

enum api_role route_role(const struct route *r)
{
	switch (r->access) {
	case ROUTE_VIEWER:
	case ROUTE_VIEWER_SCOPED:
		return ROLE_VIEWER;
	case ROUTE_OPERATOR:
	case ROUTE_OPERATOR_SCOPED:
		return ROLE_OPERATOR;
	case ROUTE_ADMIN:
		return ROLE_ADMIN;
	case ROUTE_OPEN:
	case ROUTE_DROPIN:
	case ROUTE_DROPIN_OPEN:
		break;
	}
	return ROLE_NONE;
}

bool route_is_scoped(const struct route *r)
{
	static const char accounts[] = "/v1/accounts/{id}";

	return r->access == ROUTE_VIEWER_SCOPED || r->access == ROUTE_OPERATOR_SCOPED ||
	       strncmp(r->path, accounts, sizeof accounts - 1) == 0;
}

int router_find(enum http_method method, struct str path, bool dropin, struct match *m,
		struct problem *problem)
{
	struct str decoded = { m->text, 0 };

	m->route = NULL;
	m->allow[0] = '\0';
	if (path.n > sizeof m->text)
		return problem_set(problem, PROBLEM_not_found, "There is nothing at this path.");
	/* An escaped slash would become a boundary that was not there: no name here has one. */
	if (!percent_decode(path, false, m->text, &decoded.n) ||
	    memmem(path.p, path.n, "%2f", 3) != NULL || memmem(path.p, path.n, "%2F", 3) != NULL)
		return problem_set(problem, PROBLEM_bad_request,
				   "The path is not percent-encoded UTF-8 without control "
				   "characters and escaped slashes.");
	if (method == METHOD_HEAD)
		method = METHOD_GET;
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if ((route_is_dropin(&routes[i]) && !dropin) || !fits(routes[i].path, decoded, m))
			continue;
		if (routes[i].method == method) {
			m->route = &routes[i];
			return 0;
		}
		allow(m, routes[i].method);
	}
	if (m->allow[0] != '\0')
		return problem_set(problem, PROBLEM_method_not_allowed, "This path takes %s only.",
				   m->allow);
	return problem_set(problem, PROBLEM_not_found,
			   "There is nothing at \"%.*s\". GET / lists what there is.",
			   (int)MIN_OF(decoded.n, 100u), decoded.p);
}
