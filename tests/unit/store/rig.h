/*
 * rig.h - a store in a directory of its own, with a loop, for tests.
 *
 * Waiting means turning the loop until something holds; a deadline of half a minute only keeps a
 * broken test from hanging.
 */
#ifndef RELINK_TESTS_STORE_RIG_H
#define RELINK_TESTS_STORE_RIG_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>
#include <uv.h>
/* cmocka.h wants those above before it. */
#include <cmocka.h>

#include "base/buf.h"
#include "store/record.h"

/* Builds without kill points skip the tests that need them. */
#ifdef RELINK_KILLPOINTS
#define NEEDS_KILL_POINTS() ((void)0)
#else
#define NEEDS_KILL_POINTS() skip()
#endif

struct rig {
	char dir[64];
	struct store_options options;
	uv_loop_t loop;
	struct store *store;
	struct store_facts facts;
	struct why why;
	bool loaded, looping;
	unsigned n_unhealthy, n_healthy, n_fatal;
	struct why health_why, fatal_why;
	uint64_t n_done; /* of rig_submit */
};

/* A fresh directory; nothing is open yet. */
void rig_init(struct rig *);
/* Close what is open, remove the directory. */
void rig_fini(struct rig *);

/* These assert success. */
void rig_open(struct rig *);
void rig_load(struct rig *, const struct store_loader *); /* opens where that was not done */
void rig_start(struct rig *);                             /* opens and loads, likewise */
void rig_close(struct rig *);
/* These don't. */
int rig_try_load(struct rig *, const struct store_loader *);
int rig_try_start(struct rig *);

/* Turn the loop until `holds(ctx)`. */
void rig_until(struct rig *, bool (*holds)(void *ctx), void *ctx);
/* Submit and count its completion in n_done. */
void rig_submit(struct rig *, struct commit *given);
/* Turn the loop until all that was submitted is durable and done. */
void rig_settle(struct rig *);
/* Turn the loop until the port was told that the store has ended. */
void rig_until_fatal(struct rig *);
/* Submit and settle. */
void rig_commit(struct rig *, struct commit *given);

/* The path of a file in the directory; valid until the next call. */
const char *rig_path(const struct rig *, const char *name);

/* One record as a line of text. */
void dump_record(struct buf *out, const struct record_type *, const void *record);
/* For a store_loader: a line each into the buf that `ctx` is, or nothing. */
int dump_account(void *ctx, const struct account_record *);
int dump_attempt(void *ctx, const struct attempt_record *);
int dump_api_key(void *ctx, const struct api_key_record *);
int dump_qr_link(void *ctx, const struct qr_link_record *);
int ignore_account(void *ctx, const struct account_record *);
int ignore_attempt(void *ctx, const struct attempt_record *);
/* All that store_load and the journal say, as text with one line a record. */
void rig_dump(struct rig *, struct buf *out);

/* A small account, life and journal line that are told apart by `n`.  Lent until the next call. */
struct account_record sample_account(uint64_t n);
struct attempt_record sample_attempt(uint64_t row, uint64_t generation, const char *session);
struct journal_record sample_line(uint64_t seq, uint64_t row);

/* Write accounts, lives and journal lines 1 to 40 and close again. */
void rig_fill(struct rig *);
/* Run SQL on the database as an operator would, who should not. */
void rig_sql(const struct rig *, const char *sql);
/* Assert that opening or loading fails with `code` and these words, and leaves database and log as
 * they were. */
void rig_refused(struct rig *, int code, const char *words);

/* Read a whole file into `out`; false when it isn't there. */
bool read_file(const char *path, struct buf *out);
void write_file(const char *path, struct str bytes);

/* Run this program again as `argv[1..]`, with `env` ("NAME=value" or NULL) in its environment.
 * Returns the reading end of its stdout. */
pid_t child_start(const char *const args[], const char *env, int *ret_out);
/* Everything it wrote, and its wait status. */
int child_end(pid_t, int out, struct buf *said);

#endif
