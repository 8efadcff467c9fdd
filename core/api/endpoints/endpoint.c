/* endpoint.c - one endpoint: its receiver, its share of the requests, what is learned of it. */
#include "api/endpoints/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "api/dropin/clients.h"
#include "api/dropin/dropin.h"
#include "api/dropin/event.h"
#include "api/endpoints/patterns.h"
#include "base/clock.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "base/obj.h"
#include "out/event_json.h"

#define ENDPOINT_MAGIC 0xe4d90147u

#define HTTP_GONE 410

/* --- the receiver's questions --- */

static bool wants(void *ctx, const struct journal_record *r)
{
	struct endpoint *p;

	OBJ_CAST(p, ctx, ENDPOINT_MAGIC);
	if (p->workspace[0] != '\0' && !str_is(r->workspace, p->workspace))
		return false;
	if (p->form == FORM_SEED && (!endpoint_has_form(p->set, FORM_SEED) || !event_is_told(r) ||
				     clients_of(p->set->face->dropin->clients, r->account) == NULL))
		return false;
	return patterns_fit(str_of(p->events), event_type(r));
}

static int write(void *ctx, const struct journal_record *r, struct letter *letter)
{
	struct endpoint *p;

	OBJ_CAST(p, ctx, ENDPOINT_MAGIC);
	return endpoint_write(p, r, letter);
}

unsigned endpoint_flying(const struct endpoint *p)
{
	return p->receiver != NULL ? receiver_flying(p->receiver) : 0;
}

/* One is everybody's right; more are lent to who answers well. */
static bool may_fly(void *ctx, unsigned flying)
{
	const struct endpoint *other;
	unsigned shared = 0;
	struct endpoint *p;

	OBJ_CAST(p, ctx, ENDPOINT_MAGIC);
	if (p->gone)
		return false;
	if (flying == 0 || p->sluggish)
		return flying == 0;
	DL_FOREACH(p->set->list, other)
	shared += MAX_OF(endpoint_flying(other), 1u) - 1;
	return shared < ENDPOINTS_SHARED;
}

/* Of the command that disables one, which may be deleted before the answer comes. */
struct ending {
	struct endpoint *endpoint; /* NULL: it is no more */
};

/* Refused, as on a full disk, it stays enabled: then it is tried as any that fails, and its next 410
 * asks again. */
static void on_disabled(void *ctx, const struct command_result *result)
{
	struct ending *ending = ctx;
	struct endpoint *p = ending->endpoint;

	free(ending);
	if (p != NULL)
		p->ending = NULL;
	if (result->code == 0)
		return;
	LOG(WARN, API, "webhook.not_disabled", f_str("why", result->text));
	if (p == NULL || !p->gone)
		return;
	p->gone = false;
	if (p->receiver != NULL)
		receiver_look(p->receiver);
}

static struct command *command_to_disable(const struct endpoint *p)
{
	struct command *c = command_new(COMMAND_ENDPOINT_DISABLE);

	if (c == NULL)
		return NULL;
	c->account = str_dup(str_of(p->id));
	c->args = str_dup(STR("it was answered 410: its receiver is gone"));
	if (c->account == NULL || c->args == NULL)
		command_free(&c);
	return c;
}

/* A change as any other: the engine stores it, tells it, and then it comes back to us. */
static void disable(struct endpoint *p)
{
	struct api_port *port = &p->set->face->port;
	struct command *c = command_to_disable(p);
	struct ending *ending = malloc(sizeof *ending);

	if (c == NULL || ending == NULL) {
		command_free(&c);
		free(ending);
		return;
	}
	*ending = (struct ending){ p };
	c->reply = on_disabled;
	c->ctx = ending;
	if (port->submit(port->ctx, &c) != 0) {
		free(ending);
		return;
	}
	p->gone = true;
	p->ending = ending;
}

void endpoint_learned(struct endpoint *p, const struct outbox_answer *a, const char *why,
		      uint64_t ms)
{
	bool taken = why[0] == '\0';

	p->sluggish = !taken || ms > ENDPOINTS_SLOW;
	if (taken) {
		p->delivered++;
		p->success_at = clock_ms();
		return;
	}
	p->failed++;
	p->failure_at = clock_ms();
	str_copy(p->failure, sizeof p->failure, str_of(why));
	if (a->status == HTTP_GONE && !p->gone && p->ending == NULL)
		disable(p);
}

static void answered(void *ctx, const struct outbox_answer *a, const char *why, uint64_t ms)
{
	struct endpoint *p;

	OBJ_CAST(p, ctx, ENDPOINT_MAGIC);
	endpoint_learned(p, a, why, ms);
}

static void on_buried(void *arg)
{
	dead_count(arg);
}

static int bury(void *ctx, const struct journal_record *line, unsigned tries, struct str why)
{
	struct outbox_dead dead = { clock_ms(), tries, why, line };
	struct endpoint *p;
	int r;

	OBJ_CAST(p, ctx, ENDPOINT_MAGIC);
	r = p->count.bury(p->count.ctx, str_of(p->id), &dead, on_buried, p);
	if (r == 0)
		p->given_up++;
	return r;
}

/* --- life --- */

static bool set_text(char **to, struct str s)
{
	char *text;

	if (*to != NULL && str_is(s, *to))
		return true;
	text = str_dup(s);
	if (text == NULL)
		return false;
	if (*to != NULL)
		explicit_bzero(*to, strlen(*to));
	free(*to);
	*to = text;
	return true;
}

static bool copy(struct endpoint *p, const struct endpoint_view *v)
{
	p->form = v->form;
	p->old_until = v->old_until;
	return set_text(&p->url, v->url) && set_text(&p->events, v->events) &&
	       set_text(&p->workspace, v->workspace) && set_text(&p->secret, v->secret) &&
	       set_text(&p->old_secret, v->old_secret);
}

static void begin(struct endpoint *p)
{
	struct endpoints *set = p->set;
	struct receiver_options o = { .bus = set->face->bus,
				      .rules = set->o.rules,
				      .total_ms = set->o.total_ms,
				      .has_place = true,
				      .guarded = true,
				      .ctx = p,
				      .wants = wants,
				      .write = write,
				      .answered = answered,
				      .may_fly = may_fly,
				      .bury = bury };

	snprintf(o.name, sizeof o.name, "endpoint:%s", p->id);
	p->gone = p->sluggish = false;
	if (set->office->open(set->office->ctx, &o.outbox) == 0 &&
	    receiver_new(&p->receiver, &o) == 0)
		receiver_start(p->receiver);
}

static void texts_free(struct endpoint *p)
{
	char **texts[] = { &p->url, &p->events, &p->workspace, &p->secret, &p->old_secret };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (*texts[i] != NULL)
			explicit_bzero(*texts[i], strlen(*texts[i]));
		free(*texts[i]);
	}
}

static struct endpoint *endpoint_new(struct endpoints *set, const struct endpoint_view *v)
{
	struct endpoint *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	OBJ_INIT(p, ENDPOINT_MAGIC);
	p->set = set;
	str_copy(p->id, sizeof p->id, v->id);
	if (!copy(p, v) || set->office->open(set->office->ctx, &p->count) < 0) {
		texts_free(p);
		free(p);
		return NULL;
	}
	DL_APPEND(set->list, p);
	dead_count(p);
	return p;
}

struct endpoint *endpoint_take(struct endpoints *set, const struct endpoint_view *v)
{
	struct endpoint *p = endpoints_find(set, v->id);

	if (p == NULL)
		p = endpoint_new(set, v);
	else if (!copy(p, v))
		set->version--; /* look again */
	if (p == NULL)
		return NULL;
	if (v->enabled && p->receiver == NULL)
		begin(p);
	if (!v->enabled && p->receiver != NULL) {
		dead_stop(p);
		receiver_free(&p->receiver);
	}
	p->enabled = v->enabled;
	return p;
}

void endpoint_leave(struct endpoint *p, bool keep)
{
	dead_stop(p);
	p->count.close(p->count.ctx);
	if (p->receiver != NULL)
		receiver_stop(p->receiver, keep);
	receiver_free(&p->receiver);
	if (p->ending != NULL)
		p->ending->endpoint = NULL;
	DL_DELETE(p->set->list, p);
	texts_free(p);
	OBJ_FINI(p);
	free(p);
}
