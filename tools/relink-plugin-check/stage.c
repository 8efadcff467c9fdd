/*
 * stage.c - see stage.h.
 *
 * What comes later (timers, answers of the backend) stands in one list, ordered by time.  Requests and
 * replies are built in memory of exactly their size that is overwritten after the call: a plugin that
 * keeps what it was lent shows itself.
 */
#include "stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/must.h"
#include "base/rng.h"

#define OP_MS        30000 /* deadline of an operation */
#define CLOSE_MS     10000 /* as long as a worker waits for close */
#define HTTP_TOTAL   30000
#define HTTP_LONGEST 600000

struct later {
	struct later *prev, *next;
	uint64_t at, id;
	const struct instance *in;
	void (*on_time)(void *arg); /* a timer */
	void (*on_reply)(void *arg, const struct relink_http_reply *);
	void *arg;
	enum backend_mood mood;
	uint64_t total_ms;
};

struct stage stage;
static struct later *laters;
static uint64_t last_id, dice = 0x9e3779b97f4a7c15u;

__attribute__((format(printf, 2, 0))) static _Noreturn void end(int status, const char *fmt,
								va_list ap)
{
	vprintf(fmt, ap);
	fflush(stdout);
	_Exit(status);
}

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	end(STATUS_FAILED, fmt, ap);
}

void skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	end(STATUS_SKIPPED, fmt, ap);
}

/* ---- what is lent to the plugin ---- */

static struct instance *instance_of(const struct relink_host *host)
{
	struct instance *in = (struct instance *)(uintptr_t)host;

	if (!in->open)
		fail("it called a host service after close() was answered");
	return in;
}

__attribute__((format(printf, 3, 4))) static void host_log(const struct relink_host *host,
							   enum relink_level level, const char *fmt,
							   ...)
{
	char line[4096];
	va_list ap;

	instance_of(host);
	if (level > RELINK_DEBUG)
		fail("log() with level %d, which there is not", (int)level);
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
}

static struct op *op_of(relink_op op, const char *service)
{
	if (op == 0 || op > stage.n_ops)
		fail("%s() for operation %llu, which nobody asked for", service,
		     (unsigned long long)op);
	return &stage.ops[op - 1];
}

static void host_done(const struct relink_host *host, relink_op op, const struct relink_result *r)
{
	struct instance *in = instance_of(host);
	struct op *o = op_of(op, "done");

	if (o->answers++ > 0)
		fail("%s was answered twice", o->what);
	if (r->size < offsetof(struct relink_result, body))
		fail("%s was answered with a result of size %zu; set it to sizeof", o->what,
		     r->size);
	if ((unsigned)r->cause >= RELINK_CAUSE_COUNT)
		fail("%s was answered with cause %d, which there is not", o->what, (int)r->cause);
	if ((unsigned)r->state >= RELINK_STATE_COUNT)
		fail("%s was answered with state %d, which there is not", o->what, (int)r->state);
	o->cause = r->cause;
	o->state = r->state;
	o->generation = r->generation;
	o->unknown = r->unknown;
	o->complete = r->complete;
	if (strcmp(o->what, "close") == 0) {
		for (size_t i = 0; i < stage.n_ops; i++) {
			if (stage.ops[i].in == in && stage.ops[i].answers == 0)
				fail("close was answered while a %s was not", stage.ops[i].what);
		}
		in->open = false;
	}
}

static void see(struct seen *to, const struct relink_session *s, const char *service)
{
	if (s->size < offsetof(struct relink_session, qr_expires_ms))
		fail("%s() with a session of size %zu; set it to sizeof", service, s->size);
	if (s->session.n == 0 || s->session.n >= NAME_ROOM)
		fail("%s() with a session id of %zu bytes", service, s->session.n);
	if ((unsigned)s->state >= RELINK_STATE_COUNT)
		fail("%s() with state %d, which there is not", service, (int)s->state);
	memcpy(to->session, s->session.p, s->session.n);
	to->session[s->session.n] = '\0';
	to->generation = s->generation;
	to->state = s->state;
}

static void host_listed(const struct relink_host *host, relink_op op,
			const struct relink_session *s)
{
	const struct op *o = op_of(op, "listed");

	instance_of(host);
	if (strcmp(o->what, "list") != 0)
		fail("listed() during a %s", o->what);
	if (o->answers > 0)
		fail("listed() after the list was answered");
	must(stage.n_listed < LISTED_MAX);
	see(&stage.listed[stage.n_listed++], s, "listed");
}

static void host_event(const struct relink_host *host, const struct relink_session *s)
{
	instance_of(host);
	if (stage.n_heard == HEARD_MAX)
		fail("it told %d events and more; nothing happens that often", HEARD_MAX);
	see(&stage.heard[stage.n_heard++], s, "event");
	if (s->state == RELINK_STATE_UNKNOWN)
		fail("event() with state UNKNOWN, which says nothing");
}

static void host_message(const struct relink_host *host, const struct relink_message *m)
{
	instance_of(host);
	if ((unsigned)m->kind >= RELINK_MESSAGE_COUNT || m->json.n == 0 || m->json.p[0] != '{')
		fail("message() that is no JSON object, or of no kind");
}

static uint64_t host_now(const struct relink_host *host)
{
	(void)host;
	return stage.now;
}

static uint64_t host_random(const struct relink_host *host)
{
	(void)host;
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice;
}

static struct later *later_add(const struct instance *in, uint64_t in_ms, void *arg)
{
	struct later *l = calloc(1, sizeof *l), *at = laters;

	must(l != NULL);
	l->at = stage.now + in_ms;
	l->id = ++last_id;
	l->in = in;
	l->arg = arg;
	while (at != NULL && at->at <= l->at)
		at = at->next;
	if (at == NULL)
		DL_APPEND(laters, l);
	else
		DL_PREPEND_ELEM(laters, at, l);
	return l;
}

static void later_drop(uint64_t id, bool timer)
{
	struct later *l;

	DL_FOREACH(laters, l)
	{
		if (l->id == id)
			break;
	}
	if (l == NULL)
		return;
	if ((l->on_time != NULL) != timer)
		fail("%s with a number of the other kind", timer ? "timer_stop()" : "http_drop()");
	DL_DELETE(laters, l);
	free(l);
}

static relink_timer host_timer_start(const struct relink_host *host, uint64_t ms,
				     void (*fn)(void *arg), void *arg)
{
	struct later *l = later_add(instance_of(host), ms, arg);

	l->on_time = fn;
	return l->id;
}

static void host_timer_stop(const struct relink_host *host, relink_timer id)
{
	instance_of(host);
	later_drop(id, true);
}

static relink_http host_http(const struct relink_host *host, const struct relink_http_request *r,
			     void (*fn)(void *arg, const struct relink_http_reply *), void *arg)
{
	struct relink_http_reply unused;
	const struct instance *in = instance_of(host);
	struct later *l;
	uint64_t total;

	if (r->size < offsetof(struct relink_http_request, fresh))
		fail("http() with a request of size %zu; set it to sizeof", r->size);
	total = r->total_ms == 0 ? HTTP_TOTAL : r->total_ms;
	total = total > HTTP_LONGEST ? HTTP_LONGEST : total;
	stage.questions++;
	l = later_add(in, backend_reply(stage.mood, total, &unused), arg);
	l->on_reply = fn;
	l->mood = stage.mood;
	l->total_ms = total;
	return l->id;
}

static void host_http_drop(const struct relink_host *host, relink_http id)
{
	instance_of(host);
	later_drop(id, false);
}

/* ---- time ---- */

static void happen(struct later *l)
{
	struct relink_http_reply r;
	char *body;

	DL_DELETE(laters, l);
	if (l->on_time != NULL) {
		l->on_time(l->arg);
		free(l);
		return;
	}
	backend_reply(l->mood, l->total_ms, &r);
	body = malloc(r.body.n + 1);
	must(body != NULL);
	if (r.body.n > 0)
		memcpy(body, r.body.p, r.body.n);
	r.body.p = body;
	l->on_reply(l->arg, &r);
	memset(body, 0xaa, r.body.n + 1);
	free(body);
	free(l);
}

void stage_run(uint64_t ms)
{
	uint64_t until = stage.now + ms, steps = 0;

	while (laters != NULL && laters->at <= until) {
		stage.now = laters->at;
		happen(laters);
		if (++steps > 1000000)
			fail("a million timers and answers in %llu ms: it turns in a circle",
			     (unsigned long long)ms);
	}
	stage.now = until;
}

/* ---- operations ---- */

struct block {
	char *p;
	size_t n, room;
};

static struct relink_str lend(struct block *b, const char *z)
{
	struct relink_str s = { b->p + b->n, z != NULL ? strlen(z) : 0 };

	must(b->n + s.n <= b->room);
	if (s.n > 0)
		memcpy(b->p + b->n, z, s.n);
	b->n += s.n;
	return s;
}

static size_t length(const char *z)
{
	return z != NULL ? strlen(z) : 0;
}

static relink_op new_op(const struct instance *in, const char *what)
{
	must(stage.n_ops < OPS_MAX);
	stage.ops[stage.n_ops] = (struct op){ .what = what, .in = in };
	return ++stage.n_ops;
}

relink_op ask(struct instance *in, const char *what, const struct wish *w)
{
	const struct relink_plugin *p = stage.plugin;
	struct relink_request r = { .size = sizeof r };
	struct block b = { 0 };
	void (*fn)(void *, const struct relink_request *) = NULL;

	if (strcmp(what, "create") == 0)
		fn = p->create;
	else if (strcmp(what, "disconnect") == 0)
		fn = p->disconnect;
	else if (strcmp(what, "health") == 0)
		fn = p->health;
	else if (strcmp(what, "list") == 0)
		fn = p->list;
	else if (strcmp(what, "control") == 0)
		fn = p->control;
	else if (strcmp(what, "webhook") == 0)
		fn = p->webhook;
	else if (strcmp(what, "send") == 0)
		fn = p->send;
	must(fn != NULL);
	/* every text lies in one block of exactly its size, without a NUL */
	b.room = length(w->account) + length(w->session) + length(w->profile) +
		 length(w->metadata) + length(w->verb) + length(w->args) + length(w->body);
	b.p = malloc(b.room > 0 ? b.room : 1);
	must(b.p != NULL);
	r.op = new_op(in, what);
	r.deadline_ms = stage.now + OP_MS;
	r.account = lend(&b, w->account);
	r.session = lend(&b, w->session);
	r.profile = lend(&b, w->profile);
	r.metadata = lend(&b, w->metadata);
	r.verb = lend(&b, w->verb);
	r.args = lend(&b, w->args);
	r.body = lend(&b, w->body);
	r.generation = w->generation;
	r.resume = w->resume;
	if (fn == p->list)
		stage.n_listed = 0;
	fn(in->self, &r);
	memset(b.p, 0xaa, b.room);
	free(b.p);
	memset(&r, 0xaa, sizeof r);
	return stage.n_ops;
}

const struct op *ask_and_wait(struct instance *in, const char *what, const struct wish *w)
{
	relink_op op = ask(in, what, w);
	const struct op *o = &stage.ops[op - 1];

	for (unsigned ms = 0; o->answers == 0 && ms < OP_MS; ms += 10)
		stage_run(10);
	return o;
}

unsigned listed(const char *session, uint64_t *ret_generation)
{
	unsigned n = 0;

	for (size_t i = 0; i < stage.n_listed; i++) {
		if (strcmp(stage.listed[i].session, session) != 0)
			continue;
		*ret_generation = stage.listed[i].generation;
		n++;
	}
	return n;
}

/* ---- an instance's life ---- */

struct wish one;
const char *another_session;

void stage_begin(const struct relink_plugin *plugin, void *conf)
{
	static char account[32], session[64], other[64], profile[32];
	char mark[17];

	rng_hex(mark, 16);
	snprintf(account, sizeof account, "acc_%s", mark);
	snprintf(profile, sizeof profile, "p_%s", mark);
	snprintf(session, sizeof session, "check_default_1700000000_%.8s", mark);
	snprintf(other, sizeof other, "check_default_1700000000_%.8s", mark + 8);
	one = (struct wish){ .account = account,
			     .session = session,
			     .profile = profile,
			     .metadata = "{}",
			     .generation = 7 };
	another_session = other;
	stage = (struct stage){ .plugin = plugin, .conf = conf, .now = 1800000000000 };
}

void stage_open(struct instance *in, const char *name)
{
	char why[512] = "";
	enum relink_cause cause;

	*in = (struct instance){ .host = { .size = sizeof in->host,
					   .instance = name,
					   .log = host_log,
					   .done = host_done,
					   .listed = host_listed,
					   .event = host_event,
					   .now_ms = host_now,
					   .random = host_random,
					   .timer_start = host_timer_start,
					   .timer_stop = host_timer_stop,
					   .http = host_http,
					   .http_drop = host_http_drop,
					   .message = host_message },
				 .open = true };
	cause = stage.plugin->open(&in->host, stage.conf, &in->self, why, sizeof why);
	if (cause != RELINK_NONE)
		skip("open() refuses this configuration: %s (give keys with --config)", why);
}

void stage_close_begin(struct instance *in)
{
	stage.plugin->close(in->self, new_op(in, "close"));
}

void stage_close_end(struct instance *in)
{
	const struct later *l;

	for (unsigned ms = 0; in->open && ms < CLOSE_MS; ms += 10)
		stage_run(10);
	if (in->open)
		fail("close was not answered within %d s", CLOSE_MS / 1000);
	DL_FOREACH(laters, l)
	{
		if (l->in == in)
			fail("%s is left after close was answered",
			     l->on_time != NULL ? "a timer" : "an HTTP request");
	}
}

void stage_close(struct instance *in)
{
	stage_close_begin(in);
	stage_close_end(in);
}
