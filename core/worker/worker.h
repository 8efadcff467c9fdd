/*
 * worker.h - the parts of the process, in one place.
 *
 * serve.h takes requests from the uplink, instance.h opens and closes instances, host.h is what a
 * plugin calls, answer.h turns its results into replies.
 */
#ifndef RELINK_WORKER_WORKER_H
#define RELINK_WORKER_WORKER_H
#include <relink/plugin.h>

#include "proc/alarm.h"
#include "web/web.h"
#include "worker/ops.h"
#include "worker/uplink.h"

struct worker {
	unsigned magic;
	uv_loop_t *loop;
	struct relink_plugin plugin;
	struct alarms alarms;
	struct uplink uplink;
	struct ops ops;
	struct web web;
	struct instance *instances; /* by name; closed ones too, till the end */
	unsigned n_open;            /* instances whose close was not answered */
	/* Misbehaviour of the plugin, by kind: each is logged with its count. */
	struct {
		uint64_t late, twice, foreign, unfit, untaken;
	} bugs;
	bool configured;
	bool stopping;
	uint32_t stop_call; /* the core's number of its stop; 0: it did not ask (SIGTERM) */
	bool stop_in_order; /* no instance had to be given up */
	struct alarm stop_grace;
	void (*stopped)(struct worker *);
};

/* A complaint about the plugin: into the core's log.  `instance` may be NULL. */
void worker_complain(struct worker *, const struct instance *instance, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
