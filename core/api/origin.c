/* origin.c - Sec-Fetch-Site, Origin, and a header that forms and images cannot send. */
#include "api/origin.h"

#include <strings.h>

static bool begins(struct str *s, const char *with)
{
	size_t n = strlen(with);

	if (s->n < n || strncasecmp(s->p, with, n) != 0)
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

/* The host and port of an origin; p is NULL for "null" and all else that is no page of the web. */
static struct str host_of(struct str origin)
{
	if (!begins(&origin, "http://") && !begins(&origin, "https://"))
		return STR_NONE;
	return origin;
}

bool origin_is_secure(const struct http_request *r)
{
	struct str origin = r->header[HEADER_ORIGIN];

	return begins(&origin, "https://");
}

/* What the browser says itself goes first; Origin must then be a name of ours.  A browser that says
 * nothing of the site must say the very host and port that it asks. */
static bool is_ours(const struct exchange *x)
{
	struct str site = x->request->header[HEADER_FETCH_SITE];
	struct str origin = x->request->header[HEADER_ORIGIN], host = host_of(origin);
	struct str asked = x->request->header[HEADER_HOST];

	if (site.p != NULL)
		return str_is(site, "same-origin") &&
		       (origin.p == NULL || (host.p != NULL && hosts_allow(&x->face->hosts, host)));
	return host.p != NULL && host.n == asked.n && strncasecmp(host.p, asked.p, host.n) == 0;
}

int origin_check_change(struct exchange *x)
{
	if (str_is(x->request->header[HEADER_RELINK_REQUEST], "dashboard") && is_ours(x))
		return 0;
	return problem_set(&x->problem, PROBLEM_forbidden,
			   "A log-in by cookie is for the dashboard's own page: its requests have "
			   "\"X-Relink-Request: dashboard\" and come from its own origin. Programs "
			   "send a key with each request.");
}

int origin_check(struct exchange *x)
{
	struct str site = x->request->header[HEADER_FETCH_SITE];

	if (x->request->method != METHOD_GET && x->request->method != METHOD_HEAD)
		return origin_check_change(x);
	if (site.p == NULL || str_is(site, "same-origin") || str_is(site, "none"))
		return 0;
	return problem_set(&x->problem, PROBLEM_forbidden,
			   "A page of another origin asks. Log-ins by cookie are for the "
			   "dashboard's own page.");
}
