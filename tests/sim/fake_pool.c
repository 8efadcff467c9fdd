/*
 * fake_pool.c - pool.h without processes: workers that start, answer, hang and die in virtual time.
 *
 * Like the real pool it answers each call exactly once (reply, deadline, or lost worker), never from
 * inside a pool_ function, and reports a death only after all cancelled calls.  A request that has
 * left a worker goes on at the provider when the worker dies, as bytes on a wire do.
 */
#include <signal.h>
#include <stdlib.h>

#include "sim.h"

static void request_free(struct request *r);

#define HELLO_MS  20
#define CONFIG_MS 15
#define WIRE_MS   8

#define LAST_WORDS_MS 1500

struct fake_call {
	uint64_t tag;
	enum msg_method method;
	struct fake_call *prev, *next;
};
struct fake_worker {
	bool running, hung;
	bool full;         /* the queue to it takes no more */
	bool asked;        /* for its last words */
	uint64_t asked_at; /* 0: not, or it was killed since */
	bool ordered;      /* pool_kill ended it */
	int signal;        /* that it dies of */
	uint64_t life;     /* number of this process */
	struct fake_call *calls;
};
struct pool {
	struct pool_port port;
	struct fake_worker w[LIMIT_SLOTS];
	unsigned slots;
	uint64_t epoch;
	struct pool *next_dead;
};
static struct pool *graveyard;
static uint64_t lives, own_deaths;

/* What an agenda entry of the pool carries: dropped when its core or process is no more. */
struct entry {
	struct pool *pool;
	uint64_t epoch, life;
	unsigned slot;
	uint64_t tag;
	struct request *request;
	unsigned kind, state, cause;
	uint64_t generation;
	char session[LIMIT_SESSION_ID + 1], account[LIMIT_ACCOUNT_ID + 1];
	unsigned instance;
};

static bool alive(const struct entry *x)
{
	return x->epoch == sim.epoch && x->pool->w[x->slot].running &&
	       x->pool->w[x->slot].life == x->life;
}

static struct entry *entry_new(struct pool *p, unsigned slot)
{
	struct entry *x = calloc(1, sizeof *x);

	x->pool = p;
	x->epoch = p->epoch;
	x->slot = slot;
	x->life = p->w[slot].life;
	return x;
}

int pool_new(struct pool **ret_pool, struct uv_loop_s *loop, const struct pool_options *o,
	     const struct pool_port *port, struct why *why)
{
	struct pool *p = calloc(1, sizeof *p);

	(void)loop;
	(void)why;
	p->port = *port;
	p->slots = o->slots;
	p->epoch = sim.epoch;
	*ret_pool = p;
	return 0;
}

static void on_hello_due(void *arg)
{
	struct entry *x = arg;
	struct msg_hello m = { .proto = 1,
			       .plugin = STR("sim"),
			       .version = STR("1"),
			       .caps = (sim.s.listable ? RELINK_CAP_LIST : 0) |
				       (sim.s.same_id ? 0 : RELINK_CAP_PROFILES) | RELINK_CAP_PUSH |
				       (sim.s.fenced ? RELINK_CAP_FENCED : 0),
			       .start_deadline = 60000 };

	if (alive(x) && !x->pool->w[x->slot].hung)
		x->pool->port.hello(x->pool->port.ctx, x->slot, &m);
	free(x);
}

int pool_spawn(struct pool *p, unsigned slot, const char *plugin, const char *name, struct why *why)
{
	struct fake_worker *w = &p->w[slot];

	(void)plugin;
	(void)name;
	if (w->running)
		return why_set(why, ERR_BUSY, "slot %u is in use", slot);
	if (!sim.calm && happens(sim.s.faults.spawn_fails))
		return why_set(why, ERR_UNAVAILABLE, "no process for slot %u", slot);
	*w = (struct fake_worker){ .running = true, .life = ++lives };
	later(HELLO_MS + chance(HELLO_MS), on_hello_due, entry_new(p, slot));
	return 0;
}

static struct fake_call *call_by_tag(struct fake_worker *w, uint64_t tag)
{
	struct fake_call *c;

	DL_FOREACH(w->calls, c)
	{
		if (c->tag == tag)
			return c;
	}
	return NULL;
}

static void fake_call_end(struct fake_worker *w, struct fake_call *c)
{
	DL_DELETE(w->calls, c);
	free(c);
}

static void on_deadline(void *arg)
{
	struct entry *x = arg;
	struct fake_call *c = alive(x) ? call_by_tag(&x->pool->w[x->slot], x->tag) : NULL;

	if (c != NULL) {
		enum msg_method method = c->method;

		fake_call_end(&x->pool->w[x->slot], c);
		x->pool->port.reply(x->pool->port.ctx, x->slot, method, x->tag, ERR_TIMEOUT, NULL,
				    NULL);
	}
	free(x);
}

static bool refuses_config(struct pool *p, const struct entry *x)
{
	struct msg_error error = { .cause = chance(2) == 0 ? RELINK_MISCONFIGURED : RELINK_NETWORK,
				   .text = STR("the simulated plugin said so") };

	if (sim.calm || !happens(sim.s.faults.config_refused))
		return false;
	p->port.reply(p->port.ctx, x->slot, MSG_config, x->tag, ERR_STATE, NULL, &error);
	return true;
}

/* The worker itself answers: config, ping, stop. */
static void on_own_answer(void *arg)
{
	struct entry *x = arg;
	struct fake_worker *w = &x->pool->w[x->slot];
	struct fake_call *c = alive(x) && !w->hung ? call_by_tag(w, x->tag) : NULL;
	struct msg_config_reply config = { 1 };
	struct msg_ping_reply ping = { .seq = 1 };
	struct msg_stop_reply stop = { true };
	const void *reply = &config;

	if (c != NULL) {
		enum msg_method method = c->method;

		reply = method == MSG_ping   ? (const void *)&ping
			: method == MSG_stop ? (const void *)&stop
					     : (const void *)&config;
		fake_call_end(w, c);
		if (method != MSG_config || !refuses_config(x->pool, x))
			x->pool->port.reply(x->pool->port.ctx, x->slot, method, x->tag, 0, reply,
					    NULL);
		if (method == MSG_stop)
			fake_pool_kill_worker(x->slot);
	}
	free(x);
}

static void on_wire(void *arg)
{
	world_gets(arg);
}

static unsigned instance_number(struct str name)
{
	for (unsigned i = 0; i < sim.s.instances; i++) {
		if (str_is(name, sim.conf->providers[0].instances[i].id))
			return i;
	}
	broken("instances are known", "%.*s", STR_ARG(name));
}

static struct request *request_of(enum msg_method method, const void *params)
{
	struct request *r = calloc(1, sizeof *r);

	r->method = method;
	switch (method) {
	case MSG_create: {
		const struct msg_create *m = params;

		r->instance = instance_number(m->instance);
		str_copy(r->session, sizeof r->session, m->session);
		str_copy(r->account, sizeof r->account, m->account);
		str_copy(r->profile, sizeof r->profile, m->profile);
		r->generation = m->generation;
		r->resume = m->resume;
		break;
	}
	case MSG_disconnect: {
		const struct msg_disconnect *m = params;

		r->instance = instance_number(m->instance);
		str_copy(r->session, sizeof r->session, m->session);
		str_copy(r->account, sizeof r->account, m->account);
		r->generation = m->generation;
		break;
	}
	case MSG_health: {
		const struct msg_health *m = params;

		r->instance = instance_number(m->instance);
		str_copy(r->session, sizeof r->session, m->session);
		r->generation = m->generation;
		break;
	}
	case MSG_list:
		r->instance = instance_number(((const struct msg_list *)params)->instance);
		break;
	default:
		broken("methods are known", "%d", method);
	}
	return r;
}

int pool_call(struct pool *p, unsigned slot, enum msg_method method, const void *params,
	      uint64_t tag, uint64_t deadline_ms)
{
	struct fake_worker *w = &p->w[slot];
	struct fake_call *c;
	struct request *r;
	struct entry *x;

	if (!w->running)
		return ERR_UNAVAILABLE;
	if (w->full)
		return ERR_FULL;
	c = calloc(1, sizeof *c);
	c->tag = tag;
	c->method = method;
	DL_APPEND(w->calls, c);
	x = entry_new(p, slot);
	x->tag = tag;
	later(deadline_ms > sim.now ? deadline_ms - sim.now : 1, on_deadline, x);
	if (method == MSG_config || method == MSG_ping || method == MSG_stop) {
		x = entry_new(p, slot);
		x->tag = tag;
		later(CONFIG_MS + chance(CONFIG_MS), on_own_answer, x);
		return 0;
	}
	r = request_of(method, params);
	r->slot = slot;
	check_place(r);
	if (w->hung) { /* it never leaves the process */
		request_free(r);
		return 0;
	}
	r->epoch = p->epoch;
	r->tag = tag;
	r->life = w->life;
	later(1 + chance(WIRE_MS), on_wire, r);
	return 0;
}

/* --- the provider's answers --- */

static void on_answer(void *arg)
{
	struct request *r = arg;
	struct pool *p = sim.pool;
	struct fake_call *c;
	struct fake_worker *w;

	if (r->epoch != sim.epoch || p == NULL) {
		request_free(r);
		return;
	}
	w = &p->w[r->slot];
	c = w->running && !w->hung && w->life == r->life ? call_by_tag(w, r->tag) : NULL;
	if (c != NULL) {
		struct msg_error error = { .cause = r->cause,
					   .text = STR("the simulated provider said so"),
					   .unknown = r->unknown,
					   .generation = r->generation };
		struct msg_create_reply created = { true };
		struct msg_disconnect_reply closed = { true };
		struct msg_health_reply health = { .state = r->state, .cause = r->cause };
		struct msg_list_reply list = { .boot_id = str_of(r->boot_id),
					       .complete = r->complete,
					       .total = r->n_sessions };
		struct msg_listed part = { .call = 1 };
		const void *reply = r->method == MSG_create       ? (const void *)&created
				    : r->method == MSG_disconnect ? (const void *)&closed
				    : r->method == MSG_health     ? (const void *)&health
								  : (const void *)&list;

		fake_call_end(w, c);
		part.sessions.v = r->sessions;
		part.sessions.n = r->n_sessions;
		if (r->method == MSG_list && r->cause == RELINK_NONE)
			p->port.listed(p->port.ctx, r->slot, r->tag, &part);
		if (r->cause != RELINK_NONE && r->method != MSG_health)
			p->port.reply(p->port.ctx, r->slot, r->method, r->tag, ERR_STATE, NULL,
				      &error);
		else
			p->port.reply(p->port.ctx, r->slot, r->method, r->tag, 0, reply, NULL);
	}
	request_free(r);
}

void request_reply_ok(struct request *r)
{
	if (r->method != MSG_health)
		r->cause = RELINK_NONE;
	later(1 + chance(WIRE_MS), on_answer, r);
}

void request_reply_error(struct request *r, unsigned cause, bool unknown, uint64_t generation)
{
	r->cause = cause;
	r->unknown = unknown;
	r->generation = generation;
	later(1 + chance(WIRE_MS), on_answer, r);
}

static void request_free(struct request *r)
{
	for (size_t i = 0; i < r->n_sessions; i++)
		free((void *)(uintptr_t)r->sessions[i].session.p);
	free(r->sessions);
	free(r);
}

/* The caller's deadline ends it. */
void request_never(struct request *r)
{
	request_free(r);
}

static void on_push(void *arg)
{
	struct entry *x = arg;

	if (alive(x) && !x->pool->w[x->slot].hung) {
		struct msg_event m = {
			.instance = str_of(sim.conf->providers[0].instances[x->instance].id),
			.session = str_of(x->session),
			.account = str_of(x->account),
			.generation = x->generation,
			.state = x->state,
			.cause = x->cause,
			.qr = x->state == RELINK_STATE_QR ? STR("2@sim") : STR_NONE,
			.qr_expires = 20000,
		};

		x->pool->port.event(x->pool->port.ctx, x->slot, &m);
		if (!sim.calm && happens(sim.s.faults.push_elsewhere)) {
			unsigned other = (x->instance + 1) % sim.s.instances;

			m.instance = str_of(sim.conf->providers[0].instances[other].id);
			m.state = RELINK_STATE_CONNECTED;
			m.cause = RELINK_NONE;
			x->pool->port.event(x->pool->port.ctx, other % sim.s.workers, &m);
		}
	}
	free(x);
}

void worker_push(unsigned instance, const char *session, const char *account, uint64_t generation,
		 unsigned state, unsigned cause)
{
	unsigned slot = instance % sim.s.workers;
	unsigned copies = !sim.calm && happens(sim.s.faults.push_twice) ? 2 : 1;

	if (sim.pool == NULL || !sim.pool->w[slot].running)
		return;
	if (!sim.calm && happens(sim.s.faults.push_lost))
		return;
	while (copies-- > 0) {
		struct entry *x = entry_new(sim.pool, slot);

		x->instance = instance;
		str_copy(x->session, sizeof x->session, str_of(session));
		str_copy(x->account, sizeof x->account, str_of(account));
		x->generation = generation;
		x->state = state;
		x->cause = cause;
		later(!sim.calm && happens(sim.s.faults.push_late) ? chance(60000)
								   : 1 + chance(WIRE_MS),
		      on_push, x);
	}
}

/* --- deaths --- */

static void on_gone_due(void *arg)
{
	struct entry *x = arg;
	struct fake_worker *w = &x->pool->w[x->slot];
	struct obituary o = { .slot = x->slot,
			      .signal = w->signal,
			      .killed = w->ordered ? KILLED_ON_ORDER : KILLED_BY_OTHERS,
			      .was_ready = true };
	struct fake_call *c, *next;

	if (!alive(x)) {
		free(x);
		return;
	}
	DL_FOREACH_SAFE(w->calls, c, next)
	{
		uint64_t tag = c->tag;
		enum msg_method method = c->method;

		fake_call_end(w, c);
		x->pool->port.reply(x->pool->port.ctx, x->slot, method, tag, ERR_CANCELLED, NULL,
				    NULL);
	}
	w->running = false;
	own_deaths += o.signal != SIGKILL || o.killed != KILLED_BY_OTHERS;
	x->pool->port.gone(x->pool->port.ctx, x->slot, &o);
	free(x);
}

void fake_pool_kill_worker(unsigned slot)
{
	struct fake_worker *w = sim.pool != NULL ? &sim.pool->w[slot] : NULL;

	if (w == NULL || !w->running)
		return;
	w->hung = w->asked = true; /* it says nothing from here on */
	w->signal = SIGKILL;
	sim.t.worker_deaths++;
	later(1 + chance(5), on_gone_due, entry_new(sim.pool, slot));
}

void fake_pool_hang_worker(unsigned slot)
{
	if (sim.pool != NULL && sim.pool->w[slot].running) {
		sim.pool->w[slot].hung = true;
		sim.pool->w[slot].full = happens(sim.s.faults.queue_full);
	}
}

void pool_kill(struct pool *p, unsigned slot)
{
	if (p->w[slot].running) {
		if (p->w[slot].hung && !p->w[slot].asked)
			broken("who is silent is asked for last words", "slot %u", slot);
		p->w[slot].hung = p->w[slot].ordered = true;
		p->w[slot].asked_at = 0;
		p->w[slot].signal = SIGKILL;
		later(1 + chance(5), on_gone_due, entry_new(p, slot));
	}
}

/* Its watchdog ends it, unless it was stopped as a whole. */
void pool_terminate(struct pool *p, unsigned slot)
{
	if (!p->w[slot].running)
		return;
	p->w[slot].hung = p->w[slot].asked = true;
	p->w[slot].asked_at = sim.now;
	p->w[slot].signal = SIGABRT;
	if (chance(4) != 0)
		later(LAST_WORDS_MS, on_gone_due, entry_new(p, slot));
}

uint64_t fake_pool_asked_at(unsigned slot)
{
	return sim.pool != NULL && sim.pool->w[slot].running ? sim.pool->w[slot].asked_at : 0;
}

void pool_pause(struct pool *p, bool paused)
{
	(void)p;
	(void)paused;
}

bool pool_plugin_changed(const struct pool *p, unsigned slot)
{
	(void)p;
	(void)slot;
	return false;
}

uint64_t pool_pid(const struct pool *p, unsigned slot)
{
	return p->w[slot].running ? p->w[slot].life : 0;
}

void fake_pool_crash(void)
{
	struct pool *p = sim.pool;
	struct fake_call *c, *next;

	for (unsigned slot = 0; slot < p->slots; slot++) {
		DL_FOREACH_SAFE(p->w[slot].calls, c, next)
		fake_call_end(&p->w[slot], c);
	}
	p->next_dead = graveyard;
	graveyard = p;
	sim.pool = NULL;
}

uint64_t fake_pool_own_deaths(void)
{
	return own_deaths;
}

void fake_pool_reset(void)
{
	own_deaths = 0;
	while (graveyard != NULL) {
		struct pool *dead = graveyard;

		graveyard = dead->next_dead;
		free(dead);
	}
}
