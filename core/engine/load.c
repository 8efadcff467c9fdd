/*
 * load.c - from the configuration and the store to providers, instances, slots and accounts.
 *
 * Nothing that is loaded is sure: an open life is looked for in a list before anything is concluded,
 * and a life that was given up is watched until it is proven gone.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/rng.h"
#include "engine/endpoints.h"
#include "engine/state.h"

/* The provider's word goes before the one for all. */
static void choose_causes(const struct conf *c, const struct conf_provider *p,
			  struct cause_choice *ret_choices)
{
	for (unsigned i = 0; i < RELINK_CAUSE_COUNT; i++) {
		bool own =
		    p != NULL && (p->causes.of[i].then != 0 || p->causes.of[i].attempts != 0);

		ret_choices[i] = own ? p->causes.of[i] : c->causes.of[i];
	}
}

void engine_policy(const struct conf *c, const struct conf_provider *p, uint64_t caps,
		   uint64_t start_deadline, struct policy *ret_policy)
{
	uint64_t start = c->start_deadline_ms > 0 ? c->start_deadline_ms
			 : start_deadline > 0     ? start_deadline
						  : DEFAULT_START_DEADLINE_MS;

	*ret_policy =
	    (struct policy){ .backoff_base = c->backoff_base_ms,
			     .backoff_cap = c->backoff_cap_ms,
			     .stable = c->stable_ms,
			     .start_deadline = start,
			     .qr_deadline = c->qr_deadline_ms,
			     .settle = c->settle_ms,
			     .join = c->join_ms,
			     .close_retry_cap = CLOSE_RETRY_CAP_MS,
			     .slow = { c->slow_first_ms, c->slow_second_ms, c->slow_last_ms },
			     .slow_cap = c->slow_last_ms,
			     .flap = { c->flap_window_ms, c->flap_wait_ms, c->flap_stable_ms,
				       (uint32_t)c->flap_losses },
			     .max_fails = (uint32_t)c->max_attempts,
			     .max_close_tries = MAX_CLOSE_TRIES,
			     .fenced = (caps & RELINK_CAP_FENCED) != 0 };
	choose_causes(c, p, ret_policy->causes);
}

static unsigned workers_of(const struct conf_provider *p)
{
	return (unsigned)(p->workers < 1 ? 1 : p->workers);
}

unsigned engine_slots(const struct conf *conf)
{
	unsigned n = 0;

	for (size_t i = 0; i < conf->n_providers; i++)
		n += workers_of(&conf->providers[i]) + 1;
	return n;
}

static struct slot *make_slot(struct engine *e, struct provider *p)
{
	struct slot *s = &e->slots[e->n_slots];

	s->provider = p;
	s->number = e->n_slots++;
	s->timer = (struct timer){ { HEAP_NOWHERE }, TIMER_WORKER };
	worker_init(&s->w, rng_u64(), e->now);
	return s;
}

void engine_make_quarantine(struct engine *e, struct provider *p)
{
	struct slot *s = make_slot(e, p);

	s->quarantine = true;
	p->quarantine = s->number;
}

int engine_make_provider(struct engine *e, struct provider *p, const struct conf_provider *c)
{
	p->conf = c;
	p->first_slot = e->n_slots;
	p->n_slots = workers_of(c);
	p->n_instances = c->n_instances;
	p->timer = (struct timer){ { HEAP_NOWHERE }, TIMER_BUCKET };
	p->instances = calloc(c->n_instances + 1, sizeof *p->instances);
	if (p->instances == NULL)
		return ERR_NOMEM;
	engine_policy(e->conf, c, 0, 0, &p->policy);
	for (size_t i = 0; i < c->n_instances; i++) {
		p->instances[i].conf = &c->instances[i];
		p->instances[i].provider = p;
		p->instances[i].slot = p->first_slot + (unsigned)(i % p->n_slots);
		p->instances[i].timer = (struct timer){ { HEAP_NOWHERE }, TIMER_LIST };
	}
	incidents_make(p);
	for (unsigned n = 0; n < p->n_slots; n++)
		make_slot(e, p);
	return 0;
}

struct loading {
	struct engine *e;
	struct why *why;
};

/* What is not configured now is kept: it may be again. */
static int load_instance(void *ctx, const struct instance_record *r)
{
	struct loading *l = ctx;
	struct instance *i = instance_by_id(l->e, r->id);

	if (i == NULL)
		return 0;
	i->drained_at = r->drained_at;
	i->halted_at = r->halted_at;
	if (!member_set(&i->halted_why, r->halted_why))
		return why_set(l->why, ERR_NOMEM, "no memory for all instances");
	return 0;
}

static int load_account(void *ctx, const struct account_record *r)
{
	struct loading *l = ctx;
	struct engine *e = l->e;
	struct member *m = member_new(e, r, l->why);

	if (m == NULL)
		return l->why->code;
	m->instance = instance_by_id(e, r->instance);
	if (m->instance != NULL && !str_is(r->provider, m->instance->provider->conf->name))
		m->instance = NULL; /* the name went to another provider */
	if (m->instance == NULL)
		LOG(WARN, ENGINE, "account.unconfigured", f_text("account", m->id),
		    f_text("provider", m->provider), f_text("instance", member_instance(m)),
		    f_text("do", "add it to the configuration again, or give the account a new "
				 "QR code, which moves it"));
	if (member_add(e, m) < 0) {
		member_free(e, &m);
		return why_set(l->why, ERR_NOMEM, "no memory for all accounts");
	}
	return 0;
}

/* The open life is the account's own; those that were given up are watched until they are gone, also
 * when their account is forgotten by now. */
static int load_attempt(void *ctx, const struct attempt_record *r)
{
	struct loading *l = ctx;
	struct engine *e = l->e;
	struct member *m = member_by_row(e, r->row);
	struct instance *i = instance_by_id(e, r->instance); /* the account may have moved since */
	bool closing = m != NULL && m->a.state == ST_CLOSING && m->a.generation == r->generation;

	if (r->state != ATTEMPT_ABANDONED)
		return 0;
	if (i != NULL)
		stray_new(e, r->row, r->generation, r->session, str_of(m != NULL ? m->id : NULL),
			  str_of(m != NULL ? m->workspace : NULL), i, r->minted_at, closing);
	else if (m != NULL && m->profile != NULL && str_is(r->profile, m->profile) &&
		 !member_set(&m->lost_at, r->instance))
		return why_set(l->why, ERR_NOMEM, "no memory for all accounts");
	return 0;
}

static int load_pause(void *ctx, const struct pause_record *r)
{
	struct loading *l = ctx;

	return pause_add(l->e, r) < 0 ? why_set(l->why, ERR_NOMEM, "no memory for all pauses") : 0;
}

static int load_alert(void *ctx, const struct alert_record *r)
{
	struct loading *l = ctx;

	return alert_add(l->e, r) < 0 ? why_set(l->why, ERR_NOMEM, "no memory for all alerts") : 0;
}

static int load_bulk(void *ctx, const struct bulk_record *r)
{
	struct loading *l = ctx;

	return bulk_add(l->e, r) < 0 ? why_set(l->why, ERR_NOMEM, "no memory for all jobs") : 0;
}

static int load_api_key(void *ctx, const struct api_key_record *r)
{
	struct loading *l = ctx;

	return api_key_add(l->e, r) < 0 ? why_set(l->why, ERR_NOMEM, "no memory for all keys") : 0;
}

static int load_qr_link(void *ctx, const struct qr_link_record *r)
{
	struct loading *l = ctx;

	return qr_link_load(l->e, r) < 0 ? why_set(l->why, ERR_NOMEM, "no memory for all links")
					 : 0;
}

static int load_endpoint(void *ctx, const struct endpoint_record *r)
{
	struct loading *l = ctx;

	return endpoint_add(l->e, r) < 0 ? why_set(l->why, ERR_NOMEM, "no memory for all webhooks")
					 : 0;
}

static void provider_begins(struct engine *e, struct provider *p)
{
	bucket_init(&p->bucket, e->now);
	for (size_t i = 0; i < p->n_instances; i++)
		starts_begin_low(e, &p->instances[i]);
}

static int load_incident(void *ctx, const struct incident_record *r)
{
	struct loading *l = ctx;

	return incident_loaded(l->e, r) < 0
		   ? why_set(l->why, ERR_NOMEM, "no memory for all incidents")
		   : 0;
}

/* Deadlines are measured from now, and now is never before what was stored (clock_floor). */
static void begin(struct engine *e)
{
	uint64_t behind = clock_ms() - e->now;
	struct member *m;
	struct stray *s;

	e->now += behind;
	for (size_t p = 0; p < e->n_providers; p++)
		provider_begins(e, &e->providers[p]);
	DL_FOREACH(e->stray_list, s)
	s->o.quiet_until += behind;
	incidents_begin(e);
	for (uint64_t row = 1; row <= e->last_row; row++) {
		m = member_by_row(e, row);
		if (m == NULL)
			continue;
		if (m->instance != NULL)
			account_restore(&m->instance->provider->policy, &m->a, e->now);
		account_moved(e, m);
		place_forgotten(e, m);
		if (m->instance != NULL && m->a.state == ST_DELETED && m->n_strays == 0)
			account_changed(e,
					m); /* its last life was proven gone just before the end */
	}
}

int engine_load(struct engine *e, struct why *why)
{
	struct loading l = { e, why };
	struct store_loader loader = { .ctx = &l,
				       .instance = load_instance,
				       .account = load_account,
				       .attempt = load_attempt,
				       .api_key = load_api_key,
				       .endpoint = load_endpoint,
				       .incident = load_incident,
				       .pause = load_pause,
				       .alert = load_alert,
				       .bulk = load_bulk,
				       .qr_link = load_qr_link };
	struct store_facts facts;
	int r = store_load(e->store, &loader, &facts, why);

	if (r < 0)
		return r;
	e->last_seq = facts.last_seq;
	if (e->last_row < facts.last_row)
		e->last_row = facts.last_row;
	clock_floor(facts.latest_ms);
	begin(e);
	pauses_begin(e);
	alerts_begin(e);
	KP("engine.loaded");
	return 0;
}
