/*
 * forward.h - tells a receiver outside of this process what happened: at least once, in order for each
 * account.
 *
 * The journal is the outbox.  What is kept besides is a place in it: a line up to which everything is
 * done with, and the accounts that are behind it.  So an account whose events the receiver does not take
 * holds up nobody else, and after a crash everything goes on from there; what was told in the second
 * before it is told again.
 *
 * How an event is sent, where the place is kept and who wakes us is the port's business.  Time is
 * clock_ms(); everything runs on one thread.
 */
#ifndef RELINK_OUT_FORWARD_H
#define RELINK_OUT_FORWARD_H
#include "base/err.h"
#include "policy/journal.h"

#define FORWARD_FLYING    8    /* sent and not answered */
#define FORWARD_EVENTS    1000 /* in memory: looked ahead, not done with */
#define FORWARD_ACCOUNTS  384  /* that have such an event; with more, all wait */
#define FORWARD_EACH      16   /* of them in memory of one account */
#define FORWARD_PAGE      256  /* journal lines in one read */
#define FORWARD_RETRY_MS  1000 /* shortest and longest wait between two tries, */
#define FORWARD_RETRY_CAP 600000
#define FORWARD_STREAK    3 /* failures without an answer in a row: it is the receiver; */
#define FORWARD_RECOVERED \
	500 /* all that could not be reached are tried within so long of a success */
#define FORWARD_GIVE_UP (3 * 86400000ull) /* and how old an event gets that is tried, */
#define FORWARD_TRIES   8                 /* but so many times in any case */
#define FORWARD_WHY_MAX 256               /* bytes of a reason */
#define FORWARD_SAVE_MS 1000              /* the place is kept so often at most */

struct forward;
struct forward_account;

/* How far the receiver has got: all lines up to `seq` are done with, but for those of some accounts.
 * `behind` is "row:seq,row:seq": of these accounts only the lines up to that seq are. */
struct forward_place {
	uint64_t seq;
	struct str behind;
};

typedef void forward_line_fn(void *arg, int result, const struct journal_record *lent);

/* 0: as above. */
struct forward_rules {
	uint64_t retry_ms, give_up_ms;
};

struct forward_port {
	void *ctx;
	const char *name; /* the receiver's, for the log */
	struct forward_rules rules;
	/* Is this line for the receiver at all?  Others are passed over. */
	bool (*wants)(void *ctx, const struct journal_record *lent);
	/* Send it.  0: forward_answered follows, not from inside; 1: there is nothing to send any more,
	 * it is done with; < 0: it could not be sent, it is tried again. */
	int (*send)(void *ctx, const struct journal_record *lent, struct forward_account *);
	/* May one more be sent, while `flying` are?  NULL: as many as FORWARD_FLYING.  After a no somebody
	 * calls forward_due when that has changed. */
	bool (*may_fly)(void *ctx, unsigned flying);
	/* It is given up: keep it.  < 0: not now, and it is tried again.  NULL: it is only logged. */
	int (*bury)(void *ctx, const struct journal_record *lent, unsigned tries, struct str why);
	/* As store_read_journal, ascending: of one account (0: all), seq > after, told or not. */
	int (*journal)(void *ctx, uint64_t row, uint64_t after, uint32_t limit, forward_line_fn *,
		       void *arg);
	/* Keep the place; `done` when it is durable.  < 0: not now, and `done` never comes. */
	int (*save)(void *ctx, const struct forward_place *lent, void (*done)(void *arg),
		    void *arg);
	/* Call forward_due then; UINT64_MAX: not needed.  Replaces what was wished before. */
	void (*wake_at)(void *ctx, uint64_t at_ms);
};

/* `port` is copied; `seed` is for jitter.  Nothing happens before forward_start.  ERR_NOMEM. */
int forward_new(struct forward **ret_forward, const struct forward_port *, uint64_t seed);
/* Go on from `place`, which is kept at once if it is `fresh`.  ERR_FORMAT: nobody can read `behind`. */
int forward_start(struct forward *, const struct forward_place *place, bool fresh);
/* Lines up to `newest` are in the journal. */
void forward_wake(struct forward *, uint64_t newest);
/* What wake_at asked for. */
void forward_due(struct forward *);

struct forward_answer {
	bool taken;              /* delivered; else it is tried again */
	bool unreachable;        /* nobody answered: it may be the receiver, and not this event */
	uint64_t retry_after_ms; /* not before; 0: the receiver did not say */
	struct str why;          /* not taken: for the log, and without secrets.  Lent. */
};
void forward_answered(struct forward *, struct forward_account *, const struct forward_answer *);

/* Tell everything from line `from` on again, and what is behind that as before.  The port has dropped
 * whatever it was asked.  What lies in the future is not passed over. */
void forward_rewind(struct forward *, uint64_t from);

/* Send no more and keep the place.  What is under way is not answered any more. */
void forward_stop(struct forward *);
/* No answer of the port comes after it.  NULL inside is fine. */
void forward_free(struct forward **);

/* Counters since start; accounts, events and flying: now. */
struct forward_stats {
	uint64_t delivered, skipped, failed, given_up;
	uint64_t gaps,
	    lost; /* times and lines: the journal had forgotten them, or they were damaged */
	uint64_t saves, accounts, events, flying;
	uint64_t seq;    /* the place */
	uint64_t oldest; /* when the oldest event in memory happened; 0: there is none */
};
void forward_stats(const struct forward *, struct forward_stats *ret_stats);

#endif
