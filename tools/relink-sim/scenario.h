/*
 * scenario.h - a scenario file: the policy's numbers, the fleet, the people, what happens, the bounds.
 */
#ifndef RELINK_SIM_SCENARIO_H
#define RELINK_SIM_SCENARIO_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define EVENTS_MAX 64

#define HAPPENINGS(H)                                                                         \
	H(DEAD, "dead")                   /* backends end with all sessions, and come back */ \
	H(UNREACHABLE, "unreachable")     /* they run on, and nobody can ask them */          \
	H(CRASH, "crash")                 /* a part of the sessions dies */                   \
	H(LOG_OUT, "log_out")             /* a part of the phones unlinks */                  \
	H(FALSE_LOG_OUT, "false_log_out") /* backends say so, and the logins are good */      \
	H(BREAK_STARTS, "break_starts")   /* a part of the starts fails */                    \
	H(SLOW_STARTS, "slow_starts")     /* starts take `time` */                            \
	H(LOSS, "loss")                   /* a part of calls, answers and pushes is lost */   \
	H(PUSH_LOSS, "push_loss")         /* a part of the pushes is lost */                  \
	H(CLOCK, "clock")                 /* our machine sleeps: what was due is overdue */   \
	H(DRAIN, "drain")                 /* an operator empties an instance */               \
	H(RESUME, "resume")               /* and takes it into use again */                   \
	H(CLICK, "click")                 /* people ask for accounts that are down */         \
	H(POISON, "poison")               /* worker processes die of this account */          \
	H(FLAP, "flap")                   /* dead for a moment, again and again */            \
	H(LOSE, "lose")                   /* an account loses its session, again and again */ \
	H(WORKER, "worker_dies")          /* one of our workers */                            \
	H(CORE, "core_dies")              /* relinkd, and it is started again after `for` */
enum fate {
#define H(id, name) HAPPENS_##id,
	HAPPENINGS(H)
#undef H
	    HAPPENINGS_COUNT
};

struct scenario_event {
	uint64_t at, for_ms, every, time, count, account, instance;
	double part;
	uint8_t kind;
	bool all; /* no instance is named */
};

/* Bounds; a member that is not set is UINT64_MAX. */
struct bounds {
	uint64_t duplicates, credentials_lost, over_bucket, scans_max, scans_needless_max;
	uint64_t wasted_starts_max, starts_max, connected_99_within, person_wait_max;
	uint64_t small_workspace_wait_max, connected_min, scans_min, starting_max;
};

struct scenario {
	char name[64], about[256];
	uint64_t seed, accounts, duration;
	bool connected; /* they are, when it begins */
	/* policy */
	uint64_t backoff_base, backoff_cap, max_attempts, stable_after, start_deadline, qr_deadline;
	uint64_t settle, list_interval, op_deadline, join_window;
	uint64_t flap_losses, incident_window, believe_logouts; /* 0: off */
	/* fleet */
	uint64_t instances, capacity, concurrent_starts, starts_at_first, max_qr_waiting;
	uint64_t starts_per_minute, start_burst, workers;
	uint64_t start_time, start_timeout, parallel_starts, session_life;
	uint64_t move_after;
	double start_spread, start_failures, overload_crashes, death_log_outs, push_lost;
	bool shared, move, insist;
	/* people */
	double scan, click, linked, high, low, big_workspace;
	uint64_t scan_after, click_after;

	struct scenario_event events[EVENTS_MAX];
	unsigned n_events;
	struct bounds expect;
};

int scenario_load(struct scenario *, const char *path, struct why *);
const char *happening_name(unsigned kind);
#endif
