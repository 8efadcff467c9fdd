/*
 * run.c - virtual time, and a run of the real engine in it.
 */
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engine/state.h"
#include "sim.h"

struct sim sim;

static struct engine *engine;
static struct bus *bus;
static struct conf *conf;
static struct pool *pool;
static struct store *store;

/* --- time and chance --- */

void after(uint64_t ms, struct event *ev, void (*fn)(struct event *))
{
	ev->fn = fn;
	must(heap_set(&sim.agenda, &ev->node, sim.now + ms) == 0);
}

void cancel(struct event *ev)
{
	heap_remove(&sim.agenda, &ev->node);
}

double part(void)
{
	return (double)(rng_next(&sim.rng) >> 11) * 0x1p-53;
}

uint64_t below(uint64_t n)
{
	return rng_next(&sim.rng) % n;
}

uint64_t around(uint64_t mean_ms)
{
	return 1 + (uint64_t)(-log(1 - part()) * (double)mean_ms);
}

void sim_jump(uint64_t ms)
{
	sim.now += ms;
	clock_virtual(sim.now);
}

/* Everything up to `until`; `next` and `turn` are the engine's, or NULL. */
void agenda_run(uint64_t until, uint64_t (*next)(void), void (*turn)(void))
{
	for (;;) {
		uint64_t at = heap_next(&sim.agenda), due = next != NULL ? next() : UINT64_MAX;
		struct heap_node *node;

		at = due < at ? due : at;
		if (at > until)
			break;
		if (at > sim.now) {
			sim.now = at;
			clock_virtual(at);
		}
		while ((node = heap_pop_due(&sim.agenda, sim.now)) != NULL) {
			struct event *ev = (struct event *)(void *)node;

			sim.f.events++;
			ev->fn(ev);
		}
		if (next != NULL && next() <= sim.now)
			turn();
	}
	if (sim.now < until)
		sim.now = until;
	clock_virtual(sim.now);
}

static struct event sampler;

static void on_sample(struct event *ev)
{
	fleet_sample();
	after(sim.s->duration / SAMPLES, ev, on_sample);
}

static double cpu_s(void)
{
	struct rusage u;

	must(getrusage(RUSAGE_SELF, &u) == 0);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

void sim_open(const struct scenario *s)
{
	sim = (struct sim){ .s = s, .now = BEGINNING_MS, .rng = s->seed * 0x9e3779b9 + 1 };
	rng_seed(s->seed | 1);
	clock_virtual(sim.now);
	sim.start_time_ms = s->start_time;
	sim.level_at = sim.now;
	sim.phones = calloc(s->accounts, sizeof *sim.phones);
	sim.backends = calloc(s->instances, sizeof *sim.backends);
	must(sim.phones != NULL && sim.backends != NULL);
	fleet_open();
	events_plan();
	sampler.node.slot = HEAP_NOWHERE;
	after(0, &sampler, on_sample);
	sim.f.cpu_s = cpu_s();
}

void sim_close(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	sim.f.rss_kib = (uint64_t)u.ru_maxrss;
	sim.f.cpu_s = cpu_s() - sim.f.cpu_s;
	sim.f.virtual_ms = sim.now - BEGINNING_MS;
	cancel(&sampler);
	fleet_close();
	free(sim.phones);
	free(sim.backends);
	heap_fini(&sim.agenda);
	clock_virtual(0);
	rng_seed(0);
}

/* --- Relink --- */

/* relinkd's own defaults, as its parser makes them, for so many instances. */
static struct conf *default_conf(uint64_t instances)
{
	struct conf *c = NULL;
	struct why why;
	struct buf text;

	buf_init(&text, 1u << 20);
	buf_text(&text, "plugin_dir: /nowhere\nproviders:\n  sim:\n    instances:\n");
	for (uint64_t i = 0; i < instances; i++)
		buf_printf(&text, "      - id: i%u\n", (unsigned)i);
	must(text.failed == 0);
	if (conf_parse(&c, "relink-sim", buf_all(&text), &why) < 0)
		must_not_reach("relinkd's defaults are no configuration");
	buf_fini(&text);
	return c;
}

static struct conf *make_conf(const struct scenario *s)
{
	struct conf *c = default_conf(s->instances);
	struct conf_provider *p = &c->providers[0];

	c->backoff_base_ms = s->backoff_base;
	c->backoff_cap_ms = s->backoff_cap;
	c->max_attempts = s->max_attempts;
	c->stable_ms = s->stable_after;
	c->start_deadline_ms = s->start_deadline;
	c->qr_deadline_ms = s->qr_deadline;
	c->settle_ms = s->settle;
	c->list_interval_ms = s->list_interval;
	c->op_deadline_ms = s->op_deadline;
	c->join_ms = s->join_window;
	c->flap_losses = s->flap_losses;
	c->incident_window_ms = s->incident_window;
	c->incident_believe_ms = s->believe_logouts;
	c->ping_interval_ms = 60000; /* all workers answer: so they cost little */
	p->workers = s->workers;
	p->starts_per_minute = s->starts_per_minute;
	p->start_burst = s->start_burst;
	p->shared_credentials = s->shared;
	p->when_down_move = s->move;
	p->move_after_ms = s->move_after;
	for (size_t i = 0; i < p->n_instances; i++) {
		p->instances[i].capacity = s->capacity;
		p->instances[i].concurrent_starts = s->concurrent_starts;
		p->instances[i].starts_at_first = s->starts_at_first;
		p->instances[i].max_qr_waiting = s->max_qr_waiting;
	}
	return c;
}

static uint64_t next_turn(void)
{
	return engine != NULL ? engine_next(engine) : UINT64_MAX;
}

static void turn(void)
{
	engine_turn(engine);
	sim.f.turns++;
}

static void on_reply(void *ctx, const struct command_result *r)
{
	(void)ctx;
	(void)r;
}

void sim_ask(unsigned kind, const char *account, unsigned instance)
{
	struct api_port port;
	struct command *c;
	bool about_instance = kind == COMMAND_DRAIN || kind == COMMAND_RESUME;

	if (engine == NULL)
		return; /* nobody answers */
	port = engine_api_port(engine);
	c = command_new(kind);
	must(c != NULL);
	if (about_instance)
		c->instance = str_dup(str_of(conf->providers[0].instances[instance].id));
	else
		c->account = str_dup(str_of(account));
	c->reply = on_reply;
	if (port.submit(port.ctx, &c) < 0)
		command_free(&c);
}

static void click(uint32_t account, bool insists)
{
	char id[16];

	snprintf(id, sizeof id, "a%u", account);
	sim_ask(insists ? COMMAND_RECONNECT : COMMAND_CONNECT, id, 0);
}

static void back(unsigned instance)
{
	(void)instance; /* lists tell */
}

static const struct driver relink = { pool_tell, back, click };

static void core_start(void)
{
	struct store_options so = { .dir = "" };
	struct pool_options po = { .worker_path = "" };
	struct pool_port port;
	struct why why = { 0 };

	must(store_open(&store, &so, &why) == 0);
	must(engine_new(&engine, conf, store, &why) == 0);
	must(bus_new(&bus, 64, engine_last_seq(engine)) == 0);
	port = engine_pool_port(engine);
	po.slots = engine_slots(conf);
	must(pool_new(&pool, NULL, &po, &port, &why) == 0);
	pool_bind(engine);
	engine_start(engine, pool, bus);
}

/* Its workers end with it, and what was not durable is lost. */
static void core_end(void)
{
	struct engine_stats stats;

	if (engine == NULL)
		return;
	engine_stats(engine, &stats);
	sim.f.steps += stats.steps;
	sim.f.moved += stats.moved;
	store_close(&store);
	engine_free(&engine);
	bus_free(&bus);
	pool_free(&pool);
}

static struct event rebirth;

static void on_rebirth(struct event *ev)
{
	(void)ev;
	core_start();
	watch_again();
}

void sim_core_dies(uint64_t for_ms)
{
	if (engine == NULL)
		return;
	core_end();
	rebirth.node.slot = HEAP_NOWHERE;
	after(for_ms, &rebirth, on_rebirth);
}

void sim_relink(void)
{
	sim.driver = &relink;
	conf = make_conf(sim.s);
	core_start();
	agenda_run(BEGINNING_MS + sim.s->duration, next_turn, turn);
	core_end();
	disk_forget();
	conf_free(&conf);
}

void sim_peer(const char *name)
{
	sim.driver = peer_begin(name);
	must(sim.driver != NULL);
	agenda_run(BEGINNING_MS + sim.s->duration, NULL, NULL);
	peer_end();
}
