/*
 * forward_state.h - what the forwarder holds; for forward*.c only.
 */
#ifndef RELINK_OUT_FORWARD_STATE_H
#define RELINK_OUT_FORWARD_STATE_H
#define HASH_NONFATAL_OOM 1 /* then `hh.tbl` is NULL, which forward_account_new looks for */
#include <uthash.h>

#include "base/buf.h"
#include "base/obj.h"
#include "out/forward.h"

#define FORWARD_MAGIC 0xf02a4d77u

#define BEHIND_MAX ((size_t)FORWARD_ACCOUNTS * 42) /* two numbers, a colon, a comma */

struct event {
	struct event *prev, *next;
	struct journal_record line;
	char bytes[];
};

enum account_place {
	READY,   /* its first event may be sent; in a list */
	FLYING,  /* was sent */
	WAITING, /* until due_at, since the receiver did not take it */
	HUNGRY,  /* its events are in the journal; in a list */
	READING, /* and on their way from there */
};

struct forward_account {
	enum account_place place;
	uint64_t row;
	uint64_t loaded; /* its lines up to here are done with or in `events` */
	bool more;       /* there are others, up to the scan */
	struct event *events;
	unsigned n_events;
	unsigned tries; /* of the first one */
	bool unreachable;
	uint64_t due_at;
	struct forward_account *prev, *next; /* of READY or HUNGRY */
	UT_hash_handle hh;
};

struct forward {
	unsigned magic;
	struct forward_port port;
	uint64_t rng;
	bool started, stopped, pumping, again;
	uint64_t newest;                /* in the journal, as far as we were told */
	uint64_t scan;                  /* lines up to here were looked at */
	uint64_t target;                /* `newest` when the read under way was asked for */
	uint32_t page, limit, n_read;   /* lines to ask for next; of the read under way */
	bool reading;                   /* a read is under way: for ... */
	struct forward_account *reader; /* ... this account; NULL: the scan */
	bool full;                      /* the read stopped in the middle of its page */
	bool beyond;                    /* it came to lines that the scan has not looked at */
	uint64_t read_at;               /* not before: the store had no time */
	struct forward_account *accounts, *ready, *hungry;
	unsigned n_events, n_flying;
	unsigned streak; /* failures without an answer since the last success */
	bool dirty, saving;
	uint64_t saved_at, grumbled_at;
	struct forward_stats stats;
};

/* forward.c */
struct forward_account *forward_account_of(struct forward *, uint64_t row);
struct forward_account *forward_account_new(struct forward *, uint64_t row, uint64_t done);
uint64_t forward_account_done(const struct forward_account *);
void forward_account_settle(struct forward *, struct forward_account *);
void forward_pump(struct forward *);

/* forward_place.c */
void forward_save(struct forward *);
int forward_parse_behind(struct forward *, struct str);

#endif
