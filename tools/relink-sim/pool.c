/*
 * pool.c - pool.h and services.h without processes: what is asked reaches the backends over a wire.
 *
 * As the real pool it answers each call exactly once, never from inside a pool_ function, and reports a
 * death after all cancelled calls.  A call takes some ms there and back; one that is lost, or whose
 * backend is out of reach, ends at its deadline or with a network error.
 */
#include <signal.h>
#include <stdlib.h>

#include "engine/state.h"
#include "sim.h"

#define WIRE_MS  5
#define HELLO_MS 50
#define DEATH_MS 30

struct call {
	struct event ev; /* first */
	struct call *prev, *next;
	unsigned slot, instance;
	uint8_t method, cause;
	bool lost, unknown, resume;
	uint32_t account;
	uint64_t tag, deadline, generation, profile;
	uint8_t state; /* answer of health */
	char session[];
};
struct fake_worker {
	struct event ev; /* its hello, or its death */
	bool running, dying;
	int signal;
	bool ordered;
	struct call *calls; /* utlist */
};
struct pool {
	struct pool_port port;
	struct fake_worker w[LIMIT_SLOTS];
	unsigned slots;
};
static struct pool *the_pool;
static struct engine *the_engine;

void pool_bind(struct engine *e)
{
	the_engine = e;
}

int pool_new(struct pool **ret_pool, struct uv_loop_s *loop, const struct pool_options *o,
	     const struct pool_port *port, struct why *why)
{
	struct pool *p = calloc(1, sizeof *p);

	(void)loop;
	if (p == NULL)
		return why_set(why, ERR_NOMEM, "no memory for the pool");
	p->port = *port;
	p->slots = o->slots;
	for (unsigned i = 0; i < LIMIT_SLOTS; i++)
		p->w[i].ev.node.slot = HEAP_NOWHERE;
	*ret_pool = the_pool = p;
	return 0;
}

void pool_free(struct pool **pool)
{
	struct pool *p = TAKE(*pool);
	struct call *c, *next;

	for (unsigned i = 0; i < p->slots; i++) {
		cancel(&p->w[i].ev);
		DL_FOREACH_SAFE(p->w[i].calls, c, next)
		{
			cancel(&c->ev);
			free(c);
		}
	}
	free(p);
	the_pool = NULL;
}

static unsigned slot_number(const struct fake_worker *w)
{
	return (unsigned)(w - the_pool->w);
}

static void on_hello(struct event *ev)
{
	struct fake_worker *w = (struct fake_worker *)(void *)ev;
	struct msg_hello m = { .proto = 1,
			       .plugin = STR("sim"),
			       .version = STR("1"),
			       .caps = RELINK_CAP_LIST | RELINK_CAP_PROFILES | RELINK_CAP_PUSH,
			       .start_deadline = sim.s->start_deadline };

	the_pool->port.hello(the_pool->port.ctx, slot_number(w), &m);
}

int pool_spawn(struct pool *p, unsigned slot, const char *plugin, const char *name, struct why *why)
{
	struct fake_worker *w = &p->w[slot];

	(void)plugin;
	(void)name;
	if (w->running)
		return why_set(why, ERR_BUSY, "slot %u is in use", slot);
	*w = (struct fake_worker){ .ev = { { HEAP_NOWHERE }, NULL }, .running = true };
	after(HELLO_MS, &w->ev, on_hello);
	return 0;
}

/* --- a worker dies --- */

static void on_gone(struct event *ev)
{
	struct fake_worker *w = (struct fake_worker *)(void *)ev;
	unsigned slot = slot_number(w);
	struct obituary o = { .slot = slot,
			      .signal = w->signal,
			      .killed = w->ordered ? KILLED_ON_ORDER : KILLED_BY_OTHERS,
			      .was_ready = true };
	struct call *c, *next;

	DL_FOREACH_SAFE(w->calls, c, next)
	{
		DL_DELETE(w->calls, c);
		cancel(&c->ev);
		o.open_calls++;
		the_pool->port.reply(the_pool->port.ctx, slot, c->method, c->tag, ERR_CANCELLED,
				     NULL, NULL);
		free(c);
	}
	w->running = w->dying = false;
	the_pool->port.gone(the_pool->port.ctx, slot, &o);
}

static void dies(unsigned slot, int sig, bool ordered)
{
	struct fake_worker *w = &the_pool->w[slot];

	if (!w->running || w->dying)
		return;
	w->dying = true;
	w->signal = sig;
	w->ordered = ordered;
	after(DEATH_MS, &w->ev, on_gone);
}

void pool_break(unsigned slot)
{
	dies(slot, SIGSEGV, false);
}

void pool_kill(struct pool *p, unsigned slot)
{
	(void)p;
	dies(slot, SIGKILL, true);
}

void pool_terminate(struct pool *p, unsigned slot)
{
	(void)p;
	dies(slot, SIGABRT, true);
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
	return p->w[slot].running ? slot + 1 : 0;
}

/* --- answers --- */

static void send_list(const struct call *c)
{
	static struct msg_session v[LIMIT_LIST_PART];
	struct backend *b = &sim.backends[c->instance];
	struct msg_listed part_of = { .call = 1, .sessions = { v, 0 } };
	struct session *l;
	char boot[24];
	struct msg_list_reply reply = { .complete = true, .total = b->n };

	DL_FOREACH2(b->lives, l, i_next)
	{
		v[part_of.sessions.n++] = (struct msg_session){ .session = str_of(l->id),
								.generation = l->generation,
								.state = l->state,
								.cause = l->cause };
		if (part_of.sessions.n == LIMIT_LIST_PART) {
			the_pool->port.listed(the_pool->port.ctx, c->slot, c->tag, &part_of);
			part_of.sessions.n = 0;
		}
	}
	if (part_of.sessions.n > 0)
		the_pool->port.listed(the_pool->port.ctx, c->slot, c->tag, &part_of);
	snprintf(boot, sizeof boot, "boot-%llu", (unsigned long long)b->boot);
	reply.boot_id = str_of(boot);
	the_pool->port.reply(the_pool->port.ctx, c->slot, MSG_list, c->tag, 0, &reply, NULL);
}

static void send_answer(const struct call *c)
{
	struct msg_error error = { .cause = c->cause, .unknown = c->unknown };
	struct msg_create_reply created = { true };
	struct msg_disconnect_reply closed = { true };
	struct msg_health_reply health = { .state = c->state, .cause = c->cause };
	struct msg_config_reply config = { 1 };
	struct msg_ping_reply ping = { .seq = 1 };
	struct msg_stop_reply stop = { true };
	const void *reply = c->method == MSG_create       ? (const void *)&created
			    : c->method == MSG_disconnect ? (const void *)&closed
			    : c->method == MSG_health     ? (const void *)&health
			    : c->method == MSG_ping       ? (const void *)&ping
			    : c->method == MSG_stop       ? (const void *)&stop
							  : (const void *)&config;
	bool failed = c->cause != RELINK_NONE && c->method != MSG_health;

	the_pool->port.reply(the_pool->port.ctx, c->slot, c->method, c->tag, failed ? ERR_STATE : 0,
			     failed ? NULL : reply, failed ? &error : NULL);
}

static void on_answer(struct event *ev)
{
	struct call *c = (struct call *)(void *)ev;

	DL_DELETE(the_pool->w[c->slot].calls, c);
	if (c->lost)
		the_pool->port.reply(the_pool->port.ctx, c->slot, c->method, c->tag, ERR_TIMEOUT,
				     NULL, NULL);
	else if (c->method == MSG_list && c->cause == RELINK_NONE)
		send_list(c);
	else
		send_answer(c);
	free(c);
}

static void answer_later(struct call *c)
{
	uint64_t in = c->lost && c->deadline > sim.now ? c->deadline - sim.now : 1 + below(WIRE_MS);

	after(in, &c->ev, on_answer);
}

/* --- a request reaches its backend --- */

static void got_create(struct call *c)
{
	unsigned cause;

	if (sim.phones[c->account].poison) {
		c->lost = true; /* the worker dies of it */
		dies(c->slot, SIGSEGV, false);
		return;
	}
	(void)fleet_create(c->account, c->instance, c->session, c->generation, c->profile, &cause);
	c->cause = (uint8_t)cause;
}

static void got_disconnect(struct call *c)
{
	struct session *l = fleet_find(c->account, str_of(c->session));

	if (l != NULL && l->instance == c->instance)
		fleet_end(l);
}

static void got_health(struct call *c)
{
	struct session *l = NULL;

	DL_FOREACH2(sim.backends[c->instance].lives, l, i_next)
	{
		if (strcmp(l->id, c->session) == 0)
			break;
	}
	c->state = l != NULL ? l->state : RELINK_STATE_UNKNOWN;
	c->cause = l != NULL ? l->cause : RELINK_GONE;
}

static void on_request(struct event *ev)
{
	struct call *c = (struct call *)(void *)ev;
	bool reply_lost;

	sim.f.calls++;
	if (c->method == MSG_config || c->method == MSG_ping || c->method == MSG_stop) {
		answer_later(c);
		return;
	}
	c->lost = sim.loss > 0 && part() < sim.loss;
	reply_lost = sim.loss > 0 && part() < sim.loss;
	if (!c->lost && !fleet_answers(c->instance)) {
		c->cause = RELINK_NETWORK;
		c->lost = below(4) == 0;
	} else if (!c->lost) {
		if (c->method == MSG_create)
			got_create(c);
		else if (c->method == MSG_disconnect)
			got_disconnect(c);
		else if (c->method == MSG_health)
			got_health(c);
	}
	c->lost = c->lost || reply_lost;
	answer_later(c);
}

static unsigned number_of(struct str name)
{
	uint64_t n = 0;

	must(name.n > 1);
	must(str_to_u64((struct str){ name.p + 1, name.n - 1 }, UINT32_MAX, &n));
	return (unsigned)n;
}

static struct call *call_new(struct str session)
{
	struct call *c = calloc(1, sizeof *c + session.n + 1);

	must(c != NULL);
	c->ev.node.slot = HEAP_NOWHERE;
	str_copy(c->session, session.n + 1, session);
	return c;
}

static struct call *call_of(enum msg_method method, const void *params)
{
	const struct msg_create *create = params;
	const struct msg_disconnect *end = params;
	const struct msg_health *health = params;
	char profile[LIMIT_PROFILE + 1];
	struct call *c;

	if (method == MSG_create) {
		c = call_new(create->session);
		c->instance = number_of(create->instance);
		c->account = number_of(create->account);
		c->generation = create->generation;
		c->resume = create->resume;
		str_copy(profile, sizeof profile, create->profile);
		c->profile = profile_hash(profile);
	} else if (method == MSG_disconnect) {
		c = call_new(end->session);
		c->instance = number_of(end->instance);
		c->account = number_of(end->account);
	} else if (method == MSG_health) {
		c = call_new(health->session);
		c->instance = number_of(health->instance);
	} else {
		c = call_new(STR_NONE);
		if (method == MSG_list)
			c->instance = number_of(((const struct msg_list *)params)->instance);
	}
	c->method = (uint8_t)method;
	return c;
}

int pool_call(struct pool *p, unsigned slot, enum msg_method method, const void *params,
	      uint64_t tag, uint64_t deadline_ms)
{
	struct fake_worker *w = &p->w[slot];
	struct call *c;

	if (!w->running || w->dying)
		return ERR_UNAVAILABLE;
	c = call_of(method, params);
	c->slot = slot;
	c->tag = tag;
	c->deadline = deadline_ms;
	DL_APPEND(w->calls, c);
	after(1 + below(WIRE_MS), &c->ev, on_request);
	return 0;
}

/* --- what backends say by themselves --- */

struct push {
	struct event ev;
	unsigned instance, account;
	uint8_t state, cause;
	uint64_t generation;
	char session[];
};

static void on_push(struct event *ev)
{
	struct push *u = (struct push *)(void *)ev;
	unsigned slot = (unsigned)(u->instance % sim.s->workers);
	char instance[16], account[16];
	struct msg_event m = { .session = str_of(u->session),
			       .generation = u->generation,
			       .state = u->state,
			       .cause = u->cause,
			       .qr = u->state == RELINK_STATE_QR ? STR("2@sim") : STR_NONE,
			       .qr_expires = 20000 };

	snprintf(instance, sizeof instance, "i%u", u->instance);
	snprintf(account, sizeof account, "a%u", u->account);
	m.instance = str_of(instance);
	m.account = str_of(account);
	if (the_pool != NULL && the_pool->w[slot].running && !the_pool->w[slot].dying &&
	    fleet_answers(u->instance))
		the_pool->port.event(the_pool->port.ctx, slot, &m);
	free(u);
}

void pool_tell(struct session *l)
{
	size_t n = strlen(l->id);
	struct push *u;

	if (part() < sim.push_loss || part() < sim.s->push_lost || part() < sim.loss)
		return;
	u = malloc(sizeof *u + n + 1);
	must(u != NULL);
	*u = (struct push){ .ev = { { HEAP_NOWHERE }, NULL },
			    .instance = l->instance,
			    .account = l->account,
			    .state = l->state,
			    .cause = l->cause,
			    .generation = l->generation };
	memcpy(u->session, l->id, n + 1);
	after(1 + below(WIRE_MS), &u->ev, on_push);
}

/* --- services.h: no instance has a command --- */

int services_find(struct services *s, unsigned number, const struct service_spec *spec,
		  bool *ret_changed, uint64_t *ret_at, struct why *why)
{
	(void)s;
	(void)number;
	(void)spec;
	(void)why;
	*ret_changed = false;
	*ret_at = 0;
	return ERR_NOTFOUND;
}

int services_start(struct services *s, unsigned number, const struct service_spec *spec,
		   struct why *why)
{
	(void)s;
	(void)number;
	(void)spec;
	return why_set(why, ERR_UNSUPPORTED, "no services here");
}

void services_signal(struct services *s, unsigned number, int sig)
{
	(void)s;
	(void)number;
	(void)sig;
}

void services_leave(struct services *s, unsigned number)
{
	(void)s;
	(void)number;
}

uint64_t services_pid(const struct services *s, unsigned number)
{
	(void)s;
	(void)number;
	return 0;
}

void services_others(const struct services *s, const char *const *instances, size_t n,
		     void (*each)(void *ctx, const char *instance, uint64_t pid), void *ctx)
{
	(void)s;
	(void)instances;
	(void)n;
	(void)each;
	(void)ctx;
}
