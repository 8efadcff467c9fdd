/*
 * link.h - the core's end of the wire to a worker: what it says, checked, and our questions, each
 * answered exactly once.
 *
 * A worker is not trusted.  Its first message must be hello; a second hello, a request, or a frame
 * that messages.def does not describe ends the link, and the worker must be killed.
 */
#ifndef RELINK_PROC_LINK_H
#define RELINK_PROC_LINK_H
#include "ipc/msg.h"
#include "proc/alarm.h"
#include "proc/wire.h"

#define LINK_CALLS_MAX 65536 /* without an answer, at one worker */

struct link_port {
	void *ctx;
	void (*hello)(void *ctx, const struct msg_hello *);
	void (*event)(void *ctx, const struct msg_event *);
	void (*message)(void *ctx, const struct msg_message *);
	void (*listed)(void *ctx, uint64_t tag, const struct msg_listed *);
	void (*log)(void *ctx, const struct msg_log *);
	/* As pool_port.reply. */
	void (*reply)(void *ctx, enum msg_method, uint64_t tag, int result, const void *reply,
		      const struct msg_error *error);
	/* No message comes any more.  ERR_EOF: it closed its end; others: it broke the
	 * protocol, and `why` says how. */
	void (*end)(void *ctx, int code, const char *why);
};

struct link_counters {
	struct wire_counters wire;
	uint64_t late_replies, bad_frames, timeouts;
};

struct call;
struct link {
	unsigned magic;
	struct wire wire;
	struct alarms *alarms;
	struct call *calls; /* by id, oldest first */
	uint64_t n_calls;
	uint32_t last_id;
	bool hello_seen;
	struct link_port port;
	struct link_counters *counters;
	struct why why;
	void (*closed)(void *ctx);
};

/* `fd` is given; alarms and counters are kept. */
int link_open(struct link *, uv_loop_t *, int fd, struct alarms *, const struct link_port *,
	      struct link_counters *);
/* Nothing is heard after this.  Open calls must be ended in the same turn by link_cancel.
 * `closed` gets the port's ctx and may free the struct. */
void link_close(struct link *, void (*closed)(void *ctx));

/* As pool_call. */
int link_call(struct link *, enum msg_method, const void *params, uint64_t tag,
	      uint64_t deadline_ms);
/* Answer every open call with ERR_CANCELLED, oldest first. */
void link_cancel(struct link *);

#endif
