/* uplink.c - see uplink.h. */
#include "worker/uplink.h"

#include <relink/plugin.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/limits.h"
#include "base/obj.h"
#include "worker/lastwords.h"

#define UPLINK_MAGIC     0xa1a12101u
#define QUEUE_NO_MORE    (LIMIT_LINK_QUEUE / 4) /* above: no more requests */
#define QUEUE_GO_ON      (LIMIT_LINK_QUEUE / 8)
#define QUEUE_NO_LOGS    (LIMIT_LINK_QUEUE / 2) /* above: no log lines */
#define CORE_WAIT_MS     5000
#define LINES_PER_SECOND 100
#define BYTES_PER_SECOND (64u << 10)

static int on_frame(void *ctx, struct str value)
{
	struct uplink *u;
	struct why why;
	struct msg m;

	OBJ_CAST(u, ctx, UPLINK_MAGIC);
	if (msg_open(&m, value, &why) < 0)
		last_words(EXIT_PROTOCOL, "the core sent a broken frame: %s", why.text);
	if (m.kind != MSG_KIND_REQUEST || !msg_is_to_worker(m.method))
		last_words(EXIT_PROTOCOL, "the core sent \"%s\", which is not for a worker",
			   msg_method_name(m.method));
	u->request(u->ctx, &m);
	msg_close(&m);
	return 0;
}

static void on_written(void *ctx, size_t queued)
{
	struct uplink *u;

	OBJ_CAST(u, ctx, UPLINK_MAGIC);
	KP("worker.written");
	if (queued < QUEUE_GO_ON)
		wire_pause(&u->wire, false);
}

/* Without a core there is nothing to end in order: it knows what it asked for, and the
 * sessions live at the provider. */
static void on_end(void *ctx, int code)
{
	(void)ctx;
	if (code != ERR_EOF)
		last_words(EXIT_PROTOCOL, "the core's stream of frames is broken: %s",
			   err_text(code));
	_exit(0);
}

void uplink_open(struct uplink *u, uv_loop_t *loop, int fd,
		 void (*request)(void *ctx, const struct msg *), void *ctx)
{
	const struct wire_port port = {
		.ctx = u, .frame = on_frame, .written = on_written, .end = on_end
	};

	*u = (struct uplink){ .log_rate = { .things = LINES_PER_SECOND, .bytes = BYTES_PER_SECOND },
			      .request = request,
			      .ctx = ctx };
	OBJ_INIT(u, UPLINK_MAGIC);
	if (wire_open(&u->wire, loop, fd, &port, &u->counters) < 0)
		last_words(EXIT_BROKEN, "the link to the core cannot be watched");
}

static void on_closed(void *ctx)
{
	struct uplink *u;

	OBJ_CAST(u, ctx, UPLINK_MAGIC);
	OBJ_FINI(u);
}

void uplink_close(struct uplink *u)
{
	OBJ_CHECK(u, UPLINK_MAGIC);
	wire_drain(&u->wire, 0, CORE_WAIT_MS);
	wire_close(&u->wire, on_closed);
}

/* Room for one more frame; NULL when the core is gone, which the end of the wire will tell. */
static struct buf *begin(struct uplink *u)
{
	struct buf *out = wire_begin(&u->wire);

	OBJ_CHECK(u, UPLINK_MAGIC);
	if (out != NULL || wire_is_dead(&u->wire))
		return out;
	if (!wire_drain(&u->wire, QUEUE_NO_LOGS, CORE_WAIT_MS))
		last_words(EXIT_BROKEN, "the core does not read: after %d s %zu bytes wait for it",
			   CORE_WAIT_MS / 1000, wire_queued(&u->wire));
	return wire_begin(&u->wire);
}

static void commit(struct uplink *u, int packed)
{
	if (packed == ERR_NOMEM)
		last_words(EXIT_BROKEN, "no memory for a message to the core");
	must(packed == 0); /* all texts were made fit */
	wire_commit(&u->wire);
	if (wire_queued(&u->wire) > QUEUE_NO_MORE)
		wire_pause(&u->wire, true);
}

void uplink_reply(struct uplink *u, uint32_t call, enum msg_method method, const void *reply)
{
	struct buf *out = begin(u);

	if (out != NULL)
		commit(u, msg_pack_reply(out, call, method, NULL, reply));
}

void uplink_error(struct uplink *u, uint32_t call, enum msg_method method,
		  const struct msg_error *error)
{
	struct buf *out = begin(u);

	if (out != NULL)
		commit(u, msg_pack_reply(out, call, method, error, NULL));
}

void uplink_notify(struct uplink *u, enum msg_method method, const void *params)
{
	struct buf *out = begin(u);

	if (out != NULL)
		commit(u, msg_pack_notification(out, method, params));
}

static void log_now(struct uplink *u, unsigned level, const char *instance, struct str text)
{
	const struct msg_log line = { .level = level, .instance = str_of(instance), .text = text };

	uplink_notify(u, MSG_log, &line);
}

void uplink_log(struct uplink *u, unsigned level, const char *instance, struct str text)
{
	uint64_t now = clock_ms(), dropped = rate_refused(&u->log_rate, now);
	char note[64];

	if (dropped > 0 && wire_queued(&u->wire) < QUEUE_NO_LOGS) {
		snprintf(note, sizeof note, "%llu log lines were dropped",
			 (unsigned long long)dropped);
		log_now(u, RELINK_WARN, "", str_of(note));
	}
	if (wire_queued(&u->wire) >= QUEUE_NO_LOGS)
		u->log_rate.refused++;
	else if (rate_pass(&u->log_rate, now, text.n))
		log_now(u, level, instance, text);
}
