/* outbox.c - see outbox.h. */
#include "app/outbox.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/obj.h"
#include "store/store.h"
#include "web/lend.h"

#define OUTBOX_MAGIC 0x0b7b0c55u
#define HEADERS_MAX  8

/* A question, and who wants to know; dropped ones want nothing. */
struct asked {
	struct asked *prev, *next;
	struct outbox *outbox;
	bool dropped;
	bool posted; /* the client of web forgets it, too */
	union {
		outbox_found_fn *on_found;
		outbox_line_fn *on_line;
		void (*on_saved)(void *arg);
		void (*on_answer)(void *arg, const struct outbox_answer *);
	};
	void *arg;
};

static struct asked *asked_new(struct outbox *o, void *arg)
{
	struct asked *a = calloc(1, sizeof *a);

	OBJ_CHECK(o, OUTBOX_MAGIC);
	if (a == NULL)
		return NULL;
	a->outbox = o;
	a->arg = arg;
	DL_APPEND(o->asked, a);
	return a;
}

static void asked_free(struct asked *a)
{
	DL_DELETE(a->outbox->asked, a);
	free(a);
}

/* The answer has come: a copy to call back with. */
static struct asked asked_end(struct asked *a)
{
	struct asked copy = *a;

	asked_free(a);
	return copy;
}

/* --- the store --- */

static void on_cursor(void *ctx, int result, const struct cursor_record *c)
{
	struct asked a = asked_end(ctx);

	if (!a.dropped)
		a.on_found(a.arg, result, c != NULL, c != NULL ? c->seq : 0,
			   c != NULL ? c->behind : STR_NONE);
}

static int port_find(void *ctx, struct str name, outbox_found_fn *answer, void *arg)
{
	struct outbox *o = ctx;
	struct asked *a = asked_new(o, arg);
	int r;

	if (a == NULL)
		return ERR_NOMEM;
	a->on_found = answer;
	r = store_find_cursor(o->store, name, on_cursor, a);
	if (r < 0)
		asked_free(a);
	return r;
}

static void on_durable(void *ctx)
{
	struct asked a = asked_end(ctx);

	if (!a.dropped)
		a.on_saved(a.arg);
}

static int port_save(void *ctx, struct str name, uint64_t seq, struct str behind,
		     void (*done)(void *arg), void *arg)
{
	const struct cursor_record cursor = { .name = name, .seq = seq, .behind = behind };
	struct outbox *o = ctx;
	struct asked *a = asked_new(o, arg);
	struct commit *commit;
	int r;

	if (a == NULL)
		return ERR_NOMEM;
	a->on_saved = done;
	commit = commit_new(o->store);
	commit_cursor(commit, &cursor);
	r = store_submit(o->store, &commit, on_durable, a);
	if (r < 0)
		asked_free(a);
	return r;
}

static void on_line(void *ctx, int result, const struct journal_record *line)
{
	struct asked *a = ctx;
	struct asked copy = *a;

	if (line == NULL || result < 0)
		asked_free(a);
	if (!copy.dropped)
		copy.on_line(copy.arg, result, line);
}

static int port_journal(void *ctx, uint64_t row, uint64_t after, uint32_t limit,
			outbox_line_fn *each, void *arg)
{
	const struct journal_query query = { .row = row, .after = after, .limit = limit };
	struct outbox *o = ctx;
	struct asked *a = asked_new(o, arg);
	int r;

	if (a == NULL)
		return ERR_NOMEM;
	a->on_line = each;
	r = store_read_journal(o->store, &query, on_line, a);
	if (r < 0)
		asked_free(a);
	return r;
}

/* --- the receiver --- */

static void on_reply(void *ctx, const struct relink_http_reply *reply)
{
	struct asked a = asked_end(ctx);

	a.on_answer(a.arg, &(struct outbox_answer){
			       .status = reply->cause == RELINK_NONE ? reply->status : 0,
			       .retry_after_ms = reply->retry_after_ms,
			       .text = fit_str(reply->text) });
}

static int port_post(void *ctx, const struct outbox_request *r,
		     void (*answer)(void *arg, const struct outbox_answer *), void *arg)
{
	struct relink_header headers[HEADERS_MAX];
	struct relink_http_request request = { .size = sizeof request,
					       .method = fit_lend(STR("POST")),
					       .url = fit_lend(r->url),
					       .headers = headers,
					       .n_headers = r->n_headers,
					       .body = fit_lend(r->body),
					       .connect_ms = r->total_ms,
					       .total_ms = r->total_ms };
	struct outbox *o = ctx;
	struct asked *a = asked_new(o, arg);

	if (a == NULL)
		return ERR_NOMEM;
	a->on_answer = answer;
	a->posted = true;
	must(r->n_headers <= HEADERS_MAX);
	for (size_t i = 0; i < r->n_headers; i++)
		headers[i] = (struct relink_header){ fit_lend(str_of(r->headers[i].name)),
						     fit_lend(r->headers[i].value) };
	if (web_tell(&o->web, o, &request, on_reply, a) != 0)
		return 0;
	asked_free(a);
	return ERR_FULL;
}

static void port_drop(void *ctx)
{
	struct outbox *o = ctx;
	struct asked *a, *next;

	OBJ_CHECK(o, OUTBOX_MAGIC);
	web_drop_all(&o->web, o);
	alarm_stop(&o->alarms, &o->alarm);
	DL_FOREACH_SAFE(o->asked, a, next)
	{
		a->dropped = true;
		if (a->posted)
			asked_free(a);
	}
}

/* --- time --- */

static void on_alarm(struct alarm *alarm)
{
	struct outbox *o = (struct outbox *)((char *)alarm - offsetof(struct outbox, alarm));

	OBJ_CHECK(o, OUTBOX_MAGIC);
	o->ring(o->ring_arg);
}

/* Without memory for the alarm, of which there is one, the next event wakes the forwarder. */
static void port_wake_at(void *ctx, uint64_t at_ms, void (*ring)(void *arg), void *arg)
{
	struct outbox *o = ctx;

	OBJ_CHECK(o, OUTBOX_MAGIC);
	o->ring = ring;
	o->ring_arg = arg;
	if (at_ms == UINT64_MAX)
		alarm_stop(&o->alarms, &o->alarm);
	else
		alarm_set(&o->alarms, &o->alarm, at_ms);
}

/* --- life --- */

static void on_alarms_closed(void *ctx)
{
	(void)ctx;
}

void outbox_open(struct outbox *o, uv_loop_t *loop, struct store *store)
{
	*o = (struct outbox){ .store = store, .alarm = ALARM(on_alarm) };
	OBJ_INIT(o, OUTBOX_MAGIC);
	alarms_init(&o->alarms, loop);
	web_open(&o->web, loop, &o->alarms);
}

struct outbox_port outbox_port(struct outbox *o)
{
	return (struct outbox_port){ .ctx = o,
				     .find = port_find,
				     .save = port_save,
				     .journal = port_journal,
				     .post = port_post,
				     .drop = port_drop,
				     .wake_at = port_wake_at };
}

void outbox_close(struct outbox *o)
{
	if (o->magic != OUTBOX_MAGIC)
		return;
	port_drop(o);
	while (o->asked != NULL)
		asked_free(o->asked);
	web_close(&o->web);
	alarms_close(&o->alarms, on_alarms_closed, o);
	OBJ_FINI(o);
}
