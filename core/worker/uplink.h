/*
 * uplink.h - the worker's end of the wire: requests come in, answers and news go out.
 *
 * A core that reads slowly slows us down in steps: first no more requests are read, then log lines
 * are dropped (and counted); then whoever wants to say something waits for the core for a bounded
 * time; then the process ends with a report, since events must not be lost in silence.
 */
#ifndef RELINK_WORKER_UPLINK_H
#define RELINK_WORKER_UPLINK_H
#include "ipc/msg.h"
#include "proc/rate.h"
#include "proc/wire.h"

struct uplink {
	unsigned magic;
	struct wire wire;
	struct wire_counters counters;
	struct rate log_rate;
	/* A request; lent. */
	void (*request)(void *ctx, const struct msg *);
	void *ctx;
};

/* `fd` is given.  Ends the process when the core breaks the protocol or is gone. */
void uplink_open(struct uplink *, uv_loop_t *, int fd,
		 void (*request)(void *ctx, const struct msg *), void *ctx);
/* Wait a moment for the core to take what is queued, then close. */
void uplink_close(struct uplink *);

/* Strings must be fit (fit.h). */
void uplink_reply(struct uplink *, uint32_t call, enum msg_method, const void *reply);
void uplink_error(struct uplink *, uint32_t call, enum msg_method, const struct msg_error *);
void uplink_notify(struct uplink *, enum msg_method, const void *params);
/* A line for the operator, cut at the bound of a frame's text; so many a second. */
void uplink_log(struct uplink *, unsigned level, const char *instance, struct str text);

#endif
