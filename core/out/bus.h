/*
 * bus.h - tells subscribers what happened, in the order in which it was stored.
 *
 * The bus keeps the newest events in a bounded ring.  A subscriber is a place in the sequence and
 * nothing else, so ten thousand idle ones cost little; who falls behind the ring is told so and
 * reads on from the store.  Everything runs on the loop's thread.
 */
#ifndef RELINK_OUT_BUS_H
#define RELINK_OUT_BUS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "policy/journal.h"

struct bus;

/* Embedded in whoever listens. */
struct bus_subscriber {
	struct bus_subscriber *prev, *next;
	uint64_t seq;                          /* the last one that this subscriber has seen */
	void (*wake)(struct bus_subscriber *); /* something newer is there; once per turn */
	bool woken;                            /* the bus's: woken, and not yet at the end */
};

/* What a subscriber gets.  Lent until the next bus_publish. */
struct bus_event {
	uint64_t seq;
	unsigned kind;      /* enum journal_kind */
	const char *type;   /* "account.status" */
	struct str account; /* public id */
	struct str workspace;
	struct str json; /* see event_json.h */
};

/* `ring_size` events are kept.  `last_seq` is the journal's last line when the process starts: what
 * came before it is in the store only.  ERR_NOMEM. */
int bus_new(struct bus **ret_bus, unsigned ring_size, uint64_t last_seq);
/* All subscribers have left.  NULL is fine. */
void bus_free(struct bus **);

/* Store first, tell after: call when the line is durable, in the order of their seq.  Lent; copied.
 * Without memory the event is in the store only, and subscribers find it there. */
void bus_publish(struct bus *, const struct journal_record *lent);
/* Wake who has something to read and sits at the end.  Call it once at the end of a turn. */
void bus_wake(struct bus *);

/* The next event after `sub->seq` that is told.  1: *ret_event is set and sub->seq moved on to it;
 * 0: nothing newer; ERR_NOTFOUND: the ring no longer holds it, read from the store up to
 * bus_oldest(). */
int bus_next(struct bus *, struct bus_subscriber *, struct bus_event *ret_event);
/* The last line that was published. */
uint64_t bus_newest(const struct bus *);
/* From here on the ring holds every line that is told. */
uint64_t bus_oldest(const struct bus *);

/* Kept until bus_unsubscribe.  Set `seq` and `wake` before.  Both may be called from a wake. */
void bus_subscribe(struct bus *, struct bus_subscriber *);
void bus_unsubscribe(struct bus *, struct bus_subscriber *);

#endif
