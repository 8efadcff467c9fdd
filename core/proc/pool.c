/* pool.c - see pool.h. */
#include "proc/pool.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/obj.h"
#include "proc/process.h"

#define POOL_MAGIC 0xa1a12007u
#define GIVE_UP_MS 5000 /* for a child that the kernel does not end, at the end of our own life */

struct pool {
	unsigned magic;
	uv_loop_t *loop;
	struct pool_options options;
	char limits[128];
	char *worker_path; /* the options' */
	struct pool_port port;
	struct alarms alarms;
	struct alarm give_up;
	struct process_counters counters;
	uint64_t spawned, died;
	unsigned in_memory; /* processes, also those that are gone and not yet released */
	bool had_first;     /* slot 0 had a worker: the next one is not made to die (killpoint.h) */
	bool paused, closed;
	struct process *slots[];
};

static void on_gone(void *ctx, unsigned slot)
{
	struct pool *p;

	OBJ_CAST(p, ctx, POOL_MAGIC);
	p->slots[slot] = NULL;
	p->died++;
}

static void on_released(void *ctx)
{
	struct pool *p;

	OBJ_CAST(p, ctx, POOL_MAGIC);
	p->in_memory--;
}

static void on_give_up(struct alarm *a)
{
	struct pool *p;

	OBJ_CAST(p, (void *)((char *)a - offsetof(struct pool, give_up)), POOL_MAGIC);
	for (unsigned i = 0; i < p->options.slots; i++) {
		if (p->slots[i] != NULL)
			process_bury(p->slots[i]);
	}
}

int pool_new(struct pool **ret_pool, struct uv_loop_s *loop, const struct pool_options *options,
	     const struct pool_port *port, struct why *why)
{
	char *path = str_dup(str_of(options->worker_path));
	struct pool *p;

	must(options->slots <= LIMIT_SLOTS);
	p = calloc(1, sizeof *p + options->slots * sizeof(struct process *));
	if (p == NULL || path == NULL) {
		free(p);
		free(path);
		return why_set(why, ERR_NOMEM, "no memory for %u workers", options->slots);
	}
	OBJ_INIT(p, POOL_MAGIC);
	p->loop = loop;
	p->options = *options;
	p->options.worker_path = p->worker_path = path; /* outlives a reload */
	if (options->limits != NULL)
		snprintf(p->limits, sizeof p->limits, "%s", options->limits);
	p->port = *port;
	p->give_up = ALARM(on_give_up);
	alarms_init(&p->alarms, loop);
	*ret_pool = p;
	return 0;
}

/* The slot's process, NULL when it is empty. */
static struct process *process_in(const struct pool *p, unsigned slot)
{
	OBJ_CHECK(p, POOL_MAGIC);
	must(slot < p->options.slots);
	return p->slots[slot];
}

int pool_spawn(struct pool *p, unsigned slot, const char *plugin, const char *name, struct why *why)
{
	const struct process_spec spec = { .worker_path = p->options.worker_path,
					   .slot = slot,
					   .plugin = plugin,
					   .name = name,
					   .limits = p->limits[0] != '\0' ? p->limits : NULL,
					   .may_be_killed = slot == 0 && !p->had_first };
	const struct process_port port = {
		.ctx = p, .pool = &p->port, .gone = on_gone, .released = on_released
	};
	int r;

	must(process_in(p, slot) == NULL);
	r = process_start(&p->slots[slot], p->loop, &p->alarms, &spec, &port, &p->counters, why);
	if (r < 0)
		return r;
	p->had_first |= slot == 0;
	p->spawned++;
	p->in_memory++;
	process_pause(p->slots[slot], p->paused);
	return 0;
}

bool pool_plugin_changed(const struct pool *p, unsigned slot)
{
	const struct process *process = process_in(p, slot);

	return process != NULL && process_plugin_changed(process);
}

int pool_call(struct pool *p, unsigned slot, enum msg_method method, const void *params,
	      uint64_t tag, uint64_t deadline_ms)
{
	struct process *process = process_in(p, slot);

	if (process == NULL)
		return ERR_UNAVAILABLE;
	return process_call(process, method, params, tag, deadline_ms);
}

static void signal_slot(struct pool *p, unsigned slot, int sig)
{
	struct process *process = process_in(p, slot);

	if (process != NULL)
		process_signal(process, sig);
}

void pool_terminate(struct pool *p, unsigned slot)
{
	signal_slot(p, slot, SIGTERM);
}

void pool_kill(struct pool *p, unsigned slot)
{
	signal_slot(p, slot, SIGKILL);
}

void pool_pause(struct pool *p, bool paused)
{
	p->paused = paused;
	for (unsigned i = 0; i < p->options.slots; i++) {
		if (process_in(p, i) != NULL)
			process_pause(p->slots[i], paused);
	}
	alarms_hold(&p->alarms, paused);
}

void pool_stats(const struct pool *p, struct pool_stats *ret_stats)
{
	const struct link_counters *link = &p->counters.link;

	OBJ_CHECK(p, POOL_MAGIC);
	*ret_stats = (struct pool_stats){ .spawned = p->spawned,
					  .died = p->died,
					  .frames_in = link->wire.frames_in,
					  .frames_out = link->wire.frames_out,
					  .bytes_in = link->wire.bytes_in,
					  .bytes_out = link->wire.bytes_out,
					  .late_replies = link->late_replies,
					  .bad_frames = link->bad_frames,
					  .timeouts = link->timeouts,
					  .lines_dropped = p->counters.lines_dropped };
}

uint64_t pool_pid(const struct pool *p, unsigned slot)
{
	const struct process *process = process_in(p, slot);

	return process != NULL ? process_pid(process) : 0;
}

unsigned pool_running(const struct pool *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->options.slots; i++)
		n += process_in(p, i) != NULL;
	return n;
}

/* --- the end --- */

// clang-format off
static void no_hello(void *c, unsigned s, const struct msg_hello *h) { (void)c, (void)s, (void)h; }
static void no_event(void *c, unsigned s, const struct msg_event *e) { (void)c, (void)s, (void)e; }
static void no_message(void *c, unsigned s, const struct msg_message *m) { (void)c, (void)s, (void)m; }
static void no_listed(void *c, unsigned s, uint64_t t, const struct msg_listed *l)
{ (void)c, (void)s, (void)t, (void)l; }
static void no_reply(void *c, unsigned s, enum msg_method m, uint64_t t, int r, const void *v,
		     const struct msg_error *e)
{ (void)c, (void)s, (void)m, (void)t, (void)r, (void)v, (void)e; }
static void no_gone(void *c, unsigned s, const struct obituary *o) { (void)c, (void)s, (void)o; }
// clang-format on

static const struct pool_port nobody = { .hello = no_hello,
					 .event = no_event,
					 .message = no_message,
					 .listed = no_listed,
					 .reply = no_reply,
					 .gone = no_gone };

static void on_alarms_closed(void *ctx)
{
	struct pool *p;

	OBJ_CAST(p, ctx, POOL_MAGIC);
	p->closed = true;
}

void pool_free(struct pool **pool)
{
	struct pool *p = TAKE(*pool);

	if (p == NULL)
		return;
	OBJ_CHECK(p, POOL_MAGIC);
	p->port = nobody;
	pool_pause(p, false);
	alarm_set(&p->alarms, &p->give_up, clock_ms() + GIVE_UP_MS);
	for (unsigned i = 0; i < p->options.slots; i++)
		pool_kill(p, i);
	while (p->in_memory > 0)
		uv_run(p->loop, UV_RUN_ONCE);
	alarms_close(&p->alarms, on_alarms_closed, p);
	while (!p->closed)
		uv_run(p->loop, UV_RUN_ONCE);
	OBJ_FINI(p);
	free(p->worker_path);
	free(p);
}
