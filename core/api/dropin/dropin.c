/* dropin.c - the face as a whole: its set-up, its door, the shape of its errors. */
#include "api/dropin/dropin.h"

#include <stdlib.h>

#include "api/access.h"
#include "api/dropin/clients.h"
#include "api/dropin/form.h"
#include "api/dropin/forwarding.h"
#include "api/dropin/secret.h"
#include "api/exchange.h"
#include "api/response.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/obj.h"

/* --- set-up --- */

static int read_key(struct dropin *d, const struct dropin_options *o, struct why *why)
{
	struct secret key = { NULL, 0 };
	int r = secret_read(&key, o->key, o->key_file, SECRET_OF_KEY, why);

	if (r == 0 && !auth_init(&d->auth, secret_str(&key)))
		r = why_set(why, ERR_NOMEM, "out of memory");
	secret_free(&key);
	return r;
}

static int fill(struct dropin *d, const struct dropin_options *o, struct why *why)
{
	int r;

	must(o->provider != NULL); /* the configuration was checked */
	d->provider = str_dup(str_of(o->provider));
	if (o->workspace_prefix != NULL)
		d->workspace_prefix = str_dup(str_of(o->workspace_prefix));
	if (d->provider == NULL || (o->workspace_prefix != NULL && d->workspace_prefix == NULL) ||
	    clients_new(&d->clients, d->face) < 0)
		return why_set(why, ERR_NOMEM, "out of memory");
	r = read_key(d, o, why);
	if (r == 0 && o->webhook_url != NULL)
		r = forwarding_new(&d->forwarding, d, o, why);
	return r;
}

int dropin_new(struct dropin **ret_dropin, struct face *f, const struct dropin_options *o,
	       struct why *why)
{
	struct dropin *d;
	int r;

	if (o->key == NULL && o->key_file == NULL)
		return 0;
	d = calloc(1, sizeof *d);
	if (d == NULL)
		return why_set(why, ERR_NOMEM, "out of memory");
	d->face = f;
	d->wait_s = (unsigned)(o->wait_ms / 1000);
	d->started_at = clock_ms();
	r = fill(d, o, why);
	if (r == 0)
		*ret_dropin = TAKE(d);
	dropin_free(&d);
	return r;
}

void dropin_free(struct dropin **dropin)
{
	struct dropin *d = TAKE(*dropin);

	if (d == NULL)
		return;
	dropin_leave_errands(d);
	forwarding_free(&d->forwarding);
	clients_free(&d->clients);
	free(d->provider);
	free(d->workspace_prefix);
	free(d);
}

int dropin_start(struct dropin *d, const char *url)
{
	return d != NULL && d->forwarding != NULL ? forwarding_start(d->forwarding, url) : 0;
}

bool dropin_forwarded(const struct dropin *d, struct forward_stats *ret_stats,
		      uint64_t *ret_backlog)
{
	if (d->forwarding == NULL)
		return false;
	forwarding_stats(d->forwarding, ret_stats, ret_backlog);
	return true;
}

void dropin_stop(struct dropin *d)
{
	if (d != NULL && d->forwarding != NULL)
		forwarding_stop(d->forwarding);
}

/* --- the door --- */

static bool has_key_in_header(const struct exchange *x)
{
	const struct auth *key = &x->face->dropin->auth;

	return auth_is(key, auth_token(x->request)) ||
	       auth_is(key, x->request->header[HEADER_API_KEY]);
}

static bool has_key_in_query(const struct exchange *x)
{
	char text[LIMIT_HTTP_URL];
	struct str key = form_query(x->request->query, STR("api_key"), text);

	return auth_is(&x->face->dropin->auth, key);
}

/* Is there any, right or wrong, before the body? */
static bool has_some_key(const struct exchange *x)
{
	char text[LIMIT_HTTP_URL];

	return auth_token(x->request).p != NULL || x->request->header[HEADER_API_KEY].p != NULL ||
	       form_query(x->request->query, STR("api_key"), text).p != NULL;
}

/* Only wrong keys are counted: whoever shows none guesses nothing. */
static int refuse_key(struct exchange *x, bool shown)
{
	if (shown)
		return access_wrong_key(x, "Invalid API key");
	return problem_set(&x->problem, PROBLEM_unauthorized, "Invalid API key");
}

/* A body that cannot be read has no key, and says more about itself than about the key. */
static int check_key_in_body(struct exchange *x)
{
	bool shown = has_some_key(x);
	struct form form;
	struct str key;
	bool good;

	if (x->request->body.n == 0)
		return refuse_key(x, shown);
	if (form_open(&form, x) < 0)
		return ERR_FORMAT;
	key = form_text(&form, "api_key");
	shown = shown || key.p != NULL;
	good = auth_is(&x->face->dropin->auth, key);
	form_close(&form);
	return good ? 0 : refuse_key(x, shown);
}

bool dropin_shows_key(const struct exchange *x)
{
	return x->conn->trusted || has_key_in_header(x) || has_key_in_query(x);
}

static int check_key(struct exchange *x, bool complete)
{
	x->conn->who = (struct who){ .role = ROLE_NONE };
	if (x->match.route->access == ROUTE_DROPIN_OPEN || dropin_shows_key(x))
		return 0;
	if (!complete && x->match.route->body == ROUTE_JSON)
		return 0; /* it may be in the body */
	return check_key_in_body(x);
}

int dropin_check(struct exchange *x, bool complete)
{
	return check_key(x, complete);
}

/* --- errors --- */

/* Where clients of the old service look for its words or its status. */
static const struct {
	enum problem_code code;
	unsigned status;
	const char *text; /* NULL: the detail */
} old_problems[] = {
	{ PROBLEM_unauthorized, 401, "Invalid API key" },
	{ PROBLEM_account_not_found, 404, "Session not found" },
	{ PROBLEM_not_connected, 400, "Session not connected. Please check session status." },
	{ PROBLEM_provider_error, 500, NULL },
	{ PROBLEM_message_refused, 500, NULL },
};

void dropin_problem(struct buf *content, const struct problem *p, struct response *r)
{
	struct jw j = jw_to(content);
	const char *text = p->detail;

	r->type = TYPE_JSON;
	for (size_t i = 0; i < ARRAY_LEN(old_problems); i++) {
		if (old_problems[i].code != p->code)
			continue;
		r->status = old_problems[i].status;
		if (old_problems[i].text != NULL)
			text = old_problems[i].text;
	}
	jw_object(&j, NULL);
	jw_text(&j, "error", text);
	jw_object_end(&j);
}
