/* ops.c - see ops.h. */
#include "worker/ops.h"

#include <stdlib.h>

#include "base/clock.h"
#include "worker/listing.h"

static void drop(struct ops *all, struct op *op)
{
	alarm_stop(all->alarms, &op->deadline);
	listing_free(&op->listing);
	free(op);
}

void ops_remove(struct op *op)
{
	struct ops *all = op->ops;

	if (op->expired)
		HASH_DEL(all->expired, op);
	else
		HASH_DEL(all->open, op);
	drop(all, op);
}

/* An operation that cannot be remembered for want of memory is forgotten; `overdue` still hears of
 * it. */
static void on_deadline(struct alarm *a)
{
	struct op *op = (struct op *)a;
	struct ops *all = op->ops;

	HASH_DEL(all->open, op);
	listing_free(&op->listing);
	op->expired = true;
	HASH_ADD(hh, all->expired, id, sizeof op->id, op);
	all->overdue(all->ctx, op);
	if (op->hh.tbl == NULL)
		drop(all, op);
	else if (HASH_COUNT(all->expired) > OPS_EXPIRED_MAX)
		ops_remove(all->expired);
}

void ops_init(struct ops *all, struct alarms *alarms, void (*overdue)(void *ctx, struct op *),
	      void *ctx)
{
	*all = (struct ops){ .alarms = alarms, .overdue = overdue, .ctx = ctx };
}

void ops_fini(struct ops *all)
{
	while (all->open != NULL)
		ops_remove(all->open);
	while (all->expired != NULL)
		ops_remove(all->expired);
}

struct op *ops_add(struct ops *all, uint32_t call, enum msg_method method,
		   struct instance *instance, uint64_t timeout_ms)
{
	struct op *op;

	if (HASH_COUNT(all->open) >= OPS_MAX)
		return NULL;
	op = calloc(1, sizeof *op);
	if (op == NULL)
		return NULL;
	op->deadline = ALARM(on_deadline);
	op->ops = all;
	op->id = ++all->last;
	op->call = call;
	op->method = method;
	op->timeout_ms = timeout_ms;
	op->instance = instance;
	HASH_ADD(hh, all->open, id, sizeof op->id, op);
	if (op->hh.tbl == NULL) {
		free(op);
		return NULL;
	}
	if (timeout_ms > 0 && alarm_set(all->alarms, &op->deadline, clock_ms() + timeout_ms) < 0) {
		ops_remove(op);
		return NULL;
	}
	return op;
}

struct op *ops_find(struct ops *all, relink_op id)
{
	struct op *op;

	HASH_FIND(hh, all->open, &id, sizeof id, op);
	if (op == NULL)
		HASH_FIND(hh, all->expired, &id, sizeof id, op);
	return op;
}

uint64_t ops_count(const struct ops *all)
{
	return HASH_COUNT(all->open);
}
