/*
 * serve.h - what the core asks for, and how the process ends.
 *
 * hello goes out first, then one config opens the instances, then operations are passed to the
 * plugin until stop.  A stop closes the instances one and all; whoever has not answered when the
 * grace is over is given up.
 */
#ifndef RELINK_WORKER_SERVE_H
#define RELINK_WORKER_SERVE_H
#include "worker/worker.h"

/* `link_fd` is given.  `stopped` is called when the last reply is queued: close up then. */
void serve_start(struct worker *, uv_loop_t *, const struct relink_plugin *, int link_fd,
		 void (*stopped)(struct worker *));
/* Stop without having been asked by the core. */
void serve_stop(struct worker *, uint64_t grace_ms);
/* From instance.c: one less is open. */
void serve_instance_closed(struct worker *);

#endif
