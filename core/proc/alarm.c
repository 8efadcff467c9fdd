/* alarm.c - see alarm.h. */
#include "proc/alarm.h"

#include <limits.h>

#include "base/clock.h"
#include "base/obj.h"

#define ALARMS_MAGIC 0xa1a12001u

static void on_timer(uv_timer_t *timer);

/* uv's timers stand on the loop's cached time, so one may fire early; then it is armed again. */
static void arm(struct alarms *all)
{
	uint64_t next = heap_next(&all->heap), now = clock_ms(), wait;

	if (all->held || next == UINT64_MAX) {
		uv_timer_stop(&all->timer);
		return;
	}
	wait = next > now ? next - now : 0;
	uv_timer_start(&all->timer, on_timer, MIN_OF(wait, (uint64_t)INT_MAX), 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct alarms *all;
	struct heap_node *node;

	OBJ_CAST(all, timer->data, ALARMS_MAGIC);
	all->round_ms = clock_ms();
	while (!all->held && (node = heap_pop_due(&all->heap, all->round_ms)) != NULL) {
		struct alarm *a = (struct alarm *)node; /* its first member */

		a->ring(a);
	}
	all->round_ms = 0;
	if (all->closed == NULL)
		arm(all);
}

void alarms_init(struct alarms *all, uv_loop_t *loop)
{
	*all = (struct alarms){ 0 };
	OBJ_INIT(all, ALARMS_MAGIC);
	uv_timer_init(loop, &all->timer);
	all->timer.data = all;
}

static void on_closed(uv_handle_t *handle)
{
	struct alarms *all;

	OBJ_CAST(all, handle->data, ALARMS_MAGIC);
	OBJ_FINI(all);
	heap_fini(&all->heap);
	all->closed(all->ctx);
}

void alarms_close(struct alarms *all, void (*closed)(void *ctx), void *ctx)
{
	OBJ_CHECK(all, ALARMS_MAGIC);
	all->held = true;
	all->closed = closed;
	all->ctx = ctx;
	uv_close((uv_handle_t *)&all->timer, on_closed);
}

void alarms_hold(struct alarms *all, bool held)
{
	OBJ_CHECK(all, ALARMS_MAGIC);
	if (all->closed != NULL)
		return;
	all->held = held;
	arm(all);
}

int alarm_set(struct alarms *all, struct alarm *a, uint64_t at_ms)
{
	uint64_t before = heap_next(&all->heap);
	int r;

	OBJ_CHECK(all, ALARMS_MAGIC);
	r = heap_set(&all->heap, &a->node, MAX_OF(at_ms, all->round_ms + 1));
	if (r == 0 && all->closed == NULL && heap_next(&all->heap) != before)
		arm(all);
	return r;
}

/* The timer stays as it is: at worst it fires once for nothing, unless nobody waits any more. */
void alarm_stop(struct alarms *all, struct alarm *a)
{
	OBJ_CHECK(all, ALARMS_MAGIC);
	heap_remove(&all->heap, &a->node);
	if (all->heap.n == 0 && all->closed == NULL)
		uv_timer_stop(&all->timer);
}
