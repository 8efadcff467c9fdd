/*
 * verbs.c - control: a message to send, a log-out, a new QR code, and what the service knows.
 *
 * The body of an answer is the service's own JSON.
 */
#include <stdlib.h>

#include "instance.h"

#define BODY_MAX 65536u /* of a verb's answer, as the host takes it */

struct verb {
	const char *name, *help;
	bool acts;
	/* Compose the question.  NULL, or what is wrong with the arguments. */
	const char *(*compose)(struct ask *, const struct conf *, struct relink_str session,
			       const json_t *args);
	void (*good)(struct call *, const json_t *); /* as in struct call */
	void (*bad)(struct call *, struct verdict *);
};

/* What the operation sends, with the service's own answer. */
static const char *compose_send(struct ask *a, const struct conf *conf, struct relink_str session,
				const json_t *args)
{
	(void)conf;
	return send_compose(a, session, args);
}

static const char *compose_qr(struct ask *a, const struct conf *conf, struct relink_str session,
			      const json_t *args)
{
	(void)args;
	dialect.renew(a, conf, session);
	a->total_ms = SEND_MS;
	return NULL;
}

static const char *compose_logout(struct ask *a, const struct conf *conf, struct relink_str session,
				  const json_t *args)
{
	(void)conf, (void)args;
	ask_path(a, "POST", "/api/sessions", session, "/logout");
	a->total_ms = SEND_MS;
	return NULL;
}

static const char *compose_info(struct ask *a, const struct conf *conf, struct relink_str session,
				const json_t *args)
{
	(void)conf, (void)args;
	dialect.look(a, session);
	return NULL;
}

static const char *compose_validate(struct ask *a, const struct conf *conf,
				    struct relink_str session, const json_t *args)
{
	(void)conf, (void)args;
	ask_path(a, "GET", "/api/messages", session, "/validate");
	return NULL;
}

/* --- good answers --- */

static void on_answer(struct call *c, const json_t *doc)
{
	char *body = json_dumps(doc, JSON_COMPACT);
	struct relink_result r = { .cause = RELINK_NONE };

	if (body == NULL || strlen(body) > BODY_MAX) {
		call_refuse(c, RELINK_INTERNAL, "the answer of the %s is over %u KiB; it was done",
			    dialect.service, BODY_MAX >> 10);
	} else {
		r.body = str_of(body);
		call_done(c, &r);
	}
	free(body);
}

static void on_sent(struct call *c, const json_t *doc)
{
	if (!send_was_confirmed(c, doc))
		return;
	watch_sent(c->instance, c, NULL);
	on_answer(c, doc);
}

/* A new code is told as an event too, and the old service starts the session anew for it. */
static void on_renewed(struct call *c, const json_t *doc)
{
	watch_session(c->instance, c->session, c->account, c->generation);
	on_answer(c, doc);
}

/* The login is dead, and the service forgets the session: without this it would only seem lost. */
static void on_logged_out(struct call *c, const json_t *doc)
{
	struct instance *in = c->instance;
	struct relink_session s = { .size = sizeof s,
				    .session = str_of(c->session),
				    .account = str_of(c->account),
				    .generation = c->generation,
				    .state = RELINK_STATE_DOWN,
				    .cause = RELINK_LOGGED_OUT,
				    .text = str_of("logged out by request") };

	watch_forget(in, c->session);
	in->host->event(in->host, &s);
	on_answer(c, doc);
}

/* --- control --- */

// clang-format off
static const struct verb verbs[] = {
	{ "send",     "send {\"to\", \"text\", \"media_url\"?, \"filename\"?}", true, compose_send, on_sent, send_failed },
	{ "qr",       "qr (a new code)", true,  compose_qr,       on_renewed, NULL },
	{ "info",     "info",            false, compose_info,     on_answer, NULL },
	{ "validate", "validate",        false, compose_validate, on_answer, NULL },
	{ "logout",   "logout",          true,  compose_logout,   on_logged_out, NULL },
};
// clang-format on

static bool is_known(const struct verb *v)
{
	return v->compose != compose_logout || dialect.can_logout;
}

static const struct verb *find(struct relink_str name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (is_known(&verbs[i]) && str_is(name, verbs[i].name))
			return &verbs[i];
	}
	return NULL;
}

static void refuse_verb(struct call *c, struct relink_str name)
{
	char known[200] = "";
	size_t n = 0;

	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (is_known(&verbs[i]) && n < sizeof known)
			n += (size_t)snprintf(known + n, sizeof known - n, "%s%s",
					      n > 0 ? ", " : "", verbs[i].help);
	}
	call_refuse(c, RELINK_MISCONFIGURED, "no verb \"%.*s\"; there are %s",
		    (int)(name.n < 32 ? name.n : 32), name.n > 0 ? name.p : "", known);
}

static void ask_verb(struct call *c, const struct verb *verb, const struct relink_request *req,
		     const json_t *args)
{
	struct ask a = { 0 };
	const char *wrong = verb->compose(&a, c->instance->conf, req->session, args);

	c->acts = verb->acts;
	c->good = verb->good;
	c->bad = verb->bad;
	if (wrong == NULL)
		call_send(c, &a);
	else
		call_refuse(c, RELINK_MISCONFIGURED, "%s: %s", verb->name, wrong);
}

void verbs_control(void *self, const struct relink_request *req)
{
	const struct verb *verb = find(req->verb);
	struct call *c = call_new(self, req);
	json_t *args = NULL;

	if (c == NULL)
		return;
	if (req->args.n > 0)
		args = json_loadb(req->args.p, req->args.n, JSON_REJECT_DUPLICATES, NULL);
	if (verb == NULL)
		refuse_verb(c, req->verb);
	else if (req->session.n == 0)
		call_refuse(c, RELINK_GONE, "the account has no session");
	else
		ask_verb(c, verb, req, args);
	json_decref(args);
}
