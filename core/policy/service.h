/*
 * service.h - the state machine of an instance's own process: when to start, end and wait.  Pure.
 *
 * Such a process holds sessions, so it is worth more than a worker: it is left alone while nobody
 * can ask it anything, it is ended only when it was asked and has kept silent, and a core that
 * ends may leave it running for the next one.  Ready is what has given a complete list since it
 * was started, or since we found it again.
 *
 * There is a process exactly in STARTING to KILLED; the next is started only after GONE.
 */
#ifndef RELINK_POLICY_SERVICE_H
#define RELINK_POLICY_SERVICE_H
#include <stdbool.h>

#include "policy/restart.h"

#define SERVICE_STATES(S)                                                                \
	S(EMPTY, "empty")       /* no process that we look after */                      \
	S(STARTING, "starting") /* a process runs; no complete list yet */               \
	S(READY, "ready")                                                                \
	S(ENDING, "ending")   /* was asked to end: nobody wants it, or it kept silent */ \
	S(KILLED, "killed")   /* ended by force; not gone yet */                         \
	S(COOLING, "cooling") /* no process; a timer runs until the next start */        \
	S(HELD, "held")       /* the same, for longer: its program cannot be run as it is */
enum service_state {
#define S(id, name) SS_##id,
	SERVICE_STATES(S)
#undef S
	    SS_COUNT
};

#define SERVICE_EVENTS(E)                                                                      \
	E(WANT, "want")     /* run; also: whatever is wrong may be put right */                \
	E(UNWANT, "unwant") /* end in good order */                                            \
	E(LEAVE, "leave")   /* let it be: somebody else will look after it */                  \
	E(TIMER, "timer")                                                                      \
	E(NOSPAWN, "nospawn")   /* there is no process: the system gave none, or no program */ \
	E(ASKED, "asked")       /* from now on somebody can ask it: its worker serves */       \
	E(UNASKED, "unasked")   /* nobody can any more; its silence means nothing */           \
	E(LISTED, "listed")     /* it gave a complete list */                                  \
	E(ANSWERED, "answered") /* it gave another answer: it lives */                         \
	E(SILENT, "silent")     /* it was asked and gave none */                               \
	E(GONE, "gone")
enum service_event_kind {
#define E(id, name) SE_##id,
	SERVICE_EVENTS(E)
#undef E
	    SE_COUNT
};

struct service {
	uint8_t state, want, fails;
	uint8_t silences; /* since its last answer; two are enough to believe it */
	bool asked;       /* its worker serves */
	bool blamed;      /* we end it because it kept silent: that is a death */
	uint64_t since, timer_at, rng;
	uint64_t ready_at; /* of this process; 0: never */
	struct deaths deaths;
};

struct service_rules {
	uint64_t start, stop, hang; /* hang 0: never */
	uint64_t restart_base, restart_cap, window, cool;
	uint32_t burst; /* at most RESTART_DEATHS */
};

struct service_event {
	uint8_t kind;
	bool unfit; /* NOSPAWN, GONE: the program cannot be run as it is configured */
	uint64_t now;
};

struct service_effects {
	bool spawn;       /* or find the one that an earlier core has left; NOSPAWN may answer */
	bool end, kill;   /* SIGTERM; SIGKILL */
	bool leave;       /* forget the process, which runs on */
	bool ready, down; /* it can be used from now on; its process is gone, or about to go */
	bool late, hangs; /* why it is ended: not ready in time; silent for too long */
	bool cooling;     /* died too often: an operator should look */
	bool held;        /* an operator must act */
	bool bug;
	uint8_t from;
};

void service_init(struct service *, uint64_t seed, uint64_t now);
void service_step(const struct service_rules *, struct service *, const struct service_event *,
		  struct service_effects *ret_fx);
/* Does a process run? */
bool service_runs(const struct service *);
const char *service_state_name(unsigned state);
const char *service_event_name(unsigned event);

#endif
