/*
 * worker.h - a worker slot's state machine: when to start, ask, kill and wait.  Pure.
 *
 * A worker costs nothing to replace and knows nothing that is not also in the store or at the
 * provider.  So: at once when it had been ready, slower when it never was, a pause when it keeps
 * dying, and a long one while its configuration is wrong.  The core never ends because of one.
 *
 * A slot has a process exactly in SPAWNED to KILLED; whatever ends one, the next is started only
 * after GONE.
 */
#ifndef RELINK_POLICY_WORKER_H
#define RELINK_POLICY_WORKER_H
#include <stdbool.h>

#include "policy/restart.h"

#define WORKER_STATES(S)                                                            \
	S(EMPTY, "empty")       /* no process, none wanted */                       \
	S(SPAWNED, "spawned")   /* a process runs; no hello yet */                  \
	S(OPENING, "opening")   /* said hello, opens its instances */               \
	S(READY, "ready")       /* serves */                                        \
	S(STOPPING, "stopping") /* was asked to end */                              \
	S(KILLED, "killed")     /* ended by us, by force; not reaped yet */         \
	S(COOLING, "cooling")   /* no process; a timer runs until the next start */ \
	S(HELD, "held")         /* the same, for longer: somebody must act */
enum worker_state {
#define S(id, name) WS_##id,
	WORKER_STATES(S)
#undef S
	    WS_COUNT
};

#define WORKER_EVENTS(E)                                                            \
	E(WANT, "want")     /* serve; also: whatever is wrong may be put right */   \
	E(UNWANT, "unwant") /* end in good order */                                 \
	E(TIMER, "timer")                                                           \
	E(NOSPAWN, "nospawn") /* the system gave no process */                      \
	E(HELLO, "hello")                                                           \
	E(OPENED, "opened")                                                         \
	E(REFUSED, "refused") /* it can't open its instances as configured */       \
	E(PONG, "pong")                                                             \
	E(MISSED, "missed") /* a ping was not answered in time */                   \
	E(UNSENT, "unsent") /* a ping was not sent: too much is queued before it */ \
	E(GONE, "gone")     /* reaped, pipes at their end */
enum worker_event_kind {
#define E(id, name) WE_##id,
	WORKER_EVENTS(E)
#undef E
	    WE_COUNT
};

struct worker {
	uint8_t state, want, misses, fails;
	uint8_t heavy; /* pings in a row that told too much memory */
	/* Of this process: the ping that is due was not sent; it has refused its configuration; that
	 * is wrong, so the next process would do the same. */
	bool unsent, refused, misconfigured;
	uint64_t since, timer_at, rng;
	uint64_t ready_at; /* of this process; 0: never */
	struct deaths deaths;
};

struct worker_rules {
	uint64_t ping_interval, hello, ready, stop, restart_base, restart_cap, window, cool;
	uint32_t ping_misses, burst; /* burst: at most RESTART_DEATHS */
};

struct worker_event {
	uint8_t kind;
	bool misconfigured; /* REFUSED: by this cause; GONE: by its exit status (78) */
	uint64_t now;
};

struct worker_effects {
	/* What to do.  NOSPAWN may answer spawn, and UNSENT ping, at once. */
	bool spawn, config, ping, stop, kill;
	bool terminate; /* it is silent: SIGTERM, for its last words; a kill follows if need be */
	bool up, down;  /* it serves from now on; it serves no more */
	bool cooling;   /* died too often: an operator should look */
	bool held;      /* its configuration is wrong: an operator must act */
	bool bug;
	uint8_t from;
};

/* A ping told how much memory the process uses, `limit` 0: no matter.  True: it shall be replaced in good
 * order, because it was too much three times in a row; at most once in the rules' window. */
bool worker_weighs(const struct worker_rules *, struct worker *, uint64_t used, uint64_t limit,
		   uint64_t now);

void worker_init(struct worker *, uint64_t seed, uint64_t now);
void worker_step(const struct worker_rules *, struct worker *, const struct worker_event *,
		 struct worker_effects *ret_fx);
const char *worker_state_name(unsigned state);
const char *worker_event_name(unsigned event);

#endif
