/*
 * fleet.c - the backends and their sessions: the truth.  README.md states the model in words.
 *
 * A life does one thing at a time by itself, so its event is part of it.  Who drives (Relink or a peer's
 * rule) sees only what a backend tells: see pool.c and peer.c.
 */
#include <math.h>
#include <stdlib.h>
#include <utlist.h>

#include "relink/plugin.h"
#include "sim.h"

static struct phone *phone_of(const struct session *l)
{
	return &sim.phones[l->account];
}

uint64_t profile_hash(const char *name)
{
	uint64_t h = str_hash(str_of(name));

	return h != 0 ? h : 1;
}

/* --- what is connected --- */

static void count_up(struct session *l)
{
	struct phone *p = phone_of(l);

	l->was_up = true;
	sim.f.connects++;
	sim.f.connected++;
	if (p->down_at != 0) {
		hist_add(&sim.f.recovery, sim.now - p->down_at);
		sim.f.down_ms += sim.now - p->down_at;
	}
	p->down_at = 0;
	p->clicked = false;
	if (sim.f.below_since != 0 && sim.f.connected * 100 >= sim.s->accounts * 99) {
		sim.f.reached_at = sim.now;
		sim.f.below_since = 0;
	}
}

static void count_down(struct session *l)
{
	phone_of(l)->down_at = sim.now;
	sim.f.connected--;
	if (sim.f.below_since == 0 && sim.f.connected * 100 < sim.s->accounts * 99)
		sim.f.below_since = sim.now;
}

static void set_state(struct session *l, unsigned state, unsigned cause)
{
	if (l->state == RELINK_STATE_CONNECTED && state != RELINK_STATE_CONNECTED)
		count_down(l);
	else if (l->state != RELINK_STATE_CONNECTED && state == RELINK_STATE_CONNECTED)
		count_up(l);
	if (l->starting && state != RELINK_STATE_STARTING) {
		l->starting = false;
		sim.backends[l->instance].starting--;
	}
	l->state = (uint8_t)state;
	l->cause = (uint8_t)cause;
}

static void life_free(struct session *l)
{
	struct phone *p = phone_of(l);
	struct backend *b = &sim.backends[l->instance];

	set_state(l, RELINK_STATE_DOWN, RELINK_GONE);
	sim.f.wasted += !l->was_up;
	cancel(&l->ev);
	LL_DELETE(p->lives, l);
	DL_DELETE2(b->lives, l, i_prev, i_next);
	b->n--;
	free(l->id);
	free(l);
}

/* --- what a life does by itself --- */

static void tell(struct session *l)
{
	sim.driver->told(l);
}

static void die(struct session *l, unsigned cause)
{
	cancel(&l->ev);
	sim.f.deaths += l->state == RELINK_STATE_CONNECTED;
	set_state(l, RELINK_STATE_DOWN, cause);
	tell(l);
}

static void on_end_of_life(struct event *ev)
{
	struct session *l = (struct session *)(void *)ev;
	bool out = part() < sim.s->death_log_outs;

	if (out)
		phone_of(l)->good = false;
	die(l, out ? RELINK_LOGGED_OUT : RELINK_ENGINE_CRASH);
}

static void live_on(struct session *l)
{
	if (sim.s->session_life > 0)
		after(around(sim.s->session_life), &l->ev, on_end_of_life);
}

static void on_connected(struct event *ev)
{
	struct session *l = (struct session *)(void *)ev;

	set_state(l, RELINK_STATE_CONNECTED, RELINK_NONE);
	live_on(l);
	tell(l);
}

static void log_in(struct session *l)
{
	set_state(l, RELINK_STATE_AUTHENTICATED, RELINK_NONE);
	after(500 + below(2000), &l->ev, on_connected);
	tell(l);
}

static void on_scanned(struct event *ev)
{
	struct session *l = (struct session *)(void *)ev;
	struct phone *p = phone_of(l);

	sim.f.scans++;
	if (p->good) { /* nobody had to; and a login that worked is not used any more */
		sim.f.scans_needless++;
		sim.f.credentials_lost += p->profile != l->profile;
	}
	p->profile = l->profile;
	p->good = true;
	log_in(l);
}

static void show_qr(struct session *l)
{
	set_state(l, RELINK_STATE_QR, RELINK_NONE);
	sim.f.qrs++;
	sim.f.qrs_needless += phone_of(l)->good;
	if (people_scan(l))
		after(around(sim.s->scan_after), &l->ev, on_scanned);
	tell(l);
}

/* The start is over, one way or the other. */
static void on_started(struct event *ev)
{
	struct session *l = (struct session *)(void *)ev;
	const struct phone *p = phone_of(l);

	if (l->doomed || part() < sim.broken_starts || part() < sim.s->start_failures)
		die(l, RELINK_ENGINE_CRASH);
	else if (sim.lying && p->good && p->profile == l->profile)
		die(l, RELINK_LOGGED_OUT);
	else if (p->good && p->profile == l->profile)
		log_in(l);
	else
		show_qr(l);
}

static void on_start_hangs(struct event *ev)
{
	die((struct session *)(void *)ev, RELINK_ENGINE_HANG);
}

/* About standard normal. */
static double normal(void)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += part();
	return sum;
}

/* Starts share the machine: each takes as many times longer as there are more than it can do at once.
 * What is under way already does not become slower by it, which flatters whoever starts many. */
static void start(struct session *l)
{
	struct backend *b = &sim.backends[l->instance];
	double crowd = (double)++b->starting / (double)sim.s->parallel_starts;
	double ms = (double)sim.start_time_ms * exp(sim.s->start_spread * normal());

	l->starting = true;
	l->state = RELINK_STATE_STARTING;
	if (sim.f.starting_max < b->starting)
		sim.f.starting_max = b->starting;
	if (crowd > 1) {
		ms *= crowd;
		l->doomed = part() < sim.s->overload_crashes;
	}
	if (ms > (double)sim.s->start_timeout)
		after(sim.s->start_timeout, &l->ev, on_start_hangs);
	else
		after(1 + (uint64_t)ms, &l->ev, on_started);
}

/* --- what is asked of a backend --- */

bool fleet_answers(unsigned instance)
{
	return sim.backends[instance].back_at <= sim.now;
}

static struct session *life_new(uint32_t account, unsigned instance, const char *id,
				uint64_t generation, uint64_t profile)
{
	struct session *l = calloc(1, sizeof *l);

	must(l != NULL);
	*l = (struct session){ .ev = { { HEAP_NOWHERE }, NULL },
			       .id = str_dup(str_of(id)),
			       .generation = generation,
			       .profile = profile,
			       .began_at = sim.now,
			       .account = account,
			       .instance = (uint16_t)instance };
	must(l->id != NULL);
	LL_PREPEND(sim.phones[account].lives, l);
	DL_APPEND2(sim.backends[instance].lives, l, i_prev, i_next);
	sim.backends[instance].n++;
	return l;
}

struct session *fleet_create(uint32_t account, unsigned instance, const char *id,
			     uint64_t generation, uint64_t profile, unsigned *ret_cause)
{
	struct session *l;

	sim.f.starts++;
	LL_FOREACH(sim.phones[account].lives, l)
	{
		if (l->state == RELINK_STATE_DOWN || l->profile != profile)
			continue;
		sim.f.duplicates++; /* the profile is open: a real one is locked */
		sim.f.wasted++;
		*ret_cause = RELINK_ENGINE_CRASH;
		return NULL;
	}
	*ret_cause = RELINK_NONE;
	l = life_new(account, instance, id, generation, profile);
	start(l);
	return l;
}

struct session *fleet_find(uint32_t account, struct str id)
{
	struct session *l;

	LL_FOREACH(sim.phones[account].lives, l)
	{
		if (str_is(id, l->id))
			return l;
	}
	return NULL;
}

void fleet_end(struct session *l)
{
	life_free(l);
}

void fleet_break(uint32_t account, unsigned cause)
{
	struct session *l, *next;

	LL_FOREACH_SAFE(sim.phones[account].lives, l, next)
	{
		if (l->state != RELINK_STATE_CONNECTED)
			continue;
		die(l, cause);
		return;
	}
}

/* --- machines --- */

struct return_of {
	struct event ev;
	unsigned instance;
};

static void on_back(struct event *ev)
{
	struct return_of *r = (struct return_of *)(void *)ev;
	struct backend *b = &sim.backends[r->instance];
	bool was_dead = b->dead;

	if (b->back_at <= sim.now) {
		b->dead = false;
		if (was_dead)
			sim.driver->back(r->instance);
	}
	free(r);
}

void fleet_leave(unsigned instance, uint64_t for_ms, bool dead)
{
	struct backend *b = &sim.backends[instance];
	struct return_of *r = malloc(sizeof *r);
	struct session *l, *next;

	must(r != NULL);
	*r = (struct return_of){ { { HEAP_NOWHERE }, NULL }, instance };
	if (b->back_at < sim.now + for_ms)
		b->back_at = sim.now + for_ms;
	after(for_ms, &r->ev, on_back);
	if (!dead)
		return;
	b->dead = true;
	b->boot++;
	DL_FOREACH_SAFE2(b->lives, l, next, i_next)
	{
		sim.f.deaths += l->state == RELINK_STATE_CONNECTED;
		life_free(l);
	}
}

/* --- the beginning and the end --- */

void fleet_open(void)
{
	const struct scenario *s = sim.s;
	char id[24];

	for (uint32_t n = 0; n < s->accounts; n++) {
		struct phone *p = &sim.phones[n];
		bool linked = (double)n < s->linked * (double)s->accounts;
		struct session *l;

		p->instance = (uint16_t)(n % s->instances);
		p->down_at = sim.now;
		if (!linked)
			continue;
		snprintf(id, sizeof id, "p%u", n);
		p->profile = profile_hash(id);
		p->good = true;
		if (!s->connected)
			continue;
		snprintf(id, sizeof id, "s%u", n);
		l = life_new(n, p->instance, id, 1, p->profile);
		l->state = RELINK_STATE_CONNECTED;
		l->was_up = true;
		p->down_at = 0;
		sim.f.connected++;
		live_on(l);
	}
	sim.f.below_since = sim.f.connected * 100 < s->accounts * 99 ? sim.now : 0;
}

void fleet_close(void)
{
	for (uint64_t n = 0; n < sim.s->accounts; n++) {
		struct session *l, *next;

		LL_FOREACH_SAFE(sim.phones[n].lives, l, next)
		{
			cancel(&l->ev);
			free(l->id);
			free(l);
		}
		if (sim.phones[n].down_at != 0)
			sim.f.down_ms += sim.now - sim.phones[n].down_at;
	}
}

void fleet_sample(void)
{
	if (sim.f.n_samples > SAMPLES)
		return;
	sim.f.samples[sim.f.n_samples++] = (struct sample){ .connected = sim.f.connected,
							    .starts = sim.f.starts,
							    .queued = sim.f.queued,
							    .scans = sim.f.scans,
							    .waiting = sim.f.waiting };
}
