/* serve.c - see serve.h. */
#include "worker/serve.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/obj.h"
#include "base/rng.h"
#include "worker/answer.h"
#include "worker/fit.h"
#include "worker/instance.h"
#include "worker/lastwords.h"
#include "worker/listing.h"
#include "worker/pulse.h"
#include "worker/sandbox.h"

#define WORKER_MAGIC 0xa1a12102u
#define PROTO        1
#define NONCE_CHARS  32

/* --- hello --- */

static void say_hello(struct worker *w)
{
	char nonce[NONCE_CHARS + 1];
	const struct msg_hello hello = { .proto = PROTO,
					 .nonce = { nonce, NONCE_CHARS },
					 .pid = (uint64_t)getpid(),
					 .plugin = str_of(w->plugin.name),
					 .version = str_of(w->plugin.version),
					 .abi_major = w->plugin.abi_major,
					 .abi_minor = w->plugin.abi_minor,
					 .caps = w->plugin.caps,
					 .start_deadline = w->plugin.start_deadline_ms };

	rng_hex(nonce, NONCE_CHARS);
	KP("worker.hello");
	uplink_notify(&w->uplink, MSG_hello, &hello);
}

/* --- config, ping --- */

static void close_all(struct worker *w)
{
	for (struct instance *in = w->instances, *next; in != NULL; in = next) {
		next = in->hh.next;
		instance_close(in);
	}
}

/* All instances or none: what was opened before the one that failed is closed again. */
static void on_config(struct worker *w, const struct msg *m, const struct msg_config *config)
{
	struct msg_config_reply reply = { 0 };
	char sandbox[LIMIT_SANDBOX + 1];
	struct why why;

	KP("worker.config");
	if (w->configured) {
		answer_refuse(w, m, RELINK_INTERNAL, 0, "config came twice; start a new worker");
		return;
	}
	w->configured = true;
	if (sandbox_enter(&w->plugin, config, sandbox, &why) < 0) {
		answer_refuse(w, m, RELINK_MISCONFIGURED, 0, "%s", why.text);
		return;
	}
	KP("worker.sandbox");
	for (size_t i = 0; i < config->instances.n; i++) {
		enum relink_cause cause = instance_open(w, &config->instances.v[i], &why);

		if (cause == RELINK_NONE)
			continue;
		answer_refuse(w, m, cause, 0, "%s", why.text);
		close_all(w);
		return;
	}
	reply.opened = w->n_open;
	reply.sandbox = str_of(sandbox);
	uplink_reply(&w->uplink, m->id, MSG_config, &reply);
	KP("worker.ready");
}

static void on_ping(struct worker *w, const struct msg *m, const struct msg_ping *ping)
{
	const struct msg_ping_reply reply = { .seq = ping->seq,
					      .lag = pulse_lag_ms(),
					      .ops = ops_count(&w->ops),
					      .rss = pulse_rss_kib(),
					      .outdated = sandbox_outdated() };

	uplink_reply(&w->uplink, m->id, MSG_ping, &reply);
}

/* --- operations of the plugin --- */

typedef void plugin_fn(void *self, const struct relink_request *);

/* An operation as it came, on its way to the plugin. */
struct errand {
	const struct msg *msg;
	struct str instance;
	uint64_t timeout_ms;
	plugin_fn *fn; /* NULL: the plugin does not have it */
	struct relink_request request;
};

static struct instance *instance_for(struct worker *w, const struct errand *e)
{
	struct instance *in = instance_find(w, e->instance);

	if (w->stopping)
		answer_refuse(w, e->msg, RELINK_CANCELLED, 0, "the worker is stopping");
	else if (in == NULL)
		answer_refuse(w, e->msg, RELINK_MISCONFIGURED, 0,
			      "this worker has no instance \"%.*s\"; it must be in the config of "
			      "the worker that is asked",
			      STR_ARG(e->instance));
	else if (e->fn == NULL)
		answer_refuse(w, e->msg, RELINK_MISCONFIGURED, 0, "the plugin %s has no %s",
			      w->plugin.name, msg_method_name(e->msg->method));
	else
		return in;
	return NULL;
}

static bool pass_fence(struct worker *w, struct instance *in, const struct errand *e)
{
	uint64_t highest;
	int r =
	    fence_pass(&in->fence, fit_str(e->request.account), e->request.generation, &highest);

	if (r == ERR_EXISTS)
		answer_refuse(w, e->msg, RELINK_STALE, highest,
			      "generation %llu was created before here; the highest is %llu",
			      (unsigned long long)e->request.generation,
			      (unsigned long long)highest);
	else if (r < 0)
		answer_refuse(w, e->msg, RELINK_INTERNAL, 0, "the worker has no memory");
	return r == 0;
}

/* An operation in the table is answered from here on: by the plugin, or at its deadline. */
static void run(struct worker *w, struct errand *e)
{
	struct instance *in = instance_for(w, e);
	struct op *op;

	if (in == NULL || (e->msg->method == MSG_create && !pass_fence(w, in, e)))
		return;
	op = ops_add(&w->ops, e->msg->id, e->msg->method, in, MAX_OF(e->timeout_ms, (uint64_t)1));
	if (op != NULL && op->method == MSG_list) {
		op->listing = listing_new(&w->uplink, op->call);
		if (op->listing == NULL) {
			ops_remove(op);
			op = NULL;
		}
	}
	if (op == NULL) {
		answer_refuse(w, e->msg, RELINK_INTERNAL, 0,
			      "the worker has no room for one more operation");
		return;
	}
	e->request.size = sizeof e->request;
	e->request.op = op->id;
	e->request.deadline_ms = clock_ms() + op->timeout_ms;
	e->fn(in->self, &e->request);
}

static void on_overdue(void *ctx, struct op *op)
{
	struct worker *w;
	char text[64];

	OBJ_CAST(w, ctx, WORKER_MAGIC);
	snprintf(text, sizeof text, "no answer within %llu ms", (unsigned long long)op->timeout_ms);
	answer_unknown(w, op, RELINK_ENGINE_HANG, text);
}

static void on_create(struct worker *w, const struct msg *m, const struct msg_create *p)
{
	struct errand e = { .msg = m,
			    .instance = p->instance,
			    .timeout_ms = p->timeout,
			    .fn = w->plugin.create,
			    .request = { .account = fit_lend(p->account),
					 .session = fit_lend(p->session),
					 .profile = fit_lend(p->profile),
					 .generation = p->generation,
					 .resume = p->resume,
					 .metadata = fit_lend(p->metadata) } };

	KP("worker.create.got");
	run(w, &e);
	KP("worker.create.called");
}

static void on_disconnect(struct worker *w, const struct msg *m, const struct msg_disconnect *p)
{
	struct errand e = { .msg = m,
			    .instance = p->instance,
			    .timeout_ms = p->timeout,
			    .fn = w->plugin.disconnect,
			    .request = { .account = fit_lend(p->account),
					 .session = fit_lend(p->session),
					 .generation = p->generation } };

	KP("worker.disconnect.got");
	run(w, &e);
	KP("worker.disconnect.called");
}

static void on_health(struct worker *w, const struct msg *m, const struct msg_health *p)
{
	struct errand e = { .msg = m,
			    .instance = p->instance,
			    .timeout_ms = p->timeout,
			    .fn = w->plugin.health,
			    .request = { .account = fit_lend(p->account),
					 .session = fit_lend(p->session),
					 .generation = p->generation } };

	run(w, &e);
}

static void on_list(struct worker *w, const struct msg *m, const struct msg_list *p)
{
	struct errand e = { .msg = m,
			    .instance = p->instance,
			    .timeout_ms = p->timeout,
			    .fn = (w->plugin.caps & RELINK_CAP_LIST) != 0 ? w->plugin.list : NULL };

	KP("worker.list.got");
	run(w, &e);
}

static void on_send(struct worker *w, const struct msg *m, const struct msg_send *p)
{
	bool can = (w->plugin.caps & RELINK_CAP_SEND) != 0;
	struct errand e = { .msg = m,
			    .instance = p->instance,
			    .timeout_ms = p->timeout,
			    .fn = can ? w->plugin.send : NULL,
			    .request = { .account = fit_lend(p->account),
					 .session = fit_lend(p->session),
					 .generation = p->generation,
					 .args = fit_lend(p->args) } };

	KP("worker.send.got");
	run(w, &e);
	KP("worker.send.called");
}

static void on_control(struct worker *w, const struct msg *m, const struct msg_control *p)
{
	bool can = (w->plugin.caps & RELINK_CAP_CONTROL) != 0;
	struct errand e = { .msg = m,
			    .instance = p->instance,
			    .timeout_ms = p->timeout,
			    .fn = can ? w->plugin.control : NULL,
			    .request = { .account = fit_lend(p->account),
					 .session = fit_lend(p->session),
					 .generation = p->generation,
					 .verb = fit_lend(p->verb),
					 .args = fit_lend(p->args) } };

	KP("worker.control.got");
	run(w, &e);
}

#define WEBHOOK_HEADERS_MAX 16 /* as in messages.def */

static void on_webhook(struct worker *w, const struct msg *m, const struct msg_webhook *p)
{
	bool can = (w->plugin.caps & RELINK_CAP_WEBHOOK) != 0;
	struct relink_header headers[WEBHOOK_HEADERS_MAX];
	struct errand e = { .msg = m,
			    .instance = p->instance,
			    .timeout_ms = p->timeout,
			    .fn = can ? w->plugin.webhook : NULL,
			    .request = { .headers = headers, .body = fit_lend(p->body) } };

	for (size_t i = 0; i < p->headers.n && i < WEBHOOK_HEADERS_MAX; i++)
		headers[e.request.n_headers++] =
		    (struct relink_header){ fit_lend(p->headers.v[i].key),
					    fit_lend(p->headers.v[i].value) };
	run(w, &e);
}

/* --- stop --- */

static void end(struct worker *w)
{
	const struct msg_stop_reply reply = { .stopped = w->stop_in_order };

	alarm_stop(&w->alarms, &w->stop_grace);
	if (w->stop_call != 0)
		uplink_reply(&w->uplink, w->stop_call, MSG_stop, &reply);
	KP("worker.stopped");
	w->stopped(w);
}

void serve_instance_closed(struct worker *w)
{
	OBJ_CHECK(w, WORKER_MAGIC);
	if (w->stopping && w->n_open == 0)
		end(w);
}

static void on_stop_grace(struct alarm *a)
{
	struct worker *w;

	OBJ_CAST(w, (void *)((char *)a - offsetof(struct worker, stop_grace)), WORKER_MAGIC);
	w->stop_in_order = false;
	for (struct instance *in = w->instances, *next; in != NULL; in = next) {
		next = in->hh.next;
		if (in->state != INSTANCE_CLOSED)
			worker_complain(w, in, "did not close in time");
		instance_closed(in);
	}
}

void serve_stop(struct worker *w, uint64_t grace_ms)
{
	OBJ_CHECK(w, WORKER_MAGIC);
	if (w->stopping)
		return;
	w->stopping = w->stop_in_order = true;
	KP("worker.stop");
	if (alarm_set(&w->alarms, &w->stop_grace, clock_ms() + grace_ms) < 0)
		last_words(EXIT_BROKEN, "no memory to stop in order");
	if (w->n_open == 0)
		end(w);
	else
		close_all(w);
}

static void on_stop(struct worker *w, const struct msg *m, const struct msg_stop *p)
{
	if (w->stopping) {
		answer_refuse(w, m, RELINK_CANCELLED, 0, "the worker is stopping already");
		return;
	}
	w->stop_call = m->id;
	serve_stop(w, p->grace);
}

/* --- dispatch --- */

union inbound {
#define R(name, to, F, G, doc) struct msg_##name name;
	IPC_REQUESTS(R)
#undef R
};

static void on_request(void *ctx, const struct msg *m)
{
	struct worker *w;
	union inbound in;
	struct why why;

	OBJ_CAST(w, ctx, WORKER_MAGIC);
	if (msg_read(m, m->method, &in, &why) < 0)
		last_words(EXIT_PROTOCOL, "the core sent a broken request: %s", why.text);
	switch (m->method) {
#define R(name, to, F, G, doc)             \
	case MSG_##name:                   \
		on_##name(w, m, &in.name); \
		break;
		IPC_REQUESTS(R)
#undef R
	default:
		last_words(EXIT_PROTOCOL, "the core sent \"%s\", which is no request",
			   msg_method_name(m->method));
	}
}

/* For last words: what the plugin says about its inside. */
static void dump_line(void *arg, const char *text)
{
	(void)arg;
	last_words_line(text);
}

static void dump(void *ctx)
{
	struct worker *w = ctx;

	for (struct instance *in = w->instances; in != NULL; in = in->hh.next) {
		if (in->state != INSTANCE_CLOSED && w->plugin.dump != NULL)
			w->plugin.dump(in->self, dump_line, NULL);
	}
}

void serve_start(struct worker *w, uv_loop_t *loop, const struct relink_plugin *plugin, int link_fd,
		 void (*stopped)(struct worker *))
{
	*w = (struct worker){ .loop = loop,
			      .plugin = *plugin,
			      .stop_grace = ALARM(on_stop_grace),
			      .stopped = stopped };
	OBJ_INIT(w, WORKER_MAGIC);
	alarms_init(&w->alarms, loop);
	ops_init(&w->ops, &w->alarms, on_overdue, w);
	web_open(&w->web, loop, &w->alarms);
	uplink_open(&w->uplink, loop, link_fd, on_request, w);
	last_words_ask(dump, w);
	say_hello(w);
}
