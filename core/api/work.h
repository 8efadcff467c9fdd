/*
 * work.h - what a connection is waiting for while it owes an answer.
 *
 * A handler that cannot answer at once leaves a piece of work with its connection (conn_await): a
 * command on its way to the disk, a read of the journal, a wait for an account, a stream of events.
 * Connections and work may end in either order: the work answers and is forgotten, or the client
 * goes first and the work is told so, with `conn` NULL from then on.
 */
#ifndef RELINK_API_WORK_H
#define RELINK_API_WORK_H
#include <stdint.h>

struct conn;
struct work;

struct work_ops {
	/* The client has gone.  What is on its way to somebody else (a command, a read) is let run,
	 * and its result dropped; all else is freed here.  Required. */
	void (*gone)(struct work *);
	/* Answer now with what there is: the client sends no more, or the daemon stops.
	 * NULL: the answer comes by itself and cannot be hurried. */
	void (*finish)(struct work *);
	/* due_at has come.  NULL: due_at is never set. */
	void (*due)(struct work *);
	/* All that was written has been sent; streams only. */
	void (*drained)(struct work *);
};

/* Embedded in the real thing, as its first member. */
struct work {
	const struct work_ops *ops;
	struct conn *conn; /* NULL: nobody listens any more */
	uint64_t due_at;   /* ms on clock_ms(); DEADLINE_NEVER */
};

#endif
