/*
 * store.c - intents (an account, its new life, a line of history) until they are on the disk, against the
 * same rows written by a bare loop over SQLite in groups as large as ours may be.
 *
 * In the current directory, since a RAM disk would flatter.
 */
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "base/must.h"
#include "bench.h"
#include "store/store.h"

#define INTENTS 30000
#define GROUP   1365 /* times three rows: the most that a group of ours has */

static char dir[64];
static uint64_t n_done;

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static void make_dir(void)
{
	snprintf(dir, sizeof dir, "bench-store-XXXXXX");
	must(mkdtemp(dir) != NULL);
}

static void remove_dir(void)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int ignore_account(void *ctx, const struct account_record *a)
{
	(void)ctx;
	(void)a;
	return 0;
}

static int ignore_attempt(void *ctx, const struct attempt_record *a)
{
	(void)ctx;
	(void)a;
	return 0;
}

static void on_health(void *ctx, bool ok, const struct why *why)
{
	(void)ctx;
	must(ok || why == NULL);
}

static void on_fatal(void *ctx, const struct why *why)
{
	(void)ctx;
	fprintf(stderr, "bench: %s\n", why->text);
	abort();
}

static struct store *open_store(void)
{
	const struct store_options o = { .dir = dir, .window_us = 1000, .journal_rows = 100000000 };
	const struct store_loader loader = { NULL, ignore_account, ignore_attempt };
	struct store_facts facts;
	struct store *store;
	struct why why = { 0 };

	if (store_open(&store, &o, &why) < 0 || store_load(store, &loader, &facts, &why) < 0)
		on_fatal(NULL, &why);
	return store;
}

/* ---- the limit ---- */

static void run_sql(sqlite3 *db, const char *sql)
{
	must(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK) {
		fprintf(stderr, "bench: %s\n", sqlite3_errmsg(db));
		abort();
	}
	return s;
}

static void insert(sqlite3_stmt *s, uint64_t n, const char *id)
{
	sqlite3_bind_int64(s, 1, (sqlite3_int64)n);
	sqlite3_bind_text(s, 2, id, -1, SQLITE_STATIC);
	must(sqlite3_step(s) == SQLITE_DONE);
	sqlite3_reset(s);
}

static double raw_intents(void)
{
	sqlite3_stmt *account, *attempt, *journal;
	struct store *store;
	char path[96], id[64];
	uint64_t began;
	double s;
	sqlite3 *db;

	make_dir();
	store = open_store(); /* makes the tables */
	store_close(&store);
	snprintf(path, sizeof path, "%s/relink.db", dir);
	must(sqlite3_open(path, &db) == SQLITE_OK);
	run_sql(db, "PRAGMA journal_mode=WAL");
	run_sql(db, "PRAGMA synchronous=FULL");
	run_sql(db, "PRAGMA wal_autocheckpoint=8000");
	account = prepare(
	    db, "INSERT OR REPLACE INTO account VALUES (?1, ?2, 'default', 'mock', 'mock-1',"
		"'Support line Jakarta', '{}', 'mock_default_1763287200_1a2b3c4d',"
		"'p_0123456789abcdef0123456789abcdef', '628123456789', '', 1, 1, 2, 0, 1, 0, 0,"
		"2, 0, 0, 0, 0, 0, 0, 3, 7, 123456789, 1763287200000, 1763287200000,"
		"1763287200000, 1763287200000, 0, 12345, 0, 0)");
	attempt =
	    prepare(db, "INSERT INTO attempt VALUES (?1, 1, ?2, "
			"'p_0123456789abcdef0123456789abcdef', 'mock-1', 1763287200000, 0, 0, "
			"12345)");
	journal =
	    prepare(db, "INSERT INTO journal VALUES (?1, 1763287200000, ?1, 1, 2, 5, 1, 2, 1, 0, 0,"
			"1, ?2, 'default', '', '', 12345)");
	began = clock_mono_ns();
	for (uint64_t n = 1; n <= INTENTS; n++) {
		snprintf(id, sizeof id, "mock_default_1763287200_%08llx", (unsigned long long)n);
		if (n % GROUP == 1)
			run_sql(db, "BEGIN IMMEDIATE");
		insert(account, n, id);
		insert(attempt, n, id);
		insert(journal, n, id);
		if (n % GROUP == 0 || n == INTENTS)
			run_sql(db, "COMMIT");
	}
	s = bench_since(began);
	sqlite3_finalize(account);
	sqlite3_finalize(attempt);
	sqlite3_finalize(journal);
	sqlite3_close(db);
	remove_dir();
	return INTENTS / s;
}

/* ---- ours ---- */

static void on_done(void *ctx)
{
	(void)ctx;
	n_done++;
}

static struct commit *intent(struct store *store, uint64_t n)
{
	char id[64];
	struct account_record a = { .row = n };
	struct attempt_record life = { .row = n, .generation = 1 };
	struct journal_record line = {
		.seq = n, .row = n, .generation = 1, .kind = 2, .tell = true
	};
	struct commit *c = commit_new(store);

	snprintf(id, sizeof id, "mock_default_1763287200_%08llx", (unsigned long long)n);
	a.id = line.account = life.session = str_of(id);
	a.workspace = line.workspace = STR("default");
	a.provider = STR("mock");
	a.instance = life.instance = STR("mock-1");
	a.label = STR("Support line Jakarta");
	a.metadata = STR("{}");
	a.session = STR("mock_default_1763287200_1a2b3c4d");
	a.profile = life.profile = STR("p_0123456789abcdef0123456789abcdef");
	a.phone = STR("628123456789");
	a.generation = 7;
	a.rng = 123456789;
	a.created_at = a.since = a.minted_at = a.timer_at = life.minted_at = line.at =
	    1763287200000;
	commit_account(c, &a);
	commit_attempt(c, &life);
	commit_journal(c, &line);
	return c;
}

static double our_intents(void)
{
	static const struct store_port port = { .health = on_health, .fatal = on_fatal };
	struct store *store;
	struct why why = { 0 };
	uint64_t began;
	uv_loop_t loop;
	double s;

	make_dir();
	n_done = 0;
	must(uv_loop_init(&loop) == 0);
	store = open_store();
	must(store_start(store, &loop, &port, &why) == 0);
	began = clock_mono_ns();
	for (uint64_t n = 1; n <= INTENTS; n++) {
		struct commit *c = intent(store, n);

		must(store_submit(store, &c, on_done, NULL) == 0);
		if (n % 100 == 0)
			uv_run(&loop, UV_RUN_NOWAIT);
	}
	while (n_done < INTENTS)
		uv_run(&loop, UV_RUN_ONCE);
	s = bench_since(began);
	store_close(&store);
	while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
	}
	must(uv_loop_close(&loop) == 0);
	remove_dir();
	return INTENTS / s;
}

int main(void)
{
	bench_run(
	    &(struct bench){ "intents on the disk", "1/s", raw_intents, our_intents, 0.7, false });
	return 0;
}
