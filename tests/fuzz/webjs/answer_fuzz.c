/*
 * answer_fuzz.c - any bytes as the answer of a service: an operation is answered once, with what the
 * host can show, and a list that is told as complete names no session twice.
 *
 * The first byte is the operation, the second the status; the rest is the body, also of the looks that
 * follow from it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "relink/plugin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct relink_plugin relink_plugin;

#define QUESTIONS 256
#define KEY       "k3y-of-the-fuzzer"

static struct question {
	void (*fn)(void *arg, const struct relink_http_reply *);
	void *arg;
} questions[QUESTIONS];
static relink_http n_questions;
static unsigned n_done, n_listed;
static struct relink_str listed[4096];
static void (*on_time)(void *arg);
static void *on_time_arg;

#define must(cond)               \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

static void prove_text(struct relink_str s, size_t max)
{
	must(s.n == 0 || s.p != NULL);
	must(s.n <= max);
	must(s.n == 0 || memmem(s.p, s.n, KEY, strlen(KEY)) == NULL);
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
	n_done++;
	must(r->size == sizeof *r && (unsigned)r->cause < RELINK_CAUSE_COUNT);
	must(op == 2 || r->cause == RELINK_NONE || r->text.n > 0);
	must(r->retry_after_ms <= 600000 && r->boot_id.n < 128);
	prove_text(r->text, 255);
	for (unsigned i = 0; r->complete && i < n_listed; i++) {
		for (unsigned j = 0; j < i; j++)
			must(listed[i].n != listed[j].n ||
			     memcmp(listed[i].p, listed[j].p, listed[i].n) != 0);
	}
}

static void on_listed(const struct relink_host *h, relink_op op, const struct relink_session *s)
{
	(void)h, (void)op;
	prove_session(s);
	if (n_listed < sizeof listed / sizeof listed[0])
		listed[n_listed++] = s->session;
}

static void on_event(const struct relink_host *h, const struct relink_session *s)
{
	(void)h;
	prove_session(s);
}

static void on_log(const struct relink_host *h, enum relink_level level, const char *fmt, ...)
{
	(void)h, (void)level, (void)fmt;
}

static uint64_t now_ms(const struct relink_host *h)
{
	(void)h;
	return 1763287200000;
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
	if (n_questions == QUESTIONS)
		return 0;
	questions[n_questions] = (struct question){ fn, arg };
	return ++n_questions;
}

static void http_drop(const struct relink_host *h, relink_http id)
{
	(void)h;
	if (id != 0)
		questions[id - 1].fn = NULL;
}

static void answer(relink_http id, const struct relink_http_reply *reply)
{
	struct question q = questions[id - 1];

	questions[id - 1].fn = NULL;
	if (q.fn != NULL)
		q.fn(q.arg, reply);
}

/* Keys are strings and durations, in any order; those of the test fit both plugins. */
static void *make_conf(void)
{
	char *conf = calloc(1, relink_plugin.conf_size);
	int64_t second = 1000;

	must(conf != NULL);
	for (const struct relink_key *k = relink_plugin.keys; k->name != NULL; k++) {
		const char *text = strcmp(k->name, "url") == 0                 ? "http://127.0.0.1"
				   : strcmp(k->name, "api_key") == 0           ? KEY
				   : strcmp(k->name, "look_for_browsers") == 0 ? "off"
				   : k->def != NULL                            ? k->def
									       : "";

		if (k->type == RELINK_TYPE_STRING)
			memcpy(conf + k->offset, &text, sizeof text);
		else
			memcpy(conf + k->offset, &second, sizeof second);
	}
	return conf;
}

static struct relink_str str(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

static void ask(void *self, unsigned op)
{
	static const char *const verbs[] = { "info", "qr", "send", "validate" };
	struct relink_request req = { .size = sizeof req,
				      .op = 1,
				      .deadline_ms = now_ms(NULL) + 10000,
				      .account = str("a1"),
				      .session = str("s1"),
				      .profile = str("p1"),
				      .generation = 3,
				      .verb = str(verbs[op % 4]),
				      .args = str("{\"to\":\"62899900\",\"text\":\"x\"}") };
	void (*const ops[])(void *, const struct relink_request *) = {
		relink_plugin.list,       relink_plugin.health,  relink_plugin.create,
		relink_plugin.disconnect, relink_plugin.control, relink_plugin.control,
		relink_plugin.control,    relink_plugin.control,
	};

	ops[op % 8](self, &req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct relink_host host = {
		.size = sizeof host,
		.instance = "fuzz",
		.log = on_log,
		.done = on_done,
		.listed = on_listed,
		.event = on_event,
		.now_ms = now_ms,
		.timer_start = timer_start,
		.timer_stop = timer_stop,
		.http = http,
		.http_drop = http_drop,
	};
	static const unsigned statuses[] = {
		200, 200, 201, 302, 400, 401, 404, 409, 429, 500, 503
	};
	struct relink_http_reply reply = { .size = sizeof reply, .sent = 1 };
	void *conf = make_conf(), *self;
	char why[256];

	n_questions = n_done = n_listed = 0;
	on_time = NULL;
	must(relink_plugin.open(&host, conf, &self, why, sizeof why) == RELINK_NONE);
	if (size >= 2) {
		ask(self, data[0] - '0');
		reply.status = statuses[data[1] % (sizeof statuses / sizeof statuses[0])];
		reply.body = (struct relink_str){ (const char *)data + 2, size - 2 };
		answer(1, &reply);
		must(n_done == 1);
		reply.status = 200;
		for (relink_http id = 2; id <= n_questions; id++)
			answer(id, &reply);
	}
	relink_plugin.close(self, 2);
	must(n_done == (size >= 2) + 1 && on_time == NULL);
	for (relink_http id = 1; id <= n_questions; id++)
		must(questions[id - 1].fn == NULL);
	free(conf);
	return 0;
}
