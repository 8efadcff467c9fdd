/*
 * plugin.c - a plugin as it was written for ABI 1.0, with all of its operations and host services.
 *
 * Compiled against the header beside it, for ever: neither of them is changed when the ABI grows.
 * Its backend is a list in memory; messages and the verb "fetch" go to `url`, as a real plugin's do.
 */
#include <relink/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an operator may configure, checked by the worker before open(). */
struct conf {
	int64_t scan_ms, retries, trusting, largest;
	const char *url, *key;
};
static const struct relink_key keys[] = {
	{ "scan_after", "3s", "0", "1h", "How long until the pretended person scans.",
	  RELINK_TYPE_DURATION, 0, offsetof(struct conf, scan_ms) },
	{ "retries", "3", "0", "9", "Not used.", RELINK_TYPE_INT, 0,
	  offsetof(struct conf, retries) },
	{ "trusting", "false", NULL, NULL, "Not used.", RELINK_TYPE_BOOL, 0,
	  offsetof(struct conf, trusting) },
	{ "largest", "64KiB", "1KiB", "8MiB", "Most bytes of an answer.", RELINK_TYPE_BYTES, 0,
	  offsetof(struct conf, largest) },
	{ "url", NULL, NULL, NULL, "Where messages go.", RELINK_TYPE_STRING, RELINK_KEY_REQUIRED,
	  offsetof(struct conf, url) },
	{ "key", NULL, NULL, NULL, "The backend's key.", RELINK_TYPE_STRING,
	  RELINK_KEY_REQUIRED | RELINK_KEY_SECRET, offsetof(struct conf, key) },
	{ 0 },
};

/* backend: a session that runs there. */
struct session {
	struct instance *in;
	struct session *next;
	char *id;
	uint64_t generation;
	enum relink_state state;
	int resume;
	relink_timer timer; /* its next step is due */
};

/* A question to the backend, for one operation. */
struct errand {
	struct instance *in;
	struct errand *next;
	relink_op op;
	relink_http http;
	int is_send;
};

struct instance {
	const struct relink_host *host;
	struct conf conf;
	struct session *sessions;
	struct errand *errands;
};

static struct relink_str text(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

/* Every operation ends here, exactly once. */
static void answer(const struct instance *in, relink_op op, enum relink_cause cause,
		   const char *why)
{
	struct relink_result r = { .size = sizeof r, .cause = cause, .text = text(why) };

	in->host->done(in->host, op, &r);
}

static struct relink_session describe(const struct session *s)
{
	return (struct relink_session){ .size = sizeof(struct relink_session),
					.session = text(s->id),
					.generation = s->generation,
					.state = s->state };
}

/* A copy with a NUL behind it; NULL: no memory. */
static char *keep(struct relink_str s)
{
	char *copy = malloc(s.n + 1);

	if (copy != NULL) {
		memcpy(copy, s.p, s.n);
		copy[s.n] = '\0';
	}
	return copy;
}

static struct session *find(const struct instance *in, struct relink_str id)
{
	struct session *s = in->sessions;

	while (s != NULL && (strlen(s->id) != id.n || memcmp(s->id, id.p, id.n) != 0))
		s = s->next;
	return s;
}

/* ---- backend: what happens there by itself ---- */

static void next_step(void *arg)
{
	struct session *s = arg;
	const struct relink_host *host = s->in->host;
	struct relink_session news;
	uint64_t wait = 0;
	char code[64];

	s->timer = 0;
	if (s->state == RELINK_STATE_STARTING && !s->resume) {
		s->state = RELINK_STATE_QR;
		wait = (uint64_t)s->in->conf.scan_ms;
	} else {
		s->state = RELINK_STATE_CONNECTED;
	}
	news = describe(s);
	if (s->state == RELINK_STATE_QR) {
		snprintf(code, sizeof code, "template %016llx",
			 (unsigned long long)host->random(host));
		news.qr = text(code);
	}
	host->event(host, &news);
	if (wait > 0)
		s->timer = host->timer_start(host, wait, next_step, s);
}

static void end_session(struct session *s)
{
	struct session **at = &s->in->sessions;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->in->host->timer_stop(s->in->host, s->timer);
	free(s->id);
	free(s);
}

static struct session *start_session(struct instance *in, const struct relink_request *r)
{
	struct session *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->id = keep(r->session);
	s->timer = in->host->timer_start(in->host, 100, next_step, s);
	if (s->id == NULL || s->timer == 0) {
		in->host->timer_stop(in->host, s->timer);
		free(s->id);
		free(s);
		return NULL;
	}
	s->in = in;
	s->generation = r->generation;
	s->resume = r->resume;
	s->state = RELINK_STATE_STARTING;
	s->next = in->sessions;
	in->sessions = s;
	return s;
}

/* ---- the operations ---- */

static enum relink_cause open_instance(const struct relink_host *host, const void *conf,
				       void **ret_self, char *why, size_t n)
{
	struct instance *in = calloc(1, sizeof *in);

	if (in == NULL) {
		snprintf(why, n, "no memory for the instance %s", host->instance);
		return RELINK_INTERNAL;
	}
	in->host = host;
	in->conf = *(const struct conf *)conf;
	*ret_self = in;
	return RELINK_NONE;
}

/* The same create may come again only with another generation, so a session of that id is an older life. */
static void create(void *self, const struct relink_request *r)
{
	struct instance *in = self;
	struct session *old = find(in, r->session);

	if (old != NULL && old->generation >= r->generation) {
		struct relink_result stale = { .size = sizeof stale,
					       .cause = RELINK_STALE,
					       .generation = old->generation,
					       .text = text("a newer session of that id runs") };

		in->host->done(in->host, r->op, &stale);
		return;
	}
	if (old != NULL)
		end_session(old);
	if (start_session(in, r) == NULL)
		answer(in, r->op, RELINK_PROVIDER_DOWN, "no memory for the session");
	else
		answer(in, r->op, RELINK_NONE, "");
}

/* What does not exist is disconnected already. */
static void disconnect(void *self, const struct relink_request *r)
{
	struct instance *in = self;
	struct session *s = find(in, r->session);

	if (s != NULL && s->generation <= r->generation)
		end_session(s);
	answer(in, r->op, RELINK_NONE, "");
}

static void health(void *self, const struct relink_request *r)
{
	struct instance *in = self;
	const struct session *s = find(in, r->session);
	struct relink_result found = { .size = sizeof found };

	if (s != NULL) {
		found.state = s->state;
	} else {
		found.cause = RELINK_GONE;
		found.text = text("there is no such session");
	}
	in->host->done(in->host, r->op, &found);
}

/* "complete" is a promise: whatever is not in this list is gone.  A list that may lack something says 0. */
static void list(void *self, const struct relink_request *r)
{
	struct instance *in = self;
	struct relink_result whole = { .size = sizeof whole, .complete = 1 };

	for (const struct session *s = in->sessions; s != NULL; s = s->next) {
		struct relink_session one = describe(s);

		in->host->listed(in->host, r->op, &one);
	}
	in->host->done(in->host, r->op, &whole);
}

/* ---- to the backend and back ---- */

static void end_errand(struct errand *errand)
{
	struct errand **at = &errand->in->errands;

	while (*at != errand)
		at = &(*at)->next;
	*at = errand->next;
	free(errand);
}

static void on_reply(void *arg, const struct relink_http_reply *reply)
{
	struct errand *errand = arg;
	struct instance *in = errand->in;
	int done = reply->cause == RELINK_NONE && reply->status == 200 &&
		   reply->content_type.n == strlen("application/json") && reply->body.n > 1 &&
		   reply->body.p[0] == '{' && reply->body.p[reply->body.n - 1] == '}';
	struct relink_result r = { .size = sizeof r,
				   .cause = reply->cause,
				   .text = reply->text,
				   .retry_after_ms = reply->retry_after_ms };

	if (!done && r.cause == RELINK_NONE) {
		r.cause = RELINK_PROVIDER_DOWN;
		r.text = text("not the answer that was hoped for");
	}
	/* nothing that this backend says is proof that a message left */
	r.unknown = errand->is_send ? reply->sent || reply->timeout : 0;
	if (done && errand->is_send)
		r.cause = RELINK_INTERNAL;
	if (done && !errand->is_send)
		r.body = text("true");
	in->host->done(in->host, errand->op, &r);
	end_errand(errand);
}

static void ask(struct instance *in, const struct relink_request *r, const char *method,
		int is_send)
{
	const struct relink_header headers[] = { { text("X-Key"), text(in->conf.key) } };
	struct relink_http_request http = { .size = sizeof http,
					    .method = text(method),
					    .url = text(in->conf.url),
					    .headers = headers,
					    .n_headers = 1,
					    .body = is_send ? r->args : text(""),
					    .total_ms = 2000,
					    .body_max = (uint64_t)in->conf.largest,
					    .fresh = is_send };
	struct errand *errand = calloc(1, sizeof *errand);

	if (errand != NULL) {
		*errand = (struct errand){
			.in = in, .next = in->errands, .op = r->op, .is_send = is_send
		};
		errand->http = in->host->http(in->host, &http, on_reply, errand);
	}
	if (errand == NULL || errand->http == 0) {
		free(errand);
		answer(in, r->op, RELINK_PROVIDER_DOWN, "the question could not be asked");
		return;
	}
	in->errands = errand;
}

static void send_message(void *self, const struct relink_request *r)
{
	struct instance *in = self;

	if (find(in, r->session) == NULL)
		answer(in, r->op, RELINK_GONE, "there is no such session");
	else
		ask(in, r, "POST", 1);
}

static void control(void *self, const struct relink_request *r)
{
	struct instance *in = self;
	struct relink_result echo = { .size = sizeof echo, .body = r->args };

	if (r->verb.n == strlen("echo") && memcmp(r->verb.p, "echo", r->verb.n) == 0)
		in->host->done(in->host, r->op, &echo);
	else if (r->verb.n == strlen("fetch") && memcmp(r->verb.p, "fetch", r->verb.n) == 0)
		ask(in, r, "GET", 0);
	else
		answer(in, r->op, RELINK_REFUSED, "the verbs are echo and fetch");
}

/* Genuine is who knows the key; a body is a message. */
static void webhook(void *self, const struct relink_request *r)
{
	struct instance *in = self;
	struct relink_message m = { .size = sizeof m,
				    .kind = RELINK_MESSAGE_RECEIVED,
				    .json = r->body };
	int genuine = 0;

	for (size_t i = 0; i < r->n_headers; i++)
		genuine |= r->headers[i].name.n == strlen("x-key") &&
			   memcmp(r->headers[i].name.p, "x-key", r->headers[i].name.n) == 0 &&
			   r->headers[i].value.n == strlen(in->conf.key) &&
			   memcmp(r->headers[i].value.p, in->conf.key, r->headers[i].value.n) == 0;
	if (!genuine) {
		answer(in, r->op, RELINK_REFUSED, "the key is wrong");
		return;
	}
	if (in->sessions == NULL) {
		answer(in, r->op, RELINK_INTERNAL, "nobody is there to get it");
		return;
	}
	m.session = text(in->sessions->id);
	m.generation = in->sessions->generation;
	in->host->message(in->host, &m);
	in->host->log(in->host, RELINK_DEBUG, "a webhook of %zu bytes", r->body.n);
	answer(in, r->op, RELINK_NONE, "");
}

static void dump(void *self, void (*line)(void *arg, const char *text), void *arg)
{
	const struct instance *in = self;

	for (const struct session *one = in->sessions; one != NULL; one = one->next)
		line(arg, one->id);
}

static void close_instance(void *self, relink_op op)
{
	struct instance *in = self;
	const struct relink_host *host = in->host;
	struct relink_result r = { .size = sizeof r };

	while (in->errands != NULL) {
		host->http_drop(host, in->errands->http);
		answer(in, in->errands->op, RELINK_CANCELLED, "the instance is closed");
		end_errand(in->errands);
	}
	while (in->sessions != NULL)
		end_session(in->sessions);
	free(in);
	host->done(host, op, &r);
}

RELINK_PLUGIN(.name = "abi-1-0", .version = "1", .summary = "a plugin of ABI 1.0",
	      .caps = RELINK_CAP_LIST | RELINK_CAP_PUSH | RELINK_CAP_CONTROL | RELINK_CAP_WEBHOOK |
		      RELINK_CAP_SEND,
	      .start_deadline_ms = 20000, .keys = keys, .conf_size = sizeof(struct conf),
	      .open = open_instance, .create = create, .disconnect = disconnect, .health = health,
	      .list = list, .send = send_message, .control = control, .webhook = webhook,
	      .close = close_instance, .dump = dump, );
