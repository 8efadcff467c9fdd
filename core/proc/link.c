/*
 * link.c - see link.h.
 *
 * A deadline is judged only after the socket was read: when our own loop was late, the answer may
 * have been here for long.
 */
#include "proc/link.h"

#include <stdlib.h>

#include "base/killpoint.h"
#include "base/obj.h"
#include "proc/hash.h"

#define LINK_MAGIC 0xa1a12005u

struct call {
	struct alarm deadline; /* first: see on_deadline */
	struct link *link;
	enum msg_method method;
	uint32_t id;
	uint64_t tag;
	UT_hash_handle hh;
};

/* Room for any message that a worker may send. */
union inbound {
#define N(name, to, F, doc)    struct msg_##name name;
#define R(name, to, F, G, doc) struct msg_##name##_reply name;
	IPC_NOTIFICATIONS(N)
	IPC_REQUESTS(R)
#undef N
#undef R
	struct msg_error error;
};

/* --- calls --- */

static struct call *call_find(struct link *l, uint32_t id)
{
	struct call *c;

	HASH_FIND(hh, l->calls, &id, sizeof id, c);
	return c;
}

static void call_forget(struct call *c)
{
	struct link *l = c->link;

	alarm_stop(l->alarms, &c->deadline);
	HASH_DEL(l->calls, c);
	l->n_calls--;
	free(c);
}

/* The call is over before the port hears of it: whatever it does next, there is no second
 * answer. */
static void call_answer(struct call *c, int result, const void *reply,
			const struct msg_error *error)
{
	struct link *l = c->link;
	enum msg_method method = c->method;
	uint64_t tag = c->tag;

	call_forget(c);
	l->port.reply(l->port.ctx, method, tag, result, reply, error);
}

static void on_deadline(struct alarm *a)
{
	struct call *c = (struct call *)a;
	struct link *l = c->link;
	uint32_t id = c->id;

	OBJ_CHECK(l, LINK_MAGIC);
	wire_read(&l->wire);
	c = call_find(l, id); /* the answer may have come with that */
	if (c == NULL)
		return;
	KP("proc.call.timeout");
	l->counters->timeouts++;
	call_answer(c, ERR_TIMEOUT, NULL, NULL);
}

static struct call *call_new(struct link *l, enum msg_method method, uint64_t tag,
			     uint64_t deadline_ms)
{
	struct call *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	do
		c->id = ++l->last_id;
	while (c->id == 0 || call_find(l, c->id) != NULL);
	c->deadline = ALARM(on_deadline);
	c->link = l;
	c->method = method;
	c->tag = tag;
	HASH_ADD(hh, l->calls, id, sizeof c->id, c);
	if (c->hh.tbl == NULL) {
		free(c);
		return NULL;
	}
	l->n_calls++;
	if (alarm_set(l->alarms, &c->deadline, deadline_ms) < 0) {
		call_forget(c);
		return NULL;
	}
	return c;
}

int link_call(struct link *l, enum msg_method method, const void *params, uint64_t tag,
	      uint64_t deadline_ms)
{
	struct buf *out;
	struct call *c;
	int r;

	OBJ_CHECK(l, LINK_MAGIC);
	must(msg_is_request(method) && msg_is_to_worker(method));
	if (wire_is_dead(&l->wire))
		return ERR_UNAVAILABLE;
	out = wire_begin(&l->wire);
	if (out == NULL || l->n_calls >= LINK_CALLS_MAX)
		return ERR_FULL;
	c = call_new(l, method, tag, deadline_ms);
	if (c == NULL)
		return ERR_FULL;
	r = msg_pack_request(out, c->id, method, params);
	if (r < 0) {
		call_forget(c);
		return r == ERR_NOMEM ? ERR_FULL : r;
	}
	KP("proc.call.queued");
	wire_commit(&l->wire);
	return 0;
}

void link_cancel(struct link *l)
{
	while (l->calls != NULL)
		call_answer(l->calls, ERR_CANCELLED, NULL, NULL);
}

/* --- what the worker says --- */

static int on_reply(struct link *l, const struct msg *m)
{
	struct call *c = call_find(l, m->id);
	union inbound in;
	int r;

	KP("proc.reply.received");
	if (c == NULL) {
		l->counters->late_replies++;
		return 0;
	}
	r = m->is_error ? msg_read_error(m, &in.error, &l->why)
			: msg_read(m, c->method, &in, &l->why);
	if (r < 0)
		return r;
	if (m->is_error)
		call_answer(c, ERR_STATE, NULL, &in.error);
	else
		call_answer(c, 0, &in, NULL);
	return 0;
}

static int on_hello(struct link *l, const struct msg_hello *hello)
{
	if (l->hello_seen)
		return why_set(&l->why, ERR_FORMAT, "it said hello twice");
	if (hello->proto != 1)
		return why_set(&l->why, ERR_FORMAT,
			       "it speaks protocol %llu, we speak 1; install core and worker of "
			       "one release",
			       (unsigned long long)hello->proto);
	l->hello_seen = true;
	KP("proc.hello");
	l->port.hello(l->port.ctx, hello);
	return 0;
}

static void on_listed(struct link *l, const struct msg_listed *part)
{
	struct call *c = call_find(l, (uint32_t)part->call);

	KP("proc.listed.received");
	if (c == NULL || c->method != MSG_list)
		l->counters->late_replies++;
	else
		l->port.listed(l->port.ctx, c->tag, part);
}

static int on_notification(struct link *l, const struct msg *m)
{
	union inbound in;
	int r = msg_read(m, m->method, &in, &l->why);

	if (r < 0)
		return r;
	switch (m->method) {
	case MSG_hello:
		return on_hello(l, &in.hello);
	case MSG_event:
		KP("proc.event.received");
		l->port.event(l->port.ctx, &in.event);
		return 0;
	case MSG_message:
		l->port.message(l->port.ctx, &in.message);
		return 0;
	case MSG_listed:
		on_listed(l, &in.listed);
		return 0;
	case MSG_log:
		l->port.log(l->port.ctx, &in.log);
		return 0;
	default:
		return why_set(&l->why, ERR_FORMAT, "%s is not for the core",
			       msg_method_name(m->method));
	}
}

static int on_message(struct link *l, const struct msg *m)
{
	if (m->kind == MSG_KIND_REQUEST)
		return why_set(&l->why, ERR_FORMAT, "it sent a request (%s); only the core asks",
			       msg_method_name(m->method));
	if (!l->hello_seen && m->method != MSG_hello)
		return why_set(&l->why, ERR_FORMAT, "its first message is not hello");
	return m->kind == MSG_KIND_REPLY ? on_reply(l, m) : on_notification(l, m);
}

static int on_frame(void *ctx, struct str value)
{
	struct link *l;
	struct msg m;
	int r;

	OBJ_CAST(l, ctx, LINK_MAGIC);
	r = msg_open(&m, value, &l->why);
	if (r < 0)
		return r;
	r = on_message(l, &m);
	msg_close(&m);
	return r;
}

static void on_written(void *ctx, size_t queued)
{
	(void)ctx, (void)queued;
	KP("proc.call.written");
}

static void on_end(void *ctx, int code)
{
	struct link *l;

	OBJ_CAST(l, ctx, LINK_MAGIC);
	if (code != ERR_EOF)
		l->counters->bad_frames++;
	if (l->why.text[0] == '\0')
		why_set(&l->why, code, "its stream of frames is broken: %s", err_text(code));
	l->port.end(l->port.ctx, code, l->why.text);
}

int link_open(struct link *l, uv_loop_t *loop, int fd, struct alarms *alarms,
	      const struct link_port *port, struct link_counters *counters)
{
	const struct wire_port wire_port = {
		.ctx = l, .frame = on_frame, .written = on_written, .end = on_end
	};
	int r;

	*l = (struct link){ .alarms = alarms, .port = *port, .counters = counters };
	r = wire_open(&l->wire, loop, fd, &wire_port, &counters->wire);
	if (r == 0)
		OBJ_INIT(l, LINK_MAGIC);
	return r;
}

static void on_closed(void *ctx)
{
	struct link *l;

	OBJ_CAST(l, ctx, LINK_MAGIC);
	must(l->calls == NULL);
	OBJ_FINI(l);
	l->closed(l->port.ctx);
}

void link_close(struct link *l, void (*closed)(void *ctx))
{
	OBJ_CHECK(l, LINK_MAGIC);
	l->closed = closed;
	wire_close(&l->wire, on_closed);
}
