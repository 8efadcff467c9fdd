/*
 * incident.h - the brake: when many accounts of one provider or instance fail together, the fault is not
 * theirs.
 *
 * Pure.  One object for each provider and each instance (the *scope*).  It is told how canaries and other
 * starts end, and says who may start: nobody (braking), a few (probing), more and more (ramping),
 * all (calm).  The engine counts who fails, each account once.
 */
#ifndef RELINK_POLICY_INCIDENT_H
#define RELINK_POLICY_INCIDENT_H
#include <stdbool.h>
#include <stdint.h>

/* Numbers are stored; never reuse one. */
#define INCIDENT_STATES(S)                                                                 \
	S(CALM, 0, "calm")       /* no incident */                                         \
	S(BRAKING, 1, "braking") /* just recognised: nothing starts, nothing is ended */   \
	S(PROBING, 2, "probing") /* a few canaries start, and what comes of them counts */ \
	S(RAMPING, 3, "ramping") /* they came up: more and more start */
enum incident_state {
#define S(id, n, name) INCIDENT_##id = (n),
	INCIDENT_STATES(S)
#undef S
	    INCIDENT_STATE_COUNT
};

#define INCIDENT_EVENTS(E)                                             \
	E(ALARM, "alarm")   /* the thresholds are reached */           \
	E(GOOD, "good")     /* a start came up */                      \
	E(BAD, "bad")       /* a start failed */                       \
	E(LOGOUT, "logout") /* a resumed start found its login gone */ \
	E(TIMER, "timer")   /* timer_at has come */                    \
	E(MERGED, "merged") /* it is part of a larger one: no one's own */
enum incident_event {
#define E(id, name) IE_##id,
	INCIDENT_EVENTS(E)
#undef E
	    IE_COUNT
};

struct incident_rules {
	uint64_t window;                /* failures count for so long; 0: there is no brake */
	uint64_t brake;                 /* from the alarm to the first canaries */
	uint64_t probe_base, probe_cap; /* between two rounds of canaries */
	uint64_t round;                 /* a round is over after this, whatever came of it */
	uint64_t ramp_step;             /* then the ramp is twice as steep */
	uint64_t quiet;                 /* nothing failed for so long: it is over */
	uint64_t believe;             /* canaries found log-outs only, for so long: they are real */
	uint32_t min_accounts, share; /* share: percent */
	uint32_t canaries;            /* of a round */
	uint32_t full; /* starts a minute at which the ramp limits nothing any more */
};

struct incident {
	uint8_t state;      /* enum incident_state */
	bool resting;       /* PROBING: between two rounds */
	bool real;          /* RAMPING: the log-outs are real */
	uint32_t rounds;    /* that failed, in a row */
	uint32_t given;     /* starts of this round or ramp */
	uint32_t ended;     /* lives that were ended to be started again, likewise */
	uint32_t good, bad; /* what came of them */
	uint32_t logouts;   /* of canaries, without one that came up in between */
	uint32_t rate;      /* RAMPING: starts a minute */
	uint64_t rng, opened_at, since, timer_at;
	uint64_t bad_at;          /* newest sign that something is still wrong */
	uint64_t parts, parts_at; /* RAMPING: 60000 parts are a start */
};

/* Do so many failing accounts at so many places make an incident?  `others`: those that are well. */
bool incident_alarm(const struct incident_rules *, uint64_t failing, uint64_t others);
/* Can this cause be a provider's fault, when many accounts have it at the same time?  What people do, and
 * what concerns one account only, cannot. */
bool incident_counts(unsigned cause);

void incident_init(struct incident *, uint64_t seed);
/* True: the state changed. */
bool incident_step(const struct incident_rules *, struct incident *, unsigned event, uint64_t now);
/* After a restart: what was open is probed anew. */
void incident_restore(const struct incident_rules *, struct incident *, unsigned state,
		      uint64_t opened_at, uint64_t rounds, uint64_t now);

/* May somebody whom no person waits for start now?  False: *ret_wait_ms is when to ask again, 0 when an
 * event will tell. */
bool incident_permits(const struct incident_rules *, const struct incident *, uint64_t now,
		      uint64_t *ret_wait_ms);
/* One starts. */
void incident_takes(const struct incident_rules *, struct incident *, uint64_t now);
/* May a life that was connected and seems dead be ended, so that its account can be started? */
bool incident_may_end(const struct incident_rules *, const struct incident *);
/* Something is still wrong, though no start has shown it. */
void incident_still(struct incident *, uint64_t now);

const char *incident_state_name(unsigned state);
const char *incident_event_name(unsigned event);
/* Can the event come in this state? (For the tests that walk the table.) */
bool incident_expects(unsigned state, unsigned event);

#endif
