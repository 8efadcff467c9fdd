/*
 * ops.h - operations that a plugin has been asked for and has not answered.
 *
 * The plugin knows an operation by a number that is never used twice in a process, so that an
 * answer that comes twice finds nothing.  One that passed its deadline was answered by the
 * worker; it stays as `expired`, so that the plugin's late answer is known for what it is.
 */
#ifndef RELINK_WORKER_OPS_H
#define RELINK_WORKER_OPS_H
#include <relink/plugin.h>
#include <stdbool.h>

#include "ipc/msg.h"
#include "proc/alarm.h"
#include "proc/hash.h"

#define OPS_MAX         65536 /* open at once */
#define OPS_EXPIRED_MAX 4096  /* remembered; beyond, a late answer looks like one too many */

struct instance;
struct listing;

struct op {
	struct alarm deadline; /* first: see on_deadline */
	struct ops *ops;
	relink_op id;
	uint32_t call; /* the core's number for it */
	enum msg_method
	    method; /* MSG_stop: the close of an instance, which the core did not ask for */
	uint64_t timeout_ms;
	struct instance *instance;
	struct listing *listing; /* list: what was told so far; the op's own */
	bool expired;
	UT_hash_handle hh;
};

struct ops {
	struct alarms *alarms;
	struct op *open, *expired; /* both by id, oldest first */
	relink_op last;
	void (*overdue)(void *ctx, struct op *);
	void *ctx;
};

/* `overdue` is called when an operation passed its deadline; it is among the expired by then. */
void ops_init(struct ops *, struct alarms *, void (*overdue)(void *ctx, struct op *), void *ctx);
void ops_fini(struct ops *);

/* NULL when there are OPS_MAX or no memory.  `timeout_ms` from now; 0 is without a deadline. */
struct op *ops_add(struct ops *, uint32_t call, enum msg_method, struct instance *,
		   uint64_t timeout_ms);
/* Open or expired; NULL when it was answered or never was. */
struct op *ops_find(struct ops *, relink_op);
void ops_remove(struct op *);
uint64_t ops_count(const struct ops *);

#endif
