/*
 * alarm.h - any number of deadlines behind one uv_timer.
 *
 * An alarm is embedded in whatever waits.  It rings once, from the loop, never early, and never in
 * the round in which it was set: one that sets itself again at once cannot hold up the loop.
 */
#ifndef RELINK_PROC_ALARM_H
#define RELINK_PROC_ALARM_H
#include <stdbool.h>
#include <uv.h>

#include "base/heap.h"

struct alarm {
	struct heap_node node;
	void (*ring)(struct alarm *);
};
#define ALARM(fn) ((struct alarm){ { HEAP_NOWHERE }, (fn) })

struct alarms {
	unsigned magic;
	uv_timer_t timer;
	struct heap heap;
	uint64_t round_ms; /* the time of the round that is ringing; 0 outside */
	bool held;
	void (*closed)(void *ctx);
	void *ctx;
};

void alarms_init(struct alarms *, uv_loop_t *);
/* No alarm rings after this; `closed` is called from the loop and may free the struct. */
void alarms_close(struct alarms *, void (*closed)(void *ctx), void *ctx);
/* While held nothing rings; what came due meanwhile rings after the release. */
void alarms_hold(struct alarms *, bool held);

/* Set or move; `at_ms` is on clock_ms().  ERR_NOMEM leaves it as it was; moving cannot fail. */
int alarm_set(struct alarms *, struct alarm *, uint64_t at_ms);
/* No-op when it is not set. */
void alarm_stop(struct alarms *, struct alarm *);

#endif
