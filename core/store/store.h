/*
 * store.h - what must outlive the process.
 *
 * The engine asks for two things only: load what is mine, and commit these changes, fenced by my
 * token.  How they are kept (SQLite here) is nobody else's business; no SQL leaves this room.
 *
 * Threads: store_open and store_load block and are for start-up.  After store_start one writer
 * thread commits in groups and one reader thread answers questions; everything else here belongs to
 * the loop's thread, where every callback runs.  Commits are durable (fsync'ed) when their callback
 * runs, and complete in the order in which they were submitted.
 *
 * Failure: a full disk makes the writer try again until there is room; nothing is lost meanwhile
 * and `port.health` says so.  Damage, a broken or read-only disk, a lost fence, or a commit that
 * breaks a rule of the ledger end the store: `port.fatal`.
 */
#ifndef RELINK_STORE_STORE_H
#define RELINK_STORE_STORE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/histogram.h"
#include "base/str.h"
#include "policy/attempt.h"
#include "policy/death.h"
#include "policy/journal.h"

struct uv_loop_s;
struct store;
struct commit;

/* An account as it is kept.  `row` is the engine's number for it, never used twice.  Strings are
 * lent.  What the small numbers mean is policy/account.h's business (same names there); they are
 * stored as they are. */
struct account_record {
	uint64_t row;
	struct str id, workspace, provider, instance, label, metadata;
	struct str session, profile, phone, reason;
	uint8_t priority, want, state, after, status, cause, action, profile_state;
	uint8_t fails, waits, profile_fails, slow_step, close_tries;
	uint8_t forgotten; /* 1: deleted; its id may be another account's by now */
	uint32_t flags;
	uint64_t generation, rng;
	uint64_t created_at, since, timer_at, minted_at, up_since;
	uint8_t blame_marks;
	uint64_t blamed_at;
	uint64_t flap_gaps;
	uint32_t flap_at;
	uint8_t flap_step;
};

/* One life of an account is a struct attempt_record (policy/attempt.h). */
struct attempt_outcome {
	uint64_t row, generation;
	struct attempt_end
	    end; /* ended_at 0: only what followed is new (why.after, why.timer_at) */
};

/* The answer once given to an Idempotency-Key. */
struct idem_record {
	struct str key, account; /* key: scoped by the caller's API key already */
	uint8_t hash[32];        /* SHA-256 of method, path and body */
	uint32_t http_status;
	uint64_t at;
};

/* A key of the API.  `digest` is the SHA-256 of its text, which is nowhere; the roles are api/port.h's. */
struct api_key_record {
	struct str id, workspace, label; /* workspace: empty: all */
	uint8_t digest[32];
	uint8_t role;
	uint64_t created_at, expires_at, revoked_at, last_used_at; /* 0: never */
};

/* A link that shows an account's QR code.  Both digests are SHA-256 of texts that are nowhere. */
struct qr_link_record {
	uint64_t row;        /* of the account, which has one link at most */
	uint8_t digest[32];  /* of the token in its URL */
	uint8_t visitor[32]; /* of the cookie of who opened it; zeroes: nobody has */
	uint64_t created_at, expires_at, opened_at;
	uint8_t ended; /* api/port.h: enum link_end */
};

/* What operators decided about an instance. */
struct instance_record {
	struct str id;
	uint64_t drained_at; /* it takes no accounts since then; 0: it takes them */
	uint64_t halted_at;  /* its trial failed, and it takes no new ones; 0: it did not */
	struct str halted_why;
};

/* An alert that is open (policy/alert.h). */
struct alert_record {
	uint8_t kind;       /* enum alert_kind */
	struct str subject; /* whom it is about; with the kind its name */
	uint64_t seq;       /* the line of the journal that told of it */
	uint64_t raised_at;
	struct str workspace, provider; /* empty: of none */
	uint8_t cause, action;
	struct str text;
};

/* Where automation is paused. */
struct pause_record {
	uint8_t scope;   /* enum pause_scope */
	struct str name; /* of the provider, workspace or account; empty for everything */
	uint64_t since, until;
	struct str by, reason; /* by: id of the API key; empty: the admin */
};

/* Work on many accounts. */
struct bulk_record {
	struct str id;
	uint8_t action, state; /* enum bulk_action, enum bulk_state */
	uint64_t rate;         /* accounts a minute */
	struct str workspace, provider, instance, status, cause, label_prefix, ids;
	struct str by;
	uint64_t created_at, ended_at, last_row, cursor, total, done, failed;
	struct str last_error;
};

/* Many accounts of a provider, or of one of its instances, that failed together. */
struct incident_record {
	uint64_t id;
	uint8_t state;                 /* policy/incident.h; calm: it is over */
	bool real;                     /* its log-outs were believed */
	struct str provider, instance; /* instance: empty: of all of the provider's */
	uint64_t opened_at, changed_at, closed_at;
	uint64_t accounts, rounds; /* rounds: of canaries that failed, in a row */
	struct str causes, text;   /* causes: a JSON object of counts */
};
#define INCIDENTS_KEPT 100 /* the newest */

/* How far a receiver of events has got. */
struct cursor_record {
	struct str name;   /* the receiver's */
	uint64_t seq;      /* of the journal */
	struct str behind; /* what is not done below it, in the words of out/forward.h */
};

/* Where events are sent to: see api/endpoints.  Its secrets sign, so they are kept as they are. */
struct endpoint_record {
	struct str id, workspace, label, url, events; /* workspace: empty: all; events: patterns */
	struct str secret, old_secret, why;           /* why: it was disabled */
	uint8_t form;                                 /* api/port.h */
	bool disabled;
	uint64_t created_at, changed_at, old_until, disabled_at; /* 0: never */
};

/* An event that an endpoint did not take for days. */
struct dead_letter {
	struct str endpoint; /* its id */
	uint64_t died_at, tries;
	struct str why;
	struct journal_record line; /* without its `why` */
};
#define DEAD_LETTERS_KEPT 1000 /* the newest of each endpoint */

#define DEATHS_KEPT 100 /* of each worker slot; older ones go as new ones come */

struct store_options {
	const char *dir;       /* must exist; holds relink.db and relink.lock */
	uint64_t window_us;    /* how long a group waits for company */
	uint64_t retention_ms; /* journal, closed attempts; 0: for ever */
	uint64_t journal_rows; /* and at most so many journal lines */
};

struct store_port {
	void *ctx;
	/* ok false: commits wait (the disk is full; `why` has the remedy).  ok true: again in order,
	 * and `why` says nothing. */
	void (*health)(void *ctx, bool ok, const struct why *why);
	/* Nothing can be remembered any more.  The daemon must stop acting and exit. */
	void (*fatal)(void *ctx, const struct why *why);
};

/* Take the lock, open, quick_check, migrate.
 * ERR_BUSY: another core owns it (its pid is in `why`); ERR_VERSION: made by a newer Relink;
 * ERR_CORRUPT: damaged.  In all three nothing was changed. */
int store_open(struct store **ret_store, const struct store_options *, struct why *);

/* What store_load hands over, once each: instances, pauses, accounts, attempts, the rest; any callback may stop it
 * with < 0. */
struct store_loader {
	void *ctx;
	int (*account)(void *ctx, const struct account_record *lent);
	int (*attempt)(void *ctx, const struct attempt_record *lent); /* OPEN and ABANDONED ones */
	int (*instance)(void *ctx, const struct instance_record *lent); /* NULL: not wanted */
	int (*api_key)(void *ctx, const struct api_key_record *lent);   /* NULL: not wanted */
	int (*incident)(void *ctx, const struct incident_record *lent); /* NULL: not wanted */
	int (*pause)(void *ctx, const struct pause_record *lent);       /* NULL: not wanted */
	int (*alert)(void *ctx, const struct alert_record *lent);       /* NULL: not wanted */
	int (*bulk)(void *ctx, const struct bulk_record *lent);         /* NULL: not wanted */
	int (*qr_link)(void *ctx, const struct qr_link_record *lent);   /* NULL: not wanted */
	int (*endpoint)(void *ctx, const struct endpoint_record *lent); /* NULL: not wanted */
};
struct store_facts {
	uint64_t last_seq;     /* of the journal */
	uint64_t last_row;     /* highest account row ever used */
	uint64_t latest_ms;    /* latest time that was stored (see clock_floor) */
	uint64_t token;        /* this owner's fence; grows with each store_load */
	char installation[33]; /* random, made with the database */
};
/* Once.  Hand over everything, then take the next fencing token.  ERR_CORRUPT: a row is damaged;
 * nothing was changed either. */
int store_load(struct store *, const struct store_loader *, struct store_facts *, struct why *);

/* Start the threads; after clock_floor.  `loop` and `port.ctx` are kept until store_close. */
int store_start(struct store *, struct uv_loop_s *loop, const struct store_port *, struct why *);

/* Build a commit: all or nothing, in the order of the calls.  Everything lent is copied.  The
 * builders remember the first failure (no memory; ERR_TOOBIG: a string over 16 KiB; ERR_RANGE: a
 * number over 2^63 - 1 other than `rng`); store_submit reports it and drops the commit.  NULL from
 * commit_new is such a failure, too: no memory. */
struct commit *commit_new(struct store *);
void commit_free(struct commit **);
bool commit_is_empty(const struct commit *);
void commit_account(struct commit *, const struct account_record *); /* insert or replace */
void commit_account_delete(struct commit *, uint64_t row);
/* New and OPEN; an account has one of those at most, so close the one before it first. */
void commit_attempt(struct commit *, const struct attempt_record *);
/* The life must be in the ledger; also one that is GONE may be ABANDONED again. */
void commit_attempt_close(struct commit *, uint64_t row, uint64_t generation, enum attempt_state,
			  uint64_t at);
/* How it ended, and what was decided.  A life that was forgotten meanwhile is left alone. */
void commit_attempt_outcome(struct commit *, const struct attempt_outcome *);
void commit_journal(struct commit *, const struct journal_record *);
void commit_idem(struct commit *, const struct idem_record *);
void commit_api_key(struct commit *, const struct api_key_record *); /* insert or replace */
void commit_api_key_delete(struct commit *, struct str id);
void commit_qr_link(struct commit *, const struct qr_link_record *); /* insert or replace */
void commit_qr_link_delete(struct commit *, uint64_t row);
void commit_instance(struct commit *, const struct instance_record *); /* insert or replace */
void commit_incident(struct commit *, const struct incident_record *); /* insert or replace */
void commit_cursor(struct commit *, const struct cursor_record *);     /* insert or replace */
void commit_pause(struct commit *, const struct pause_record *);       /* insert or replace */
void commit_pause_delete(struct commit *, uint8_t scope, struct str name);
void commit_alert(struct commit *, const struct alert_record *); /* insert or replace */
void commit_alert_delete(struct commit *, uint8_t kind, struct str subject);
void commit_bulk(struct commit *, const struct bulk_record *); /* insert or replace */
void commit_bulk_delete(struct commit *, struct str id);
void commit_death(struct commit *, const struct death_record *);
void commit_endpoint(struct commit *, const struct endpoint_record *); /* insert or replace */
/* With its cursor ("endpoint:ID") and its dead letters. */
void commit_endpoint_delete(struct commit *, struct str id);
void commit_dead_letter(struct commit *, const struct dead_letter *); /* insert or replace */
void commit_dead_letter_delete(struct commit *, struct str endpoint, uint64_t seq);
/* Given: *commit is NULL afterwards, always.  `done(ctx)` runs when it is on disk; never before
 * this returns; not at all when the store ends first (store_close, fatal).  `done` may be NULL.
 * An empty commit is done when all before it are.  ERR_FULL: 2 * LIMIT_PENDING_CHANGES or 512 MiB
 * wait already. */
int store_submit(struct store *, struct commit **, void (*done)(void *ctx), void *ctx);
/* Changes submitted and not yet durable; the engine slows its sources down by it. */
uint64_t store_backlog(const struct store *);
/* Less than half of what store_submit takes waits, so a commit of usual size is surely taken. */
bool store_has_room(struct store *);

/* Questions to the reader thread, which sees all that is durable.  A journal callback runs once
 * for each row and once with NULL at the end (or first, with `result` < 0); the others run
 * once.  Rows are lent.  ERR_FULL: 1024 questions are open; no callback follows. */
struct journal_query {
	uint64_t row;    /* one account; 0: all */
	uint64_t after;  /* seq > after, ascending ... */
	uint64_t before; /* ... or, when not 0, also seq < before, and descending */
	bool told_only;
	uint32_t limit; /* at most LIMIT_PAGE */
};
typedef void journal_row_fn(void *ctx, int result, const struct journal_record *lent);
int store_read_journal(struct store *, const struct journal_query *, journal_row_fn *, void *ctx);
typedef void idem_fn(void *ctx, int result, const struct idem_record *lent_or_null);
int store_find_idem(struct store *, struct str key, idem_fn *, void *ctx);
/* Who minted this session id?  Looks in the whole ledger, also at lives that are gone; of several
 * generations the newest. */
typedef void attempt_fn(void *ctx, int result, const struct attempt_record *lent_or_null);
int store_find_attempt(struct store *, struct str session, attempt_fn *, void *ctx);
/* The lives of an account below a generation, newest first; called as for a journal. */
int store_read_attempts(struct store *, uint64_t row, uint64_t before, uint32_t limit, attempt_fn *,
			void *ctx);
typedef void cursor_fn(void *ctx, int result, const struct cursor_record *lent_or_null);
int store_find_cursor(struct store *, struct str name, cursor_fn *, void *ctx);

/* The newest deaths of a slot, newest first; called as for a journal. */
typedef void death_fn(void *ctx, int result, const struct death_record *lent_or_null);
int store_read_deaths(struct store *, uint64_t slot, uint32_t limit, death_fn *, void *ctx);

/* Dead letters of an endpoint, seq > after, ascending; called as for a journal. */
typedef void dead_letter_fn(void *ctx, int result, const struct dead_letter *lent_or_null);
int store_read_dead_letters(struct store *, struct str endpoint, uint64_t after, uint32_t limit,
			    dead_letter_fn *, void *ctx);
typedef void dead_count_fn(void *ctx, int result, uint64_t n);
int store_count_dead_letters(struct store *, struct str endpoint, dead_count_fn *, void *ctx);

/* Forget by these numbers from now on (see store_options); any time after store_start. */
void store_retain(struct store *, uint64_t retention_ms, uint64_t journal_rows);

/* Counters since start. */
struct store_stats {
	uint64_t commits, groups, changes, retries, reads, pruned;
	uint64_t refused; /* commits and questions that met a full queue */
};
void store_stats(const struct store *, struct store_stats *ret_stats);
/* Of each group that became durable: how long it took, tries included, and how many commits it had. */
struct store_times {
	struct histogram took_us, sizes; /* steps_disk_us, steps_size */
};
void store_times(struct store *, struct store_times *ret_times);

/* Finish what was submitted (unless fatal or the disk is full), stop the threads, release the lock.
 * Blocks; for the end of the process, and not from a callback.  No callback runs any more; let the
 * loop turn once more so that it can let go of its handle.  NULL is fine. */
void store_close(struct store **);

#endif
