/*
 * conn.c - the connection's machine.
 *
 * Every way in (bytes, end of file, sent, deadline, answer) does its part and then ends in
 * settle(), the only place that draws conclusions: is the connection over, and what is due next.
 */
#include "api/conn.h"

#include <stdlib.h>

#include "api/answer.h"
#include "api/exchange.h"
#include "api/face.h"
#include "api/response.h"
#include "api/work.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/obj.h"

/* Bytes behind the request under way after which no more are read. */
#define HELD_HIGH (16u << 10)
/* At most one read goes over it. */
#define HELD_MAX (HELD_HIGH + (64u << 10))
/* Unsent bytes after which no further request is taken up. */
#define OUT_HIGH (64u << 10)
/* How long a client may take to close after its last answer; closing under it could lose that. */
#define LINGER_MS 2000

static void on_deadline(struct deadline *);

int conn_init(struct conn *c, struct face *f, bool trusted, void (*changed)(struct conn *))
{
	uint64_t now = clock_ms();

	*c = (struct conn){
		.face = f,
		.changed = changed,
		.trusted = trusted,
		.since = now,
	};
	c->http = malloc(sizeof *c->http);
	if (c->http == NULL)
		return ERR_NOMEM;
	if (deadline_init(&f->deadlines, &c->deadline, on_deadline) != 0) {
		free(c->http);
		return ERR_NOMEM;
	}
	http_init(c->http, f->body_limit, &f->problem);
	buf_init(&c->out, ANSWER_MAX + (64u << 10));
	buf_init(&c->held, HELD_MAX);
	deadline_set(&f->deadlines, &c->deadline, now + f->header_ms);
	return 0;
}

/* --- large bodies of who needs no key --- */

static void forget_hook(struct conn *c)
{
	if (c->hook)
		c->face->stats.hooks--;
	c->hook = false;
}

/* May the body come?  False: as many as may come at once are on their way, or being looked at. */
static bool admit_hook(struct conn *c, const struct exchange *x)
{
	struct api_stats *stats = &c->face->stats;

	if (x->match.route->body != ROUTE_HOOK || http_body_most(c->http) <= LIMIT_HTTP_BODY_OPEN)
		return true;
	if (stats->hooks >= LIMIT_HTTP_HOOKS) {
		stats->hooks_refused++;
		return false;
	}
	stats->hooks++;
	c->hook = true;
	return true;
}

static void forget_http(struct conn *c)
{
	if (c->http == NULL)
		return;
	http_fini(c->http);
	free(TAKE(c->http));
	buf_fini(&c->held);
	forget_hook(c);
}

void conn_fini(struct conn *c)
{
	struct work *w = TAKE(c->work);

	c->phase = CONN_OVER;
	if (w != NULL) {
		w->conn = NULL;
		w->ops->gone(w);
	}
	forget_http(c);
	buf_fini(&c->out);
	deadline_fini(&c->face->deadlines, &c->deadline);
}

static bool has_output(const struct conn *c)
{
	return c->sent < c->out.n;
}

static void linger(struct conn *c)
{
	c->phase = CONN_LINGERING;
	c->since = clock_ms();
	forget_http(c);
}

/* --- conclusions --- */

static uint64_t read_deadline(const struct conn *c)
{
	if (c->held.n > 0)
		return clock_ms() + 1; /* its turn was over: others first */
	switch (c->http->phase) {
	case HTTP_IN_HEAD:
		return c->since + c->face->header_ms;
	case HTTP_IN_BODY:
		return c->since + c->face->body_ms;
	default:
		return c->since + (c->used ? c->face->idle_ms : c->face->header_ms);
	}
}

static uint64_t next_deadline(const struct conn *c)
{
	if (c->phase == CONN_OVER)
		return DEADLINE_NEVER;
	if (c->writing)
		return c->progress + c->face->write_ms;
	if (c->phase == CONN_LINGERING)
		return c->since + LINGER_MS;
	if (c->phase == CONN_READING)
		return read_deadline(c);
	return c->work->due_at;
}

/* The client sends no more, or the daemon stops: end what can be ended. */
static void hurry(struct conn *c)
{
	if (c->work != NULL && c->phase != CONN_OVER && c->work->ops->finish != NULL) {
		c->inside = true;
		c->work->ops->finish(c->work);
		c->inside = false;
	}
	if (c->phase == CONN_READING && c->held.n == 0 && !has_output(c))
		c->phase = CONN_OVER;
	else if (c->phase == CONN_READING && c->held.n == 0)
		linger(c);
	if (c->phase == CONN_LINGERING && c->eof && !has_output(c))
		c->phase = CONN_OVER;
}

static void settle(struct conn *c)
{
	if (c->eof || c->face->stopping)
		hurry(c);
	if (has_output(c) && !c->writing)
		c->progress = clock_ms();
	c->writing = has_output(c);
	deadline_set(&c->face->deadlines, &c->deadline, next_deadline(c));
}

/* --- requests --- */

static bool takes_requests(const struct conn *c)
{
	return c->phase == CONN_READING && c->turn < LIMIT_HTTP_PIPELINE &&
	       c->out.n - c->sent <= OUT_HIGH;
}

static void refuse(struct conn *c, const struct problem *p)
{
	c->keep_alive = false;
	c->face->stats.refused++;
	answer_problem(c, p, NULL);
}

/* The head is there (`complete` false), or the whole request. */
static void dispatch(struct conn *c, bool complete)
{
	const struct http_request *r = &c->http->request;
	struct exchange x;

	c->head_only = r->method == METHOD_HEAD;
	c->keep_alive = r->keep_alive && complete;
	if (exchange_open(&x, c, r, complete) != 0) {
		c->face->stats.refused++;
		answer_problem(c, &x.problem, x.match.allow);
		return;
	}
	if (!complete) {
		if (http_limit_body(c->http, exchange_body_limit(&x)) < 0) {
			refuse(c, &c->face->problem);
			return;
		}
		if (!admit_hook(c, &x)) {
			problem_set(&x.problem, PROBLEM_overloaded,
				    "Too many large webhooks come at once (%d); send it again in a "
				    "second.",
				    LIMIT_HTTP_HOOKS);
			refuse(c, &x.problem);
			return;
		}
		if (r->expects_continue)
			buf_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
		return;
	}
	c->phase = CONN_WORKING;
	x.match.route->handler(&x);
	must(c->phase != CONN_WORKING || c->work != NULL);
}

/* How many bytes were used: all of them, or as far as requests are taken now. */
static size_t parse(struct conn *c, struct str in)
{
	size_t used = 0;

	while (used < in.n && takes_requests(c)) {
		enum http_phase before = c->http->phase;
		size_t n;
		enum parse_result e =
		    http_feed(c->http, (struct str){ in.p + used, in.n - used }, &n);

		used += n;
		if (c->http->phase != before)
			c->since = clock_ms();
		if (e == PARSE_BAD)
			refuse(c, &c->face->problem);
		else if (e != PARSE_MORE)
			dispatch(c, e == PARSE_DONE);
	}
	return used;
}

/* Go on with what was held back. */
static void resume(struct conn *c)
{
	size_t used;

	if (c->phase != CONN_READING || c->held.n == 0)
		return;
	used = parse(c, buf_all(&c->held));
	buf_drop(&c->held, used); /* it is empty already when no request can come any more */
	if (c->held.n == 0)
		buf_fini(&c->held);
}

/* --- ways in --- */

void conn_feed(struct conn *c, struct str in)
{
	size_t used = 0;

	if (c->phase != CONN_READING && c->phase != CONN_WORKING)
		return;
	c->inside = true;
	c->turn = 0;
	if (c->held.n == 0)
		used = parse(c, in);
	if ((c->phase == CONN_READING || c->phase == CONN_WORKING) && used < in.n &&
	    buf_add(&c->held, in.p + used, in.n - used) != 0)
		c->phase = CONN_OVER;
	c->inside = false;
	settle(c);
}

void conn_eof(struct conn *c)
{
	c->eof = true;
	settle(c);
}

struct str conn_output(const struct conn *c)
{
	if (c->phase == CONN_OVER || !has_output(c))
		return STR_NONE;
	return (struct str){ c->out.p + c->sent, c->out.n - c->sent };
}

void conn_sent(struct conn *c, size_t n)
{
	c->sent += n;
	must(c->sent <= c->out.n);
	c->progress = clock_ms();
	c->inside = true;
	if (!has_output(c)) {
		buf_fini(&c->out);
		c->sent = 0;
		if (c->phase == CONN_STREAMING && c->work->ops->drained != NULL)
			c->work->ops->drained(c->work);
	}
	resume(c);
	c->inside = false;
	settle(c);
}

bool conn_wants_bytes(const struct conn *c)
{
	if (c->eof || c->phase == CONN_OVER)
		return false;
	return c->phase == CONN_READING ? c->held.n == 0 : c->held.n < HELD_HIGH;
}

void conn_abort(struct conn *c)
{
	c->phase = CONN_OVER;
	settle(c);
}

void conn_stop(struct conn *c)
{
	buf_fini(&c->held);
	settle(c);
}

void conn_refuse(struct conn *c, const struct problem *p)
{
	c->inside = true;
	refuse(c, p);
	c->inside = false;
	settle(c);
}

/* The request came too slowly. */
static void too_slow(struct conn *c)
{
	struct problem p;

	problem_set(&p, PROBLEM_request_timeout,
		    "The request did not arrive in time; send it again, faster.");
	refuse(c, &p);
}

/* Between two requests. */
static bool is_idle(const struct conn *c)
{
	return c->phase == CONN_READING && c->held.n == 0 && c->http->phase == HTTP_IDLE;
}

static void on_deadline(struct deadline *d)
{
	struct conn *c = (struct conn *)((char *)d - offsetof(struct conn, deadline));

	c->inside = true;
	c->turn = 0;
	if (has_output(c) || c->phase == CONN_LINGERING || is_idle(c))
		c->phase = CONN_OVER;
	else if (c->phase == CONN_WORKING || c->phase == CONN_STREAMING)
		c->work->ops->due(c->work);
	else if (c->phase == CONN_READING && c->held.n > 0)
		resume(c);
	else if (c->phase == CONN_READING)
		too_slow(c);
	c->inside = false;
	settle(c);
	c->changed(c);
}

/* --- ways out --- */

/* What work does to the connection from outside: its owner must hear of it. */
static void leave(struct conn *c)
{
	if (c->inside)
		return;
	c->inside = true;
	c->turn = 0;
	resume(c);
	c->inside = false;
	settle(c);
	c->changed(c);
}

/* What a link opens must not stand in a log. */
static struct str path_for_log(const struct conn *c)
{
	struct str path = c->http->request.path;

	if (c->route != NULL && strstr(c->route->path, "{token}") != NULL)
		return str_of(c->route->path);
	if (c->route == NULL &&
	    (memchr(path.p, '%', path.n) != NULL || (path.n > 4 && memcmp(path.p, "/qr/", 4) == 0)))
		return STR("(not logged)");
	return path;
}

static void tell_answer(const struct conn *c, unsigned status)
{
	const struct http_request *r = &c->http->request;

	meter_count(&c->face->meter, c->route, status, clock_ms() - c->since);
	LOG(DEBUG, API, "http.request", f_text("method", http_method_name(r->method)),
	    f_str("path", path_for_log(c)), f_u64("status", status),
	    f_u64("ms", clock_ms() - c->since));
}

void conn_answer(struct conn *c, const struct response *r)
{
	bool keep = c->keep_alive && !c->face->stopping;

	c->work = NULL;
	c->dropin = false;
	forget_hook(c);
	if (c->phase == CONN_OVER)
		return;
	tell_answer(c, r->status);
	c->route = NULL;
	c->face->stats.requests++;
	response_write(&c->out, r, face_date(c->face), keep, c->head_only);
	c->turn++;
	c->used = true;
	if (c->out.failed != 0) {
		c->phase = CONN_OVER;
	} else if (keep) {
		http_reset(c->http);
		c->phase = CONN_READING;
		c->since = clock_ms();
	} else {
		linger(c);
	}
	leave(c);
}

void conn_await(struct conn *c, struct work *w)
{
	w->conn = c;
	c->work = w;
	leave(c);
}

void conn_stream(struct conn *c, const struct response *r, struct work *w)
{
	tell_answer(c, r->status);
	c->face->stats.requests++;
	response_write(&c->out, r, face_date(c->face), false, false);
	forget_http(c);
	c->phase = c->out.failed != 0 ? CONN_OVER : CONN_STREAMING;
	conn_await(c, w);
}

void conn_flush(struct conn *c)
{
	if (c->out.failed != 0)
		c->phase = CONN_OVER;
	leave(c);
}

void conn_end(struct conn *c)
{
	c->work = NULL;
	if (c->phase != CONN_OVER)
		linger(c);
	leave(c);
}
