/*
 * page.c - the dashboard's files, and the hint for who comes without a browser.
 *
 * They hold nothing of this installation, so no key is asked for; what they show comes from /v1.
 */
#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "dashboard/dashboard.h"

/* Nothing but files of ours runs or is loaded, nothing is sent elsewhere, nobody frames us.  data: is
 * for the pictures of QR codes. */
#define CSP                                                                               \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " \
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/* Is `etag` in the list of If-None-Match? */
static bool is_known(struct str list, const char *etag)
{
	return list.p != NULL &&
	       (str_is(list, "*") || memmem(list.p, list.n, etag, strlen(etag)) != NULL);
}

static void answer_file(struct exchange *x, const struct dashboard_file *f, bool by_accept)
{
	struct response r = { .status = 200, .type = f->type, .cache = "no-cache" };

	r.body = (struct str){ (const char *)f->bytes, f->n };
	if (is_known(x->request->header[HEADER_IF_NONE_MATCH], f->etag))
		r = (struct response){ .status = 304, .cache = "no-cache" };
	response_header(&r, "ETag", str_of(f->etag));
	response_header(&r, "Content-Security-Policy", STR(CSP));
	response_header(&r, "Referrer-Policy", STR("no-referrer"));
	if (by_accept)
		response_header(&r, "Vary", STR("Accept"));
	conn_answer(x->conn, &r);
}

void get_dashboard(struct exchange *x)
{
	const struct dashboard_file *f = dashboard_file(x->match.file);

	if (f != NULL)
		answer_file(x, f, false);
	else
		answer_failure(x->conn, PROBLEM_not_found,
			       "The dashboard has no file of this name. It is at /.");
}

static void answer_hint(struct exchange *x)
{
	struct response r = { .status = 200, .type = TYPE_TEXT };
	struct buf *text = &x->face->content;
	size_t n;
	const struct route *routes = router_routes(&n);

	answer_json(x->conn);
	buf_text(text,
		 "This is Relink: it keeps WhatsApp accounts linked. In a browser this is its "
		 "dashboard.\n\n"
		 "Send \"Authorization: Bearer KEY\"; the admin key is in the file admin.key "
		 "of the daemon's state directory.\n\n");
	for (size_t i = 0; i < n; i++) {
		if (route_is_dropin(&routes[i]) && x->face->dropin == NULL)
			continue;
		buf_printf(text, "%-6s %-30s  %s\n", http_method_name(routes[i].method),
			   routes[i].path, routes[i].doc);
	}
	response_header(&r, "Vary", STR("Accept"));
	answer_send(x->conn, &r);
}

void get_root(struct exchange *x)
{
	struct str accept = x->request->header[HEADER_ACCEPT];

	if (accept.p != NULL && memmem(accept.p, accept.n, "text/html", 9) != NULL)
		answer_file(x, dashboard_file(STR("index.html")), true);
	else
		answer_hint(x);
}
