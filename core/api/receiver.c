/* receiver.c - see receiver.h. */
#include "api/receiver.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/obj.h"
#include "base/rng.h"
#include "out/bus.h"

#define RECEIVER_MAGIC 0xf04dd09bu

#define AGAIN_MS 1000 /* when the store does not say where we were */

struct flight {
	struct receiver *receiver;
	struct forward_account *account; /* NULL: free */
	uint64_t since;
};

struct receiver {
	struct bus_subscriber subscriber; /* first member */
	unsigned magic;
	struct receiver_options o;
	struct forward *forward;
	struct flight flights[FORWARD_FLYING];
	unsigned n_flying;
	bool subscribed, running, stopped;
	void (*saved)(void *arg); /* of the forwarder, while a save is under way */
	void *saved_arg;
	void (*rewound)(void *arg); /* who waits for the place to be kept; NULL: nobody */
	void *rewound_arg;
};

/* --- letters --- */

void letter_init(struct letter *l, struct str url)
{
	*l = (struct letter){ .url = url };
	buf_init(&l->body, LETTER_BODY);
}

void letter_fini(struct letter *l)
{
	buf_fini(&l->body);
}

bool letter_header(struct letter *l, const char *name, struct str value)
{
	char *room = l->texts + l->n_texts;

	if (l->n_headers == LETTER_HEADERS || value.n > sizeof l->texts - l->n_texts)
		return false;
	if (value.n > 0)
		memcpy(room, value.p, value.n);
	l->n_texts += value.n;
	l->headers[l->n_headers++] = (struct outbox_header){ name, { room, value.n } };
	return true;
}

int letter_post(const struct letter *l, const struct outbox_port *port, uint64_t total_ms,
		bool guarded, void (*answer)(void *arg, const struct outbox_answer *), void *arg)
{
	return port->post(port->ctx,
			  &(struct outbox_request){ .url = l->url,
						    .body = buf_all(&l->body),
						    .headers = l->headers,
						    .n_headers = l->n_headers,
						    .total_ms = total_ms,
						    .guarded = guarded },
			  answer, arg);
}

void letter_verdict(const struct outbox_answer *a, char text[FORWARD_WHY_MAX])
{
	text[0] = '\0';
	if (a->status == 0)
		snprintf(text, FORWARD_WHY_MAX, "%.*s", STR_ARG(a->text));
	else if (a->status < 200 || a->status >= 300)
		snprintf(text, FORWARD_WHY_MAX, "it was answered %u%s", a->status,
			 a->status >= 300 && a->status < 400 ? ", and no redirect is followed"
							     : "");
}

/* --- sending --- */

static void on_answer(void *arg, const struct outbox_answer *a)
{
	struct flight *flight = arg;
	struct receiver *r = flight->receiver;
	struct forward_answer answer = { .retry_after_ms = a->retry_after_ms };
	char why[FORWARD_WHY_MAX];

	OBJ_CHECK(r, RECEIVER_MAGIC);
	letter_verdict(a, why);
	answer.taken = why[0] == '\0';
	answer.unreachable = a->status == 0 || (a->status >= 502 && a->status <= 504);
	answer.why = str_of(why);
	r->n_flying--;
	if (r->o.answered != NULL)
		r->o.answered(r->o.ctx, a, why, clock_ms() - flight->since);
	forward_answered(r->forward, TAKE(flight->account), &answer);
}

static struct flight *free_flight(struct receiver *r)
{
	for (size_t i = 0; i < ARRAY_LEN(r->flights); i++) {
		if (r->flights[i].account == NULL)
			return &r->flights[i];
	}
	must_not_reach("more requests under way than forward.h allows");
}

static int port_send(void *ctx, const struct journal_record *line, struct forward_account *account)
{
	struct receiver *r;
	struct flight *flight;
	struct letter letter;
	int ret;

	OBJ_CAST(r, ctx, RECEIVER_MAGIC);
	flight = free_flight(r);
	letter_init(&letter, STR_NONE);
	ret = r->o.write(r->o.ctx, line, &letter);
	if (ret == 0)
		ret = letter_post(&letter, &r->o.outbox, r->o.total_ms, r->o.guarded, on_answer,
				  flight);
	if (ret == 0) {
		flight->account = account;
		flight->since = clock_ms();
		r->n_flying++;
	}
	letter_fini(&letter);
	return ret;
}

/* --- the rest of the forwarder's port --- */

static bool port_wants(void *ctx, const struct journal_record *line)
{
	struct receiver *r;

	OBJ_CAST(r, ctx, RECEIVER_MAGIC);
	return r->o.wants(r->o.ctx, line);
}

static bool port_may_fly(void *ctx, unsigned flying)
{
	struct receiver *r;

	OBJ_CAST(r, ctx, RECEIVER_MAGIC);
	return r->o.may_fly == NULL || r->o.may_fly(r->o.ctx, flying);
}

static int port_bury(void *ctx, const struct journal_record *line, unsigned tries, struct str why)
{
	struct receiver *r;

	OBJ_CAST(r, ctx, RECEIVER_MAGIC);
	return r->o.bury != NULL ? r->o.bury(r->o.ctx, line, tries, why) : 0;
}

static int port_journal(void *ctx, uint64_t row, uint64_t after, uint32_t limit,
			forward_line_fn *each, void *arg)
{
	struct receiver *r;

	OBJ_CAST(r, ctx, RECEIVER_MAGIC);
	return r->o.outbox.journal(r->o.outbox.ctx, row, after, limit, each, arg);
}

static void on_saved(void *arg)
{
	void (*rewound)(void *arg);
	struct receiver *r;

	OBJ_CAST(r, arg, RECEIVER_MAGIC);
	rewound = TAKE(r->rewound);
	if (rewound != NULL)
		rewound(r->rewound_arg);
	r->saved(r->saved_arg);
}

static int port_save(void *ctx, const struct forward_place *place, void (*done)(void *arg),
		     void *arg)
{
	struct receiver *r;

	OBJ_CAST(r, ctx, RECEIVER_MAGIC);
	r->saved = done;
	r->saved_arg = arg;
	return r->o.outbox.save(r->o.outbox.ctx, str_of(r->o.name), place->seq, place->behind,
				on_saved, r);
}

static void on_due(void *arg)
{
	struct receiver *r;

	OBJ_CAST(r, arg, RECEIVER_MAGIC);
	forward_due(r->forward);
}

static void port_wake_at(void *ctx, uint64_t at_ms)
{
	struct receiver *r;

	OBJ_CAST(r, ctx, RECEIVER_MAGIC);
	r->o.outbox.wake_at(r->o.outbox.ctx, at_ms, on_due, r);
}

/* --- beginning --- */

static void on_wake(struct bus_subscriber *sub)
{
	struct receiver *r = (struct receiver *)sub;
	struct bus_event event;

	sub->seq = bus_newest(r->o.bus);
	bus_next(r->o.bus, sub, &event); /* at its end, so that the next event wakes us again */
	forward_wake(r->forward, sub->seq);
}

static void find_place(void *arg);

static void try_again(struct receiver *r, const char *why)
{
	LOG(ERROR, API, "forwarding.not_begun", f_text("receiver", r->o.name), f_text("why", why),
	    f_text("so", "no event is forwarded before it can be read; it is tried again"));
	r->o.outbox.wake_at(r->o.outbox.ctx, clock_ms() + AGAIN_MS, find_place, r);
}

static void on_place(void *arg, int result, bool found, uint64_t seq, struct str behind)
{
	struct forward_place place = { .seq = seq, .behind = behind };
	struct receiver *r;

	OBJ_CAST(r, arg, RECEIVER_MAGIC);
	if (result == 0 && !found && r->o.has_place) {
		/* the commit that makes it is on its way */
		r->o.outbox.wake_at(r->o.outbox.ctx, clock_ms() + AGAIN_MS, find_place, r);
		return;
	}
	if (!found)
		place = (struct forward_place){ .seq = r->o.begin };
	if (result == 0)
		result = forward_start(r->forward, &place, !found);
	if (result < 0) {
		try_again(r, "the place in the journal, up to which events were forwarded, "
			     "cannot be read");
		return;
	}
	r->running = true;
	LOG(INFO, API, "forwarding.begun", f_text("receiver", r->o.name),
	    f_u64("after", place.seq));
	on_wake(&r->subscriber);
}

static void find_place(void *arg)
{
	struct receiver *r;

	OBJ_CAST(r, arg, RECEIVER_MAGIC);
	if (r->o.outbox.find(r->o.outbox.ctx, str_of(r->o.name), on_place, r) < 0)
		try_again(r, "the store is busy");
}

int receiver_new(struct receiver **ret_receiver, const struct receiver_options *o)
{
	struct receiver *r = calloc(1, sizeof *r);

	if (r == NULL) {
		o->outbox.close(o->outbox.ctx);
		return ERR_NOMEM;
	}
	OBJ_INIT(r, RECEIVER_MAGIC);
	r->o = *o;
	r->subscriber.wake = on_wake;
	for (size_t i = 0; i < ARRAY_LEN(r->flights); i++)
		r->flights[i].receiver = r;
	const struct forward_port port = { .ctx = r,
					   .name = r->o.name,
					   .rules = o->rules,
					   .wants = port_wants,
					   .send = port_send,
					   .may_fly = port_may_fly,
					   .bury = port_bury,
					   .journal = port_journal,
					   .save = port_save,
					   .wake_at = port_wake_at };
	if (forward_new(&r->forward, &port, rng_u64()) == 0)
		*ret_receiver = TAKE(r);
	if (r == NULL)
		return 0;
	receiver_free(&r);
	return ERR_NOMEM;
}

void receiver_start(struct receiver *r)
{
	OBJ_CHECK(r, RECEIVER_MAGIC);
	r->subscriber.seq = bus_newest(r->o.bus);
	bus_subscribe(r->o.bus, &r->subscriber);
	r->subscribed = true;
	find_place(r);
}

void receiver_look(struct receiver *r)
{
	OBJ_CHECK(r, RECEIVER_MAGIC);
	if (!r->stopped)
		forward_due(r->forward);
}

int receiver_rewind(struct receiver *r, uint64_t from, void (*done)(void *arg), void *arg)
{
	OBJ_CHECK(r, RECEIVER_MAGIC);
	if (!r->running || r->stopped || r->rewound != NULL)
		return ERR_STATE;
	r->o.outbox.drop(r->o.outbox.ctx);
	for (size_t i = 0; i < ARRAY_LEN(r->flights); i++)
		r->flights[i].account = NULL;
	r->n_flying = 0;
	r->rewound = done;
	r->rewound_arg = arg;
	forward_rewind(r->forward, from);
	return 0;
}

/* --- end --- */

void receiver_stop(struct receiver *r, bool keep)
{
	struct forward_stats s;

	if (r->stopped)
		return;
	r->stopped = true;
	if (r->subscribed)
		bus_unsubscribe(r->o.bus, &r->subscriber);
	if (keep && r->forward != NULL)
		forward_stop(r->forward);
	r->o.outbox.close(r->o.outbox.ctx);
	if (!r->running)
		return;
	forward_stats(r->forward, &s);
	LOG(INFO, API, "forwarding.stopped", f_text("receiver", r->o.name),
	    f_u64("delivered", s.delivered), f_u64("skipped", s.skipped), f_u64("failed", s.failed),
	    f_u64("given_up", s.given_up), f_u64("lost", s.lost),
	    f_u64("accounts_behind", s.accounts), f_u64("place", s.seq));
}

bool receiver_stats(const struct receiver *r, struct forward_stats *ret_stats,
		    uint64_t *ret_backlog)
{
	uint64_t newest = bus_newest(r->o.bus);

	forward_stats(r->forward, ret_stats);
	*ret_backlog = r->running && newest > ret_stats->seq ? newest - ret_stats->seq : 0;
	return r->running;
}

unsigned receiver_flying(const struct receiver *r)
{
	return r->n_flying;
}

void receiver_free(struct receiver **receiver)
{
	struct receiver *r = TAKE(*receiver);

	if (r == NULL)
		return;
	receiver_stop(r, true);
	forward_free(&r->forward);
	OBJ_FINI(r);
	free(r);
}
