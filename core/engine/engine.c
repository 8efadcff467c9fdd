/*
 * engine.c - made, loaded, turned, ended.
 *
 * A turn: take the inbox, take the timers that are due, let in who may start, write the accounts that
 * changed, submit the commit.  The rest happens when it is durable (batch.c).
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/rng.h"
#include "engine/endpoints.h"
#include "engine/state.h"

#define ITEMS_A_TURN 4096   /* then the loop gets its turn too */
#ifndef CHANGES_A_TIME      /* the simulation lets every turn be cut */
#define CHANGES_A_TIME 1024 /* a commit of so many is submitted before the turn goes on */
#endif
#define HELD_RETRY_MS 1000 /* timers wait so long for a store that has no room */

/* ---- timers and posting ---- */

void timer_set(struct engine *e, struct timer *t, uint64_t at)
{
	if (at == 0)
		heap_remove(&e->timers, &t->node);
	else
		must(heap_set(&e->timers, &t->node, at) == 0);
}

void engine_on_post(struct engine *e, void (*fn)(void *ctx), void *ctx)
{
	e->on_post = fn;
	e->on_post_ctx = ctx;
}

void engine_on_fatal(struct engine *e, void (*fn)(void *ctx, const struct why *), void *ctx)
{
	e->on_fatal = fn;
	e->on_fatal_ctx = ctx;
}

void engine_record(struct engine *e, struct recorder *or_null)
{
	e->recorder = or_null;
}

void engine_post(struct engine *e, struct inbox_item *item)
{
	inbox_put(&e->inbox, item);
	e->stats.posted++;
	if (e->on_post != NULL)
		e->on_post(e->on_post_ctx);
}

/* What workers say is never dropped: without memory the process ends, and the next one looks. */
static void post_or_die(void *ctx, struct inbox_item *item)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	must(item != NULL);
	engine_post(e, item);
}

static void on_hello(void *ctx, unsigned slot, const struct msg_hello *m)
{
	post_or_die(ctx, inbox_of_hello(slot, m));
}

static void on_event(void *ctx, unsigned slot, const struct msg_event *m)
{
	post_or_die(ctx, inbox_of_event(slot, m));
}

static void on_message(void *ctx, unsigned slot, const struct msg_message *m)
{
	post_or_die(ctx, inbox_of_message(slot, m));
}

static void on_listed(void *ctx, unsigned slot, uint64_t tag, const struct msg_listed *m)
{
	post_or_die(ctx, inbox_of_listed(slot, tag, m));
}

static void on_reply(void *ctx, unsigned slot, enum msg_method method, uint64_t tag, int result,
		     const void *reply, const struct msg_error *error)
{
	post_or_die(ctx, inbox_of_reply(slot, method, tag, result, reply, error));
}

static void on_gone(void *ctx, unsigned slot, const struct obituary *o)
{
	char *room;
	struct inbox_item *item =
	    inbox_item_new(IN_GONE, slot, o->report.n + o->last_lines.n, &room);

	must(item != NULL);
	item->gone = (struct inbox_gone){ .exit_status = o->exit_status,
					  .signal = o->signal,
					  .killed = o->killed,
					  .was_ready = o->was_ready,
					  .pid = o->pid,
					  .open_calls = o->open_calls,
					  .report = inbox_copy(&room, o->report),
					  .last_lines = inbox_copy(&room, o->last_lines) };
	post_or_die(ctx, item);
}

struct pool_port engine_pool_port(struct engine *e)
{
	return (struct pool_port){ .ctx = e,
				   .hello = on_hello,
				   .event = on_event,
				   .message = on_message,
				   .listed = on_listed,
				   .reply = on_reply,
				   .gone = on_gone };
}

static void on_ended(void *ctx, unsigned number, const struct service_end *end)
{
	char *room;
	struct inbox_item *item =
	    inbox_item_new(IN_ENDED, number, end->why.n + end->last_lines.n, &room);

	must(item != NULL);
	item->ended = (struct inbox_ended){ .pid = end->pid,
					    .status_known = end->status_known,
					    .exit_status = end->exit_status,
					    .signal = end->signal,
					    .fault = end->fault,
					    .why = inbox_copy(&room, end->why),
					    .last_lines = inbox_copy(&room, end->last_lines) };
	post_or_die(ctx, item);
}

struct services_port engine_services_port(struct engine *e)
{
	return (struct services_port){ .ctx = e, .gone = on_ended };
}

static void on_store_health(void *ctx, bool ok, const struct why *why)
{
	struct inbox_item *item = inbox_item_new(IN_STORE, 0, 0, NULL);

	must(item != NULL);
	item->store.ok = ok;
	if (why != NULL)
		item->store.why = *why;
	post_or_die(ctx, item);
}

static void on_store_fatal(void *ctx, const struct why *why)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	e->store_ok = false;
	e->stopping = true;
	e->store_why = *why;
	if (e->on_fatal != NULL)
		e->on_fatal(e->on_fatal_ctx, why);
}

struct store_port engine_store_port(struct engine *e)
{
	return (struct store_port){ .ctx = e, .health = on_store_health, .fatal = on_store_fatal };
}

/* ---- make ---- */

uint64_t engine_last_seq(const struct engine *e)
{
	return e->last_seq;
}

int engine_new(struct engine **ret_engine, const struct conf *conf, struct store *store,
	       struct why *why)
{
	struct engine *e = calloc(1, sizeof *e);
	int r = 0;

	if (e == NULL)
		return why_set(why, ERR_NOMEM, "no memory for the engine");
	OBJ_INIT(e, ENGINE_MAGIC);
	inbox_init(&e->inbox);
	e->dirty_last = &e->dirty;
	e->place_timer = (struct timer){ { HEAP_NOWHERE }, TIMER_PLACES };
	e->pause_timer = (struct timer){ { HEAP_NOWHERE }, TIMER_PAUSE };
	e->conf = conf;
	e->store = store;
	e->now = clock_ms();
	e->rng = rng_u64();
	e->store_ok = true;
	e->orphan_rules = (struct orphan_rules){ .settle = conf->settle_ms,
						 .op_deadline = conf->op_deadline_ms,
						 .backoff_base = conf->backoff_base_ms,
						 .backoff_cap = conf->backoff_cap_ms };
	e->providers = calloc(conf->n_providers + 1, sizeof *e->providers);
	e->slots = calloc(engine_slots(conf) + 1, sizeof *e->slots);
	if (e->providers == NULL || e->slots == NULL)
		r = why_set(why, ERR_NOMEM, "no memory for the providers");
	for (size_t i = 0; i < conf->n_providers && r == 0; i++) {
		e->n_providers++;
		if (engine_make_provider(e, &e->providers[i], &conf->providers[i]) < 0)
			r = why_set(why, ERR_NOMEM, "no memory for the providers");
	}
	for (size_t i = 0; i < e->n_providers && r == 0; i++)
		engine_make_quarantine(e, &e->providers[i]);
	workers_rules(e);
	if (r == 0 && services_make(e) < 0)
		r = why_set(why, ERR_NOMEM, "no memory for the services");
	if (r == 0)
		r = engine_load(e, why);
	if (r == 0)
		*ret_engine = TAKE(e);
	engine_free(&e);
	return r;
}

void engine_start(struct engine *e, struct pool *pool, struct bus *bus)
{
	e->pool = pool;
	e->bus = bus;
	e->now = clock_ms();
	services_begin(e);
	workers_start(e);
	health_recall(e);
}

/* ---- turn ---- */

static void store_health(struct engine *e, bool ok, const struct why *why)
{
	e->store_ok = ok;
	if (ok) {
		LOG(INFO, STORE, "store.recovered");
		return;
	}
	e->store_why = *why;
	LOG(ERROR, STORE, "store.waiting", f_text("why", why->text));
	batch_refuse_waiting(e);
}

static void take(struct engine *e, struct inbox_item *item)
{
	struct slot *s = item->slot < e->n_slots ? &e->slots[item->slot] : NULL;

	switch ((enum inbox_kind)item->kind) {
	case IN_COMMAND:
		command_take(e, TAKE(item->command));
		break;
	case IN_HELLO:
		worker_said_hello(e, s, &item->hello);
		break;
	case IN_SESSION:
		session_pushed(e, item->slot, &item->session);
		break;
	case IN_MESSAGE:
		message_told(e, item->slot, &item->message);
		break;
	case IN_LISTED:
		list_part(e, item->listed);
		break;
	case IN_REPLY:
		if (IS_WORKER_TAG(item->reply.tag))
			worker_answered(e, s, &item->reply);
		else
			call_answered(e, &item->reply);
		break;
	case IN_GONE:
		worker_gone(e, s, &item->gone);
		break;
	case IN_KEY:
		command_key_known(e, &item->key);
		break;
	case IN_LEDGER:
		stranger_known(e, &item->ledger);
		break;
	case IN_ENDED:
		service_ended(e, item->slot, &item->ended);
		break;
	case IN_STORE:
		store_health(e, item->store.ok, &item->store.why);
		break;
	}
}

#define OWNER(t, type) ((type *)(void *)((char *)(t)-offsetof(type, timer)))

/* Worker processes are looked after at any time.  The rest begins nothing new while we stop, or while
 * what was decided before does not fit into the store. */
static bool waits(struct engine *e, struct timer *t)
{
	if (t->kind == TIMER_WORKER || t->kind == TIMER_SERVICE ||
	    (!e->stopping && e->held == NULL))
		return false;
	if (!e->stopping)
		timer_set(e, t, e->now + HELD_RETRY_MS);
	return true;
}

static void fire(struct engine *e, struct timer *t)
{
	if (waits(e, t))
		return;
	switch ((enum timer_kind)t->kind) {
	case TIMER_ACCOUNT: {
		struct member *m = OWNER(t, struct member);
		struct happening h = { .e = { .kind = EV_TIMER,
					      .cut_off = !m->instance->reachable } };

		account_happens(e, m, &h);
		break;
	}
	case TIMER_LIST:
		list_due(e, OWNER(t, struct instance));
		break;
	case TIMER_WORKER:
		worker_happens(e, OWNER(t, struct slot), WE_TIMER, false);
		break;
	case TIMER_SERVICE:
		service_happens(e, OWNER(t, struct service_slot), SE_TIMER, false);
		break;
	case TIMER_INCIDENT:
		incident_due(e, OWNER(t, struct scope));
		break;
	case TIMER_BULK:
		bulk_due(e, t);
		break;
	case TIMER_PAUSE:
		pauses_end_by_themselves(e);
		break;
	case TIMER_BUCKET:
	case TIMER_PLACES:
		break; /* admit() and places_go_on() run in every turn */
	}
}

static bool is_over(const struct member *m)
{
	return m->a.state == ST_DELETED && m->n_strays == 0;
}

/* The accounts that changed go into the commit once, as they are now; in the order in which they
 * changed, since a new account may have taken the id of one deleted in this turn. */
static void write_accounts(struct engine *e)
{
	struct account_record r;
	struct member *m;

	while ((m = e->dirty) != NULL) {
		e->dirty = TAKE(m->d_next);
		if (e->dirty == NULL)
			e->dirty_last = &e->dirty;
		member_to_record(m, &r);
		commit_account(batch_commit(e), &r);
		m->dirty = is_over(m);
		if (!m->dirty)
			continue;
		m->d_next = e->over;
		e->over = m;
	}
	e->n_dirty = 0;
}

/* At the end of a turn nobody holds a pointer to them. */
static void forget_accounts(struct engine *e)
{
	struct member *m;

	while ((m = e->over) != NULL) {
		e->over = TAKE(m->d_next);
		m->dirty = false;
		if (is_over(m)) {
			commit_account_delete(batch_commit(e), m->row);
			member_free(e, &m);
		}
	}
}

void turn_breathe(struct engine *e)
{
	if (batch_changes(e) + e->n_dirty < CHANGES_A_TIME)
		return;
	write_accounts(e);
	batch_submit(e);
}

/* More waits for the disk than we like: what comes in from workers waits too. */
static void press_back(struct engine *e)
{
	uint64_t waiting = store_backlog(e->store);

	if (!e->paused && (waiting > LIMIT_PENDING_CHANGES / 2 || e->held != NULL)) {
		e->paused = true;
		LOG(WARN, ENGINE, "engine.paused", f_u64("changes_waiting", waiting));
		pool_pause(e->pool, true);
	} else if (e->paused && waiting < LIMIT_PENDING_CHANGES / 4 && e->held == NULL) {
		e->paused = false;
		LOG(INFO, ENGINE, "engine.resumed", f_u64("changes_waiting", waiting));
		pool_pause(e->pool, false);
	}
}

static bool workers_are_gone(const struct engine *e)
{
	for (unsigned n = 0; n < e->n_slots; n++) {
		if (e->slots[n].w.state != WS_EMPTY)
			return false;
	}
	return true;
}

/* First the workers, then the services, and what was decided is on disk. */
static void stop_on(struct engine *e)
{
	void (*done)(void *ctx);

	if (!e->stopping || e->on_stopped == NULL || !workers_are_gone(e))
		return;
	services_end(e);
	if (!services_are_gone(e) || (e->in_flight != NULL && e->store_ok))
		return;
	done = TAKE(e->on_stopped);
	done(e->on_stopped_ctx);
}

void engine_turn(struct engine *e)
{
	struct inbox_item *item;
	struct heap_node *node;

	OBJ_CHECK(e, ENGINE_MAGIC);
	e->now = clock_ms();
	e->stats.turns++;
	for (unsigned n = 0; n < ITEMS_A_TURN && (item = inbox_get(&e->inbox)) != NULL; n++) {
		take(e, item);
		inbox_item_free(&item);
		turn_breathe(e);
	}
	while ((node = heap_pop_due(&e->timers, e->now)) != NULL) {
		fire(e, (struct timer *)(void *)node);
		turn_breathe(e);
	}
	hands_off_go_on(e);
	alerts_go_on(e);
	places_go_on(e);
	incidents_go_on(e);
	admit(e);
	instances_go_on(e);
	write_accounts(e);
	forget_accounts(e);
	batch_submit(e);
	press_back(e);
	stop_on(e);
}

uint64_t engine_next(const struct engine *e)
{
	return e->inbox.n > 0 ? 0 : heap_next(&e->timers);
}

/* ---- change and end ---- */

void engine_reload(struct engine *e, const struct conf *conf)
{
	e->conf = conf;
	e->now = clock_ms();
	for (size_t p = 0; p < e->n_providers; p++) {
		e->providers[p].conf = &conf->providers[p];
		engine_policy(conf, &conf->providers[p], e->providers[p].caps,
			      e->providers[p].start_deadline, &e->providers[p].policy);
		for (size_t i = 0; i < e->providers[p].n_instances; i++)
			e->providers[p].instances[i].conf = &conf->providers[p].instances[i];
	}
	for (size_t p = 0; p < e->n_providers; p++) {
		for (size_t i = 0; i < e->providers[p].n_instances; i++)
			instance_judge(e, &e->providers[p].instances[i]);
		places_stir(e, &e->providers[p]);
	}
	e->orphan_rules.settle = conf->settle_ms;
	e->orphan_rules.op_deadline = conf->op_deadline_ms;
	e->orphan_rules.backoff_base = conf->backoff_base_ms;
	e->orphan_rules.backoff_cap = conf->backoff_cap_ms;
	workers_rules(e);
	if (!e->stopping) {
		workers_start(e);
		workers_renew(e);
		services_want(e);
	}
	if (e->on_post != NULL)
		e->on_post(e->on_post_ctx);
	store_retain(e->store, conf->store_retention_ms, conf->store_journal_rows);
}

void engine_wind_down(struct engine *e)
{
	e->stopping = true;
	checks_end(e);
}

void engine_stop(struct engine *e, void (*done)(void *ctx), void *ctx)
{
	e->stopping = true;
	e->on_stopped = done;
	e->on_stopped_ctx = ctx;
	e->now = clock_ms();
	workers_stop(e);
	if (e->on_post != NULL)
		e->on_post(e->on_post_ctx);
}

void engine_free(struct engine **engine)
{
	struct engine *e = *engine;
	struct inbox_item *item;

	if (e == NULL)
		return;
	OBJ_CHECK(e, ENGINE_MAGIC);
	while ((item = inbox_get(&e->inbox)) != NULL) {
		struct command **c = item->kind == IN_COMMAND ? &item->command
				     : item->kind == IN_KEY   ? &item->key.command
							      : NULL;

		if (c != NULL && *c != NULL)
			reply_stopping(e, c);
		inbox_item_free(&item);
	}
	askings_free(e);
	batch_free_all(e);
	while (e->stray_list != NULL) {
		struct stray *s = e->stray_list;

		stray_free(e, &s);
	}
	ops_free(e);
	keys_free(e);
	api_keys_free(e);
	pauses_free(e);
	alerts_free(e);
	bulk_free(e);
	qr_links_free(e);
	endpoints_drop(e);
	strangers_free(e);
	for (uint64_t row = 0; row < e->n_rows; row++)
		member_free(e, &e->rows[row]);
	services_drop(e);
	incidents_free(e);
	for (size_t p = 0; p < e->n_providers; p++) {
		for (size_t i = 0; i < e->providers[p].n_instances; i++) {
			free(e->providers[p].instances[i].last_error);
			free(e->providers[p].instances[i].halted_why);
		}
		free(e->providers[p].instances);
	}
	for (unsigned n = 0; n < e->n_slots; n++) {
		free(e->slots[n].blame);
		free(e->slots[n].last_death);
	}
	heap_fini(&e->timers);
	free(e->rows);
	free(e->providers);
	free(e->slots);
	OBJ_FINI(e);
	free(e);
	*engine = NULL;
}

void engine_stats(const struct engine *e, struct engine_stats *ret_stats)
{
	*ret_stats = e->stats;
	ret_stats->open = ret_stats->queued = ret_stats->starting = 0;
	for (size_t p = 0; p < e->n_providers; p++) {
		for (size_t i = 0; i < e->providers[p].n_instances; i++) {
			ret_stats->open += e->providers[p].instances[i].open;
			ret_stats->queued += e->providers[p].instances[i].queued;
			ret_stats->starting += e->providers[p].instances[i].starting;
		}
	}
}
