/*
 * visit.c - who may see the page behind a link, and what a visit does.
 *
 * A GET changes nothing, so that whatever looks at a link on its way (previews, scanners of mail) does not
 * use it up: the page has a button, and its POST binds the link to that browser by a cookie.  From then on
 * only that browser sees anything.  The same POST asks for a code when there is none.
 *
 * A token is looked up by its SHA-256, so the time of a look-up tells nothing about tokens; who tries wrong
 * ones is counted like one who tries wrong keys.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/access.h"
#include "api/answer.h"
#include "api/auth.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/link/assets.h"
#include "api/link/link.h"
#include "base/clock.h"
#include "base/obj.h"
#include "qr/picture.h"

#define COOKIE_NAME sizeof "relink_qr_01234567"
#define COOKIE_MAX  192

/* Nothing from elsewhere, no script in the page itself, in no frame. */
#define CSP                                                                         \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " \
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

/* A visit: the link, if there is one, and whether the browser is the one it is bound to. */
struct visit {
	struct str token;
	uint8_t digest[DIGEST_BYTES];
	struct qr_link_view link;
	struct account_view account;
	struct link_page page;
	bool bound, ours; /* somebody has opened it; it was this browser */
};

/* --- who comes --- */

/* Exactly as we write them: nothing is escaped in it that need not be. */
static struct str token_in(struct str path)
{
	static const char root[] = LINK_ROOT;
	size_t n = sizeof root - 1;

	if (path.n < n + LINK_TOKEN || memcmp(path.p, root, n) != 0)
		return STR_NONE;
	for (size_t i = n; i < n + LINK_TOKEN; i++) {
		char c = path.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_')
			return STR_NONE;
	}
	if (path.n > n + LINK_TOKEN && path.p[n + LINK_TOKEN] != '/')
		return STR_NONE;
	return (struct str){ path.p + n, LINK_TOKEN };
}

/* One name a link: a browser may have several. */
static void cookie_name(char to[COOKIE_NAME], const uint8_t digest[DIGEST_BYTES])
{
	snprintf(to, COOKIE_NAME, "relink_qr_%02x%02x%02x%02x", digest[0], digest[1], digest[2],
		 digest[3]);
}

/* The value of a cookie in "a=1; b=2"; p is NULL when it is not there. */
static struct str cookie_in(struct str cookies, const char *name)
{
	size_t n = strlen(name);

	while (cookies.n > 0) {
		const char *end = memchr(cookies.p, ';', cookies.n);
		struct str one = { cookies.p, end != NULL ? (size_t)(end - cookies.p) : cookies.n };

		cookies.p += one.n + (end != NULL);
		cookies.n -= one.n + (end != NULL);
		while (one.n > 0 && one.p[0] == ' ') {
			one.p++;
			one.n--;
		}
		if (one.n > n && memcmp(one.p, name, n) == 0 && one.p[n] == '=')
			return (struct str){ one.p + n + 1, one.n - n - 1 };
	}
	return STR_NONE;
}

static bool is_ours(const struct exchange *x, const struct visit *v)
{
	char name[COOKIE_NAME];
	uint8_t digest[DIGEST_BYTES];
	struct str value;

	cookie_name(name, v->digest);
	value = cookie_in(x->request->header[HEADER_COOKIE], name);
	return v->bound && value.p != NULL && digest_of(digest, &value, 1) &&
	       auth_same(digest, v->link.visitor);
}

static void look_around(struct visit *v)
{
	link_look(&v->page, &v->link, &v->account, clock_ms());
	if (v->page.sight < SIGHT_OFFER || v->ours)
		return; /* it opens nothing any more, or it is theirs */
	if (v->link.ended != LINK_NOT_ENDED)
		v->page = (struct link_page){ .sight = SIGHT_EXPIRED };
	else if (v->bound)
		v->page = (struct link_page){ .sight = SIGHT_USED };
	else
		v->page = (struct link_page){ .sight = SIGHT_OFFER, .label = v->account.label };
}

static void visit(struct exchange *x, struct visit *v)
{
	struct api_port *port = &x->face->port;
	bool known;

	*v = (struct visit){ .token = token_in(x->request->path) };
	known = v->token.p != NULL && digest_of(v->digest, &v->token, 1) &&
		port->qr_link(port->ctx, v->digest, &v->link) &&
		port->account(port->ctx, v->link.account, &v->account);
	if (!known) {
		access_wrong_key(x, "");
		v->page.sight =
		    x->problem.code == PROBLEM_too_many_wrong_keys ? SIGHT_LIMITED : SIGHT_UNKNOWN;
		return;
	}
	v->bound = v->link.visitor != NULL;
	v->ours = is_ours(x, v);
	look_around(v);
	v->page.token = v->token;
}

/* --- answers --- */

static void guard(struct response *r)
{
	response_header(r, "Content-Security-Policy", STR(CSP));
	response_header(r, "Referrer-Policy", STR("no-referrer"));
	response_header(r, "X-Robots-Tag", STR("noindex, nofollow"));
}

static void send(struct conn *c, struct response *r, const struct link_page *p)
{
	r->status = link_page_status(p);
	guard(r);
	if (r->status == 429)
		response_header(r, "Retry-After", STR("60"));
	answer_send(c, r);
}

static void answer_page(struct conn *c, const struct link_page *p)
{
	struct response r = { .type = TYPE_HTML };

	answer_json(c);
	link_page_html(&c->face->content, p);
	send(c, &r, p);
}

void get_link(struct exchange *x)
{
	struct visit v;

	visit(x, &v);
	answer_page(x->conn, &v.page);
}

void get_link_state(struct exchange *x)
{
	struct response r = { .type = TYPE_JSON };
	struct visit v;

	visit(x, &v);
	answer_json(x->conn);
	link_page_json(&x->face->content, &v.page);
	send(x->conn, &r, &v.page);
}

void get_link_code(struct exchange *x)
{
	struct response r = { .status = 200, .type = TYPE_SVG };
	struct symbol s;
	struct visit v;

	visit(x, &v);
	if (v.page.sight != SIGHT_CODE || symbol_make(&s, v.account.qr) < 0) {
		if (v.page.sight >= SIGHT_OFFER)
			v.page = (struct link_page){ .sight = SIGHT_UNKNOWN };
		answer_page(x->conn, &v.page);
		return;
	}
	answer_json(x->conn);
	picture_svg(&x->face->content, &s, PICTURE_SIZE);
	symbol_fini(&s);
	guard(&r);
	answer_send(x->conn, &r);
}

/* --- POST: the code is wanted --- */

/* Back to the page, with the cookie where it is new. */
static void answer_redirect(struct conn *c, const struct change_order *order,
			    const struct command_result *result)
{
	struct response r = { .status = 303 };
	struct str token = token_in(c->http->request.path);
	char to[LINK_TOKEN + 1], name[COOKIE_NAME], cookie[COOKIE_MAX];
	uint8_t digest[DIGEST_BYTES];

	(void)result;
	/* relative, since a proxy may have put a folder before it */
	snprintf(to, sizeof to, "%.*s", STR_ARG(token));
	response_header(&r, "Location", str_of(to));
	guard(&r);
	if (order->secret[0] != '\0' && digest_of(digest, &token, 1)) {
		cookie_name(name, digest);
		snprintf(cookie, sizeof cookie,
			 "%s=%s; Path=" LINK_ROOT "; Max-Age=172800; HttpOnly; SameSite=Strict",
			 name, order->secret);
		response_header(&r, "Set-Cookie", str_of(cookie));
	}
	conn_answer(c, &r);
	explicit_bzero(cookie, sizeof cookie);
}

/* The page says how it is; it may be asked again. */
static void start(struct conn *c, struct str account, const struct change_order *order)
{
	struct change_order next = { .status = 303,
				     .answer = answer_redirect,
				     .refused = answer_redirect };
	struct command *cmd = command_new(COMMAND_REGENERATE);

	memcpy(next.secret, order->secret, sizeof next.secret);
	if (cmd != NULL)
		cmd->account = str_dup(account);
	change_follow(c, &cmd, &next);
	explicit_bzero(next.secret, sizeof next.secret);
}

static void go_on(struct conn *c, const struct change_order *order, const struct link_page *page,
		  struct str account)
{
	if (link_may_start(page))
		start(c, account, order);
	else
		answer_redirect(c, order, NULL);
}

static void after_open(struct conn *c, const struct change_order *order,
		       const struct command_result *result)
{
	struct api_port *port = &c->face->port;
	struct account_view account;
	struct qr_link_view link = { .expires_at = UINT64_MAX };
	struct link_page page = { .sight = SIGHT_COMING };

	if (port->account(port->ctx, result->account, &account))
		link_look(&page, &link, &account, clock_ms());
	go_on(c, order, &page, result->account);
}

/* Somebody was faster, it has ended since, or nothing can be changed at the moment. */
static void not_opened(struct conn *c, const struct change_order *order,
		       const struct command_result *result)
{
	const char *problem = result->problem != NULL ? result->problem : "";
	struct link_page page = { .sight = SIGHT_TROUBLE };

	(void)order;
	if (strcmp(problem, "forbidden") == 0)
		page.sight = SIGHT_USED;
	else if (strcmp(problem, "not_found") == 0)
		page.sight = SIGHT_EXPIRED;
	if (page.sight == SIGHT_TROUBLE) {
		change_refused(c, result);
		return;
	}
	page.token = token_in(c->http->request.path);
	answer_page(c, &page);
}

static void bind(struct exchange *x, const struct visit *v)
{
	struct change_order order = { .status = 303, .answer = after_open, .refused = not_opened };
	struct command *cmd = command_new(COMMAND_LINK_OPEN);
	struct str secret;

	key_text_secret(order.secret);
	secret = str_of(order.secret);
	if (cmd != NULL && digest_of(cmd->visitor_digest, &secret, 1))
		memcpy(cmd->key_digest, v->digest, sizeof cmd->key_digest);
	else
		command_free(&cmd);
	change_follow(x->conn, &cmd, &order);
	explicit_bzero(order.secret, sizeof order.secret);
}

void post_link(struct exchange *x)
{
	const struct change_order nothing = { .status = 303 };
	struct visit v;

	visit(x, &v);
	if (v.page.sight == SIGHT_OFFER)
		bind(x, &v);
	else if (v.page.sight > SIGHT_OFFER)
		go_on(x->conn, &nothing, &v.page, v.link.account);
	else
		answer_page(x->conn, &v.page);
}

/* --- what belongs to each page --- */

static void asset(struct exchange *x, const char *type, struct str text)
{
	struct response r = { .status = 200, .type = type, .body = text };

	guard(&r);
	conn_answer(x->conn, &r);
}

void get_link_js(struct exchange *x)
{
	asset(x, "text/javascript; charset=utf-8", link_page_js());
}

void get_link_css(struct exchange *x)
{
	asset(x, "text/css; charset=utf-8", link_page_css());
}
