/*
 * forwarding.c - what out/forward.h needs: which lines, how they are sent, where the place is kept.
 *
 * A request is made and signed anew for each try, since the receiver refuses a signature of long ago,
 * and since what it says is then how things are now (a QR code above all).
 */
#include "api/dropin/forwarding.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/digest.h"
#include "api/dropin/event.h"
#include "api/dropin/secret.h"
#include "api/dropin/session.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/obj.h"
#include "base/rng.h"
#include "out/bus.h"
#include "out/forward.h"

#define FORWARDING_MAGIC 0xf04dd09bu

#define PLACE_NAME "dropin"
#define AGAIN_MS   5000 /* when the store does not say where we were */

struct flight {
	struct forwarding *forwarding;
	struct forward_account *account; /* NULL: free */
};

struct forwarding {
	struct bus_subscriber subscriber; /* first member */
	unsigned magic;
	struct dropin *dropin;
	struct outbox_port outbox;
	char *url, *own_url;
	struct secret secret;
	uint64_t total_ms;
	uint64_t begin; /* what has happened before is not told when nobody was told before */
	struct forward *forward;
	struct flight flights[FORWARD_FLYING];
	bool subscribed, running, stopped;
};

/* --- sending --- */

static void on_answer(void *arg, const struct outbox_answer *a)
{
	struct flight *flight = arg;
	struct forwarding *f = flight->forwarding;
	struct forward_answer answer = { .taken = a->status >= 200 && a->status < 300,
					 .retry_after_ms = a->retry_after_ms,
					 .why = a->text };
	char text[80];

	OBJ_CHECK(f, FORWARDING_MAGIC);
	if (a->status != 0) {
		snprintf(text, sizeof text, "it was answered %u%s", a->status,
			 a->status >= 300 && a->status < 400 ? ", and no redirect is followed"
							     : "");
		answer.why = str_of(text);
	}
	forward_answered(f->forward, TAKE(flight->account), &answer);
}

static struct flight *free_flight(struct forwarding *f)
{
	for (size_t i = 0; i < ARRAY_LEN(f->flights); i++) {
		if (f->flights[i].account == NULL)
			return &f->flights[i];
	}
	must_not_reach("more requests under way than forward.h allows");
}

static int post(struct forwarding *f, struct str body, uint64_t seq,
		struct forward_account *account)
{
	char timestamp[24], id[24], signature[DIGEST_HEX + 1];
	struct flight *flight = free_flight(f);
	int r;

	snprintf(timestamp, sizeof timestamp, "%llu", (unsigned long long)clock_wall_ms() / 1000);
	snprintf(id, sizeof id, "%llu", (unsigned long long)seq);
	if (!digest_signature(signature, secret_str(&f->secret),
			      (struct str[]){ str_of(timestamp), body }, 2))
		return ERR_NOMEM;
	const struct outbox_header headers[] = {
		{ "Content-Type", STR("application/json") },
		{ "X-Timestamp", str_of(timestamp) },
		{ "X-HMAC-Signature", str_of(signature) },
		{ "X-Instance-Url", str_of(f->own_url) },
		{ "X-Relink-Event-Id", str_of(id) },
	};
	r = f->outbox.post(f->outbox.ctx,
			   &(struct outbox_request){ .url = str_of(f->url),
						     .body = body,
						     .headers = headers,
						     .n_headers = ARRAY_LEN(headers),
						     .total_ms = f->total_ms },
			   on_answer, flight);
	if (r == 0)
		flight->account = account;
	return r;
}

static int port_send(void *ctx, const struct journal_record *r, struct forward_account *account)
{
	struct forwarding *f;
	struct buf body;
	int ret;

	OBJ_CAST(f, ctx, FORWARDING_MAGIC);
	buf_init(&body, EVENT_BODY_MAX);
	ret = event_write(&body, f->dropin, r);
	if (ret == 0)
		ret = post(f, buf_all(&body), r->seq, account);
	buf_fini(&body);
	return ret;
}

/* --- the rest of the port --- */

static bool port_wants(void *ctx, const struct journal_record *r)
{
	struct forwarding *f;

	OBJ_CAST(f, ctx, FORWARDING_MAGIC);
	return event_is_told(r) && clients_of(f->dropin->clients, r->account) != NULL;
}

static int port_journal(void *ctx, uint64_t row, uint64_t after, uint32_t limit,
			forward_line_fn *each, void *arg)
{
	struct forwarding *f;

	OBJ_CAST(f, ctx, FORWARDING_MAGIC);
	return f->outbox.journal(f->outbox.ctx, row, after, limit, each, arg);
}

static int port_save(void *ctx, const struct forward_place *place, void (*done)(void *arg),
		     void *arg)
{
	struct forwarding *f;

	OBJ_CAST(f, ctx, FORWARDING_MAGIC);
	return f->outbox.save(f->outbox.ctx, STR(PLACE_NAME), place->seq, place->behind, done, arg);
}

static void on_due(void *arg)
{
	struct forwarding *f;

	OBJ_CAST(f, arg, FORWARDING_MAGIC);
	forward_due(f->forward);
}

static void port_wake_at(void *ctx, uint64_t at_ms)
{
	struct forwarding *f;

	OBJ_CAST(f, ctx, FORWARDING_MAGIC);
	f->outbox.wake_at(f->outbox.ctx, at_ms, on_due, f);
}

/* --- beginning --- */

static void on_wake(struct bus_subscriber *sub)
{
	struct forwarding *f = (struct forwarding *)sub;
	struct bus *bus = f->dropin->face->bus;
	struct bus_event event;

	sub->seq = bus_newest(bus);
	bus_next(bus, sub, &event); /* at its end, so that the next event wakes us again */
	forward_wake(f->forward, sub->seq);
}

static void find_place(void *arg);

static void try_again(struct forwarding *f, const char *why)
{
	LOG(ERROR, API, "forwarding.not_begun", f_text("why", why),
	    f_text("so", "no event is forwarded before it can be read; it is tried again"));
	f->outbox.wake_at(f->outbox.ctx, clock_ms() + AGAIN_MS, find_place, f);
}

static void on_place(void *arg, int result, bool found, uint64_t seq, struct str behind)
{
	struct forward_place place = { .seq = seq, .behind = behind };
	struct forwarding *f;

	OBJ_CAST(f, arg, FORWARDING_MAGIC);
	if (f->stopped)
		return;
	if (!found)
		place = (struct forward_place){ .seq = f->begin };
	if (result == 0)
		result = forward_start(f->forward, &place, !found);
	if (result < 0) {
		try_again(f, "the place in the journal, up to which events were forwarded, "
			     "cannot be read");
		return;
	}
	f->running = true;
	LOG(INFO, API, "forwarding.begun", f_u64("after", place.seq),
	    f_text("instance_url", f->own_url));
	on_wake(&f->subscriber);
}

static void find_place(void *arg)
{
	struct forwarding *f;

	OBJ_CAST(f, arg, FORWARDING_MAGIC);
	if (f->outbox.find(f->outbox.ctx, STR(PLACE_NAME), on_place, f) < 0)
		try_again(f, "the store is busy");
}

static int fill(struct forwarding *f, const struct dropin_options *o, struct why *why)
{
	const struct forward_port port = { .ctx = f,
					   .wants = port_wants,
					   .send = port_send,
					   .journal = port_journal,
					   .save = port_save,
					   .wake_at = port_wake_at };

	must(o->outbox != NULL);
	f->outbox = *o->outbox;
	f->total_ms = o->webhook_ms;
	f->begin = bus_newest(f->dropin->face->bus);
	f->url = str_dup(str_of(o->webhook_url));
	if (f->url == NULL || forward_new(&f->forward, &port, rng_u64()) < 0)
		return why_set(why, ERR_NOMEM, "out of memory");
	return secret_read(&f->secret, o->webhook_secret, o->webhook_secret_file, SECRET_OF_WEBHOOK,
			   why);
}

int forwarding_new(struct forwarding **ret_forwarding, struct dropin *d,
		   const struct dropin_options *o, struct why *why)
{
	struct forwarding *f = calloc(1, sizeof *f);
	int r;

	if (f == NULL)
		return why_set(why, ERR_NOMEM, "out of memory");
	OBJ_INIT(f, FORWARDING_MAGIC);
	f->dropin = d;
	f->subscriber.wake = on_wake;
	for (size_t i = 0; i < ARRAY_LEN(f->flights); i++)
		f->flights[i].forwarding = f;
	r = fill(f, o, why);
	if (r == 0)
		*ret_forwarding = TAKE(f);
	forwarding_free(&f);
	return r;
}

int forwarding_start(struct forwarding *f, const char *url)
{
	f->own_url = str_dup(str_of(url));
	if (f->own_url == NULL)
		return ERR_NOMEM;
	f->subscriber.seq = f->begin;
	bus_subscribe(f->dropin->face->bus, &f->subscriber);
	f->subscribed = true;
	find_place(f);
	return 0;
}

void forwarding_stop(struct forwarding *f)
{
	struct forward_stats s;

	if (f->stopped)
		return;
	f->stopped = true;
	if (f->subscribed)
		bus_unsubscribe(f->dropin->face->bus, &f->subscriber);
	forward_stop(f->forward);
	f->outbox.drop(f->outbox.ctx);
	if (!f->running)
		return;
	forward_stats(f->forward, &s);
	LOG(INFO, API, "forwarding.stopped", f_u64("delivered", s.delivered),
	    f_u64("skipped", s.skipped), f_u64("failed", s.failed), f_u64("given_up", s.given_up),
	    f_u64("lost", s.lost), f_u64("accounts_behind", s.accounts), f_u64("place", s.seq));
}

void forwarding_stats(const struct forwarding *f, struct forward_stats *ret_stats,
		      uint64_t *ret_backlog)
{
	uint64_t newest = bus_newest(f->dropin->face->bus);

	forward_stats(f->forward, ret_stats);
	*ret_backlog = f->running && newest > ret_stats->seq ? newest - ret_stats->seq : 0;
}

void forwarding_free(struct forwarding **forwarding)
{
	struct forwarding *f = TAKE(*forwarding);

	if (f == NULL)
		return;
	if (f->subscribed)
		forwarding_stop(f);
	forward_free(&f->forward);
	secret_free(&f->secret);
	free(f->url);
	free(f->own_url);
	OBJ_FINI(f);
	free(f);
}
