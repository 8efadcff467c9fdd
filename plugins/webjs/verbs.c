/*
 * verbs.c - control: a message to send, a log-out, a new QR code, and what the service knows.
 *
 * The body of an answer is the service's own JSON.  A message is asked for once: whoever lost the
 * answer must look, since nobody wants it twice.
 */
#include <stdlib.h>

#include "instance.h"

#define SEND_MS    45000u
#define NUMBER_MAX 32 /* bytes of a phone number's digits */
#define CHAT_MAX   128
#define BODY_MAX   65536u /* of a verb's answer, as the host takes it */
#define NONE       ((struct relink_str){ 0 })

struct verb {
	const char *name, *help;
	bool acts;
	/* Compose the question.  NULL, or what is wrong with the arguments. */
	const char *(*compose)(struct ask *, const struct conf *, struct relink_str session,
			       const json_t *args);
	void (*good)(struct call *, const json_t *); /* as in struct call */
	void (*bad)(struct call *, struct verdict *);
};

/* --- send --- */

/* A number is sent as its digits: the old service puts anything else into an address that does not
 * exist. */
static size_t digits_of(const char *number, char to[NUMBER_MAX])
{
	size_t n = 0;

	for (; *number != '\0' && n < NUMBER_MAX - 1; number++) {
		if (*number >= '0' && *number <= '9')
			to[n++] = *number;
		else if (strchr(" -.()+", *number) == NULL)
			return 0;
	}
	to[n] = '\0';
	return n >= 5 && n <= 20 && *number == '\0' ? n : 0;
}

static bool is_chat(const char *to)
{
	static const char *const servers[] = { "@c.us", "@g.us", "@lid", "@newsletter" };
	const char *at = strchr(to, '@');

	for (size_t i = 0; at != NULL && at > to && i < sizeof servers / sizeof servers[0]; i++) {
		if (strcmp(at, servers[i]) == 0)
			return strlen(to) <= CHAT_MAX;
	}
	return false;
}

static const char *compose_send(struct ask *a, const struct conf *conf, struct relink_str session,
				const json_t *args)
{
	const char *to = read_text(args, "to"), *text = read_text(args, "text");
	const char *media = read_text(args, "media_url"), *name = read_text(args, "filename");
	char digits[NUMBER_MAX];

	(void)conf;
	if (to != NULL && digits_of(to, digits) > 0)
		to = digits;
	else if (to == NULL || !is_chat(to) || !dialect.sends_to_chats)
		return dialect.sends_to_chats
			   ? "\"to\" must be a phone number with its country code, of 5 to 20 "
			     "digits, or a chat id"
			   : "\"to\" must be a phone number with its country code, of 5 to 20 "
			     "digits";
	if ((text == NULL || text[0] == '\0') && media == NULL)
		return "there is nothing to send: give \"text\" or \"media_url\"";
	ask_path(a, "POST", media != NULL ? "/api/messages/send-media" : "/api/messages/send", NONE,
		 NULL);
	ask_str(a, "session_id", session);
	ask_str(a, "recipient_phone", str_of(to));
	ask_str(a, media != NULL ? "caption" : "message", str_of(text != NULL ? text : ""));
	ask_str(a, "media_url", str_of(media != NULL ? media : ""));
	ask_str(a, "filename", str_of(media != NULL && name != NULL ? name : ""));
	a->total_ms = SEND_MS;
	return NULL;
}

/* --- the others --- */

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
	watch_sent(c->instance, c, NULL);
	on_answer(c, doc);
}

static void on_not_sent(struct call *c, struct verdict *v)
{
	watch_sent(c->instance, c, v);
	call_fail(c, v);
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
	{ "send",     "send {\"to\", \"text\", \"media_url\"?, \"filename\"?}", true, compose_send, on_sent, on_not_sent },
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
