/*
 * fake_services.c - services.h without processes: each instance's backend is one that the core starts.
 *
 * They outlive the core, as the real ones do.  A backend answers when its process runs and does not
 * hang; when it dies its sessions are forgotten.
 */
#include <signal.h>
#include <stdlib.h>

#include "sim.h"

#define BOOT_MS   500
#define ENDING_MS 200
#define FEW_MS    5

struct backend {
	bool running, hung;
	uint64_t pid, up_at, started_at;
	uint64_t heard_at; /* it answered last */
	uint64_t given_up_at;
};
static struct backend backends[LIMIT_INSTANCES];
static bool watched[LIMIT_INSTANCES]; /* by the core that lives now */
static uint64_t pids;

struct death {
	unsigned number;
	uint64_t pid, epoch;
	int signal;
};

static void on_told(void *arg)
{
	struct death *d = arg;
	struct services_port port;
	const struct service_end end = { .pid = d->pid,
					 .status_known = chance(2) == 0,
					 .signal = d->signal };

	if (d->epoch == sim.epoch && sim.engine != NULL && watched[d->number]) {
		port = engine_services_port(sim.engine);
		watched[d->number] = false;
		port.gone(port.ctx, d->number, &end);
	}
	free(d);
}

static struct death *death_of(unsigned number, int signal)
{
	struct death *d = calloc(1, sizeof *d);

	*d = (struct death){ number, backends[number].pid, sim.epoch, signal };
	return d;
}

static void die(unsigned number, int signal)
{
	if (!backends[number].running)
		return;
	backends[number].running = false;
	world_forgets(number);
	later(1 + chance(FEW_MS), on_told, death_of(number, signal));
}

static void on_dying(void *arg)
{
	struct death *d = arg;

	if (backends[d->number].pid == d->pid)
		die(d->number, d->signal);
	free(d);
}

int services_find(struct services *s, unsigned number, const struct service_spec *spec,
		  bool *ret_changed, uint64_t *ret_at, struct why *why)
{
	struct backend *b = &backends[number];

	(void)s, (void)spec;
	if (!b->running)
		return ERR_NOTFOUND;
	if (!sim.calm && happens(sim.s.faults.spawn_fails))
		return why_set(why, ERR_UNAVAILABLE, "no descriptors to look with");
	watched[number] = true;
	*ret_changed = false;
	*ret_at = b->started_at;
	return 0;
}

int services_start(struct services *s, unsigned number, const struct service_spec *spec,
		   struct why *why)
{
	struct backend *b = &backends[number];

	(void)s, (void)spec;
	if (b->running)
		broken("one process an instance", "a second one of %u is started", number);
	if (!sim.calm && happens(sim.s.faults.spawn_fails))
		return why_set(why, chance(2) == 0 ? ERR_CONFIG : ERR_UNAVAILABLE,
			       "no process for %u", number);
	*b = (struct backend){ .running = true,
			       .pid = ++pids,
			       .started_at = sim.now,
			       .up_at = sim.now + BOOT_MS + chance(10 * BOOT_MS) };
	b->heard_at = sim.now; /* who never answers is silent from its start */
	watched[number] = true;
	if (!sim.calm && happens(sim.s.faults.spawn_fails))
		later(chance(2 * BOOT_MS), on_dying, death_of(number, SIGSEGV));
	return 0;
}

/* Who is ended kept silent for long; sessions are lost with it. */
void services_signal(struct services *s, unsigned number, int sig)
{
	struct backend *b = &backends[number];

	(void)s;
	if (sig == SIGTERM &&
	    sim.now - b->heard_at < sim.conf->providers[0].instances[0].command_start_ms)
		broken("only the silent are ended", "%u answered %llu ms ago", number,
		       (unsigned long long)(sim.now - b->heard_at));
	if (sig == SIGKILL || !b->hung)
		later(sig == SIGKILL ? 1 : ENDING_MS, on_dying, death_of(number, sig));
}

void services_leave(struct services *s, unsigned number)
{
	(void)s;
	watched[number] = false;
}

uint64_t services_pid(const struct services *s, unsigned number)
{
	(void)s;
	return watched[number] ? backends[number].pid : 0;
}

void services_others(const struct services *s, const char *const *instances, size_t n,
		     void (*each)(void *ctx, const char *instance, uint64_t pid), void *ctx)
{
	(void)s, (void)instances, (void)n, (void)each, (void)ctx;
}

/* ---- for the driver and the world ---- */

bool backend_answers(unsigned number)
{
	struct backend *b = &backends[number];

	if (!sim.s.services)
		return true;
	if (!b->running || b->hung || b->up_at > sim.now)
		return false;
	b->given_up_at = backend_given_up_at(number);
	b->heard_at = sim.now;
	return true;
}

uint64_t backend_given_up_at(unsigned number)
{
	const struct backend *b = &backends[number];

	return sim.now - b->heard_at >= MOVE_AFTER_MS ? b->heard_at + MOVE_AFTER_MS
						      : b->given_up_at;
}

bool backend_is_silent(unsigned number)
{
	return backends[number].running && backends[number].hung;
}

void fake_services_tick(unsigned number)
{
	if (happens(sim.s.faults.service_dies))
		die(number, SIGKILL);
	else if (happens(sim.s.faults.service_hangs))
		backends[number].hung = true;
}

void fake_services_kill(unsigned number)
{
	die(number, SIGKILL);
}

void fake_services_crash(void)
{
	memset(watched, 0, sizeof watched);
}

void fake_services_reset(void)
{
	memset(backends, 0, sizeof backends);
	fake_services_crash();
}

void fake_services_check(const struct service_slot *s)
{
	const struct service *p = &s->s;
	bool pause = p->state == SS_COOLING || p->state == SS_HELD;

	if (service_runs(p) && !watched[s->number] && backends[s->number].running)
		broken("who runs is watched", "%u is %s", s->number, service_state_name(p->state));
	if (p->state == SS_READY && watched[s->number] && backends[s->number].running &&
	    backends[s->number].up_at > sim.now)
		broken("ready is who has answered", "%u", s->number);
	if (pause && watched[s->number])
		broken("a pause has no process", "%u is %s", s->number,
		       service_state_name(p->state));
	if ((pause || p->state == SS_ENDING) && p->timer_at == 0)
		broken("no service is waited for in vain", "%u is %s", s->number,
		       service_state_name(p->state));
	if ((s->timer.node.slot != HEAP_NOWHERE) != (p->timer_at != 0))
		broken("a state is a place", "service %u in %s", s->number,
		       service_state_name(p->state));
	if (!service_runs(p) && s->instance->reachable)
		broken("nobody is reached without a process", "%u is %s", s->number,
		       service_state_name(p->state));
}

/* store.h: there are no endpoints here. */
void commit_endpoint(struct commit *c, const struct endpoint_record *r)
{
	(void)c, (void)r;
}

void commit_endpoint_delete(struct commit *c, struct str id)
{
	(void)c, (void)id;
}
