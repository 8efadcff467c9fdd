/*
 * sim.h - the parts of relink-sim, for each other.
 *
 * core/engine and core/policy run as in relinkd (the very same libraries).  Behind store.h, pool.h and
 * services.h stand store.c and pool.c; behind those fleet.c, the backends and what they do, and people.c,
 * who scan and click.  Time is virtual and chance comes from one seed.  A run without the engine lets
 * peer.c, the rules of others, drive the same fleet.
 */
#ifndef RELINK_SIM_H
#define RELINK_SIM_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/heap.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/obj.h"
#include "scenario.h"

#define BEGINNING_MS 1700000000000ull

/* Embedded in whatever happens later. */
struct event {
	struct heap_node node; /* first: the heap gives this back */
	void (*fn)(struct event *);
};

/* One session at a backend. */
struct session {
	struct event ev; /* what it does next by itself */
	char *id;
	struct session *next;            /* of its account */
	struct session *i_prev, *i_next; /* of its instance; utlist */
	uint64_t generation, profile, began_at;
	uint32_t account;
	uint16_t instance;
	uint8_t state, cause;
	bool starting, was_up, doomed;
};

/* The truth about an account, by its number. */
struct phone {
	struct session *lives;
	uint64_t profile;   /* where its newest login lies; 0: nowhere */
	uint64_t down_at;   /* not connected since then; 0: it is */
	uint64_t queued_at; /* Relink's queue has it since then */
	uint16_t instance;  /* peers: where it belongs */
	bool good;          /* that login works */
	bool asked;         /* somebody is about to click */
	bool poison;
	bool clicked; /* and did, and is not connected yet */
};

struct backend {
	struct session *lives;
	uint64_t back_at; /* dead or out of reach until then */
	uint64_t boot, n, starting;
	bool dead; /* as opposed to out of reach */
};

#define HIST 512
struct hist {
	uint64_t n, max, v[HIST];
};
void hist_add(struct hist *, uint64_t ms);
uint64_t hist_at(const struct hist *, double part); /* ms below which that part is */

#define SAMPLES 600
struct sample {
	uint64_t connected, starts, queued, scans, waiting;
};

enum waits { WAIT_PERSON, WAIT_WAS_UP, WAIT_OTHERS, WAIT_KINDS };

struct figures {
	uint64_t events, turns, steps, calls;
	uint64_t starts, wasted, connects, deaths, duplicates, over_bucket;
	uint64_t qrs, qrs_needless, scans, scans_needless, credentials_lost, clicks, moved;
	uint64_t connected, queued, waiting; /* now */
	uint64_t below_since, reached_at;    /* 99 % are connected: when not any more, when again */
	uint64_t down_ms;                    /* account-milliseconds without a connection */
	uint64_t starting_max;
	struct hist wait[WAIT_KINDS], wait_small, recovery;
	struct sample samples[SAMPLES + 1];
	unsigned n_samples;
	double cpu_s;
	uint64_t rss_kib, virtual_ms;
};

/* Who decides about starts: Relink, or a peer's rule. */
struct driver {
	void (*told)(struct session *);  /* its state is new; the last thing that is done with it */
	void (*back)(unsigned instance); /* a backend that was dead runs again */
	/* A person wants it to be connected; `insists`: at the price of a login that failed twice. */
	void (*click)(uint32_t account, bool insists);
};

struct sim {
	const struct scenario *s;
	const struct driver *driver;
	struct heap agenda;
	uint64_t now, rng;
	struct phone *phones;
	struct backend *backends;
	double loss, push_loss, broken_starts;
	uint64_t start_time_ms; /* at the moment */
	bool lying;             /* a start on a good login is said to be logged out */
	struct figures f;
	double level; /* of the bucket as the checker counts it */
	uint64_t level_at;
	bool core_dies; /* in this scenario */
};
extern struct sim sim;

/* run.c */
void after(uint64_t ms, struct event *, void (*fn)(struct event *));
void cancel(struct event *);
double part(void); /* 0 <= part() < 1 */
uint64_t below(uint64_t n);
uint64_t around(uint64_t mean_ms); /* exponential */
void sim_open(const struct scenario *);
void sim_close(void);
void sim_relink(void);
void sim_core_dies(uint64_t for_ms);
void sim_peer(const char *name);
void sim_jump(uint64_t ms);
void sim_ask(unsigned command, const char *account, unsigned instance);
void agenda_run(uint64_t until, uint64_t (*next)(void), void (*turn)(void));

/* fleet.c */
void fleet_open(void);
void fleet_close(void);
struct session *fleet_create(uint32_t account, unsigned instance, const char *id,
			     uint64_t generation, uint64_t profile, unsigned *ret_cause);
struct session *fleet_find(uint32_t account, struct str id);
void fleet_end(struct session *); /* somebody wants it gone */
bool fleet_answers(unsigned instance);
void fleet_leave(unsigned instance, uint64_t for_ms, bool dead);
void fleet_break(uint32_t account, unsigned cause);
void fleet_sample(void);
uint64_t profile_hash(const char *);

/* people.c */
void people_see_qr(struct session *);
bool people_scan(struct session *);
void people_see_stop(uint32_t account); /* nobody will try again unless they ask */
void people_click(uint64_t n);

/* events.c */
void events_plan(void);

/* pool.c and store.c */
struct engine;
void pool_bind(struct engine *);
void pool_tell(struct session *);
void pool_break(unsigned slot);

/* peer.c */
extern const char *const peer_names[];             /* ended by NULL */
const struct driver *peer_begin(const char *name); /* NULL: there is none of that name */
void peer_end(void);

/* watch.c */
void watch_again(void); /* a new core has read what is on disk */
/* disk.c: what is told is put into a list, which is then durable, or lost */
struct change;
struct account_record;
struct attempt_record;
struct instance_record;
struct incident_record;
struct store_loader;
void disk_account(struct change **, const struct account_record *);
void disk_mint(struct change **, const struct attempt_record *);
void disk_close(struct change **, uint64_t row, uint64_t generation, unsigned state);
void disk_instance(struct change **, const struct instance_record *);
void disk_incident(struct change **, const struct incident_record *);
void disk_seq(struct change **, uint64_t seq);
void disk_durable(struct change **given);
void disk_lost(struct change **given);
const struct account_record *disk_find_account(uint64_t row); /* NULL: as at the beginning */
uint64_t disk_last_seq(void);
int disk_load(const struct store_loader *);
void disk_forget(void);

/* report.c */
struct result {
	const char *who;
	struct figures f;
};
void report_text(FILE *, const struct scenario *, const struct result *);
void report_json(FILE *, const struct scenario *, const struct result *, size_t n);
void report_row(FILE *, const struct scenario *, const struct result *);
uint64_t report_reached(
    const struct figures *); /* ms until 99 % are connected; UINT64_MAX: never */
/* How many bounds do not hold; each is said. */
unsigned expect_check(FILE *, const struct scenario *, const struct figures *);
/* plot.c */
int plot_html(const char *path, const struct scenario *, const struct result *, size_t n);

#endif
