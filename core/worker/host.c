/* host.c - see host.h. */
#include "worker/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/obj.h"
#include "base/rng.h"
#include "worker/answer.h"
#include "worker/fit.h"
#include "worker/listing.h"

#define LOG_LINE_MAX 1024 /* as in messages.def */
#define DAY_MS       86400000u

static struct instance *instance_of(const struct relink_host *host)
{
	char *at = (char *)host - offsetof(struct instance, host);
	struct instance *in;

	OBJ_CAST(in, (void *)at, INSTANCE_MAGIC);
	return in;
}

/* A struct of the plugin's, which may be older and shorter than ours: what it lacks is zero.  False
 * when it is no such struct at all. */
static bool take_struct(void *to, size_t size, const void *from)
{
	size_t n;

	memset(to, 0, size);
	if (from == NULL)
		return false;
	memcpy(&n, from, sizeof n); /* each begins with its size */
	if (n < sizeof n || n > 16 * size)
		return false;
	memcpy(to, from, MIN_OF(n, size));
	return true;
}

/* --- log --- */

static void host_log(const struct relink_host *host, enum relink_level level, const char *fmt, ...)
    RELINK_PRINTF(3, 4);
static void host_log(const struct relink_host *host, enum relink_level level, const char *fmt, ...)
{
	struct instance *in = instance_of(host);
	char said[LOG_LINE_MAX + 1], text[LOG_LINE_MAX];
	struct fit_room room = { .p = text, .size = sizeof text };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof said, fmt, ap);
	va_end(ap);
	uplink_log(&in->worker->uplink, MIN_OF((unsigned)level, (unsigned)RELINK_DEBUG), in->name,
		   fit_text(&room, fit_lend(str_of(said)), sizeof text));
}

void worker_complain(struct worker *w, const struct instance *in, const char *fmt, ...)
{
	char said[LOG_LINE_MAX + 1], text[LOG_LINE_MAX];
	struct fit_room room = { .p = text, .size = sizeof text };
	int n = snprintf(said, sizeof said, "plugin %s: ", w->plugin.name);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said + n, sizeof said - (size_t)n, fmt, ap);
	va_end(ap);
	uplink_log(&w->uplink, RELINK_WARN, in != NULL ? in->name : "",
		   fit_text(&room, fit_lend(str_of(said)), sizeof text));
}

/* --- answers --- */

/* The operation that the plugin means, if this instance was asked for it. */
static struct op *op_of(struct instance *in, relink_op id, const char *what)
{
	struct worker *w = in->worker;
	struct op *op = ops_find(&w->ops, id);

	if (op == NULL) {
		w->bugs.twice++;
		worker_complain(w, in,
				"%s for operation %llu, which was answered before or never was "
				"(%llu of these so far)",
				what, (unsigned long long)id, (unsigned long long)w->bugs.twice);
		return NULL;
	}
	if (op->instance != in) {
		w->bugs.foreign++;
		worker_complain(w, in,
				"%s for operation %llu of another instance (%llu of these so far)",
				what, (unsigned long long)id, (unsigned long long)w->bugs.foreign);
		return NULL;
	}
	return op;
}

static void note_late(struct instance *in, const struct op *op)
{
	in->worker->bugs.late++;
	worker_complain(in->worker, in,
			"answered %s only after its %llu ms were over (%llu of these so far)",
			msg_method_name(op->method), (unsigned long long)op->timeout_ms,
			(unsigned long long)in->worker->bugs.late);
}

static void host_done(const struct relink_host *host, relink_op id,
		      const struct relink_result *result)
{
	struct instance *in = instance_of(host);
	struct op *op = op_of(in, id, "an answer");
	struct relink_result r;
	bool closing;

	if (op == NULL)
		return;
	closing = op->method == MSG_stop;
	if (op->expired)
		note_late(in, op);
	else if (!closing && take_struct(&r, sizeof r, result))
		answer_result(in->worker, op, &r);
	else if (!closing)
		answer_unknown(in->worker, op, RELINK_INTERNAL,
			       "the plugin answered without a result");
	ops_remove(op);
	if (closing)
		instance_closed(in);
}

static void host_listed(const struct relink_host *host, relink_op id,
			const struct relink_session *session)
{
	struct instance *in = instance_of(host);
	struct op *op = op_of(in, id, "a listed session");
	struct relink_session s;

	if (op == NULL || op->expired)
		return;
	if (op->method != MSG_list || !take_struct(&s, sizeof s, session) || s.session.n == 0) {
		in->worker->bugs.unfit++;
		worker_complain(in->worker, in,
				"listed a session without an id, or in an operation that is no "
				"list (%llu of these so far)",
				(unsigned long long)in->worker->bugs.unfit);
		return;
	}
	listing_add(op->listing, &s);
}

/* --- events --- */

static void send_event(struct instance *in, const struct relink_session *s)
{
	char text[LIMIT_SESSION_ID + LIMIT_ACCOUNT_ID + LIMIT_REASON + LIMIT_PHONE];
	struct fit_room room = { .p = text, .size = sizeof text };
	const struct msg_event event = {
		.instance = str_of(in->name),
		.session = fit_text(&room, s->session, LIMIT_SESSION_ID),
		.account = fit_text(&room, s->account, LIMIT_ACCOUNT_ID),
		.generation = s->generation,
		.state = fit_state(s->state),
		.cause = fit_cause(s->cause),
		.text = fit_text(&room, s->text, LIMIT_REASON),
		.phone = fit_text(&room, s->phone, LIMIT_PHONE),
		.qr = fit_str(s->qr),
		.qr_expires = MIN_OF(s->qr_expires_ms, (uint64_t)DAY_MS),
	};

	KP("worker.event.before_send");
	uplink_notify(&in->worker->uplink, MSG_event, &event);
	KP("worker.event.queued");
}

static void host_event(const struct relink_host *host, const struct relink_session *session)
{
	struct instance *in = instance_of(host);
	struct relink_session s;
	bool sound =
	    take_struct(&s, sizeof s, session) && s.session.n > 0 && in->state != INSTANCE_CLOSED;
	struct str qr = fit_str(s.qr);

	/* A part of a QR code is no QR code. */
	if (sound && (qr.n > LIMIT_QR || !str_is_utf8(qr)))
		sound = false;
	if (sound) {
		send_event(in, &s);
		return;
	}
	in->worker->bugs.unfit++;
	worker_complain(in->worker, in,
			"an event without a session id, with a QR text over %d bytes, or after "
			"close (%llu of these so far)",
			LIMIT_QR, (unsigned long long)in->worker->bugs.unfit);
}

static void host_message(const struct relink_host *host, const struct relink_message *message)
{
	struct instance *in = instance_of(host);
	char text[LIMIT_SESSION_ID];
	struct fit_room room = { .p = text, .size = sizeof text };
	struct relink_message m;
	bool sound = take_struct(&m, sizeof m, message) && m.session.n > 0 &&
		     (unsigned)m.kind < RELINK_MESSAGE_COUNT && in->state != INSTANCE_CLOSED;
	struct str json = fit_str(m.json);

	if (sound && json.n > 0 && json.n <= LIMIT_MESSAGE && str_is_utf8(json)) {
		const struct msg_message out = { .instance = str_of(in->name),
						 .session =
						     fit_text(&room, m.session, LIMIT_SESSION_ID),
						 .generation = m.generation,
						 .kind = m.kind,
						 .json = json };

		uplink_notify(&in->worker->uplink, MSG_message, &out);
		return;
	}
	in->worker->bugs.unfit++;
	worker_complain(in->worker, in,
			"a message without a session id or JSON, with more than %d bytes of it, or "
			"after close (%llu of these so far)",
			LIMIT_MESSAGE, (unsigned long long)in->worker->bugs.unfit);
}

/* --- time and chance --- */

static uint64_t host_now_ms(const struct relink_host *host)
{
	(void)host;
	return clock_ms();
}

static uint64_t host_random(const struct relink_host *host)
{
	(void)host;
	return rng_u64();
}

struct timer {
	struct alarm alarm; /* first: see on_alarm */
	struct instance *instance;
	relink_timer id;
	void (*fn)(void *arg);
	void *arg;
	UT_hash_handle hh;
};

static void timer_free(struct timer *t)
{
	alarm_stop(&t->instance->worker->alarms, &t->alarm);
	HASH_DEL(t->instance->timers, t);
	free(t);
}

static void on_alarm(struct alarm *a)
{
	struct timer *t = (struct timer *)a;
	void (*fn)(void *arg) = t->fn;
	void *arg = t->arg;

	timer_free(t);
	fn(arg);
}

static relink_timer host_timer_start(const struct relink_host *host, uint64_t ms,
				     void (*fn)(void *arg), void *arg)
{
	struct instance *in = instance_of(host);
	struct timer *t;

	if (in->state == INSTANCE_CLOSED || HASH_COUNT(in->timers) >= HOST_TIMERS_MAX)
		return 0;
	t = calloc(1, sizeof *t);
	if (t == NULL)
		return 0;
	t->alarm = ALARM(on_alarm);
	t->instance = in;
	t->id = ++in->last_timer;
	t->fn = fn;
	t->arg = arg;
	HASH_ADD(hh, in->timers, id, sizeof t->id, t);
	if (t->hh.tbl == NULL) {
		free(t);
		return 0;
	}
	if (alarm_set(&in->worker->alarms, &t->alarm, clock_ms() + MIN_OF(ms, UINT64_MAX / 2)) <
	    0) {
		timer_free(t);
		return 0;
	}
	return t->id;
}

static void host_timer_stop(const struct relink_host *host, relink_timer id)
{
	struct instance *in = instance_of(host);
	struct timer *t;

	HASH_FIND(hh, in->timers, &id, sizeof id, t);
	if (t != NULL)
		timer_free(t);
}

/* --- HTTP --- */

/* Of requests that were not taken the first of a row is told. */
static void note_untaken(struct instance *in)
{
	struct worker *w = in->worker;

	w->bugs.untaken++;
	if (!in->http_full)
		worker_complain(w, in,
				"an HTTP request was not taken: too many wait, or there is no "
				"memory (%llu of these so far)",
				(unsigned long long)w->bugs.untaken);
	in->http_full = true;
}

static relink_http host_http(const struct relink_host *host,
			     const struct relink_http_request *request,
			     void (*fn)(void *arg, const struct relink_http_reply *), void *arg)
{
	struct instance *in = instance_of(host);
	struct relink_http_request r;
	relink_http id;

	if (in->state == INSTANCE_CLOSED)
		return 0;
	if (fn == NULL || !take_struct(&r, sizeof r, request)) {
		in->worker->bugs.unfit++;
		worker_complain(in->worker, in,
				"an HTTP request without a size or a callback (%llu of these so "
				"far)",
				(unsigned long long)in->worker->bugs.unfit);
		return 0;
	}
	r.size = sizeof r;
	id = web_ask(&in->worker->web, in, &r, fn, arg);
	if (id == 0)
		note_untaken(in);
	else
		in->http_full = false;
	return id;
}

static void host_http_drop(const struct relink_host *host, relink_http id)
{
	struct instance *in = instance_of(host);

	web_drop(&in->worker->web, in, id);
}

/* --- */

void host_init(struct instance *in)
{
	in->host = (struct relink_host){ .size = sizeof in->host,
					 .instance = in->name,
					 .log = host_log,
					 .done = host_done,
					 .listed = host_listed,
					 .event = host_event,
					 .message = host_message,
					 .now_ms = host_now_ms,
					 .random = host_random,
					 .timer_start = host_timer_start,
					 .timer_stop = host_timer_stop,
					 .http = host_http,
					 .http_drop = host_http_drop };
}

void host_fini(struct instance *in)
{
	unsigned n = HASH_COUNT(in->timers);

	while (in->timers != NULL)
		timer_free(in->timers);
	if (n > 0)
		worker_complain(in->worker, in, "left %u timers behind", n);
	n = web_drop_all(&in->worker->web, in);
	if (n > 0)
		worker_complain(in->worker, in, "left %u HTTP requests behind", n);
}
