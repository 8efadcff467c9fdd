/*
 * sim.h - the real engine and policy in a world of our making.
 *
 * core/engine and core/policy run unchanged; behind store.h stands fake_store.c (what is durable
 * survives a crash, what is submitted may or may not), behind pool.h fake_pool.c (workers that are
 * spawned, hang and die), and behind those world.c: a provider that loses requests, applies them
 * late, lies, forgets and restarts, and people who scan or don't.  Time is virtual, chance comes from
 * one seed, so a run can be repeated exactly.
 *
 * The world keeps the truth; check.c holds the engine's beliefs against it after every event.
 */
#ifndef RELINK_TESTS_SIM_H
#define RELINK_TESTS_SIM_H
#include <stdbool.h>
#include <stdint.h>

#include "engine/state.h"

/* How likely things go wrong, in parts of 10,000 of the occasions. */
struct faults {
	unsigned create_lost, create_reply_lost, create_late, create_refused, create_denied;
	unsigned close_lost, close_reply_lost, close_lies;
	unsigned push_lost, push_twice, push_late;
	unsigned push_elsewhere; /* another instance claims the session, and that it is connected */
	unsigned list_error, list_partial, list_silent;
	unsigned session_dies;                                        /* per session and minute */
	unsigned logged_out;                                          /* of the deaths */
	unsigned worker_dies, worker_hangs, core_dies, instance_down; /* per tick */
	unsigned queue_full;                                          /* of the hung workers */
	unsigned spawn_fails, config_refused, reloads;
	unsigned disk_slow, ledger_fails;
	unsigned service_dies, service_hangs; /* per tick */
	unsigned service_dies_answering;      /* per list: its last word is on the way then */
	unsigned instance_long_down;          /* for so long that accounts may move; per tick */
	unsigned waves;  /* something befalls all sessions, or all starts, for a while; per tick */
	unsigned drains; /* an operator drains or resumes one; per tick */
	unsigned pauses; /* or pauses automation, or lets it go on; per tick */
};

struct setting {
	uint64_t seed;
	unsigned accounts, instances, workers;
	bool fenced;
	bool listable; /* false: a provider that can't list */
	bool same_id;  /* a session's id names its credentials too */
	bool services; /* the core starts the backends */
	bool shared;   /* the instances see the same credentials */
	bool move;     /* accounts of an instance that is long down move */
	struct faults faults;
	unsigned starts_per_minute;
	unsigned wishes;  /* what people ask for, per account and hour */
	uint64_t steps;   /* stop the storm after so many policy steps ... */
	uint64_t calm_ms; /* ... and let it settle for so long without faults */
	uint64_t tick_ms; /* how often fate looks in; the rates above are per tick */
	bool crash_only;  /* no fault but crashes: then nothing may cost a start */
	bool verbose;
};

struct totals {
	uint64_t flapping; /* starts of flapping accounts */
	uint64_t steps, events, turns, crashes, worker_deaths, creates, applied, closes, lists;
	uint64_t deaths, scans, wishes, told, ended_orphans, stale, restarts, moved;
	uint64_t virtual_ms;
};

/* Run one setting.  On a broken invariant: prints what and the seed, and exits with 1. */
void sim_run(const struct setting *, struct totals *ret_totals);

/* --- the parts, for each other --- */

struct sim {
	struct setting s;
	struct totals t;
	struct conf *conf;
	struct engine *engine; /* NULL: the core is dead at the moment */
	struct pool *pool;
	struct store *store;
	struct bus *bus;
	struct bus_subscriber listener;
	uint64_t now, rng;
	uint64_t epoch; /* grows with each core; events of older cores are dropped */
	struct heap agenda;
	bool calm;
	uint64_t steps_before; /* of cores that have died */
};
extern struct sim sim;

_Noreturn void broken(const char *invariant, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
uint64_t chance(uint64_t below);
bool happens(unsigned per_10000);
/* Call fn(arg) in `in_ms`.  Given: arg is freed by fn. */
void later(uint64_t in_ms, void (*fn)(void *arg), void *arg);

/* fake_store.c */
void fake_store_crash(void); /* keep a prefix of what was submitted */
void fake_store_reset(void);
const struct account_record *durable_account(uint64_t row);
int durable_attempt_of_session(const char *session); /* enum attempt_state, -1: none */
uint64_t durable_minted_at(const char *session);
uint64_t durable_seq(void);
unsigned durable_strays(void);
/* `name` NULL: any, where it is the scope. */
uint64_t durable_pause(unsigned scope, const char *name); /* since when; 0: it is not */
void fake_pause_keep(const struct pause_record *, const char *name);
int fake_pauses_load(const struct store_loader *);
void fake_pauses_reset(void);
/* fake_alerts.c */
void fake_alert_keep(const struct alert_record *, char *texts[]); /* seq 0: deleted */
void fake_alert_told(bool raised);
void fake_alerts_applied(void); /* a commit is whole */
int fake_alerts_load(const struct store_loader *);
void fake_alerts_reset(void);
void check_alerts(const struct member *);
void check_alert_raised(uint64_t row);             /* it is about to be told; 0: of no account */
uint64_t durable_drained_at(const char *instance); /* 0: it takes accounts */

/* fake_pool.c */
struct request;
void fake_pool_kill_worker(unsigned slot); /* dies now */
void fake_pool_hang_worker(unsigned slot); /* says nothing any more */
uint64_t fake_pool_asked_at(
    unsigned slot);         /* for its last words, and has neither ended nor been killed; 0: no */
void fake_pool_crash(void); /* the core died: so do its workers */
void fake_pool_reset(void);
uint64_t fake_pool_own_deaths(void); /* workers that nobody else has killed */
/* The provider answers a request (given), or never does, or says something by itself. */
void request_reply_ok(struct request *);
void request_reply_error(struct request *, unsigned cause, bool unknown, uint64_t generation);
void request_never(struct request *);
void worker_push(unsigned instance, const char *session, const char *account, uint64_t generation,
		 unsigned state, unsigned cause);

/* fake_services.c */
bool backend_answers(unsigned number);
bool backend_is_silent(unsigned number); /* it took the request, and will never answer */
/* By then it had answered nothing for MOVE_AFTER_MS; 0: that never was. */
uint64_t backend_given_up_at(unsigned number);
void fake_services_tick(unsigned number);
void fake_services_kill(unsigned number);
void fake_services_crash(void);
void fake_services_reset(void);
void fake_services_check(const struct service_slot *);

/* world.c */
void world_forgets(unsigned instance);
struct request {
	uint64_t epoch, tag, life; /* life: number of the worker's process */
	unsigned slot, method, instance;
	char session[LIMIT_SESSION_ID + 1], account[LIMIT_ACCOUNT_ID + 1];
	char profile[LIMIT_PROFILE + 1];
	uint64_t generation;
	bool resume;
	/* the answer */
	unsigned state, cause;
	bool unknown, complete;
	char boot_id[24];
	struct msg_session *sessions;
	size_t n_sessions;
};
void world_reset(void);
void world_gets(struct request *given);
void world_instance_down(unsigned instance, uint64_t for_ms);
void world_calm(void);
/* WAVE_LOGOUT: all sessions are said to be logged out, and are not.  WAVE_STARTS: they end, and none
 * can be started. */
enum wave { WAVE_NONE, WAVE_LOGOUT, WAVE_STARTS };
void world_wave(enum wave, uint64_t for_ms);
/* How long it has been going on; 0: there is none. */
uint64_t world_wave_age(void);
unsigned world_live_of(const char *account, const char **ret_session);
bool world_is_live(const char *session);
bool world_never_connected(const char *session); /* it is there, and has not got so far */
bool world_is_connected(const char *session);
const char *world_good_profile(const char *account); /* that holds a living login; NULL: none */
bool world_profile_is_at(const char *profile, unsigned instance);
uint64_t world_applied_of(const char *account);
void world_allow_fresh(const char *account, bool allowed);
bool world_fresh_allowed(const char *account);
void world_reborn(const char *account);
void world_moves_to(const char *account, const char *profile, uint64_t generation);

#define MOVE_AFTER_MS 600000
#define LIST_MS       15000 /* between two lists, at most */

/* check.c */
void check_create(const struct request *);       /* a create reaches the provider */
void check_close(const struct request *);        /* a disconnect reaches the provider */
void check_place(const struct request *);        /* a worker is asked */
void check_all(void);                            /* after every turn */
void check_settled(void);                        /* at the end of the calm */
void check_judged(uint64_t row, bool sick);      /* it is about to be told unhealthy, or healthy */
void check_told_health(uint64_t row, bool sick); /* that is on disk */
void check_reset(void);
/* tape.c: what was recorded of a core's life replays the same */
void tape_begin(struct engine *);
void tape_turned(void);
void tape_end(void);
void check_crashed(void);
void check_reloaded(void);
uint64_t check_asked(uint64_t row);                         /* a wish is put; its number */
void check_acked(uint64_t row, uint64_t number, bool want); /* it was answered "done" */
void check_decided(unsigned instance, bool drained);        /* the same of an operator's word */
void check_hands(unsigned scope, const char *name, bool paused); /* and of that word */
/* check_steps.c */
void list_a_stranger(struct request *);  /* each list has one session that is not ours */
void check_steps(const struct engine *); /* after every turn */
void check_steps_reset(void);            /* the core died */
void check_owed(uint64_t seq);           /* an event is durable that subscribers must hear */
void check_told(uint64_t seq);           /* they did */
void check_nothing_owed(void);
/* check_starts.c */
void check_starts(const struct engine *); /* after every turn */
void check_starts_reset(void);            /* the core died */
void check_open(const struct request *, const char *other, unsigned at, bool was_given_up);

#endif
