/*
 * account.h - the account's state machine: one event in, one state change and its effects out.
 *
 * Pure: no memory, clock, chance, I/O or globals; time comes with the event and jitter from a seed in
 * the account.  So the daemon, the simulator and a replay run the very same code.  account.c has the
 * whole table, state x event; README.md tells it in words.
 *
 * Words: a *life* is one session at the provider, numbered by `generation`.  A life is *open* from
 * the moment its intent is written until the ledger says abandoned.  *Evidence* is what a provider
 * says about a life: pushed, listed, or answered to a question.
 */
#ifndef RELINK_POLICY_ACCOUNT_H
#define RELINK_POLICY_ACCOUNT_H
#include <stdbool.h>
#include <stdint.h>

#include "policy/cause.h"
#include "policy/flap.h"

/* Numbers are stored; never reuse one.   What is true in the state: */
#define ACCOUNT_STATES(S)                                                                       \
	S(IDLE, 0, "idle")         /* not wanted; no life */                                    \
	S(QUEUED, 1, "queued")     /* wanted; waits for a permit to start */                    \
	S(STARTING, 2, "starting") /* a life is open, not yet at a QR or a login */             \
	S(QR, 3, "qr")             /* waits for a person to scan; has a deadline */             \
	S(AUTH, 4, "auth")         /* scanned or resumed; not connected yet, or not any more */ \
	S(UP, 5, "up")             /* connected */                                              \
	S(CLOSING, 6, "closing")   /* life abandoned; its disconnect is under way */            \
	S(WAITING, 7, "waiting")   /* wanted; a timer runs until the next try */                \
	S(PARKED, 8, "parked")     /* wanted; a person must scan or ask again */                \
	S(HELD, 9, "held")         /* wanted; given up until a person acts */                   \
	S(DELETED, 10, "deleted")  /* forgotten as soon as its lives are proven gone */

enum account_state {
#define S(id, n, name) ST_##id = (n),
	ACCOUNT_STATES(S)
#undef S
	    ST_COUNT
};

#define ACCOUNT_EVENTS(E)                                                                       \
	/* what people want */                                                                  \
	E(CONNECT, 0, "connect")                                                                \
	E(RECONNECT, 1, "reconnect")                                                            \
	E(REGENERATE, 2, "regenerate")                                                          \
	E(DISCONNECT, 3, "disconnect")                                                          \
	E(DELETE, 4, "delete")                                                                  \
	/* from the engine */                                                                   \
	E(PERMIT, 5, "permit") /* admission lets this account start now */                      \
	E(TIMER, 6, "timer")   /* timer_at has come */                                          \
	E(LOST, 7, "lost")     /* the worker died: what we knew is only the last known */       \
	/* answers to our operations */                                                         \
	E(CREATED, 8, "created")    /* the provider took the create; proves nothing yet */      \
	E(REFUSED, 9, "refused")    /* the create did not happen */                             \
	E(UNKNOWN, 10, "unknown")   /* the create may have happened */                          \
	E(CLOSED, 11, "closed")     /* the disconnect was answered */                           \
	E(UNCLOSED, 12, "unclosed") /* the disconnect failed or was not answered */             \
	/* evidence */                                                                          \
	E(BORN, 13, "born")     /* alive, on its way to a QR or a login */                      \
	E(QR, 14, "qr")         /* shows a QR */                                                \
	E(AUTH, 15, "auth")     /* authenticated */                                             \
	E(UP, 16, "up")         /* connected */                                                 \
	E(DOWN, 17, "down")     /* known to the provider and not working */                     \
	E(ABSENT, 18, "absent") /* a complete list does not have it */                          \
	/* from the engine, about its instance */                                               \
	E(LEAVE, 19, "leave")     /* it shall have no life there any more; see cut_off */       \
	E(MOVED, 20, "moved")     /* it belongs to another one now; see bare */                 \
	E(EXCUSED, 21, "excused") /* what it did lately was its provider's fault; see before */ \
	/* from the engine, about automation */                                                 \
	E(HANDS, 25, "hands") /* automation was paused for it or goes on; see hands_off */

enum account_event_kind {
#define E(id, n, name) EV_##id = (n),
	ACCOUNT_EVENTS(E)
#undef E
	    EV_COUNT
};

/* Answers and evidence are about one life; the rest concerns the account. */
static inline bool event_is_about_a_life(unsigned kind)
{
	return kind >= EV_CREATED && kind <= EV_ABSENT;
}

/* What users see. */
#define ACCOUNT_STATUSES(S)                  \
	S(NEW, 0, "new")                     \
	S(CONNECTING, 1, "connecting")       \
	S(QR_SCANNING, 2, "qr_scanning")     \
	S(AUTHENTICATED, 3, "authenticated") \
	S(CONNECTED, 4, "connected")         \
	S(RECONNECTING, 5, "reconnecting")   \
	S(DISCONNECTED, 6, "disconnected")   \
	S(FAILED, 7, "failed")
enum account_status {
#define S(id, n, name) STATUS_##id = (n),
	ACCOUNT_STATUSES(S)
#undef S
	    STATUS_COUNT
};

/* What we know of the credentials that the next start may open. */
enum profile_state {
	PROFILE_NONE = 0,    /* none yet: the next start is fresh */
	PROFILE_NEW = 1,     /* made, never seen logged in; may hold a login that we missed */
	PROFILE_GOOD = 2,    /* was logged in */
	PROFILE_SUSPECT = 3, /* two starts on it failed; reconnect is fresh, connect tries again */
	PROFILE_DEAD = 4     /* proven logged out or unusable: the next start is fresh */
};

/* What follows when a life is closed. */
enum after { AFTER_IDLE, AFTER_START, AFTER_WAIT, AFTER_PARK, AFTER_HOLD, AFTER_DELETE };

enum evidence_source { SOURCE_NONE = 0, SOURCE_PUSH = 1, SOURCE_LIST = 2, SOURCE_ASKED = 3 };

enum account_priority { PRIORITY_HIGH = 0, PRIORITY_NORMAL = 1, PRIORITY_LOW = 2 };

/* Generations are JSON numbers at many providers, so they stay below 2^53.  What a provider claims to
 * have seen is believed up to half of that: then there are as many left. */
#define GENERATION_MAX       (1ull << 53)
#define GENERATION_FLOOR_MAX (GENERATION_MAX / 2)

/* Times are ms on the engine's clock, 0: none. */
struct account {
	/* kept in the store */
	uint64_t generation; /* of the newest life */
	uint64_t rng;        /* seed of this account's jitter */
	uint64_t since;      /* when the state was entered */
	uint64_t timer_at;   /* when EV_TIMER is due; what it means depends on the state */
	uint64_t minted_at;  /* when the newest life was written down */
	uint64_t up_since;   /* connected since */
	uint8_t want, state, after, status, cause, action, profile, priority;
	struct flap flap;        /* how often connected time was lost lately */
	uint8_t fails;           /* starts that count against the budget */
	uint8_t waits;           /* exponent of the next backoff */
	uint8_t profile_fails;   /* starts in a row that blame the profile */
	uint8_t slow_step;       /* place on the slow ladder */
	uint8_t close_tries;     /* disconnects of this life that failed */
	unsigned open : 1;       /* a life is open */
	unsigned person : 1;     /* a person asked for this start: it goes first */
	unsigned fresh : 1;      /* the open life is on a new profile */
	unsigned fresh_next : 1; /* the next start must be on a new profile */
	unsigned was_up : 1;     /* was connected since it was last wanted */
	unsigned replaced : 1;   /* was opened elsewhere once already */
	unsigned seen : 1;       /* the open life was seen alive */

	/* known while this process runs */
	unsigned op : 1;   /* the life's create is unanswered */
	unsigned sure : 1; /* the state is backed by evidence of this process's time */
	unsigned slot : 1; /* holds a start slot of its instance */
	uint8_t suspect;   /* cause that one piece of evidence claims; RELINK_NONE: none */
	uint8_t suspect_source;
	uint8_t looks;         /* deadlines that passed since anybody could tell how the life is */
	uint64_t evidence_at;  /* when the newest evidence was asked for, or came */
	uint64_t absent_since; /* start of the first complete list without it */
};

/* The numbers of one provider's policy. */
struct policy {
	uint64_t backoff_base, backoff_cap, stable, start_deadline, qr_deadline, settle, join;
	uint64_t close_retry_cap;
	uint64_t slow[3], slow_cap;
	uint32_t max_fails, max_close_tries;
	struct cause_choice causes[RELINK_CAUSE_COUNT]; /* what operators want; see cause_then */
	struct flap_rules flap;
	bool fenced; /* the provider refuses older generations and ends the lives before */
};

/* What an incident of its provider or instance does to an event (policy/incident.h). */
enum brake {
	BRAKE_NONE = 0,
	BRAKE_SOFT = 1, /* a failure is the provider's: it costs nothing, and decides nothing */
	BRAKE_KEEP = 2  /* and a connected life is not even ended for what is said of it */
};

/* What a failure may cost an account, as it was before. */
struct account_before {
	uint8_t fails, waits, profile, profile_fails, slow_step, replaced;
	struct flap flap;
};

struct account_event {
	uint8_t kind;   /* enum account_event_kind */
	uint8_t cause;  /* REFUSED, UNCLOSED, DOWN */
	uint8_t source; /* evidence: who says so */
	uint64_t now;
	uint64_t at;          /* evidence: when the list or question was sent; push: now */
	uint64_t generation;  /* answers and evidence: which life; 0 for the others */
	uint64_t retry_after; /* REFUSED: the provider's wish in ms; 0 none */
	uint64_t floor;       /* REFUSED as stale: the highest generation that the provider saw */
	bool cut_off;         /* TIMER, LEAVE: the instance does not answer at the moment */
	bool excused;  /* evidence: its instance was away; what is lost by that is not its fault */
	bool bare;     /* MOVED: credentials stayed behind, if there are any */
	bool crowded;  /* QR: the instance shows as many codes as it may already */
	uint8_t brake; /* enum brake */
	uint64_t failed_life; /* EXCUSED: the life that failed, and how the account was before */
	struct account_before before;
	bool bulk;      /* wishes: one of many, for which nobody waits */
	bool hands_off; /* automation is paused for it: nothing is ended without proof */
};

enum look { LOOK_NO = 0, LOOK_SETTLED = 1, LOOK_NOW = 2 };

struct effects {
	bool stale;   /* an older life's event: nothing changed */
	bool changed; /* remember the account */
	bool tell;    /* status, cause or action is new: subscribers hear of it */
	bool mint;    /* write the new life down, then send its create */
	bool resume;  /* with mint: on the old profile */
	bool abandon; /* the ledger closes life `abandoned` */
	bool close;   /* then send (again) the disconnect of life `abandoned` */
	bool reason;  /* cause is new: the event's text belongs to it */
	bool
	    kept; /* the life would have been ended, for kept_cause, but for an incident or a pause */
	uint8_t kept_cause;
	bool bug;     /* cannot happen: the caller must() on it */
	uint8_t look; /* enum look: ask the instance for a list */
	uint8_t from; /* state before */
	uint64_t abandoned;
};

void account_init(struct account *, uint64_t seed, uint64_t now);

/* One event into one account.  Same inputs, same outputs, always. */
void account_step(const struct policy *, struct account *, const struct account_event *,
		  struct effects *ret_fx);

/* After loading from the store: nothing of the volatile part is known, timers get a new grace. */
void account_restore(const struct policy *, struct account *, uint64_t now);

/* Can this event come in this state at all?  (For the tests that walk the table.) */
bool account_expects(unsigned state, unsigned event);

/* May the next start reuse the credentials?  (connect and automatic starts) */
bool account_may_resume(const struct account *);
/* The status is only the last known one: a look is under way. */
bool account_checking(const struct account *);
/* It connects and gets lost again too often: see flap.h. */
bool account_is_flapping(const struct account *);
/* A connected login, or one that may be good, would be lost by regenerate. */
bool account_has_login(const struct account *);

const char *state_name(unsigned state);
const char *event_name(unsigned event);
const char *status_name(unsigned status);

#endif
