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
	return (double)clock() / CLOCKS_PER_SEC;
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

static struct conf *make_conf(const struct scenario *s)
{
	struct conf *c = calloc(1, sizeof *c);
	struct conf_provider *p = calloc(1, sizeof *p);
	char name[16];

	must(c != NULL && p != NULL);
	*c = (struct conf){ .backoff_base_ms = s->backoff_base,
			    .backoff_cap_ms = s->backoff_cap,
			    .max_attempts = s->max_attempts,
			    .stable_ms = s->stable_after,
			    .start_deadline_ms = s->start_deadline,
			    .qr_deadline_ms = s->qr_deadline,
			    .settle_ms = s->settle,
			    .list_interval_ms = s->list_interval,
			    .op_deadline_ms = s->op_deadline,
			    .join_ms = s->join_window,
			    .ping_interval_ms = 60000,
			    .ping_misses = 3,
			    .hello_ms = 10000,
			    .ready_ms = 10000,
			    .stop_ms = 10000,
			    .restart_base_ms = 1000,
			    .restart_cap_ms = 60000,
			    .restart_burst = 5,
			    .restart_window_ms = 60000,
			    .cool_ms = 300000,
			    .plugin_dir = str_dup(STR("/nowhere")),
			    .n_providers = 1,
			    .providers = p };
	*p = (struct conf_provider){ .name = str_dup(STR("sim")),
				     .plugin = str_dup(STR("sim")),
				     .workers = s->workers,
				     .starts_per_minute = s->starts_per_minute,
				     .start_burst = s->start_burst,
				     .shared_credentials = s->shared,
				     .when_down_move = s->move,
				     .move_after_ms = s->move_after,
				     .n_instances = s->instances };
	p->instances = calloc(s->instances, sizeof *p->instances);
	must(p->instances != NULL);
	for (uint64_t i = 0; i < s->instances; i++) {
		snprintf(name, sizeof name, "i%u", (unsigned)i);
		p->instances[i] =
		    (struct conf_instance){ .id = str_dup(str_of(name)),
					    .capacity = s->capacity,
					    .concurrent_starts = s->concurrent_starts };
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

static uint64_t next_turn(void)
{
	return engine_next(engine);
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
	struct api_port port = engine_api_port(engine);
	struct command *c = command_new(kind);
	bool about_instance = kind == COMMAND_DRAIN || kind == COMMAND_RESUME;

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

void sim_relink(void)
{
	struct store_options so = { .dir = "" };
	struct pool_options po = { .worker_path = "" };
	struct engine_stats stats;
	struct pool_port port;
	struct why why = { 0 };

	sim.driver = &relink;
	conf = make_conf(sim.s);
	must(store_open(&store, &so, &why) == 0);
	must(engine_new(&engine, conf, store, &why) == 0);
	must(bus_new(&bus, 64, engine_last_seq(engine)) == 0);
	port = engine_pool_port(engine);
	po.slots = engine_slots(conf);
	must(pool_new(&pool, NULL, &po, &port, &why) == 0);
	pool_bind(engine);
	engine_start(engine, pool, bus);
	agenda_run(BEGINNING_MS + sim.s->duration, next_turn, turn);
	engine_stats(engine, &stats);
	sim.f.steps = stats.steps;
	sim.f.moved = stats.moved;
	engine_free(&engine);
	bus_free(&bus);
	pool_free(&pool);
	store_close(&store);
	free_conf(conf);
}

void sim_peer(const char *name)
{
	sim.driver = peer_begin(name);
	must(sim.driver != NULL);
	agenda_run(BEGINNING_MS + sim.s->duration, NULL, NULL);
	peer_end();
}
