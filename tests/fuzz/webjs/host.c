/* host.c - see host.h. */
#include "host.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define QUESTIONS 256

static struct question {
	void (*fn)(void *arg, const struct relink_http_reply *);
	void *arg;
} questions[QUESTIONS];
static struct relink_str listed[4096];
struct host_told host_told;
static void (*on_time)(void *arg);
static void *on_time_arg;

static void prove_text(struct relink_str s, size_t max)
{
	must(s.n == 0 || s.p != NULL);
	must(s.n <= max);
	must(s.n == 0 || memmem(s.p, s.n, HOST_KEY, strlen(HOST_KEY)) == NULL);
	for (size_t i = 0; i < s.n; i++)
		must((unsigned char)s.p[i] >= 0x20);
}

static void prove_session(const struct relink_session *s)
{
	must(s->size == sizeof *s && s->session.n > 0 && s->session.n < 128);
	must((unsigned)s->state < RELINK_STATE_COUNT && (unsigned)s->cause < RELINK_CAUSE_COUNT);
	must((s->state == RELINK_STATE_DOWN) == (s->cause != RELINK_NONE));
	must(s->qr.n <= 2048 && s->qr_expires_ms <= 600000 && s->account.n < 128);
	prove_text(s->text, 255);
	prove_text(s->phone, 23);
}

static void on_done(const struct relink_host *h, relink_op op, const struct relink_result *r)
{
	(void)h;
	host_told.done++;
	host_told.cause = r->cause;
	must(r->size == sizeof *r && (unsigned)r->cause < RELINK_CAUSE_COUNT);
	must(op == 2 || r->cause == RELINK_NONE || r->text.n > 0);
	must(r->retry_after_ms <= 600000 && r->boot_id.n < 128);
	prove_text(r->text, 255);
	for (unsigned i = 0; r->complete && i < host_told.listed; i++) {
		for (unsigned j = 0; j < i; j++)
			must(listed[i].n != listed[j].n ||
			     memcmp(listed[i].p, listed[j].p, listed[i].n) != 0);
	}
}

static void on_listed(const struct relink_host *h, relink_op op, const struct relink_session *s)
{
	(void)h, (void)op;
	prove_session(s);
	if (host_told.listed < sizeof listed / sizeof listed[0])
		listed[host_told.listed++] = s->session;
}

static void on_event(const struct relink_host *h, const struct relink_session *s)
{
	(void)h;
	host_told.events++;
	prove_session(s);
}

static void on_message(const struct relink_host *h, const struct relink_message *m)
{
	json_t *json;

	(void)h;
	host_told.messages++;
	must(m->size == sizeof *m && m->session.n > 0 && m->session.n < 128);
	must((unsigned)m->kind < RELINK_MESSAGE_COUNT && m->json.n <= 12288);
	json = json_loadb(m->json.p, m->json.n, JSON_REJECT_DUPLICATES, NULL);
	must(json_is_object(json) && json_is_string(json_object_get(json, "id")));
	json_decref(json);
}

static void on_log(const struct relink_host *h, enum relink_level level, const char *fmt, ...)
{
	(void)h, (void)level, (void)fmt;
}

static uint64_t now_ms(const struct relink_host *h)
{
	(void)h;
	return HOST_NOW_MS;
}

static relink_timer timer_start(const struct relink_host *h, uint64_t ms, void (*fn)(void *arg),
				void *arg)
{
	(void)h, (void)ms;
	must(on_time == NULL);
	on_time = fn;
	on_time_arg = arg;
	return 1;
}

static void timer_stop(const struct relink_host *h, relink_timer t)
{
	(void)h;
	if (t != 0)
		on_time = NULL;
}

static relink_http http(const struct relink_host *h, const struct relink_http_request *r,
			void (*fn)(void *arg, const struct relink_http_reply *), void *arg)
{
	(void)h, (void)r;
	if (host_told.questions == QUESTIONS)
		return 0;
	questions[host_told.questions] = (struct question){ fn, arg };
	return ++host_told.questions;
}

static void http_drop(const struct relink_host *h, relink_http id)
{
	(void)h;
	if (id != 0)
		questions[id - 1].fn = NULL;
}

void host_answer(relink_http id, const struct relink_http_reply *reply)
{
	struct question q = questions[id - 1];

	questions[id - 1].fn = NULL;
	if (q.fn != NULL)
		q.fn(q.arg, reply);
}

static const struct relink_host host = {
	.size = sizeof host,
	.instance = "fuzz",
	.log = on_log,
	.done = on_done,
	.listed = on_listed,
	.event = on_event,
	.message = on_message,
	.now_ms = now_ms,
	.timer_start = timer_start,
	.timer_stop = timer_stop,
	.http = http,
	.http_drop = http_drop,
};

/* --- open and close --- */

/* Those whose default does not do. */
static const char *value_of(const struct relink_key *k)
{
	static const struct {
		const char *name, *value;
	} values[] = {
		{ "url", "http://127.0.0.1" },
		{ "api_key", HOST_KEY },
		{ "look_for_browsers", "off" },
		{ "webhook_secret", HOST_SECRET },
		{ "webhook_secret_old", HOST_SECRET_OLD },
	};

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		if (strcmp(k->name, values[i].name) == 0)
			return values[i].value;
	}
	return k->def != NULL ? k->def : "";
}

/* Keys are strings and durations, in any order. */
static void *make_conf(void)
{
	char *made = calloc(1, relink_plugin.conf_size);
	int64_t second = 1000;

	must(made != NULL);
	for (const struct relink_key *k = relink_plugin.keys; k->name != NULL; k++) {
		const char *text = value_of(k);

		if (k->type == RELINK_TYPE_STRING)
			memcpy(made + k->offset, &text, sizeof text);
		else
			memcpy(made + k->offset, &second, sizeof second);
	}
	return made;
}

static void *conf;

void *host_open(void)
{
	void *self;
	char why[256];

	host_told = (struct host_told){ 0 };
	on_time = NULL;
	conf = make_conf();
	must(relink_plugin.open(&host, conf, &self, why, sizeof why) == RELINK_NONE);
	return self;
}

void host_close(void *self, relink_op op)
{
	unsigned done = host_told.done;

	relink_plugin.close(self, op);
	must(host_told.done == done + 1 && on_time == NULL);
	for (relink_http id = 1; id <= host_told.questions; id++)
		must(questions[id - 1].fn == NULL);
	free(conf);
}

struct relink_str host_str(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

struct relink_request host_request(void)
{
	return (struct relink_request){ .size = sizeof(struct relink_request),
					.op = 1,
					.deadline_ms = HOST_NOW_MS + 10000,
					.account = host_str("a1"),
					.session = host_str("s1"),
					.profile = host_str("p1"),
					.generation = 3 };
}
