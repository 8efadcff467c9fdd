/*
 * child.h - one child process: start it, signal it, learn how it ended.
 *
 * The child finds /dev/null on 0, pipes on 1 and 2, its socket to us on 3, a memfd for its last
 * words on 4, and nothing else; no signal is blocked or ignored; it leads a session of its own,
 * so that a Ctrl-C in our terminal is ours alone.  It is watched and signalled through a pidfd,
 * never by number, and nobody else in this process may wait for children.
 *
 * Start it from a thread that lives as long as the process: the child asks the kernel to kill it
 * when its parent dies, and the kernel looks at the thread.
 */
#ifndef RELINK_PROC_CHILD_H
#define RELINK_PROC_CHILD_H
#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

struct child_spec {
	const char *program;
	const char *args[3]; /* behind the program's own name */
	const char *limits;  /* its RELINK_LIMITS; NULL: none */
	bool may_be_killed;  /* test builds: hand our RELINK_KILL_WORKER on as its RELINK_KILL */
};

/* Our ends; all close-on-exec, the first three non-blocking. */
struct child_ends {
	int link, out, err, report;
};

struct child {
	unsigned magic;
	uv_poll_t poll;
	int pidfd;
	pid_t pid;
	bool reaped;
	/* It was reaped: with its exit status, or 0 and the signal. */
	void (*exited)(void *ctx, int status, int signal);
	void (*closed)(void *ctx);
	void *ctx;
};

/* The ends are given to the caller.  ERR_UNAVAILABLE with the reason: nothing was started. */
int child_start(struct child *, uv_loop_t *, const struct child_spec *,
		void (*exited)(void *ctx, int status, int signal), void *ctx,
		struct child_ends *ret_ends, struct why *);
/* Has it not ended yet, reaped or not?  Asks the kernel. */
bool child_runs(const struct child *);
/* No-op when it was reaped. */
void child_signal(struct child *, int sig);
/* `closed` may free the struct.  A child that was not reaped is left to the system. */
void child_close(struct child *, void (*closed)(void *ctx));

#endif
