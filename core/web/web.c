/* web.c - see web.h. */
#include "web/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/obj.h"
#include "web/lend.h"

enum exchange_state {
	EXCHANGE_WAITING, /* for its turn; in its server's list */
	EXCHANGE_ACTIVE,  /* curl has it */
	EXCHANGE_REFUSED, /* its alarm will tell */
};

struct exchange {
	struct alarm alarm; /* first: see on_alarm */
	struct web *web;
	const void *owner;
	relink_http id;
	web_fn *fn;
	void *arg;
	enum exchange_state state;
	uint64_t deadline_ms;
	uint64_t looked; /* bytes that had come at the last look */
	struct web_request request;
	struct web_transfer transfer;
	struct web_server *server;
	struct exchange *prev, *next;
	UT_hash_handle hh;
};

struct web_server {
	char name[WEB_SERVER_MAX];
	struct exchange *waiting;
	unsigned n_active;
	bool ready;
	struct web_server *prev, *next;
	UT_hash_handle hh;
};

/* --- servers and turns --- */

static struct web_server *server_of(struct web *w, const char *name)
{
	struct web_server *s;

	HASH_FIND_STR(w->servers, name, s);
	if (s != NULL)
		return s;
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return NULL;
	str_copy(s->name, sizeof s->name, str_of(name));
	HASH_ADD_STR(w->servers, name, s);
	if (s->hh.tbl == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

/* After each change of its list or its number: it is among the ready, or not; or is forgotten. */
static void server_settle(struct web *w, struct web_server *s)
{
	bool ready = s->waiting != NULL && s->n_active < w->loop.per_server;

	if (ready && !s->ready)
		DL_APPEND(w->ready, s);
	else if (!ready && s->ready)
		DL_DELETE(w->ready, s);
	s->ready = ready;
	if (s->waiting == NULL && s->n_active == 0) {
		HASH_DEL(w->servers, s);
		free(s);
	}
}

static void server_leave(struct exchange *x)
{
	struct web *w = x->web;

	switch (x->state) {
	case EXCHANGE_WAITING:
		DL_DELETE(x->server->waiting, x);
		break;
	case EXCHANGE_ACTIVE:
		web_loop_remove(&w->loop, x->transfer.easy);
		x->server->n_active--;
		w->n_active--;
		break;
	case EXCHANGE_REFUSED:
		return;
	}
	server_settle(w, TAKE(x->server));
}

static void count_waiting(struct exchange *x, int by)
{
	struct web *w = x->web;

	w->n_waiting += (unsigned)by;
	if (by > 0)
		w->waiting_bytes += x->request.n_block;
	else
		w->waiting_bytes -= x->request.n_block;
}

/* --- ends --- */

/* Out of all tables; only its memory is left. */
static void forget(struct exchange *x)
{
	struct web *w = x->web;

	alarm_stop(w->alarms, &x->alarm);
	HASH_DELETE(hh, w->exchanges, x);
	if (x->state != EXCHANGE_ACTIVE)
		count_waiting(x, -1);
	server_leave(x);
}

static void release(struct exchange *x)
{
	web_transfer_fini(&x->transfer);
	web_request_fini(&x->request);
	free(x);
}

static void start_waiting(struct web *w);

/* The plugin may do anything in its callback, close us too: nothing of `web` is used after it. */
static void end(struct exchange *x, const struct relink_http_reply *reply)
{
	struct web *w = x->web;

	forget(x);
	start_waiting(w);
	x->fn(x->arg, reply);
	release(x);
}

static void end_with(struct exchange *x, enum relink_cause cause, bool timeout, const char *text)
{
	const struct relink_http_reply reply = { .size = sizeof reply,
						 .cause = cause,
						 .sent = x->transfer.sent,
						 .timeout = timeout,
						 .text = fit_lend(str_of(text)) };

	end(x, &reply);
}

/* From the loop, since whoever asks is not called back before it has its number. */
static void end_soon(struct exchange *x, enum relink_cause cause, const char *literal)
{
	x->state = EXCHANGE_REFUSED;
	x->request.refused = cause;
	x->request.text = literal;
	must(alarm_set(x->web->alarms, &x->alarm, clock_ms()) == 0); /* it is set: it moves */
}

static void end_late(struct exchange *x, const char *what)
{
	char text[WEB_TEXT_MAX];

	snprintf(text, sizeof text, "%s: %s within %llu ms", x->request.server, what,
		 (unsigned long long)x->request.total_ms);
	end_with(x, RELINK_NETWORK, true, text);
}

static void end_as(struct exchange *x, CURLcode code)
{
	struct relink_http_reply reply;
	char text[WEB_TEXT_MAX];

	web_transfer_reply(&x->transfer, code, &reply, text);
	end(x, &reply);
}

static void on_ended(void *ctx, CURL *easy, CURLcode code)
{
	struct exchange *x;

	(void)ctx;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&x);
	end_as(x, code);
}

/* --- time --- */

static void look_again(struct exchange *x)
{
	x->looked = x->transfer.came;
	must(alarm_set(x->web->alarms, &x->alarm,
		       MIN_OF(clock_ms() + x->web->look_ms, x->deadline_ms)) == 0);
}

/* An answer that had begun at the last look must have moved since. */
static void look(struct exchange *x)
{
	uint64_t least = WEB_SLOWEST * x->web->look_ms / 1000;
	char text[WEB_TEXT_MAX];

	if (x->looked == 0 || x->transfer.came - x->looked >= least) {
		look_again(x);
		return;
	}
	snprintf(text, sizeof text, "%s: its answer brings less than %d bytes a second",
		 x->request.server, WEB_SLOWEST);
	end_with(x, RELINK_NETWORK, true, text);
}

static void on_alarm(struct alarm *a)
{
	struct exchange *x = (struct exchange *)a;

	if (x->state == EXCHANGE_REFUSED)
		end_with(x, x->request.refused, false, x->request.text);
	else if (x->state == EXCHANGE_ACTIVE && web_transfer_suffices(&x->transfer))
		end_as(x, CURLE_OK); /* enough was waited for the rest of it */
	else if (clock_ms() < x->deadline_ms)
		look(x);
	else if (x->state == EXCHANGE_WAITING)
		end_late(x, "no turn among the requests before it");
	else
		end_late(x, "no whole answer");
}

/* --- begins --- */

static void start(struct exchange *x)
{
	struct web *w = x->web;
	struct web_server *s = x->server;

	DL_DELETE(s->waiting, x);
	if (web_transfer_init(&x->transfer, &x->request, x) < 0 ||
	    web_loop_add(&w->loop, x->transfer.easy) < 0) {
		x->server = NULL;
		end_soon(x, RELINK_INTERNAL, "there is no memory for the request");
	} else {
		x->state = EXCHANGE_ACTIVE;
		count_waiting(x, -1);
		s->n_active++;
		w->n_active++;
		look_again(x);
	}
	server_settle(w, s);
}

static void start_waiting(struct web *w)
{
	while (w->n_active < WEB_ACTIVE && w->ready != NULL) {
		struct web_server *s = w->ready;

		DL_DELETE(w->ready, s); /* its next turn comes behind all others' */
		s->ready = false;
		start(s->waiting);
	}
}

static bool enqueue(struct exchange *x)
{
	struct web *w = x->web;

	if (x->request.refused != RELINK_NONE) {
		end_soon(x, x->request.refused, x->request.text);
		return true;
	}
	x->server = server_of(w, x->request.server);
	if (x->server == NULL)
		return false;
	DL_APPEND(x->server->waiting, x);
	server_settle(w, x->server);
	return true;
}

static bool has_room(const struct web *w, const struct exchange *x)
{
	return w->n_waiting < WEB_WAITING_MAX &&
	       w->waiting_bytes + x->request.n_block <= WEB_WAITING_BYTES_MAX;
}

/* Into the tables, or into none. */
static bool enroll(struct exchange *x)
{
	struct web *w = x->web;

	if (!has_room(w, x))
		return false;
	x->deadline_ms = clock_ms() + x->request.total_ms;
	if (alarm_set(w->alarms, &x->alarm, x->deadline_ms) < 0)
		return false;
	x->id = ++w->last;
	HASH_ADD(hh, w->exchanges, id, sizeof x->id, x);
	if (x->hh.tbl != NULL) {
		if (enqueue(x))
			return true;
		HASH_DELETE(hh, w->exchanges, x);
	}
	alarm_stop(w->alarms, &x->alarm);
	return false;
}

static relink_http ask(struct web *w, const void *owner, const struct relink_http_request *r,
		       bool status_only, const struct guard *guard, web_fn *fn, void *arg)
{
	struct exchange *x;

	if (w->closed || w->n_waiting >= WEB_WAITING_MAX || web_loop_begin(&w->loop) < 0)
		return 0;
	x = calloc(1, sizeof *x);
	if (x == NULL)
		return 0;
	x->alarm = ALARM(on_alarm);
	x->web = w;
	x->owner = owner;
	x->fn = fn;
	x->arg = arg;
	if (web_request_take(&x->request, r) < 0) {
		release(x);
		return 0;
	}
	x->request.status_only = status_only;
	x->request.guard = guard;
	if (!enroll(x)) {
		release(x);
		return 0;
	}
	count_waiting(x, +1);
	start_waiting(w);
	return x->id;
}

relink_http web_ask(struct web *w, const void *owner, const struct relink_http_request *r,
		    web_fn *fn, void *arg)
{
	return ask(w, owner, r, false, NULL, fn, arg);
}

relink_http web_tell(struct web *w, const void *owner, const struct relink_http_request *r,
		     web_fn *fn, void *arg)
{
	return ask(w, owner, r, true, NULL, fn, arg);
}

relink_http web_tell_guarded(struct web *w, const void *owner, const struct relink_http_request *r,
			     const struct guard *guard, web_fn *fn, void *arg)
{
	return ask(w, owner, r, true, guard, fn, arg);
}

/* --- drops --- */

static void drop(struct exchange *x)
{
	forget(x);
	release(x);
}

void web_drop(struct web *w, const void *owner, relink_http id)
{
	struct exchange *x;

	HASH_FIND(hh, w->exchanges, &id, sizeof id, x);
	if (x == NULL || x->owner != owner)
		return;
	drop(x);
	start_waiting(w);
}

unsigned web_drop_all(struct web *w, const void *owner)
{
	struct exchange *x, *next;
	unsigned n = 0;

	HASH_ITER(hh, w->exchanges, x, next)
	{
		if (x->owner != owner)
			continue;
		drop(x);
		n++;
	}
	start_waiting(w);
	return n;
}

/* --- life --- */

void web_open(struct web *w, uv_loop_t *loop, struct alarms *alarms)
{
	*w = (struct web){ .alarms = alarms, .look_ms = WEB_LOOK_MS };
	web_loop_open(&w->loop, loop, on_ended, w);
}

void web_close(struct web *w)
{
	w->closed = true;
	while (w->exchanges != NULL)
		drop(w->exchanges);
	web_loop_close(&w->loop);
}
