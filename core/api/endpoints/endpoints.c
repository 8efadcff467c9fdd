/* endpoints.c - follows the engine's endpoints: who is there, who is enabled, and what each is told. */
#include "api/endpoints/endpoints.h"

#include <stdlib.h>
#include <utlist.h>

#include "api/endpoints/endpoint.h"
#include "base/obj.h"
#include "out/bus.h"
#include "out/metrics_text.h"

/* The bus wants its subscriber first. */
struct follower {
	struct bus_subscriber subscriber;
	struct endpoints *set;
};

static void each_view(void *arg, const struct endpoint_view *v)
{
	struct endpoint *p = endpoint_take(arg, v);

	if (p != NULL)
		p->seen = true;
}

/* Without memory for one it is looked for again with the next change. */
static void follow(struct endpoints *set)
{
	struct api_port *port = &set->face->port;
	struct endpoint *p, *next;

	set->version = port->endpoints_version(port->ctx);
	DL_FOREACH(set->list, p)
	p->seen = false;
	port->endpoints(port->ctx, each_view, set);
	DL_FOREACH_SAFE(set->list, p, next)
	{
		if (!p->seen)
			endpoint_leave(p, false);
	}
}

/* A change of an endpoint is an event, so the bus wakes us after each. */
static void on_wake(struct bus_subscriber *sub)
{
	struct endpoints *set = ((struct follower *)sub)->set;
	struct api_port *port = &set->face->port;
	struct bus_event event;

	sub->seq = bus_newest(set->face->bus);
	bus_next(set->face->bus, sub, &event);
	if (set->version != port->endpoints_version(port->ctx))
		follow(set);
}

int endpoints_new(struct endpoints **ret_endpoints, struct face *f,
		  const struct outbox_office *office, const struct endpoints_options *o)
{
	struct endpoints *set = calloc(1, sizeof *set);
	struct follower *follower = calloc(1, sizeof *follower);

	if (set == NULL || follower == NULL) {
		free(set);
		free(follower);
		return ERR_NOMEM;
	}
	follower->set = set;
	follower->subscriber.wake = on_wake;
	set->subscriber = &follower->subscriber;
	set->face = f;
	set->office = office;
	set->o = *o;
	*ret_endpoints = set;
	return 0;
}

int endpoints_start(struct endpoints *set, const char *url)
{
	set->own_url = str_dup(str_of(url));
	if (set->own_url == NULL || set->office->open(set->office->ctx, &set->tests) < 0)
		return ERR_NOMEM;
	if (set->office->open(set->office->ctx, &set->watch) < 0) {
		set->tests.close(set->tests.ctx);
		return ERR_NOMEM;
	}
	set->started = true;
	set->subscriber->seq = bus_newest(set->face->bus);
	bus_subscribe(set->face->bus, set->subscriber);
	follow(set);
	watch_begin(set);
	return 0;
}

void endpoints_stop(struct endpoints *set)
{
	struct endpoint *p, *next;

	if (set == NULL || set->stopped)
		return;
	set->stopped = true;
	if (!set->started)
		return;
	bus_unsubscribe(set->face->bus, set->subscriber);
	endpoint_tests_end(set);
	set->tests.close(set->tests.ctx);
	watch_stop(set);
	DL_FOREACH_SAFE(set->list, p, next)
	endpoint_leave(p, true);
}

void endpoints_free(struct endpoints **endpoints)
{
	struct endpoints *set = TAKE(*endpoints);

	if (set == NULL)
		return;
	endpoints_stop(set);
	free(set->subscriber);
	free(set->own_url);
	free(set);
}

struct endpoint *endpoints_find(const struct endpoints *set, struct str id)
{
	struct endpoint *p;

	DL_FOREACH(set->list, p)
	{
		if (str_is(id, p->id))
			return p;
	}
	return NULL;
}

void endpoint_state(const struct endpoint *p, struct endpoint_state *ret_state)
{
	struct endpoint_state s = { .delivered = p->delivered,
				    .failed = p->failed,
				    .given_up = p->given_up,
				    .dead = p->n_dead,
				    .success_at = p->success_at,
				    .failure_at = p->failure_at,
				    .failure = p->failure,
				    .resending = p->passing };
	struct forward_stats stats;

	if (p->receiver != NULL) {
		s.running = receiver_stats(p->receiver, &stats, &s.backlog);
		s.seq = stats.seq;
		s.accounts = stats.accounts;
		s.oldest_at = stats.oldest;
	}
	*ret_state = s;
}

/* The values of a metric stand together. */
static void figure(const struct endpoints *set, struct metrics *m, enum metric metric, size_t at)
{
	const struct endpoint *p;
	struct endpoint_state s;
	uint64_t v;

	DL_FOREACH(set->list, p)
	{
		endpoint_state(p, &s);
		memcpy(&v, (const char *)&s + at, sizeof v);
		metrics_u64(m, metric, LABELS(p->id), v);
	}
}

void endpoints_figures(const struct endpoints *set, struct metrics *m)
{
	const struct endpoint *p;

	DL_FOREACH(set->list, p)
	{
		metrics_u64(m, METRIC_endpoint_sent, LABELS(p->id, "delivered"), p->delivered);
		metrics_u64(m, METRIC_endpoint_sent, LABELS(p->id, "failed"), p->failed);
		metrics_u64(m, METRIC_endpoint_sent, LABELS(p->id, "given_up"), p->given_up);
	}
	figure(set, m, METRIC_endpoint_backlog, offsetof(struct endpoint_state, backlog));
	figure(set, m, METRIC_endpoint_behind, offsetof(struct endpoint_state, accounts));
	figure(set, m, METRIC_endpoint_dead, offsetof(struct endpoint_state, dead));
}
