/*
 * obedient.c - a test plugin that does what the name of the session, or the verb, says.
 *
 * It is not the mock (plugins/mock): it misbehaves in ways that no script should be able to ask
 * for.
 */
#include <dirent.h>
#include <relink/plugin.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct conf {
	const char *word;
	const char *token;
	int64_t number, truth, wait_ms, size, sessions;
};

/* One operation that is to be answered later. */
struct later {
	struct me *me;
	relink_op op;
	struct later *next;
	relink_timer timer;
};

struct me {
	const struct relink_host *host;
	const struct conf *conf;
	struct later *later;
	bool never_closes;
	unsigned long creates;
};

static struct relink_str text(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

static bool is(struct relink_str s, const char *z)
{
	return s.n == strlen(z) && memcmp(s.p, z, s.n) == 0;
}

static void done(struct me *me, relink_op op, enum relink_cause cause, const char *words)
{
	const struct relink_result r = { .size = sizeof r, .cause = cause, .text = text(words) };

	me->host->done(me->host, op, &r);
}

/* --- answers that come later --- */

static void forget(struct later *l)
{
	struct later **at = &l->me->later;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	free(l);
}

static void on_time(void *arg)
{
	struct later *l = arg;

	done(l->me, l->op, RELINK_NONE, "");
	forget(l);
}

static void answer_in(struct me *me, relink_op op, uint64_t ms)
{
	struct later *l = calloc(1, sizeof *l);

	if (l == NULL)
		abort();
	l->me = me;
	l->op = op;
	l->next = me->later;
	me->later = l;
	l->timer = me->host->timer_start(me->host, ms, on_time, l);
}

/* --- life --- */

static void on_tick(void *arg)
{
	struct me *me = arg;
	struct relink_session s = { .size = sizeof s, .session = text("tick") };

	me->host->event(me->host, &s);
}

static enum relink_cause open_instance(const struct relink_host *host, const void *conf,
				       void **ret_self, char *why, size_t n)
{
	struct me *me;
	const struct conf *c = conf;

	if (strcmp(c->word, "refuse") == 0) {
		snprintf(why, n, "the word is \"refuse\"; choose another");
		return RELINK_PROVIDER_DOWN;
	}
	if (strcmp(c->word, "refuse silently") == 0)
		return RELINK_MISCONFIGURED;
	me = calloc(1, sizeof *me);
	if (me == NULL)
		return RELINK_INTERNAL;
	me->host = host;
	me->conf = conf;
	host->log(host, RELINK_INFO, "opened %s", host->instance);
	if (strcmp(c->word, "tick") == 0)
		host->timer_start(host, 10, on_tick, me);
	*ret_self = me;
	return RELINK_NONE;
}

static void on_unwanted(void *arg, const struct relink_http_reply *a)
{
	(void)arg, (void)a;
	abort();
}

/* A closed instance asks no server any more. */
static void close_instance(void *self, relink_op op)
{
	struct me *me = self;
	const struct relink_host *host = me->host;
	const struct relink_http_request q = { .size = sizeof q, .url = text("http://127.0.0.1/") };

	if (me->never_closes)
		return;
	while (me->later != NULL) {
		struct later *l = me->later;

		host->timer_stop(host, l->timer);
		done(me, l->op, RELINK_CANCELLED, "closing");
		forget(l);
	}
	free(me);
	host->done(host, op, &(struct relink_result){ .size = sizeof(struct relink_result) });
	if (host->http(host, &q, on_unwanted, NULL) != 0)
		abort();
}

/* --- events --- */

static struct relink_session up(const struct relink_request *r)
{
	return (struct relink_session){ .size = sizeof(struct relink_session),
					.session = r->session,
					.account = r->account,
					.generation = r->generation,
					.state = RELINK_STATE_CONNECTED };
}

static void tell(struct me *me, const struct relink_request *r)
{
	struct relink_session s = up(r);

	me->host->event(me->host, &s);
}

/* Text that no frame takes: too long, not UTF-8, numbers out of range. */
static void tell_dirt(struct me *me, const struct relink_request *r)
{
	static char long_text[2000];
	struct relink_session s = up(r);

	memset(long_text, '\xff', sizeof long_text);
	s.text = (struct relink_str){ long_text, sizeof long_text };
	s.phone = text("+49 \xc3");
	s.state = (enum relink_state)99;
	s.cause = (enum relink_cause)99;
	s.qr_expires_ms = UINT64_MAX;
	me->host->event(me->host, &s);
}

static void tell_nonsense(struct me *me, const struct relink_request *r)
{
	static char qr[3000];
	struct relink_session s = up(r);

	s.session.n = 0;
	me->host->event(me->host, &s);
	me->host->event(me->host, NULL);
	s = up(r);
	s.size = 0;
	me->host->event(me->host, &s);
	s = up(r);
	memset(qr, 'q', sizeof qr);
	s.qr = (struct relink_str){ qr, sizeof qr };
	me->host->event(me->host, &s);
}

/* --- operations --- */

static void create(void *self, const struct relink_request *r)
{
	struct me *me = self;

	me->creates++;
	if (is(r->session, "never"))
		return;
	if (is(r->session, "late")) {
		answer_in(me, r->op, 300);
	} else if (is(r->session, "later")) {
		answer_in(me, r->op, 20);
	} else if (is(r->session, "twice")) {
		done(me, r->op, RELINK_NONE, "");
		done(me, r->op, RELINK_NONE, "");
	} else if (is(r->session, "dirty")) {
		tell_dirt(me, r);
		done(me, r->op, RELINK_UNKNOWN, "\xff\xfe dirt");
	} else if (is(r->session, "nonsense")) {
		tell_nonsense(me, r);
		me->host->done(me->host, r->op, NULL);
	} else if (is(r->session, "echo")) {
		/* what it was asked, as the text of an error */
		char said[256];

		snprintf(said, sizeof said, "%.*s %.*s %llu %d %.*s %lld", (int)r->account.n,
			 r->account.p, (int)r->profile.n, r->profile.p,
			 (unsigned long long)r->generation, r->resume, (int)r->metadata.n,
			 r->metadata.p, (long long)(r->deadline_ms - me->host->now_ms(me->host)));
		done(me, r->op, RELINK_THROTTLED, said);
	} else {
		tell(me, r);
		done(me, r->op, RELINK_NONE, "");
	}
}

static void disconnect(void *self, const struct relink_request *r)
{
	done(self, r->op, RELINK_NONE, "");
}

static void health(void *self, const struct relink_request *r)
{
	struct me *me = self;
	struct relink_result a = { .size = sizeof a, .state = RELINK_STATE_CONNECTED };

	if (is(r->session, "gone")) {
		a.state = RELINK_STATE_UNKNOWN;
		a.cause = RELINK_GONE;
	} else if (is(r->session, "down")) {
		a.state = RELINK_STATE_DOWN;
		a.cause = RELINK_ENGINE_CRASH;
		a.text = text("page crashed");
	} else if (is(r->session, "unreachable")) {
		a.state = RELINK_STATE_UNKNOWN;
		a.cause = RELINK_NETWORK;
		a.unknown = 1;
	}
	me->host->done(me->host, r->op, &a);
}

static void list(void *self, const struct relink_request *r)
{
	struct me *me = self;
	struct relink_result a = { .size = sizeof a, .boot_id = text("boot-1"), .complete = 1 };

	for (int64_t i = 0; i < me->conf->sessions; i++) {
		char id[64];
		struct relink_session s = { .size = sizeof s, .state = RELINK_STATE_CONNECTED };

		snprintf(id, sizeof id, "mock_acme_1700000000_%08llx", (unsigned long long)i);
		s.session = text(id);
		me->host->listed(me->host, r->op, &s);
	}
	me->host->done(me->host, r->op, &a);
}

/* --- verbs --- */

static void reply(struct me *me, relink_op op, const char *body, size_t n)
{
	struct relink_result a = { .size = sizeof a, .body = { body, n } };

	me->host->done(me->host, op, &a);
}

static void verb_conf(struct me *me, const struct relink_request *r)
{
	const struct conf *c = me->conf;
	char body[300];
	int n = snprintf(body, sizeof body, "%s|%s|%lld|%lld|%lld|%lld|%lld", c->word, c->token,
			 (long long)c->number, (long long)c->truth, (long long)c->wait_ms,
			 (long long)c->size, (long long)c->sessions);

	reply(me, r->op, body, (size_t)n);
}

static void verb_descriptors(struct me *me, const struct relink_request *r)
{
	char body[2000];
	size_t n = 0;
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char path[300], target[100];
		ssize_t len;

		snprintf(path, sizeof path, "/proc/self/fd/%s", e->d_name);
		len = readlink(path, target, sizeof target);
		if (e->d_name[0] != '.' && len > 0)
			n += (size_t)snprintf(body + n, sizeof body - n, "%s=%.*s\n", e->d_name,
					      (int)len, target);
	}
	closedir(d);
	reply(me, r->op, body, n);
}

static void verb_creates(struct me *me, const struct relink_request *r)
{
	char body[32];

	reply(me, r->op, body, (size_t)snprintf(body, sizeof body, "%lu", me->creates));
}

static void verb_flood(struct me *me, const struct relink_request *r)
{
	static char words[200];
	struct relink_session s = { .size = sizeof s,
				    .session = text("flood"),
				    .state = RELINK_STATE_CONNECTED,
				    .text = { words, sizeof words } };

	memset(words, 'w', sizeof words);
	reply(me, r->op, "", 0);
	for (uint64_t i = 1; i <= 50000; i++) {
		s.generation = i;
		me->host->event(me->host, &s);
	}
}

static void verb_talk(struct me *me, const struct relink_request *r)
{
	for (int i = 0; i < 5000; i++)
		me->host->log(me->host, RELINK_INFO, "line %d", i);
	reply(me, r->op, "", 0);
}

static void verb_hang(struct me *me, const struct relink_request *r)
{
	(void)me, (void)r;
	fprintf(stderr, "obedient: about to hang\n");
	for (;;)
		pause();
}

static void verb_block(struct me *me, const struct relink_request *r)
{
	usleep(200000);
	reply(me, r->op, "", 0);
}

static void verb_crash(struct me *me, const struct relink_request *r)
{
	(void)me, (void)r;
	fprintf(stderr, "obedient: about to crash\n");
	abort();
}

static void verb_big(struct me *me, const struct relink_request *r)
{
	static char body[70000];

	memset(body, '1', sizeof body);
	reply(me, r->op, body, sizeof body);
}

static void verb_never_close(struct me *me, const struct relink_request *r)
{
	static struct me *volatile mine; /* or the sanitizer would call it leaked, which it is */

	mine = me;
	mine->never_closes = true;
	reply(me, r->op, "", 0);
}

static void leak(void *arg)
{
	(void)arg;
}

static void verb_forget_timer(struct me *me, const struct relink_request *r)
{
	me->host->timer_start(me->host, 1000000, leak, NULL);
	reply(me, r->op, "", 0);
}

static void verb_foreign(struct me *me, const struct relink_request *r)
{
	static relink_op kept;
	struct relink_session s = { .size = sizeof s, .session = text("x") };

	if (kept == 0) {
		kept = r->op; /* another instance answers it */
		return;
	}
	reply(me, kept, "", 0);
	me->host->listed(me->host, r->op, &s); /* not a list */
	reply(me, r->op, "", 0);
}

/* --- HTTP: the args of these verbs are a URL --- */

struct fetch {
	struct me *me;
	relink_op op;
};

static void on_fetched(void *arg, const struct relink_http_reply *a)
{
	struct fetch *f = arg;
	struct me *me = f->me;
	char body[64];

	if (a->cause != RELINK_NONE)
		done(me, f->op, a->cause, "no answer");
	else
		reply(me, f->op, body,
		      (size_t)snprintf(body, sizeof body, "%u %.*s", a->status, (int)a->body.n,
				       a->body.p));
	free(f);
}

static void verb_fetch(struct me *me, const struct relink_request *r)
{
	const struct relink_http_request q = { .size = sizeof q, .url = r->args };
	struct fetch *f = calloc(1, sizeof *f);

	if (f == NULL)
		abort();
	f->me = me;
	f->op = r->op;
	if (me->host->http(me->host, &q, on_fetched, f) == 0)
		abort();
}

/* As a plugin would ask that was built when a request had no `ca_file` yet. */
static void verb_fetch_old(struct me *me, const struct relink_request *r)
{
	struct relink_http_request q;
	struct fetch *f = calloc(1, sizeof *f);

	if (f == NULL)
		abort();
	q = (struct relink_http_request){ .url = r->args };
	memset(&q.ca_file, 0xff, sizeof q - offsetof(struct relink_http_request, ca_file));
	q.size = offsetof(struct relink_http_request, ca_file);
	f->me = me;
	f->op = r->op;
	if (me->host->http(me->host, &q, on_fetched, f) == 0)
		abort();
}

static void verb_forget_fetch(struct me *me, const struct relink_request *r)
{
	const struct relink_http_request q = { .size = sizeof q, .url = r->args };

	me->host->http(me->host, &q, on_unwanted, NULL);
	reply(me, r->op, "", 0);
}

/* Requests that nobody can take, more than a worker takes, and drops of all but the first. */
static void verb_fetch_badly(struct me *me, const struct relink_request *r)
{
	struct relink_http_request q = { .url = r->args };
	relink_http ids[5000] = { 0 };
	unsigned n = 0;
	char body[64];

	n += me->host->http(me->host, NULL, on_unwanted, NULL) != 0;
	n += me->host->http(me->host, &q, on_unwanted, NULL) != 0;
	q.size = sizeof q;
	n += me->host->http(me->host, &q, NULL, NULL) != 0;
	for (unsigned i = 0; i < 5000; i++) {
		ids[i] = me->host->http(me->host, &q, on_unwanted, NULL);
		n += ids[i] != 0;
	}
	for (unsigned i = 0; i < 5000; i++)
		me->host->http_drop(me->host, ids[i]);
	reply(me, r->op, body, (size_t)snprintf(body, sizeof body, "%u", n));
}

static const struct {
	const char *name;
	void (*run)(struct me *, const struct relink_request *);
} verbs[] = {
	{ "conf", verb_conf },
	{ "descriptors", verb_descriptors },
	{ "creates", verb_creates },
	{ "flood", verb_flood },
	{ "talk", verb_talk },
	{ "hang", verb_hang },
	{ "block", verb_block },
	{ "crash", verb_crash },
	{ "big", verb_big },
	{ "never_close", verb_never_close },
	{ "forget_timer", verb_forget_timer },
	{ "foreign", verb_foreign },
	{ "fetch", verb_fetch },
	{ "fetch_old", verb_fetch_old },
	{ "forget_fetch", verb_forget_fetch },
	{ "fetch_badly", verb_fetch_badly },
};

static void control(void *self, const struct relink_request *r)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (is(r->verb, verbs[i].name)) {
			verbs[i].run(self, r);
			return;
		}
	}
	done(self, r->op, RELINK_MISCONFIGURED, "no such verb");
}

static void dump(void *self, void (*line)(void *arg, const char *text), void *arg)
{
	(void)self;
	line(arg, "obedient: this is inside of me");
}

static const struct relink_key keys[] = {
	{ "word", "hello", NULL, NULL, "any word", RELINK_TYPE_STRING, 0,
	  offsetof(struct conf, word) },
	{ "token", NULL, NULL, NULL, "a secret", RELINK_TYPE_STRING, RELINK_KEY_SECRET,
	  offsetof(struct conf, token) },
	{ "number", "-5", "-10", "10", "a number", RELINK_TYPE_INT, 0,
	  offsetof(struct conf, number) },
	{ "truth", NULL, NULL, NULL, "true or false", RELINK_TYPE_BOOL, 0,
	  offsetof(struct conf, truth) },
	{ "wait", "1m", "10ms", "1h", "how long", RELINK_TYPE_DURATION, 0,
	  offsetof(struct conf, wait_ms) },
	{ "size", "64KiB", NULL, "1MiB", "how much", RELINK_TYPE_BYTES, 0,
	  offsetof(struct conf, size) },
	{ "sessions", "3", "0", NULL, "how many list() tells", RELINK_TYPE_INT, 0,
	  offsetof(struct conf, sessions) },
	{ NULL },
};

/* Body "forged" is not genuine; any other is told as a message that came, headers first; "huge" with far
 * too much of it. */
static void webhook(void *self, const struct relink_request *r)
{
	static char json[20000];
	struct me *me = self;
	struct relink_message m = { .size = sizeof m, .session = text("s1"), .generation = 4 };
	struct relink_result result = { .size = sizeof result };
	int n = 0;

	if (r->body.n == 6 && memcmp(r->body.p, "forged", 6) == 0) {
		result.cause = RELINK_REFUSED;
		result.text = text("not genuine");
	} else {
		memset(json, 'x', sizeof json);
		for (size_t i = 0; i < r->n_headers; i++)
			n += snprintf(json + n, 100, "%.*s=%.*s ", (int)r->headers[i].name.n,
				      r->headers[i].name.p, (int)r->headers[i].value.n,
				      r->headers[i].value.p);
		n += snprintf(json + n, 100, "%.*s", (int)r->body.n, r->body.p);
		m.json = (struct relink_str){ json, (size_t)n };
		if (r->body.n == 4 && memcmp(r->body.p, "huge", 4) == 0)
			m.json.n = sizeof json;
		me->host->message(me->host, &m);
	}
	me->host->done(me->host, r->op, &result);
}

/* "hello" is sent; "lost" nobody knows of; "odd" is sent, and what is said of it cannot be passed on. */
static void send_message(void *self, const struct relink_request *r)
{
	struct me *me = self;
	struct relink_result result = { .size = sizeof result };

	if (is(r->args, "hello")) {
		result.body = text("{\"message_id\":\"m1\"}");
	} else if (is(r->args, "odd")) {
		result.body = text("\xff");
	} else {
		result.cause = RELINK_ENGINE_HANG;
		result.text = text("no answer");
		result.unknown = 1;
	}
	me->host->done(me->host, r->op, &result);
}

RELINK_PLUGIN(.name = "obedient", .version = "1.2.3", .summary = "does what the test says",
	      .caps = RELINK_CAP_LIST | RELINK_CAP_CONTROL | RELINK_CAP_PUSH | RELINK_CAP_WEBHOOK |
		      RELINK_CAP_SEND,
	      .start_deadline_ms = 5000, .keys = keys, .conf_size = sizeof(struct conf),
	      .open = open_instance, .create = create, .disconnect = disconnect, .health = health,
	      .list = list, .send = send_message, .control = control, .webhook = webhook,
	      .close = close_instance, .dump = dump);
