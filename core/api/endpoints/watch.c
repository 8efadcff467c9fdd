/*
 * watch.c - which webhooks take nothing of what waits for them.
 *
 * How long the oldest event of each has waited is looked at every now and then, since a receiver that is asked
 * in vain is asked more and more rarely.  What is new is told to the engine, which raises and clears the alert.
 * Nothing is known of a receiver that has not read its place yet, so nothing is told of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "api/endpoints/endpoint.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/obj.h"
#include "out/forward.h"

#define LOOKS_IN_THAT_TIME 4
#define LOOK_CAP_MS        30000

/* It was on its way when we ended, or is told again at the next look. */
static void on_told(void *ctx, const struct command_result *result)
{
	(void)ctx;
	if (result->code < 0)
		LOG(DEBUG, API, "webhook.alert_not_taken", f_str("why", result->text));
}

static struct command *command_for(const struct endpoint *p, const struct endpoint_state *s,
				   bool stuck)
{
	struct command *c = command_new(COMMAND_ENDPOINT_STUCK);
	bool failed = s->failure_at > s->success_at;
	char text[FORWARD_WHY_MAX + 256];

	if (c == NULL)
		return NULL;
	snprintf(
	    text, sizeof text,
	    "webhook %s: its oldest event has waited for %llu s%s%s; see relinkctl webhook show %s",
	    p->id, (unsigned long long)((clock_ms() - s->oldest_at) / 1000),
	    failed ? ", and the last try failed: " : "", failed ? p->failure : "", p->id);
	c->enable = stuck ? 1 : 2;
	c->account = str_dup(str_of(p->id));
	c->args = str_dup(str_of(text));
	c->reply = on_told;
	if (c->account == NULL || c->args == NULL)
		command_free(&c);
	return c;
}

/* The engine knows whether there is an alert: what it did not take is told again at the next look. */
static void look_at(struct endpoint *p, uint64_t now)
{
	struct api_port *port = &p->set->face->port;
	struct endpoint_view view;
	struct endpoint_state s;
	struct command *c;
	bool stuck;

	endpoint_state(p, &s);
	if (!s.running || !port->endpoint(port->ctx, str_of(p->id), &view))
		return;
	stuck = s.oldest_at != 0 && now >= s.oldest_at + p->set->o.stuck_ms;
	if (stuck == view.stuck)
		return;
	c = command_for(p, &s, stuck);
	if (c != NULL)
		(void)port->submit(port->ctx, &c); /* at the next look, else */
}

static void look(void *arg)
{
	struct endpoints *set = arg;
	uint64_t now = clock_ms(), wait = set->o.stuck_ms / LOOKS_IN_THAT_TIME;
	struct endpoint *p;

	DL_FOREACH(set->list, p)
	look_at(p, now);
	set->watch.wake_at(set->watch.ctx, now + MIN_OF(MAX_OF(wait, 1u), (uint64_t)LOOK_CAP_MS),
			   look, set);
}

void watch_begin(struct endpoints *set)
{
	if (set->o.stuck_ms > 0)
		look(set);
}

void watch_stop(struct endpoints *set)
{
	set->watch.close(set->watch.ctx);
}
