/*
 * wire.h - frames over a stream socket, for either end.
 *
 * Both programs use it: the core's end is link.h, the worker's end is worker/uplink.h.  Frames are
 * packed straight into the outgoing buffer and leave together when the turn ends, so that a hundred
 * answers cost one system call.  One turn reads one chunk at most, so that a peer who talks without
 * end gets no more than its share of the loop.
 *
 * It stands on uv_poll and not on uv_pipe_t: no write requests that outlive their object, and an
 * exact bound on what a turn reads.
 */
#ifndef RELINK_PROC_WIRE_H
#define RELINK_PROC_WIRE_H
#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"

struct wire_port {
	void *ctx;
	/* A whole frame; `value` is lent.  Negative: stop reading and end with that code. */
	int (*frame)(void *ctx, struct str value);
	/* Bytes left for the peer; `queued` more wait.  May be NULL. */
	void (*written)(void *ctx, size_t queued);
	/* The last thing that a wire says: ERR_EOF when the peer is gone, ERR_FORMAT or
	 * ERR_TOOBIG for an impossible length, ERR_NOMEM, or what frame() returned. */
	void (*end)(void *ctx, int code);
};

struct wire_counters {
	uint64_t frames_in, frames_out, bytes_in, bytes_out;
};

struct wire {
	unsigned magic;
	int fd;
	uv_poll_t poll;
	uv_idle_t soon;
	unsigned handles; /* of uv, not yet closed */
	struct buf in, out;
	int armed;
	bool paused, blocked, broken, ended;
	struct wire_port port;
	struct wire_counters *counters;
	void (*closed)(void *ctx);
};

/* `fd` is given: it becomes non-blocking and is closed by wire_close; also on failure.  `counters`
 * is kept. */
int wire_open(struct wire *, uv_loop_t *, int fd, const struct wire_port *, struct wire_counters *);
/* Nothing is called after this but `closed` (with the port's ctx), which may free the struct. */
void wire_close(struct wire *, void (*closed)(void *ctx));

/* Where to pack the next frame.  NULL when the peer is gone or LIMIT_LINK_QUEUE bytes wait. */
struct buf *wire_begin(struct wire *);
/* A frame was appended to what wire_begin returned. */
void wire_commit(struct wire *);
size_t wire_queued(const struct wire *);
/* Will never take a frame again. */
bool wire_is_dead(const struct wire *);

/* Write what waits, here and now, for at most `wait_ms`; true when no more than `most` is left. */
bool wire_drain(struct wire *, size_t most, int wait_ms);
/* Read what has come, here and now, up to a bound; frame() and end() are called from inside. */
void wire_read(struct wire *);
/* Stop reading, or go on.  frame() is not called from inside. */
void wire_pause(struct wire *, bool paused);

#endif
