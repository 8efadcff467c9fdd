/* outbox.c - see outbox.h. */
#include "app/outbox.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/obj.h"
#include "store/store.h"
#include "web/lend.h"

#define OUTBOX_MAGIC 0x0b7b0c55u
#define LANE_MAGIC   0x0b7ba9e1u
#define HEADERS_MAX  8

/* Of one receiver.  A closed one lives until all its questions are answered. */
struct lane {
	unsigned magic;
	bool closed;
	struct alarm alarm;
	struct outbox *outbox;
	struct lane *prev, *next;
	struct asked *asked; /* utlist */
	void (*ring)(void *arg);
	void *ring_arg;
};

/* A question, and who wants to know; dropped ones want nothing. */
struct asked {
	struct asked *prev, *next;
	struct lane *lane;
	bool dropped;
	bool posted; /* the client of web forgets it, too */
	union {
		outbox_found_fn *on_found;
		outbox_line_fn *on_line;
		void (*on_saved)(void *arg);
		outbox_dead_fn *on_dead;
		outbox_count_fn *on_count;
		void (*on_answer)(void *arg, const struct outbox_answer *);
	};
	void *arg;
};

static struct asked *asked_new(struct lane *lane, void *arg)
{
	struct asked *a = calloc(1, sizeof *a);

	OBJ_CHECK(lane, LANE_MAGIC);
	if (a == NULL)
		return NULL;
	a->lane = lane;
	a->arg = arg;
	DL_APPEND(lane->asked, a);
	return a;
}

static void lane_free(struct lane *lane)
{
	DL_DELETE(lane->outbox->lanes, lane);
	OBJ_FINI(lane);
	free(lane);
}

static void asked_free(struct asked *a)
{
	struct lane *lane = a->lane;

	DL_DELETE(lane->asked, a);
	free(a);
	if (lane->closed && lane->asked == NULL)
		lane_free(lane);
}

/* Answered later if `r` says that it was asked. */
static int asked_sent(struct asked *a, int r)
{
	if (r < 0)
		asked_free(a);
	return r;
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
	struct lane *lane = ctx;
	struct asked *a = asked_new(lane, arg);

	if (a == NULL)
		return ERR_NOMEM;
	a->on_found = answer;
	return asked_sent(a, store_find_cursor(lane->outbox->store, name, on_cursor, a));
}

static void on_durable(void *ctx)
{
	struct asked a = asked_end(ctx);

	if (!a.dropped)
		a.on_saved(a.arg);
}

/* One more change to keep; `done` when it is durable. */
static int submit(struct lane *lane, struct commit *commit, void (*done)(void *arg), void *arg)
{
	struct asked *a = asked_new(lane, arg);

	if (a == NULL) {
		commit_free(&commit);
		return ERR_NOMEM;
	}
	a->on_saved = done;
	return asked_sent(a, store_submit(lane->outbox->store, &commit, on_durable, a));
}

static int port_save(void *ctx, struct str name, uint64_t seq, struct str behind,
		     void (*done)(void *arg), void *arg)
{
	const struct cursor_record cursor = { .name = name, .seq = seq, .behind = behind };
	struct lane *lane = ctx;
	struct commit *commit = commit_new(lane->outbox->store);

	commit_cursor(commit, &cursor);
	return submit(lane, commit, done, arg);
}

static int port_bury(void *ctx, struct str endpoint, const struct outbox_dead *dead,
		     void (*done)(void *arg), void *arg)
{
	const struct dead_letter letter = { .endpoint = endpoint,
					    .died_at = dead->died_at,
					    .tries = dead->tries,
					    .why = dead->why,
					    .line = *dead->line };
	struct lane *lane = ctx;
	struct commit *commit = commit_new(lane->outbox->store);

	commit_dead_letter(commit, &letter);
	return submit(lane, commit, done, arg);
}

static int port_forget_dead(void *ctx, struct str endpoint, uint64_t seq, void (*done)(void *arg),
			    void *arg)
{
	struct lane *lane = ctx;
	struct commit *commit = commit_new(lane->outbox->store);

	commit_dead_letter_delete(commit, endpoint, seq);
	return submit(lane, commit, done, arg);
}

static void on_dead(void *ctx, int result, const struct dead_letter *letter)
{
	struct asked *a = ctx;
	struct asked copy = *a;
	struct outbox_dead dead;

	if (letter == NULL || result < 0)
		asked_free(a);
	if (copy.dropped)
		return;
	if (letter != NULL)
		dead = (struct outbox_dead){ letter->died_at, letter->tries, letter->why,
					     &letter->line };
	copy.on_dead(copy.arg, result, letter != NULL ? &dead : NULL);
}

static int port_dead(void *ctx, struct str endpoint, uint64_t after, uint32_t limit,
		     outbox_dead_fn *each, void *arg)
{
	struct lane *lane = ctx;
	struct asked *a = asked_new(lane, arg);

	if (a == NULL)
		return ERR_NOMEM;
	a->on_dead = each;
	return asked_sent(
	    a, store_read_dead_letters(lane->outbox->store, endpoint, after, limit, on_dead, a));
}

static void on_count(void *ctx, int result, uint64_t n)
{
	struct asked a = asked_end(ctx);

	if (!a.dropped)
		a.on_count(a.arg, result, n);
}

static int port_count_dead(void *ctx, struct str endpoint, outbox_count_fn *answer, void *arg)
{
	struct lane *lane = ctx;
	struct asked *a = asked_new(lane, arg);

	if (a == NULL)
		return ERR_NOMEM;
	a->on_count = answer;
	return asked_sent(a, store_count_dead_letters(lane->outbox->store, endpoint, on_count, a));
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
	struct lane *lane = ctx;
	struct asked *a = asked_new(lane, arg);

	if (a == NULL)
		return ERR_NOMEM;
	a->on_line = each;
	return asked_sent(a, store_read_journal(lane->outbox->store, &query, on_line, a));
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
	struct lane *lane = ctx;
	struct asked *a = asked_new(lane, arg);

	if (a == NULL)
		return ERR_NOMEM;
	a->on_answer = answer;
	a->posted = true;
	must(r->n_headers <= HEADERS_MAX);
	for (size_t i = 0; i < r->n_headers; i++)
		headers[i] = (struct relink_header){ fit_lend(str_of(r->headers[i].name)),
						     fit_lend(r->headers[i].value) };
	if ((r->guarded ? web_tell_guarded(&lane->outbox->web, lane, &request, lane->outbox->guard,
					   on_reply, a)
			: web_tell(&lane->outbox->web, lane, &request, on_reply, a)) != 0)
		return 0;
	asked_free(a);
	return ERR_FULL;
}

static void port_drop(void *ctx)
{
	struct lane *lane = ctx;
	struct asked *a, *next;

	OBJ_CHECK(lane, LANE_MAGIC);
	web_drop_all(&lane->outbox->web, lane);
	alarm_stop(&lane->outbox->alarms, &lane->alarm);
	DL_FOREACH_SAFE(lane->asked, a, next)
	{
		a->dropped = true;
		if (a->posted)
			asked_free(a);
	}
}

static void port_close(void *ctx)
{
	struct lane *lane = ctx;

	port_drop(lane);
	lane->closed = true;
	if (lane->asked == NULL)
		lane_free(lane);
}

/* --- time --- */

static void on_alarm(struct alarm *alarm)
{
	struct lane *lane = (struct lane *)((char *)alarm - offsetof(struct lane, alarm));

	OBJ_CHECK(lane, LANE_MAGIC);
	lane->ring(lane->ring_arg);
}

/* Without memory for the alarm, of which there is one, the next event wakes the forwarder. */
static void port_wake_at(void *ctx, uint64_t at_ms, void (*ring)(void *arg), void *arg)
{
	struct lane *lane = ctx;

	OBJ_CHECK(lane, LANE_MAGIC);
	lane->ring = ring;
	lane->ring_arg = arg;
	if (at_ms == UINT64_MAX)
		alarm_stop(&lane->outbox->alarms, &lane->alarm);
	else
		alarm_set(&lane->outbox->alarms, &lane->alarm, at_ms);
}

/* --- life --- */

static int office_open(void *ctx, struct outbox_port *ret_port)
{
	struct outbox *o = ctx;
	struct lane *lane = calloc(1, sizeof *lane);

	OBJ_CHECK(o, OUTBOX_MAGIC);
	if (lane == NULL)
		return ERR_NOMEM;
	OBJ_INIT(lane, LANE_MAGIC);
	lane->alarm = ALARM(on_alarm);
	lane->outbox = o;
	DL_APPEND(o->lanes, lane);
	*ret_port = (struct outbox_port){ .ctx = lane,
					  .find = port_find,
					  .save = port_save,
					  .journal = port_journal,
					  .post = port_post,
					  .bury = port_bury,
					  .dead = port_dead,
					  .count_dead = port_count_dead,
					  .forget_dead = port_forget_dead,
					  .drop = port_drop,
					  .wake_at = port_wake_at,
					  .close = port_close };
	return 0;
}

static int office_check_url(void *ctx, struct str url, struct why *why)
{
	struct outbox *o = ctx;

	OBJ_CHECK(o, OUTBOX_MAGIC);
	return guard_check_url(o->guard, url, why);
}

static void on_alarms_closed(void *ctx)
{
	(void)ctx;
}

void outbox_open(struct outbox *o, uv_loop_t *loop, struct store *store, const struct guard *guard)
{
	*o = (struct outbox){ .store = store, .guard = guard };
	OBJ_INIT(o, OUTBOX_MAGIC);
	alarms_init(&o->alarms, loop);
	web_open(&o->web, loop, &o->alarms);
	o->web.loop.per_server = WEB_ACTIVE; /* each receiver's own bound is tighter */
}

struct outbox_office outbox_office(struct outbox *o)
{
	return (
	    struct outbox_office){ .ctx = o, .open = office_open, .check_url = office_check_url };
}

void outbox_close(struct outbox *o)
{
	struct lane *lane, *next;

	if (o->magic != OUTBOX_MAGIC)
		return;
	DL_FOREACH_SAFE(o->lanes, lane, next)
	{
		port_drop(lane);
		lane->closed = false; /* it goes here, and not with its last question */
		while (lane->asked != NULL)
			asked_free(lane->asked);
		lane_free(lane);
	}
	web_close(&o->web);
	alarms_close(&o->alarms, on_alarms_closed, o);
	OBJ_FINI(o);
}
