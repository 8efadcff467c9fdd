/* heap.c - a 4-ary heap whose nodes know their place. */
#include "base/heap.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/must.h"

static void put(struct heap *h, uint32_t slot, struct heap_entry e)
{
	h->v[slot] = e;
	e.node->slot = slot;
}

static void up(struct heap *h, uint32_t slot, struct heap_entry e)
{
	while (slot > 0) {
		uint32_t parent = (slot - 1) / 4;

		if (h->v[parent].at <= e.at)
			break;
		put(h, slot, h->v[parent]);
		slot = parent;
	}
	put(h, slot, e);
}

static void down(struct heap *h, uint32_t slot, struct heap_entry e)
{
	for (;;) {
		uint32_t first = slot * 4 + 1, best = slot;
		uint64_t least = e.at;

		for (uint32_t c = first; c < first + 4 && c < h->n; c++) {
			if (h->v[c].at < least) {
				least = h->v[c].at;
				best = c;
			}
		}
		if (best == slot)
			break;
		put(h, slot, h->v[best]);
		slot = best;
	}
	put(h, slot, e);
}

static void place(struct heap *h, uint32_t slot, struct heap_entry e)
{
	if (slot > 0 && h->v[(slot - 1) / 4].at > e.at)
		up(h, slot, e);
	else
		down(h, slot, e);
}

void heap_fini(struct heap *h)
{
	free(h->v);
	*h = (struct heap){ 0 };
}

int heap_set(struct heap *h, struct heap_node *node, uint64_t at)
{
	if (node->slot != HEAP_NOWHERE) {
		must(node->slot < h->n && h->v[node->slot].node == node);
		place(h, node->slot, (struct heap_entry){ at, node });
		return 0;
	}
	if (h->n == h->room) {
		uint32_t room = h->room > 0 ? h->room * 2 : 64;
		struct heap_entry *v = realloc(h->v, room * sizeof *v);

		if (v == NULL)
			return ERR_NOMEM;
		h->v = v;
		h->room = room;
	}
	h->n++;
	up(h, h->n - 1, (struct heap_entry){ at, node });
	return 0;
}

void heap_remove(struct heap *h, struct heap_node *node)
{
	uint32_t slot = node->slot;
	struct heap_entry last;

	if (slot == HEAP_NOWHERE)
		return;
	must(slot < h->n && h->v[slot].node == node);
	node->slot = HEAP_NOWHERE;
	last = h->v[--h->n];
	if (slot < h->n)
		place(h, slot, last);
}

struct heap_node *heap_pop_due(struct heap *h, uint64_t now)
{
	struct heap_node *node;

	if (h->n == 0 || h->v[0].at > now)
		return NULL;
	node = h->v[0].node;
	heap_remove(h, node);
	return node;
}

uint64_t heap_next(const struct heap *h)
{
	return h->n > 0 ? h->v[0].at : UINT64_MAX;
}
