/*
 * pool.h - the worker processes, as slots that the engine fills and empties.
 *
 * The pool does what it is told (spawn, call, kill) and reports what it sees (hello, reply,
 * event, death); what should happen next is decided by policy/worker.h through the engine.
 * Spawned is not ready, and a worker is gone only when its process was reaped and its pipes
 * reached their end.
 *
 * Calls: each pool_call ends in exactly one port.reply, with what came back, or with ERR_TIMEOUT
 * at its deadline, or with ERR_CANCELLED when the worker is lost first.  A reply after that is
 * counted and dropped.
 *
 * All functions belong to the loop's thread, which must live as long as the process: workers die
 * with it.  The port is called from the loop only, never from inside a function of this file.
 */
#ifndef RELINK_PROC_POOL_H
#define RELINK_PROC_POOL_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ipc/msg.h"

struct uv_loop_s;
struct pool;

/* Who sent the SIGKILL that ended a worker.  The kernel for want of memory, or a person, end any
 * worker; we end one for a reason. */
enum killed {
	KILLED_BY_OTHERS, /* or it did not end by SIGKILL */
	KILLED_ON_ORDER,  /* pool_kill: whoever called it knows why */
	KILLED_BREACH,    /* it broke the protocol */
	KILLED_CLOSED,    /* it closed its link and ran on */
	KILLED_WANT,      /* we had no memory or descriptors for its link: not its fault */
	KILLED_COUNT
};

/* What is left of a worker.  Strings are lent. */
struct obituary {
	unsigned slot;
	uint64_t pid, started_at, died_at;
	int exit_status, signal; /* one of them is meaningful: signal 0 = exited */
	uint8_t killed;          /* enum killed */
	bool was_ready;
	uint64_t open_calls;
	struct str report; /* what it wrote about its own end (memfd), cut */
	/* Its last lines on stdout and stderr; and ours, if it broke the protocol, about how. */
	struct str last_lines;
};

struct pool_port {
	void *ctx;
	/* The pointers in messages are lent for the call. */
	void (*hello)(void *ctx, unsigned slot, const struct msg_hello *);
	void (*event)(void *ctx, unsigned slot, const struct msg_event *);
	void (*message)(void *ctx, unsigned slot, const struct msg_message *);
	void (*listed)(void *ctx, unsigned slot, uint64_t tag, const struct msg_listed *);
	/* `result` 0: `reply` is the method's reply struct; ERR_STATE: `error` is set (the worker
	 * answered with an error); other codes: neither, see above. */
	void (*reply)(void *ctx, unsigned slot, enum msg_method, uint64_t tag, int result,
		      const void *reply, const struct msg_error *error);
	/* The slot is empty again. */
	void (*gone)(void *ctx, unsigned slot, const struct obituary *);
};

struct pool_options {
	const char *worker_path; /* relink-worker; copied */
	unsigned slots;          /* 0: no provider is configured */
	const char *limits;      /* worker/birth.h reads it; copied; NULL: none */
};

int pool_new(struct pool **ret_pool, struct uv_loop_s *, const struct pool_options *,
	     const struct pool_port *, struct why *);

/* Start a worker in a slot that must be empty.  `plugin` is the path of the shared object,
 * `name` a short text for logs and process lists; both are copied.  hello (or gone) follows.
 * ERR_UNAVAILABLE when the system gives no process: the slot stays empty and no gone follows. */
int pool_spawn(struct pool *, unsigned slot, const char *plugin, const char *name, struct why *);
/* Was the file of the plugin that runs in the slot replaced since it was started? */
bool pool_plugin_changed(const struct pool *, unsigned slot);
/* Ask the worker something.  `params` is lent; `tag` comes back with the answer; `deadline_ms`
 * is on clock_ms().  ERR_UNAVAILABLE: no worker in the slot, or one that is on its way out;
 * ERR_FULL: too much is queued for it; ERR_RANGE, ERR_TOOBIG: the parameters fit in no frame.
 * After an error no reply follows. */
int pool_call(struct pool *, unsigned slot, enum msg_method, const void *params, uint64_t tag,
	      uint64_t deadline_ms);
/* SIGTERM: a worker stops in order, and one whose loop hangs leaves a backtrace in its obituary; one
 * that was stopped as a whole does neither.  SIGKILL ends any.  No-ops for an empty slot. */
void pool_terminate(struct pool *, unsigned slot);
void pool_kill(struct pool *, unsigned slot);

/* Stop reading from all workers (or go on): the engine has more than it can remember.
 * Deadlines are not judged meanwhile, since the answer may be there unread; a worker whose end
 * was seen already may still be reported as gone. */
void pool_pause(struct pool *, bool paused);

struct pool_stats {
	uint64_t spawned, died, frames_in, frames_out, bytes_in, bytes_out;
	uint64_t late_replies, bad_frames, timeouts, lines_dropped;
};
void pool_stats(const struct pool *, struct pool_stats *ret_stats);
uint64_t pool_pid(const struct pool *, unsigned slot); /* 0: empty */
unsigned pool_running(const struct pool *);

/* Kill what still runs, release everything.  Turns the loop itself until all is closed; for the end
 * of the process, with no gone and no reply any more. */
void pool_free(struct pool **);

#endif
