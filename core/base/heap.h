/*
 * heap.h - one ordered set of deadlines for everything, instead of one uv_timer_t each.
 *
 * A 4-ary heap of (time, object) in one array; the object remembers its place, so moving or removing
 * a deadline needs no search.  libuv's own heap is not exported, and a uv_timer_t costs 150 bytes.
 */
#ifndef RELINK_BASE_HEAP_H
#define RELINK_BASE_HEAP_H
#include <stddef.h>
#include <stdint.h>

#define HEAP_NOWHERE UINT32_MAX

/* Embedded in whatever has a deadline.  Set `slot` to HEAP_NOWHERE before first use. */
struct heap_node {
	uint32_t slot;
};
struct heap_entry {
	uint64_t at;
	struct heap_node *node;
};
struct heap {
	struct heap_entry *v;
	uint32_t n, room;
};

void heap_fini(struct heap *);
/* Insert or move.  ERR_NOMEM leaves the heap as it was. */
int heap_set(struct heap *, struct heap_node *, uint64_t at);
/* No-op for a node that is not in the heap. */
void heap_remove(struct heap *, struct heap_node *);
/* The earliest node if it is due at `now`, taken out; else NULL. */
struct heap_node *heap_pop_due(struct heap *, uint64_t now);
/* Time of the earliest, UINT64_MAX when empty. */
uint64_t heap_next(const struct heap *);

#endif
