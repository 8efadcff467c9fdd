/* wait.c - waiters by account, woken by the bus. */
#include "api/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

#include "api/answer.h"
#include "api/conn.h"
#include "api/face.h"
#include "api/work.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/obj.h"
#include "out/bus.h"

struct wait {
	struct work work;
	struct wait *prev, *next;
	struct face *face;
	struct room *room;
	struct wait_order order;
};

/* Those who wait for one account. */
struct room {
	char account[LIMIT_ACCOUNT_ID + 1];
	struct wait *waits;
	UT_hash_handle hh;
};

struct waits {
	struct bus_subscriber subscriber; /* first member */
	struct face *face;
	struct room *rooms;
};

/* --- the wish --- */

static struct str next_word(struct str *list, char until)
{
	const char *end = memchr(list->p, until, list->n);
	struct str word = { list->p, end != NULL ? (size_t)(end - list->p) : list->n };

	list->p += word.n + (end != NULL);
	list->n -= word.n + (end != NULL);
	while (word.n > 0 && (word.p[0] == ' ' || word.p[0] == '\t')) {
		word.p++;
		word.n--;
	}
	while (word.n > 0 && (word.p[word.n - 1] == ' ' || word.p[word.n - 1] == '\t'))
		word.n--;
	return word;
}

/* A number of any length, cut to what we grant. */
static bool read_seconds(struct str digits, unsigned *ret_seconds)
{
	uint64_t seconds;

	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
	}
	if (!str_to_u64(digits, WAIT_MAX_S, &seconds))
		seconds = WAIT_MAX_S;
	*ret_seconds = (unsigned)seconds;
	return digits.n > 0;
}

unsigned wait_wish(const struct http_request *r)
{
	struct str list = r->header[HEADER_PREFER];

	while (list.n > 0) {
		struct str wish = next_word(&list, ',');
		struct str word = next_word(&wish, ';'); /* without the wish's parameters */

		unsigned seconds;

		if (word.n > 5 && memcmp(word.p, "wait=", 5) == 0 &&
		    read_seconds((struct str){ word.p + 5, word.n - 5 }, &seconds))
			return seconds;
	}
	return 0;
}

void wait_say(struct response *r, const struct wait_order *order, char text[WAIT_TEXT])
{
	if (order->seconds == 0)
		return;
	snprintf(text, WAIT_TEXT, "wait=%u", order->seconds);
	response_header(r, "Preference-Applied", str_of(text));
}

/* --- one waiter --- */

static bool has_got_there(const struct wait_order *o, const struct account_view *v)
{
	struct str status = str_of(v->status);

	if (str_is(status, "disconnected") || str_is(status, "failed"))
		return true;
	return o->what == WAIT_SETTLED &&
	       (str_is(status, "connected") || (str_is(status, "qr_scanning") && v->qr.n > 0));
}

static struct str account_of(const struct room *room)
{
	return str_of(room->account);
}

/* Out of its room, and freed; the room goes with the last. */
static void wait_free(struct wait *w)
{
	struct waits *ws = w->face->waits;
	struct room *room = w->room;

	DL_DELETE(room->waits, w);
	if (room->waits == NULL) {
		HASH_DEL(ws->rooms, room);
		free(room);
	}
	w->face->stats.waiters--;
	free(w);
}

/* An id may have gone to an account of another workspace meanwhile. */
static const struct account_view *visible(const struct conn *c, const struct account_view *view)
{
	return view != NULL && who_sees(&c->who, view->workspace) ? view : NULL;
}

static void wait_answer(struct wait *w, const struct account_view *view)
{
	struct wait_order order = w->order;
	struct conn *c = w->work.conn;

	wait_free(w);
	if (!who_holds(&c->who, c->face))
		answer_failure(c, PROBLEM_unauthorized,
			       "The key was revoked or has expired since.");
	else
		order.answer(c, &order, visible(c, view));
}

static void on_gone(struct work *work)
{
	wait_free((struct wait *)work);
}

/* The time is over, or nobody wants to wait any more. */
static void on_finish(struct work *work)
{
	struct wait *w = (struct wait *)work;
	struct account_view view;
	bool there = w->face->port.account(w->face->port.ctx, account_of(w->room), &view);

	wait_answer(w, there ? &view : NULL);
}

static const struct work_ops wait_ops = {
	.gone = on_gone,
	.finish = on_finish,
	.due = on_finish,
};

/* --- all of them --- */

static struct room *room_of(struct waits *ws, struct str account)
{
	struct room *room;

	HASH_FIND(hh, ws->rooms, account.p, account.n, room);
	return room;
}

static struct room *room_new(struct waits *ws, struct str account)
{
	struct room *room = calloc(1, sizeof *room);

	if (room == NULL)
		return NULL;
	must(str_copy(room->account, sizeof room->account, account));
	HASH_ADD(hh, ws->rooms, account, account.n, room);
	return room;
}

/* Something happened to the room's account.  The last answer frees the room. */
static void look(struct waits *ws, struct room *room)
{
	struct wait *w, *next;

	DL_FOREACH_SAFE(room->waits, w, next)
	{
		struct account_view view;
		bool there = ws->face->port.account(ws->face->port.ctx, account_of(w->room), &view);

		if (!there || has_got_there(&w->order, &view))
			wait_answer(w, there ? &view : NULL);
	}
}

/* More happened than the ring holds: look at all. */
static void look_at_all(struct waits *ws)
{
	struct room *room, *next;

	ws->subscriber.seq = bus_newest(ws->face->bus);
	HASH_ITER(hh, ws->rooms, room, next)
	{
		look(ws, room);
	}
}

static void on_wake(struct bus_subscriber *sub)
{
	struct waits *ws = (struct waits *)sub;
	struct bus_event event;
	int r;

	while ((r = bus_next(ws->face->bus, sub, &event)) != 0) {
		struct room *room = r == 1 ? room_of(ws, event.account) : NULL;

		if (r < 0)
			look_at_all(ws);
		else if (room != NULL)
			look(ws, room);
	}
}

int waits_new(struct waits **ret_waits, struct face *f)
{
	struct waits *ws = calloc(1, sizeof *ws);

	if (ws == NULL)
		return ERR_NOMEM;
	ws->face = f;
	ws->subscriber.seq = bus_newest(f->bus);
	ws->subscriber.wake = on_wake;
	bus_subscribe(f->bus, &ws->subscriber);
	*ret_waits = ws;
	return 0;
}

void waits_free(struct waits **waits)
{
	struct waits *ws = TAKE(*waits);

	if (ws == NULL)
		return;
	must(ws->rooms == NULL);
	bus_unsubscribe(ws->face->bus, &ws->subscriber);
	free(ws);
}

static bool wait_add(struct conn *c, struct str account, const struct wait_order *order)
{
	struct waits *ws = c->face->waits;
	struct wait *w = calloc(1, sizeof *w);
	struct room *room = room_of(ws, account);

	if (w != NULL && room == NULL)
		room = room_new(ws, account);
	if (w == NULL || room == NULL) {
		free(w);
		return false;
	}
	w->work.ops = &wait_ops;
	w->work.due_at = clock_ms() + order->seconds * 1000ull;
	w->face = c->face;
	w->room = room;
	w->order = *order;
	DL_APPEND(room->waits, w);
	ws->face->stats.waiters++;
	conn_await(c, &w->work);
	return true;
}

void wait_start(struct conn *c, struct str account, const struct wait_order *order)
{
	struct face *f = c->face;
	struct wait_order now = *order;
	struct account_view view;
	bool there = f->port.account(f->port.ctx, account, &view);

	if (there && order->seconds > 0 && !has_got_there(order, &view)) {
		if (f->stats.waiters < LIMIT_WAITERS && wait_add(c, account, order))
			return;
		now.seconds = 0;
	}
	order->answer(c, &now, visible(c, there ? &view : NULL));
}
