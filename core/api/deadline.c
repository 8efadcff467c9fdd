/*
 * deadline.c - deadlines in a heap.
 *
 * A node stays in the heap from init to fini, at DEADLINE_NEVER while nothing is due: moving a node
 * needs no memory, inserting one does.
 */
#include "api/deadline.h"

#include "base/must.h"

void deadlines_fini(struct deadlines *d)
{
	heap_fini(&d->heap);
}

int deadline_init(struct deadlines *d, struct deadline *dl, void (*due)(struct deadline *))
{
	dl->node.slot = HEAP_NOWHERE;
	dl->due = due;
	return heap_set(&d->heap, &dl->node, DEADLINE_NEVER);
}

void deadline_fini(struct deadlines *d, struct deadline *dl)
{
	heap_remove(&d->heap, &dl->node);
}

void deadline_set(struct deadlines *d, struct deadline *dl, uint64_t at_ms)
{
	uint64_t before = heap_next(&d->heap);

	must(dl->node.slot != HEAP_NOWHERE);
	if (d->heap.v[dl->node.slot].at == at_ms)
		return;
	must(heap_set(&d->heap, &dl->node, at_ms) == 0);
	if (at_ms < before && d->sooner != NULL)
		d->sooner(d);
}

void deadlines_run(struct deadlines *d, uint64_t now_ms)
{
	must(now_ms < DEADLINE_NEVER);
	while (heap_next(&d->heap) <= now_ms) {
		struct deadline *dl = (struct deadline *)d->heap.v[0].node;

		must(heap_set(&d->heap, &dl->node, DEADLINE_NEVER) == 0);
		dl->due(dl);
	}
}

uint64_t deadlines_next(const struct deadlines *d)
{
	return heap_next(&d->heap);
}
