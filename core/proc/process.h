/*
 * process.h - one worker: the child, its link, and what it prints, from start to obituary.
 *
 * It is gone when three things were seen, in any order: its exit status, the end of its link, and
 * the end of what it prints.  What is missing a moment after the exit or the end of the link is
 * cut short: a child without a link is killed, a pipe that a grandchild holds open is closed.
 */
#ifndef RELINK_PROC_PROCESS_H
#define RELINK_PROC_PROCESS_H
#include "proc/link.h"
#include "proc/pool.h"

struct process;

struct process_spec {
	const char *worker_path;
	unsigned slot;
	const char *plugin, *name;
	const char *limits; /* see child.h */
	bool may_be_killed;
};

struct process_port {
	void *ctx;
	const struct pool_port *pool;           /* kept; what it says there is read each time */
	void (*gone)(void *ctx, unsigned slot); /* just before the pool port's gone() */
	void (*released)(void *ctx);            /* its memory is free */
};

struct process_counters {
	struct link_counters link;
	uint64_t lines_dropped;
};

/* The spec and the port are copied, alarms and counters are kept.  ERR_UNAVAILABLE: nothing was
 * started, and nothing will be called. */
int process_start(struct process **ret_process, uv_loop_t *, struct alarms *,
		  const struct process_spec *, const struct process_port *,
		  struct process_counters *, struct why *);
bool process_plugin_changed(const struct process *);
/* As pool_call. */
int process_call(struct process *, enum msg_method, const void *params, uint64_t tag,
		 uint64_t deadline_ms);
uint64_t process_pid(const struct process *);
void process_signal(struct process *, int sig);
void process_pause(struct process *, bool paused);
/* Gone now, whatever was not seen yet. */
void process_bury(struct process *);

#endif
