/*
 * services.h - the processes of instances that have a command: they outlive us.
 *
 * As pool.h for workers: this does what it is told (look, start, signal, leave) and reports what it
 * sees (gone); what should happen next is decided by policy/service.h through the engine.  Each
 * process has three files in the folder `services` of state_dir: INSTANCE.process says who it is,
 * so that the next core finds it; it prints to INSTANCE.log, which we read; INSTANCE.log.read says
 * how far.
 *
 * All functions belong to the loop's thread.  The port is called from the loop only, never from
 * inside a function of this file.
 */
#ifndef RELINK_PROC_SERVICES_H
#define RELINK_PROC_SERVICES_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct uv_loop_s;
struct services;

struct service_var {
	const char *name, *value;
};

struct service_spec {
	const char *instance;    /* its id, which names its files */
	const char *const *argv; /* ended by NULL; the first is an absolute path, or is in PATH */
	const struct service_var *vars; /* values are shown nowhere */
	size_t n_vars;
	const char *directory; /* NULL: / */
	const char *user;      /* NULL: ours */
};

/* How a process ended.  Strings are lent. */
struct service_end {
	uint64_t pid;
	bool status_known;       /* false: an earlier core had started it, so nobody can ask */
	int exit_status, signal; /* one of them is meaningful: signal 0 = exited */
	int fault;               /* ERR_CONFIG: its program cannot be run; `why` says why */
	struct str why;
	struct str last_lines;
};

struct services_port {
	void *ctx;
	void (*gone)(void *ctx, unsigned number, const struct service_end *);
};

/* `state_dir` and the port are copied.  Numbers are 0 to n - 1. */
int services_new(struct services **ret_services, struct uv_loop_s *, const char *state_dir,
		 unsigned n, const struct services_port *, struct why *why);

/* What an earlier core has left running, if it still does.  0: it is watched from now on, and
 * `ret_changed` tells whether it was started with other settings than these; `ret_at` when.
 * ERR_NOTFOUND: there is none.  Other errors: nobody knows, so start no other. */
int services_find(struct services *, unsigned number, const struct service_spec *,
		  bool *ret_changed, uint64_t *ret_at, struct why *why);
/* Start the process; there must be none.  gone follows, also when the program turns out not to be
 * one.  ERR_CONFIG: it cannot be run as configured; ERR_UNAVAILABLE, ERR_IO: not now.  After an
 * error nothing was started and no gone follows. */
int services_start(struct services *, unsigned number, const struct service_spec *,
		   struct why *why);
/* No-op when there is no process. */
void services_signal(struct services *, unsigned number, int sig);
/* Look after it no more: no gone follows, and it runs on. */
void services_leave(struct services *, unsigned number);
uint64_t services_pid(const struct services *, unsigned number); /* 0: there is no process */

/* Processes that earlier cores have left and that are none of the `n` instances. */
void services_others(const struct services *, const char *const *instances, size_t n,
		     void (*each)(void *ctx, const char *instance, uint64_t pid), void *ctx);

/* Leave all, release everything.  Turns the loop itself until all is closed. */
void services_free(struct services **);

#endif
