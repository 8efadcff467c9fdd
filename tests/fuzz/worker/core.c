/* core.c - worker/uplink.h once more: what goes up is read at once. */
#include "core.h"

#include "base/must.h"
#include "ipc/frame.h"

static struct {
	unsigned n_calls;
	enum msg_method method[CORE_CALLS + 1]; /* by the number of the call; there is no 0 */
	bool answered[CORE_CALLS + 1];
	uint64_t listed[CORE_CALLS + 1]; /* sessions in its parts */
} core;

union read {
#define N(name, to, F, doc)    struct msg_##name name;
#define R(name, to, F, G, doc) struct msg_##name##_reply name;
	IPC_NOTIFICATIONS(N) IPC_REQUESTS(R)
#undef N
#undef R
};

void core_reset(void)
{
	memset(&core, 0, sizeof core);
}

bool core_was_answered(void)
{
	for (unsigned call = 1; call <= core.n_calls; call++) {
		if (!core.answered[call])
			return false;
	}
	return true;
}

/* --- what comes from the worker --- */

static void take_reply(const struct msg *m)
{
	struct msg_error error;
	union read reply;

	must(m->id >= 1 && m->id <= core.n_calls && !core.answered[m->id]);
	core.answered[m->id] = true;
	if (m->is_error) {
		must(msg_read_error(m, &error, NULL) == 0);
		return;
	}
	must(msg_read(m, core.method[m->id], &reply, NULL) == 0);
	if (core.method[m->id] == MSG_list)
		must(reply.list.total == core.listed[m->id]);
}

static void take_news(const struct msg *m)
{
	union read news;

	must(!msg_is_to_worker(m->method));
	must(msg_read(m, m->method, &news, NULL) == 0);
	if (m->method != MSG_listed)
		return;
	must(news.listed.call >= 1 && news.listed.call <= core.n_calls);
	must(core.method[news.listed.call] == MSG_list && !core.answered[news.listed.call]);
	core.listed[news.listed.call] += news.listed.sessions.n;
}

static void take(struct buf *frame, int packed)
{
	struct str value;
	struct msg m;

	must(packed == 0);
	must(frame_peek(buf_all(frame), &value) == (int)frame->n);
	must(msg_open(&m, value, NULL) == 0);
	if (m.kind == MSG_KIND_REPLY)
		take_reply(&m);
	else
		take_news(&m);
	msg_close(&m);
	buf_fini(frame);
}

static struct buf *begin(struct buf *frame)
{
	buf_init(frame, LIMIT_FRAME + FRAME_HEAD);
	return frame;
}

/* --- what goes to it --- */

bool core_ask(struct worker *w, enum msg_method method, const void *params)
{
	struct buf frame;
	struct str value;
	struct msg m;

	if (core.n_calls == CORE_CALLS)
		return false;
	core.method[++core.n_calls] = method;
	must(msg_pack_request(begin(&frame), core.n_calls, method, params) == 0);
	must(frame_peek(buf_all(&frame), &value) > 0);
	must(msg_open(&m, value, NULL) == 0);
	w->uplink.request(w->uplink.ctx, &m);
	msg_close(&m);
	buf_fini(&frame);
	return true;
}

/* --- worker/uplink.h --- */

void uplink_open(struct uplink *u, uv_loop_t *loop, int fd,
		 void (*request)(void *ctx, const struct msg *), void *ctx)
{
	(void)loop, (void)fd;
	*u = (struct uplink){ .request = request, .ctx = ctx };
}

void uplink_close(struct uplink *u)
{
	(void)u;
}

void uplink_reply(struct uplink *u, uint32_t call, enum msg_method method, const void *reply)
{
	struct buf frame;

	(void)u;
	take(&frame, msg_pack_reply(begin(&frame), call, method, NULL, reply));
}

void uplink_error(struct uplink *u, uint32_t call, enum msg_method method,
		  const struct msg_error *error)
{
	struct buf frame;

	(void)u;
	take(&frame, msg_pack_reply(begin(&frame), call, method, error, NULL));
}

void uplink_notify(struct uplink *u, enum msg_method method, const void *params)
{
	struct buf frame;

	(void)u;
	take(&frame, msg_pack_notification(begin(&frame), method, params));
}

void uplink_log(struct uplink *u, unsigned level, const char *instance, struct str text)
{
	const struct msg_log line = { .level = level, .instance = str_of(instance), .text = text };

	uplink_notify(u, MSG_log, &line);
}
