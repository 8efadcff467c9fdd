/* exchange.c - the checks between the parser and a handler, in the order in which they answer. */
#include "api/exchange.h"

#include <strings.h>

#include "api/access.h"
#include "api/dropin/dropin.h"
#include "base/limits.h"

static bool is_key_id(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	}
	return s.n == KEY_ID;
}

static int check_names(struct exchange *x)
{
	struct str id = x->match.id, verb = x->match.verb;
	struct str provider = x->match.provider, instance = x->match.instance;
	struct str key = x->match.key;

	if (provider.n > 0 && !str_is_id(provider, LIMIT_PROVIDER, "_-"))
		return problem_set(&x->problem, PROBLEM_not_found,
				   "There is nothing at this path.");
	if (instance.n > 0 && !str_is_id(instance, LIMIT_INSTANCE, "_-"))
		return problem_set(&x->problem, PROBLEM_instance_not_found,
				   "There is no instance \"%.*s\": ids are made of a-z, 0-9, _ "
				   "and -. List them with GET /v1/instances.",
				   STR_ARG(instance));

	if (key.n > 0 && !is_key_id(key))
		return problem_set(
		    &x->problem, PROBLEM_key_not_found,
		    "There is no key \"%.*s\": ids have %d characters of 0-9 and a-f.",
		    STR_ARG(key), KEY_ID);
	if (x->match.webhook.n > 0 && !str_is_id(x->match.webhook, LIMIT_ENDPOINT_ID, "_"))
		return problem_set(&x->problem, PROBLEM_webhook_not_found,
				   "There is no webhook \"%.*s\": ids are made of a-z, 0-9 and _.",
				   STR_ARG(x->match.webhook));
	if (id.n > 0 && !str_is_id(id, LIMIT_ACCOUNT_ID, "_-"))
		return problem_set(&x->problem, PROBLEM_account_not_found,
				   "There is no account \"%.*s\": ids are made of a-z, 0-9, _ and "
				   "-.",
				   STR_ARG(id));
	if (verb.n > 0 && !str_is_id(verb, LIMIT_VERB, "_-"))
		return problem_set(&x->problem, PROBLEM_not_supported,
				   "There is no verb \"%.*s\": verbs are made of a-z, 0-9, _ and "
				   "-.",
				   STR_ARG(verb));
	return 0;
}

/* Anybody may send one: what is for nobody is refused before its body. */
static int check_hook(struct exchange *x)
{
	struct api_port *port = &x->face->port;
	struct why why = { 0 };
	const char *problem;

	if (x->match.route->body != ROUTE_HOOK || x->match.provider.n == 0)
		return 0;
	problem = port->webhook(port->ctx, x->match.provider, x->match.instance, &why);
	return problem == NULL ? 0 : problem_set(&x->problem, problem_of(problem), "%s", why.text);
}

static bool is_json(struct str type)
{
	static const char json[] = "application/json";
	size_t n = sizeof json - 1;

	if (type.n < n || strncasecmp(type.p, json, n) != 0)
		return false;
	return type.n == n || type.p[n] == ';' || type.p[n] == ' ';
}

static int check_body(struct exchange *x)
{
	if (!x->request->has_body)
		return 0;
	if (x->match.route->body == ROUTE_NONE)
		return problem_set(&x->problem, PROBLEM_bad_request, "This request takes no body.");
	/* A webhook is judged by its signature: whose it is not shall hear that, and nothing of types. */
	if (x->match.route->body != ROUTE_HOOK && !is_json(x->request->header[HEADER_CONTENT_TYPE]))
		return problem_set(&x->problem, PROBLEM_unsupported_media_type,
				   "Send the body with \"Content-Type: application/json\".");
	return 0;
}

/* What every route of /v1 asks for. */
static int check_strictly(struct exchange *x)
{
	int bad = query_read(&x->query, x->request->query, x->match.route->query, &x->problem);

	if (bad == 0)
		bad = access_check_key(x);
	if (bad == 0)
		bad = check_names(x);
	if (bad == 0)
		bad = check_hook(x);
	return bad == 0 ? access_check_account(x) : bad;
}

/* Where the old service's clients look for its shape of errors. */
static bool is_dropin_path(const struct face *f, struct str path)
{
	static const char root[] = "/api/";

	return f->dropin != NULL && path.n >= sizeof root - 1 &&
	       memcmp(path.p, root, sizeof root - 1) == 0;
}

int exchange_open(struct exchange *x, struct conn *c, const struct http_request *r, bool complete)
{
	int bad;

	x->face = c->face;
	x->conn = c;
	x->request = r;
	x->match.allow[0] = '\0';
	c->route = NULL;
	c->dropin = is_dropin_path(c->face, r->path);
	bad = access_check_host(x);
	if (bad == 0)
		bad = router_find(r->method, r->path, c->face->dropin != NULL, &x->match,
				  &x->problem);
	if (bad != 0)
		return bad;
	c->route = x->match.route;
	c->dropin = route_is_dropin(x->match.route);
	bad = c->dropin ? dropin_check(x, complete) : check_strictly(x);
	return bad == 0 ? check_body(x) : bad;
}

size_t exchange_body_limit(const struct exchange *x)
{
	const struct route *route = x->match.route;

	if (route->body == ROUTE_HOOK)
		return LIMIT_WEBHOOK;
	if (route_role(route) != ROLE_NONE || (route_is_dropin(route) && dropin_shows_key(x)))
		return LIMIT_HTTP_BODY;
	return LIMIT_HTTP_BODY_OPEN;
}
