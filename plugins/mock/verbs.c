/*
 * verbs.c - control: what a test or an integrator does to the service while it runs.
 *
 * A verb is answered at once, also while the service is "down".  It acts on the account's session
 * (the one that the request names, else all of the account), or with {"scope": "instance"} on all.
 */
#include <stdio.h>
#include <stdlib.h>

#include "instance.h"
#include "wreck.h"

struct call {
	struct instance *in;
	struct backend *backend;
	struct world *world;
	const struct relink_request *req;
	struct account *account; /* NULL: unknown to the service, or the verb is for the instance */
	bool whole;              /* for the instance */
	json_t *args;            /* an object, without `scope` */
	json_t *body;            /* of the answer; NULL: none */
	enum relink_cause cause;
	char text[256];
};

static void refuse(struct call *c, enum relink_cause cause, const char *fmt, ...)
    RELINK_PRINTF(3, 4);
static void refuse(struct call *c, enum relink_cause cause, const char *fmt, ...)
{
	va_list ap;

	c->cause = cause;
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof c->text, fmt, ap);
	va_end(ap);
}

/* Write what was composed; false: it was refused. */
static bool say(struct call *c)
{
	if (backend_say(c->backend) == 0)
		return true;
	refuse(c, RELINK_PROVIDER_DOWN, "%s", c->backend->error);
	return false;
}

/* A member of args that must be a text; `otherwise` when it is absent, NULL when it is wrong. */
static const char *text_arg(struct call *c, const char *key, const char *otherwise)
{
	json_t *j = json_object_get(c->args, key);

	if (j == NULL)
		return otherwise;
	return json_string_value(j);
}

/* The next session after `last` that the verb is meant for. */
static struct life *next_target(const struct call *c, const struct life *last)
{
	struct life *l;

	if (c->whole)
		return world_next_life(c->world, last);
	if (c->account == NULL)
		return NULL;
	l = last != NULL ? last->next : c->account->lives;
	while (l != NULL && c->req->session.n > 0 && !str_is(c->req->session, l->session))
		l = l->next;
	return l;
}

/* --- scan --- */

static void on_scan(struct call *c)
{
	const struct life *l = NULL;
	int n = 0;

	while ((l = next_target(c, l)) != NULL) {
		if (l->state == RELINK_STATE_QR) {
			backend_line_life(c->backend, "scan", l);
			plan_scan(c->in, l);
			backend_line_stop(c->backend);
			n++;
		}
	}
	if (n == 0)
		refuse(c, RELINK_REFUSED,
		       "no QR code is on show; connect the account first, or "
		       "wait until it has one (qr_ms)");
	else if (say(c))
		c->body = json_pack("{s:i}", "scanned", n);
}

/* --- the ways in which sessions end --- */

static void end_targets(struct call *c, const char *why, enum relink_cause cause, enum how how)
{
	const struct life *l = NULL;
	int n = 0;

	while ((l = next_target(c, l)) != NULL) {
		if (life_is_alive(l)) {
			backend_line_end(c->backend, l, why, cause, how);
			n++;
		}
	}
	if (n == 0)
		refuse(c, RELINK_REFUSED, "no session is alive; connect the account first");
	else if (say(c))
		c->body = json_pack("{s:i}", "ended", n);
}

/* drop {"cause": "network", "how": "vanish"} */
static void on_drop(struct call *c)
{
	struct relink_str cause_text_arg = str_of(text_arg(c, "cause", "network"));
	struct relink_str how_text = str_of(text_arg(c, "how", "vanish"));
	enum relink_cause cause;
	enum how how;

	if (!cause_of(cause_text_arg, &cause) || cause == RELINK_NONE)
		refuse(c, RELINK_MISCONFIGURED,
		       "\"cause\" must be the name of a cause, such as "
		       "\"network\"");
	else if (!how_of(how_text, &how))
		refuse(c, RELINK_MISCONFIGURED,
		       "\"how\" must be \"vanish\", \"down\" or \"silent\"");
	else
		end_targets(c, "drop", cause, how);
}

/* forget: the service does not know the session any more, and does not say so. */
static void on_forget(struct call *c)
{
	end_targets(c, "forget", RELINK_GONE, HOW_SILENT);
}

/* logout: somebody unlinks the device.  Without a session the next one finds it out. */
static void on_logout(struct call *c)
{
	struct text *out = &c->backend->out;
	const struct profile *p = NULL;
	const struct life *l = NULL;
	int n = 0;

	while ((l = next_target(c, l)) != NULL) {
		if (life_is_alive(l)) {
			end_targets(c, "logout", RELINK_LOGGED_OUT, HOW_VANISH);
			return;
		}
	}
	while (c->account != NULL && (p = world_next_login(c->world, c->account, p)) != NULL) {
		backend_line(c->backend, "logout");
		line_word(out, "account", c->account->id);
		line_word(out, "profile", p->name);
		backend_line_stop(c->backend);
		n++;
	}
	if (n == 0)
		refuse(c, RELINK_REFUSED, "no device is linked; connect and scan first");
	else if (say(c))
		c->body = json_pack("{s:i}", "ended", 0);
}

/* --- the whole service --- */

/* reboot: the service restarts; sessions are gone, logins stay, nobody is told. */
static void on_reboot(struct call *c)
{
	int n = (int)c->world->n_alive;

	backend_line_boot(c->backend, c->in->fenced);
	if (say(c))
		c->body = json_pack("{s:i, s:s}", "ended", n, "boot_id", c->world->boot_id);
}

/* down {"ms": 5000}: every operation fails with `network` until then; -1: until `up`. */
static void on_down(struct call *c)
{
	json_t *ms = json_object_get(c->args, "ms");
	json_int_t v = ms != NULL ? json_integer_value(ms) : -1;

	if ((ms != NULL && !json_is_integer(ms)) || v < -1 || v == 0 || v > KNOB_MS_MAX) {
		refuse(c, RELINK_MISCONFIGURED,
		       "\"ms\" must be from 1 to 2592000000, or -1 for until `up`");
		return;
	}
	backend_line(c->backend, "down");
	if (v > 0)
		line_u64(&c->backend->out, "until", c->world->now + (uint64_t)v);
	backend_line_stop(c->backend);
	if (say(c))
		c->body = json_pack("{s:b}", "down", 1);
}

static void on_up(struct call *c)
{
	backend_line(c->backend, "up");
	backend_line_stop(c->backend);
	if (say(c))
		c->body = json_pack("{s:b}", "down", 0);
}

/* --- behave --- */

/* behave {...}: lay behaviours over what is scripted; answers with all that is. */
static void on_behave(struct call *c)
{
	struct text *out = &c->backend->out;
	struct relink_str id = c->req->account;
	const struct script *now = c->whole             ? &c->world->script
				   : c->account != NULL ? c->account->script
							: NULL;
	struct script next;
	char *json;

	script_clear(&next);
	if (now != NULL)
		next = *now;
	if (!script_merge(&next, c->args, c->whole, c->text, sizeof c->text)) {
		c->cause = RELINK_MISCONFIGURED;
		return;
	}
	json = json_dumps(c->args, JSON_COMPACT);
	backend_line(c->backend, "behave");
	if (!c->whole)
		line_str(out, "account", id);
	line_word(out, "from", "verb");
	line_word(out, "json", json);
	backend_line_stop(c->backend);
	free(json);
	if (say(c))
		c->body = json_pack("{s:o}", "script", script_json(&next));
}

/* --- wreck --- */

static const char wreck_names[] =
#define W(id, name) " " name
    WRECKS(W);
#undef W

/* wreck {"kind": "segv", "n": 3}: what a bad plugin does, now.  It is about the plugin, not about the
 * service: nothing of it stands in the journal. */
static void on_wreck(struct call *c)
{
	const json_t *n = json_object_get(c->args, "n");
	const struct life *l = next_target(c, NULL);
	uint64_t generation = l != NULL ? l->generation : 0;
	enum wreck wreck;

	if (!wreck_of(str_of(text_arg(c, "kind", "")), &wreck) || wreck_is_answer(wreck))
		refuse(c, RELINK_MISCONFIGURED, "\"kind\" must be one of%s; not of answers",
		       wreck_names);
	else if (n != NULL &&
		 (json_integer_value(n) < 1 || json_integer_value(n) > KNOB_NUMBER_MAX))
		refuse(c, RELINK_MISCONFIGURED, "\"n\" must be from 1 to 1000000");
	else {
		struct relink_str session = str_of(l != NULL ? l->session : "nobody");

		wreck_process(c->in, wreck,
			      n != NULL ? (uint64_t)json_integer_value(n) : wreck_size(wreck),
			      session, generation);
		c->body = json_pack("{s:s}", "wrecked", wreck_name(wreck));
	}
}

/* --- state --- */

static json_t *life_json(const struct life *l)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:b, s:b, s:I}", "session", l->session, "generation",
			 (json_int_t)l->generation, "state",
			 life_is_pending(l) ? "pending" : state_name(l->state), "profile",
			 l->profile->name, "alive", life_is_alive(l), "listed", life_is_listed(l),
			 "since", (json_int_t)l->since);
}

static json_t *account_json(struct call *c)
{
	struct account *a = c->account;
	json_t *sessions = json_array(), *logins = json_array();
	json_t *script = a != NULL && a->script != NULL ? script_json(a->script) : json_object();
	char phone[PHONE_BYTES] = "";
	const struct profile *p = NULL;
	const struct life *l;

	if (a != NULL) {
		for (l = a->lives; l != NULL; l = l->next)
			json_array_append_new(sessions, life_json(l));
		while ((p = world_next_login(c->world, a, p)) != NULL)
			json_array_append_new(logins, json_string(p->name));
		instance_phone(c->in, a, phone);
	}
	return json_pack("{s:s%, s:b, s:I, s:s, s:o, s:o, s:o}", "account", c->req->account.p,
			 c->req->account.n, "known", a != NULL, "highest",
			 (json_int_t)(a != NULL ? a->highest : 0), "phone", phone, "logins", logins,
			 "sessions", sessions, "script", script);
}

static json_t *instance_json(struct call *c)
{
	int n[RELINK_STATE_COUNT] = { 0 };
	const struct life *l = NULL;

	while ((l = world_next_life(c->world, l)) != NULL)
		n[l->state]++;
	return json_pack(
	    "{s:s, s:s, s:I, s:b, s:I, s:{s:i, s:i, s:i, s:i, s:i, s:i}, s:o}", "class",
	    c->in->fenced ? "fenced" : "listable", "boot_id", c->world->boot_id, "boot",
	    (json_int_t)c->world->boot, "down", world_is_down(c->world), "accounts",
	    (json_int_t)HASH_COUNT(c->world->accounts), "sessions", "pending",
	    n[RELINK_STATE_UNKNOWN], "starting", n[RELINK_STATE_STARTING], "qr", n[RELINK_STATE_QR],
	    "authenticated", n[RELINK_STATE_AUTHENTICATED], "connected", n[RELINK_STATE_CONNECTED],
	    "down", n[RELINK_STATE_DOWN], "script", script_json(&c->world->script));
}

static void on_state(struct call *c)
{
	c->body = c->whole ? instance_json(c) : account_json(c);
	if (c->body == NULL)
		refuse(c, RELINK_INTERNAL, "the mock is out of memory");
}

/* --- all of them --- */

#define VERBS(V) \
	V(scan) V(drop) V(logout) V(forget) V(behave) V(reboot) V(down) V(up) V(wreck) V(state)

static const struct verb {
	const char *name;
	void (*run)(struct call *);
} verbs[] = {
#define V(name) { #name, on_##name },
	VERBS(V)
#undef V
};
static const char verb_names[] =
#define V(name) " " #name
    VERBS(V);
#undef V

static const struct verb *find_verb(struct relink_str name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (str_is(name, verbs[i].name))
			return &verbs[i];
	}
	return NULL;
}

/* Args are an object or nothing; `scope` is taken out of them. */
static bool read_args(struct call *c)
{
	struct relink_str text = c->req->args;
	json_t *scope;

	c->args = text.n > 0 ? json_loadb(text.p, text.n, JSON_DECODE_ANY, NULL) : json_object();
	if (json_is_null(c->args))
		c->args = json_object();
	if (!json_is_object(c->args)) {
		refuse(c, RELINK_MISCONFIGURED, "the arguments must be a JSON object");
		return false;
	}
	scope = json_object_get(c->args, "scope");
	c->whole = c->req->account.n == 0;
	if (scope != NULL && json_string_value(scope) != NULL &&
	    strcmp(json_string_value(scope), "instance") == 0) {
		c->whole = true;
	} else if (scope != NULL) {
		refuse(c, RELINK_MISCONFIGURED, "\"scope\" can only be \"instance\"");
		return false;
	}
	json_object_del(c->args, "scope");
	return true;
}

static void run(struct call *c)
{
	const struct verb *verb = find_verb(c->req->verb);

	if (verb == NULL) {
		refuse(c, RELINK_MISCONFIGURED, "the mock has no verb \"%.*s\"; it has:%s",
		       STR_ARG(c->req->verb), verb_names);
		return;
	}
	if (!read_args(c))
		return;
	instance_greet(c->in);
	if (backend_begin(c->backend) < 0) {
		refuse(c, RELINK_PROVIDER_DOWN, "%s", c->backend->error);
		return;
	}
	if (!c->whole)
		c->account = world_account(c->world, c->req->account);
	verb->run(c);
	backend_end(c->backend);
	instance_wake(c->in);
}

void verbs_control(void *self, const struct relink_request *req)
{
	struct instance *in = self;
	struct call c = {
		.in = in, .backend = &in->backend, .world = &in->backend.world, .req = req
	};
	struct relink_result r = { .size = sizeof r };
	char *body = NULL;

	run(&c);
	if (c.body != NULL)
		body = json_dumps(c.body, JSON_COMPACT);
	r.cause = c.cause;
	r.text = str_of(c.text);
	r.body = str_of(body);
	in->host->done(in->host, req->op, &r);
	free(body);
	json_decref(c.body);
	json_decref(c.args);
}
