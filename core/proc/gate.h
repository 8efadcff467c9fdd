/*
 * gate.h - a process that waits before it becomes the program, until we have written down who it is.
 *
 * Between a spawn and the record of it lies a moment in which a kill of ours would leave a process
 * that nobody knows.  So the child first waits at a pipe.  When the pipe closes without the word,
 * because we were killed, it ends, and has done nothing.
 *
 * This is a fork, where workers are made with posix_spawn, since nothing of that waits.  It costs the
 * copy of the core's page tables, a few milliseconds at most, and comes once for each start of a
 * service.  Behind the fork only calls that are safe there are made.
 */
#ifndef RELINK_PROC_GATE_H
#define RELINK_PROC_GATE_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct gate_user {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
};

struct gate_spec {
	const char *program; /* its path */
	char *const *argv, *const *envp;
	const char *directory;
	const struct gate_user *user; /* NULL: ours */
	int out;                      /* its standard output and error; stays the caller's */
};

struct gate {
	pid_t pid;
	int pidfd; /* the caller's to close */
	int word, fault;
};

/* Start a process that waits.  It leads a session of its own, has no descriptor but its three
 * standard ones, no signal is blocked or ignored.  ERR_UNAVAILABLE. */
int gate_start(struct gate *ret_gate, const struct gate_spec *, struct why *why);
/* Say the word: it becomes the program. */
void gate_open(struct gate *);
/* End it unborn, and reap it. */
void gate_break(struct gate *);
/* After its end: could the program not be run?  Then `why` says so; ERR_CONFIG: it cannot be run as
 * it is configured; ERR_UNAVAILABLE: perhaps at another time; 0: it was run.  Call it once. */
int gate_fault(struct gate *, struct why *why);
void gate_close(struct gate *);

#endif
