/*
 * access.c - who asks, and whether that is enough.
 *
 * A key is found by the public id in its text and then compared as a digest.  Whatever is shown, the
 * same is done: one digest of it, one comparison with the admin key, one with a key of the store or,
 * where there is none of that id, with nothing.  So the time tells nobody which ids exist.
 */
#include "api/access.h"

#include "api/handlers.h"
#include "api/origin.h"
#include "base/clock.h"
#include "base/obj.h"

/* last_used_at is kept to the hour: the engine need not be asked more often. */
#define USED_EVERY_MS (60ull * 60 * 1000)

/* --- Host --- */

int access_check_host(struct exchange *x)
{
	struct str host = x->request->header[HEADER_HOST];

	if (x->conn->from_unix || hosts_allow(&x->face->hosts, host))
		return 0;
	return problem_set(&x->problem, PROBLEM_host_not_allowed,
			   "This is no name of this server: \"%.*s\". If it should be, add it to "
			   "http.hosts in the configuration.",
			   (int)MIN_OF(host.n, 100u), host.p);
}

/* --- the key --- */

int access_wrong_key(struct exchange *x, const char *text)
{
	unsigned wait_s = 0;

	x->face->stats.wrong_keys++;
	if (!x->conn->from_unix)
		wait_s = failures_add(&x->face->failures, &x->conn->peer, clock_ms());
	if (wait_s == 0)
		return problem_set(&x->problem, PROBLEM_unauthorized, "%s", text);
	x->face->stats.limited_keys++;
	problem_set(
	    &x->problem, PROBLEM_too_many_wrong_keys,
	    "Too many wrong keys came from your address: %u in a minute are allowed. A right "
	    "key is still taken; try others again in %u s.",
	    FAILURES_ALLOWED, wait_s);
	x->problem.retry_after_s = wait_s;
	return ERR_FORMAT;
}

static bool is_over(const struct key_view *v, uint64_t now)
{
	return v->revoked_at != 0 || (v->expires_at != 0 && v->expires_at <= now);
}

bool who_holds(const struct who *w, const struct face *f)
{
	struct key_view v;

	if (w->guest != 0 && !guests_hold(&f->guests, w->guest, clock_ms()))
		return false;
	if (w->key[0] == '\0')
		return true;
	return f->port.key(f->port.ctx, str_of(w->key), &v) && !is_over(&v, clock_ms());
}

static int take_key(struct exchange *x, const struct key_view *v, struct who *w)
{
	uint64_t now = clock_ms();

	if (is_over(v, now))
		return problem_set(&x->problem, PROBLEM_unauthorized, "The key %.*s %s.",
				   STR_ARG(v->id),
				   v->revoked_at != 0 ? "was revoked" : "has expired");
	w->role = v->role;
	must(str_copy(w->key, sizeof w->key, v->id));
	must(str_copy(w->workspace, sizeof w->workspace, v->workspace));
	if (now - v->last_used_at >= USED_EVERY_MS)
		x->face->port.key_used(x->face->port.ctx, v->id);
	return 0;
}

int access_identify(struct exchange *x, struct str token, struct who *ret_who)
{
	static const uint8_t nothing[DIGEST_BYTES];
	struct api_port *port = &x->face->port;
	struct str id;
	uint8_t digest[DIGEST_BYTES];
	struct key_view v = { .digest = nothing };
	bool known, admin, same;

	if (token.p == NULL)
		return problem_set(&x->problem, PROBLEM_unauthorized,
				   "A key is needed: send \"Authorization: Bearer KEY\" or "
				   "\"X-API-Key: KEY\". The admin key is in the file admin.key of "
				   "the daemon's state directory.");
	if (!digest_of(digest, &token, 1))
		return problem_set(&x->problem, PROBLEM_overloaded,
				   "Out of memory. Try again later.");
	id = key_text_id(token);
	known = id.p != NULL && port->key(port->ctx, id, &v);
	admin = auth_same(digest, x->face->auth.digest);
	same = auth_same(digest, v.digest);
	if (admin)
		ret_who->role = ROLE_ADMIN;
	else if (known && same)
		return take_key(x, &v, ret_who);
	else
		return access_wrong_key(x, "This key is not valid. Compare it with what its maker "
					   "was given, or with the file admin.key of the daemon's "
					   "state directory.");
	return 0;
}

/* --- the cookie of who has logged in --- */

#define GUEST_OVER                                                                          \
	"The session is over: log in again with POST /v1/session. Sessions end after %llu " \
	"hours, after %llu without a request, at log-out, with their key, and when the "    \
	"daemon starts anew."

/* A cookie comes along with whatever a browser is made to ask: so the browser must say that one of our
 * pages asks. */
static int identify_guest(struct exchange *x, struct str cookie)
{
	struct api_port *port = &x->face->port;
	uint64_t now = clock_ms();
	struct guest *s;
	struct key_view v;

	if (origin_check(x) != 0)
		return ERR_FORMAT;
	s = guests_find(&x->face->guests, cookie, now);
	if (s == NULL)
		return problem_set(&x->problem, PROBLEM_unauthorized, GUEST_OVER,
				   GUEST_LIFE_MS / 3600000, GUEST_IDLE_MS / 3600000);
	x->conn->who = s->who;
	if (s->who.key[0] == '\0')
		return 0;
	if (port->key(port->ctx, str_of(s->who.key), &v) && take_key(x, &v, &x->conn->who) == 0)
		return 0;
	guests_end(&x->face->guests, s->number);
	return problem_set(&x->problem, PROBLEM_unauthorized,
			   "The key that this session began with opens nothing any more.");
}

static int identify(struct exchange *x)
{
	struct str token = auth_token(x->request);
	struct str cookie = guest_cookie(x->request->header[HEADER_COOKIE]);

	if (token.p == NULL && cookie.p != NULL)
		return identify_guest(x, cookie);
	return access_identify(x, token, &x->conn->who);
}

/* --- role and workspace --- */

/* Whoever is not "" in a text for people. */
static const char *name_of(const struct who *w)
{
	return w->key[0] != '\0' ? w->key : "admin.key";
}

static int check_role(struct exchange *x)
{
	const struct who *w = &x->conn->who;
	enum api_role least = route_role(x->match.route);

	if (w->role < least)
		return problem_set(&x->problem, PROBLEM_forbidden,
				   "This needs a key of role %s; the key %s has role %s.",
				   api_role_name(least), name_of(w), api_role_name(w->role));
	if (who_is_scoped(w) && !route_is_scoped(x->match.route))
		return problem_set(&x->problem, PROBLEM_forbidden,
				   "This needs a key for all workspaces; the key %s is for \"%s\" "
				   "only.",
				   name_of(w), w->workspace);
	return 0;
}

/* http.metrics_open: figures for who is on this machine; no key is looked at. */
static bool is_open_scrape(const struct exchange *x)
{
	return x->face->metrics_open && x->match.route->handler == get_metrics &&
	       peer_is_local(&x->conn->peer);
}

int access_check_key(struct exchange *x)
{
	int r = 0;

	x->conn->who = (struct who){ .role = ROLE_NONE };
	if (x->match.route->access == ROUTE_OPEN)
		return 0;
	if (x->conn->trusted)
		x->conn->who.role = ROLE_ADMIN;
	else if (is_open_scrape(x))
		x->conn->who.role = ROLE_VIEWER;
	else
		r = identify(x);
	return r == 0 ? check_role(x) : r;
}

/* Accounts of other workspaces are not there. */
int access_check_account(struct exchange *x)
{
	const struct who *w = &x->conn->who;
	struct api_port *port = &x->face->port;
	struct account_view view;

	if (!who_is_scoped(w) || x->match.id.n == 0 ||
	    (port->account(port->ctx, x->match.id, &view) && who_sees(w, view.workspace)))
		return 0;
	return problem_set(&x->problem, PROBLEM_account_not_found, NO_ACCOUNT,
			   STR_ARG(x->match.id));
}
