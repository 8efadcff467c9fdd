/*
 * sim.c - drives the engine through virtual time: crashes, wishes, faults, and at the end a calm.
 */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"

#define LATE_MS       5000
#define BEGINNING_MS  1700000000000ull
#define STORM_ENDS_MS (BEGINNING_MS + 400 * 3600000ull) /* of a run in which little happens */

struct sim sim;

struct event {
	struct heap_node node;
	void (*fn)(void *arg);
	void *arg;
};

void broken(const char *invariant, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "BROKEN: %s: ", invariant);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr,
		"\n  seed %llu, %s, %llu steps, %llu ms of virtual time, %llu core crashes\n",
		(unsigned long long)sim.s.seed, sim.s.fenced ? "fenced" : "listable",
		(unsigned long long)sim.t.steps, (unsigned long long)sim.now,
		(unsigned long long)sim.t.crashes);
	exit(1);
}

uint64_t chance(uint64_t below)
{
	return rng_next(&sim.rng) % below;
}

bool happens(unsigned per_10000)
{
	return per_10000 > 0 && chance(10000) < per_10000;
}

void later(uint64_t in_ms, void (*fn)(void *arg), void *arg)
{
	struct event *ev = malloc(sizeof *ev);

	must(ev != NULL);
	*ev = (struct event){ { HEAP_NOWHERE }, fn, arg };
	must(heap_set(&sim.agenda, &ev->node, sim.now + in_ms) == 0);
}

/* ---- the core's life ---- */

static struct conf *make_conf(const struct setting *s)
{
	struct conf *c = calloc(1, sizeof *c);
	struct conf_provider *p = calloc(1, sizeof *p);
	static char program[] = "sim", *command[] = { program, NULL };
	char name[16];

	c->backoff_base_ms = 2000;
	c->backoff_cap_ms = 300000;
	c->max_attempts = 10;
	c->flap_losses = 2;
	c->flap_window_ms = 12 * 3600000ull;
	c->flap_wait_ms = 900000;
	c->flap_stable_ms = 1800000;
	c->slow_first_ms = 300000;
	c->slow_second_ms = 900000;
	c->slow_last_ms = 3600000;
	c->stable_ms = 300000;
	c->qr_deadline_ms = 300000;
	c->settle_ms = 30000;
	c->list_interval_ms = LIST_MS;
	c->op_deadline_ms = 30000;
	c->health_check_ms = 60000;
	c->join_ms = 5000;
	c->incident_window_ms = 120000;
	c->incident_accounts = 5;
	c->incident_share = 30;
	c->incident_canaries = 3;
	c->incident_probe_ms = 60000;
	c->incident_probe_cap_ms = 300000;
	c->incident_quiet_ms = 60000;
	c->incident_believe_ms = 1800000;
	c->ping_interval_ms = 3000;
	c->ping_misses = 3;
	c->hello_ms = c->ready_ms = c->stop_ms = 10000;
	c->restart_base_ms = 1000;
	c->restart_cap_ms = 60000;
	c->restart_burst = 5;
	c->restart_window_ms = 60000;
	c->cool_ms = 300000;
	c->plugin_dir = str_dup(STR("/nowhere"));
	c->n_providers = 1;
	c->providers = p;
	p->name = str_dup(STR("sim"));
	p->plugin = str_dup(STR("sim"));
	p->workers = s->workers;
	p->starts_per_minute = s->starts_per_minute;
	p->start_burst = 5;
	p->n_instances = s->instances;
	p->shared_credentials = s->shared;
	p->when_down_move = s->move;
	p->move_after_ms = MOVE_AFTER_MS;
	p->instances = calloc(s->instances, sizeof *p->instances);
	for (unsigned i = 0; i < s->instances; i++) {
		snprintf(name, sizeof name, "sim-%u", i);
		p->instances[i] = (struct conf_instance){ .id = str_dup(str_of(name)),
							  .capacity = s->accounts,
							  .concurrent_starts = 8,
							  .starts_at_first = 2,
							  .max_qr_waiting = s->crash_only ? 0 : 4,
							  .command_start_ms = 60000,
							  .command_stop_ms = 15000,
							  .command_hang_ms = 120000 };
		if (s->services)
			p->instances[i].command = (struct conf_command){ command, 1 };
	}
	return c;
}

static void free_conf(struct conf *c)
{
	for (size_t i = 0; i < c->providers[0].n_instances; i++)
		free(c->providers[0].instances[i].id);
	free(c->providers[0].instances);
	free(c->providers[0].name);
	free(c->providers[0].plugin);
	free(c->providers);
	free(c->plugin_dir);
	free(c);
}

static struct bus_subscriber deaf; /* never reads, and keeps nobody from anything */

static void on_wake(struct bus_subscriber *l)
{
	(void)l;
}

static void core_start(void)
{
	struct store_options so = { .dir = "" };
	struct pool_options po = { .worker_path = "", .slots = sim.s.workers };
	struct pool_port port;
	struct why why = { 0 };

	sim.epoch++;
	check_steps_reset(); /* what the last one left is told from the journal */
	must(store_open(&sim.store, &so, &why) == 0);
	must(engine_new(&sim.engine, sim.conf, sim.store, &why) == 0);
	must(bus_new(&sim.bus, 1024, engine_last_seq(sim.engine)) == 0);
	sim.listener = deaf =
	    (struct bus_subscriber){ .seq = engine_last_seq(sim.engine), .wake = on_wake };
	bus_subscribe(sim.bus, &sim.listener);
	bus_subscribe(sim.bus, &deaf);
	port = engine_pool_port(sim.engine);
	must(pool_new(&sim.pool, NULL, &po, &port, &why) == 0);
	engine_use_services(sim.engine, (struct services *)&sim); /* never looked into */
	tape_begin(sim.engine);
	engine_start(sim.engine, sim.pool, sim.bus);
}

static void count_steps(void)
{
	struct engine_stats s;

	if (sim.engine == NULL)
		return;
	engine_stats(sim.engine, &s);
	sim.t.steps = sim.steps_before + s.steps;
}

static void on_core_start(void *arg)
{
	(void)arg;
	if (sim.engine == NULL)
		core_start();
}

/* A wish of this core's time; each is answered once, if only by the core's end. */
struct asked {
	struct asked *next;
	uint64_t row, epoch, number, at;
	enum command_kind kind;
	bool answered;
};
static struct asked *asked;

static struct asked *asked_new(enum command_kind kind, uint64_t row, uint64_t number)
{
	struct asked *a = malloc(sizeof *a);

	must(a != NULL);
	*a = (struct asked){ asked, row, sim.epoch, number, sim.now, kind, false };
	asked = a;
	return a;
}

static void answered(struct asked *a)
{
	if (a->answered)
		broken("every command is answered once", "kind %d was twice", a->kind);
	a->answered = true;
}

static void check_answered(void)
{
	for (const struct asked *a = asked; a != NULL; a = a->next) {
		if (!a->answered && sim.now > a->at + LATE_MS)
			broken("every command is answered once", "kind %d is not, for %llu ms",
			       a->kind, (unsigned long long)(sim.now - a->at));
	}
}

static void forget_asked(void)
{
	while (asked != NULL) {
		struct asked *a = asked;

		if (!a->answered)
			broken("every command is answered once", "kind %d was never", a->kind);
		asked = a->next;
		free(a);
	}
}

static void end_core(void)
{
	tape_end();
	engine_free(&sim.engine);
	forget_asked();
	bus_unsubscribe(sim.bus, &sim.listener);
	bus_unsubscribe(sim.bus, &deaf);
	bus_free(&sim.bus);
}

static void core_crash(void)
{
	struct engine_stats s;

	if (sim.engine == NULL)
		return;
	engine_stats(sim.engine, &s);
	sim.steps_before += s.steps;
	sim.t.stale += s.stale;
	sim.t.ended_orphans += s.orphans_ended;
	sim.t.moved += s.moved;
	sim.t.crashes++;
	check_crashed();
	fake_store_crash();
	fake_pool_crash();
	fake_services_crash();
	end_core();
	sim.epoch++;
	later(100 + chance(sim.s.tick_ms / 2), on_core_start, NULL);
}

/* ---- people ---- */

static void on_reply(void *ctx, const struct command_result *r)
{
	struct asked *a = ctx;

	if (r->code == 0 && a->row != 0 && a->epoch == sim.epoch) {
		bool down = a->kind == COMMAND_DISCONNECT || a->kind == COMMAND_DELETE;

		check_acked(a->row, a->number, !down);
	}
	answered(a);
}

static void ask(enum command_kind kind, const char *account, uint64_t row)
{
	struct api_port port = engine_api_port(sim.engine);
	struct command *c = command_new(kind);
	struct asked *a = asked_new(kind, row, check_asked(row));

	must(c != NULL);
	c->account = account != NULL ? str_dup(str_of(account)) : NULL;
	if (kind == COMMAND_CREATE)
		c->provider = str_dup(STR("sim"));
	if (kind == COMMAND_CREATE) /* most accounts are one workspace's */
		c->workspace = str_dup(chance(4) > 0   ? STR("w0")
				       : chance(2) > 0 ? STR("w1")
						       : STR("w2"));
	c->connect = kind == COMMAND_CREATE;
	c->force = kind == COMMAND_REGENERATE;
	c->reply = on_reply;
	c->ctx = a;
	sim.t.wishes++;
	must(port.submit(port.ctx, &c) == 0);
}

static void on_instance_reply(void *ctx, const struct command_result *r)
{
	struct asked *a = ctx;

	if (r->code == 0 && a->epoch == sim.epoch)
		check_decided((unsigned)a->row, a->kind == COMMAND_DRAIN);
	answered(a);
}

static void ask_instance(enum command_kind kind, unsigned n)
{
	struct api_port port = engine_api_port(sim.engine);
	struct command *c = command_new(kind);
	struct asked *a = asked_new(kind, n, 0);

	must(c != NULL);
	c->instance = str_dup(str_of(sim.conf->providers[0].instances[n].id));
	c->reply = on_instance_reply;
	c->ctx = a;
	must(port.submit(port.ctx, &c) == 0);
}

struct hands {
	uint64_t epoch;
	unsigned scope;
	bool pause;
	char name[LIMIT_ACCOUNT_ID + 1];
};

static void on_hands_reply(void *ctx, const struct command_result *r)
{
	struct hands *h = ctx;

	if (r->code == 0 && h->epoch == sim.epoch)
		check_hands(h->scope, h->name, h->pause);
	free(h);
}

/* Sometimes it ends by itself. */
static void ask_hands(unsigned scope, const char *name, bool pause)
{
	struct api_port port = engine_api_port(sim.engine);
	struct command *c = command_new(pause ? COMMAND_PAUSE : COMMAND_UNPAUSE);
	struct hands *h = calloc(1, sizeof *h);

	must(c != NULL && h != NULL);
	*h = (struct hands){ .epoch = sim.epoch, .scope = scope, .pause = pause };
	must(str_copy(h->name, sizeof h->name, str_of(name)));
	c->pause_scope = (uint8_t)scope;
	c->name = str_dup(str_of(name));
	c->by = str_dup(STR(""));
	c->label = str_dup(STR("an incident"));
	c->until = pause && chance(2) == 0 ? sim.now + 60000 + chance(7200000) : 0;
	c->reply = on_hands_reply;
	c->ctx = h;
	must(port.submit(port.ctx, &c) == 0);
}

static struct member *somebody(void)
{
	struct engine *e = sim.engine;
	struct member *m;

	if (e->last_row == 0)
		return NULL;
	m = member_by_row(e, 1 + chance(e->last_row));
	return m != NULL && !member_is_deleted(m) ? m : NULL;
}

static void somebody_wishes(void)
{
	static const enum command_kind kinds[] = { COMMAND_CONNECT,    COMMAND_CONNECT,
						   COMMAND_RECONNECT,  COMMAND_RECONNECT,
						   COMMAND_DISCONNECT, COMMAND_CONNECT,
						   COMMAND_REGENERATE, COMMAND_DELETE };
	enum command_kind kind = kinds[chance(ARRAY_LEN(kinds))];
	struct member *m = somebody();

	if (m == NULL)
		return;
	/* A person may give a login up: by asking for a new QR, or by insisting on a profile that
	 * failed twice. */
	if (kind == COMMAND_REGENERATE ||
	    (kind == COMMAND_RECONNECT && m->a.profile == PROFILE_SUSPECT))
		world_allow_fresh(m->id, true);
	if (kind == COMMAND_DELETE && chance(4) != 0)
		kind = COMMAND_CONNECT;
	ask(kind, m->id, m->row);
	while (chance(3) == 0)
		ask(kind == COMMAND_DELETE ? COMMAND_CONNECT : kind, m->id, m->row);
	if (kind == COMMAND_DELETE) {
		bool same = chance(2) == 0; /* the id is free at once */

		if (same)
			world_reborn(m->id);
		ask(COMMAND_CREATE, same ? m->id : NULL, 0);
	}
}

/* One of the instances is drained or resumed; never all are drained. */
static void operator_decides(void)
{
	struct provider *p = &sim.engine->providers[0];
	unsigned drained = 0, n = (unsigned)chance(sim.s.instances);

	for (size_t i = 0; i < p->n_instances; i++)
		drained += p->instances[i].drained_at != 0;
	if (p->instances[n].drained_at != 0)
		ask_instance(COMMAND_RESUME, n);
	else if (drained + 1 < p->n_instances)
		ask_instance(COMMAND_DRAIN, n);
}

static void each_pause(void *arg, const struct pause_view *v)
{
	struct pause_view *last = arg;

	*last = *v;
}

/* At most one pause at a time, of everything, of the only workspace there is, or of somebody. */
static void operator_pauses(void)
{
	static const unsigned scopes[] = { PAUSE_EVERYTHING, PAUSE_WORKSPACE, PAUSE_PROVIDER,
					   PAUSE_ACCOUNT };
	struct api_port port = engine_api_port(sim.engine);
	unsigned scope = scopes[chance(ARRAY_LEN(scopes))];
	struct pause_view v = { 0 };
	struct member *m;
	char name[LIMIT_ACCOUNT_ID + 1];

	port.pauses(port.ctx, each_pause, &v);
	for (scope = v.scope != NULL ? 0 : scope; v.scope != NULL; scope++) {
		if (strcmp(v.scope, pause_scope_name(scope)) != 0)
			continue;
		must(str_copy(name, sizeof name, v.name));
		ask_hands(scope, name, false);
		return;
	}
	m = somebody();
	if (scope == PAUSE_ACCOUNT && m == NULL)
		return;
	ask_hands(scope,
		  scope == PAUSE_ACCOUNT     ? m->id
		  : scope == PAUSE_WORKSPACE ? "default"
		  : scope == PAUSE_PROVIDER  ? "sim"
					     : "",
		  true);
}

/* The hand of fate, about once in tick_ms. */
static void on_tick(void *arg)
{
	const struct faults *f = &sim.s.faults;
	uint64_t wishes = (uint64_t)sim.s.wishes * sim.s.accounts / 60;

	(void)arg;
	if (sim.calm)
		return;
	if (happens(f->core_dies))
		core_crash();
	if (sim.engine != NULL && happens(f->reloads)) {
		engine_reload(sim.engine, sim.conf);
		check_reloaded();
	}
	for (unsigned w = 0; w < sim.s.workers; w++) {
		if (happens(f->worker_dies))
			fake_pool_kill_worker(w);
		else if (happens(f->worker_hangs))
			fake_pool_hang_worker(w);
	}
	for (unsigned i = 0; i < sim.s.instances; i++) {
		if (happens(f->instance_down))
			world_instance_down(i, 1000 + chance(900000));
		if (sim.s.services)
			fake_services_tick(i);
		if (happens(f->instance_long_down))
			world_instance_down(i, MOVE_AFTER_MS + chance(3600000));
	}
	if (sim.engine != NULL && sim.now > BEGINNING_MS + 1800000 &&
	    happens(f->waves)) /* all are up */
		world_wave(chance(2) == 0 ? WAVE_LOGOUT : WAVE_STARTS, 120000 + chance(1300000));
	if (sim.engine != NULL && happens(f->drains))
		operator_decides();
	if (sim.engine != NULL && happens(f->pauses))
		operator_pauses();
	while (sim.engine != NULL && wishes-- > 0)
		somebody_wishes();
	later(sim.s.tick_ms / 2 + chance(sim.s.tick_ms), on_tick, NULL);
}

/* ---- the run ---- */

static void turn(void)
{
	if (sim.engine == NULL || engine_next(sim.engine) > sim.now)
		return;
	engine_turn(sim.engine);
	tape_turned();
	sim.t.turns++;
	check_all();
	count_steps();
}

/* Everything that is due next, of the agenda or of the engine; false: nothing is. */
static bool advance(uint64_t until)
{
	uint64_t next = heap_next(&sim.agenda), engine = UINT64_MAX;
	struct heap_node *node;

	if (sim.engine != NULL)
		engine = engine_next(sim.engine);
	if (engine < next)
		next = engine;
	if (next > until)
		return false;
	if (next > sim.now) {
		sim.now = next;
		clock_virtual(sim.now);
	}
	node = heap_pop_due(&sim.agenda, sim.now);
	if (node != NULL) {
		struct event *ev = (struct event *)(void *)node;

		sim.t.events++;
		ev->fn(ev->arg);
		free(ev);
	}
	turn();
	return true;
}

static void run_until(uint64_t until)
{
	while (advance(until)) {
	}
	sim.now = until;
	clock_virtual(sim.now);
}

/* Crash-only runs first let everybody's first start be written down. */
static void begin(void)
{
	core_start();
	for (unsigned i = 0; i < sim.s.accounts; i++) {
		char id[24];

		snprintf(id, sizeof id, "a%u", i);
		ask(COMMAND_CREATE, id, 0);
	}
	turn();
	run_until(sim.now + 100);
	later(sim.s.tick_ms / 60, on_tick, NULL);
}

/* Nothing fails any more.  Whoever is parked or held is asked for once: then all must come up. */
static void calm_down(void)
{
	sim.calm = true;
	world_calm();
	if (sim.engine == NULL)
		core_start();
	/* Where logins can't follow, the last word of an operator is to take all into use. */
	for (unsigned i = 0; i < sim.s.instances && !sim.s.shared; i++)
		ask_instance(COMMAND_RESUME, i);
	for (unsigned n = 0; n < PAUSE_SCOPES && sim.s.faults.pauses > 0; n++) {
		struct api_port port = engine_api_port(sim.engine);
		struct pause_view v = { 0 };

		port.pauses(port.ctx, each_pause, &v);
		if (v.scope != NULL)
			operator_pauses();
		run_until(sim.now + 1000);
	}
	run_until(sim.now + sim.s.calm_ms);
}

static void drop_agenda(void)
{
	sim.epoch++;
	sim.pool = NULL;
	while (heap_next(&sim.agenda) != UINT64_MAX) {
		struct event *ev =
		    (struct event *)(void *)heap_pop_due(&sim.agenda, UINT64_MAX - 1);

		/* every handler sees that its epoch is over and frees what it holds */
		ev->fn(ev->arg);
		free(ev);
	}
}

static void end(void)
{
	end_core();
	fake_store_crash();
	fake_pool_crash();
	world_reset();
	drop_agenda();
	world_reset();
	fake_store_reset();
	fake_pool_reset();
	fake_services_reset();
	heap_fini(&sim.agenda);
	free_conf(sim.conf);
}

void sim_run(const struct setting *s, struct totals *ret_totals)
{
	sim = (struct sim){ .s = *s, .rng = s->seed, .now = BEGINNING_MS };
	rng_seed(s->seed | 1);
	clock_virtual(sim.now);
	sim.conf = make_conf(s);
	check_reset();
	begin();
	while (sim.t.steps < s->steps && sim.now < STORM_ENDS_MS)
		run_until(sim.now + 60000);
	calm_down();
	check_answered();
	check_settled();
	sim.t.virtual_ms = sim.now - BEGINNING_MS;
	*ret_totals = sim.t;
	end();
	clock_virtual(0);
	rng_seed(0);
}
