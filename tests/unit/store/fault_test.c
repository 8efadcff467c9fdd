/* fault_test.c - a full disk is waited out, a broken one ends the store; both lose nothing. */
#include "rig.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/obj.h"
#include "shim.h"
#include "store/db.h"

static struct commit *account_commit(struct rig *rig, uint64_t row)
{
	struct account_record a = sample_account(row);
	struct commit *c = commit_new(rig->store);

	commit_account(c, &a);
	return c;
}

static void fail_with(enum shim_op op, int mask, int code, int os_error)
{
	shim.fail_errno = os_error;
	shim.mask = mask;
	shim.fail[op] = code;
}

static bool was_told_unhealthy(void *ctx)
{
	return ((struct rig *)ctx)->n_unhealthy > 0;
}

static void expect_accounts(struct rig *rig, uint64_t n)
{
	struct buf out;
	char last[32];

	buf_init(&out, 1u << 24);
	rig_close(rig);
	shim_reset();
	rig_dump(rig, &out);
	for (uint64_t row = 1; row <= n; row++) {
		snprintf(last, sizeof last, " id=acc_%llu ", (unsigned long long)row);
		assert_non_null(memmem(out.p, out.n, last, strlen(last)));
	}
	assert_int_equal(rig->facts.last_row, n);
	buf_fini(&out);
}

static void a_full_disk_is_waited_out(void **state)
{
	static const struct {
		const char *name;
		enum shim_op op;
		int code, os_error;
	} cases[] = {
		{ "SQLite says full", SHIM_WRITE, SQLITE_FULL, ENOSPC },
		{ "no space on a write", SHIM_WRITE, SQLITE_IOERR_WRITE, ENOSPC },
		{ "quota", SHIM_WRITE, SQLITE_IOERR_WRITE, EDQUOT },
		{ "largest file size", SHIM_WRITE, SQLITE_IOERR_WRITE, EFBIG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct store_stats stats;
		struct rig rig;

		rig_init(&rig);
		rig_start(&rig);
		rig_commit(&rig, account_commit(&rig, 1));
		fail_with(cases[i].op, SHIM_LOG | SHIM_DB, cases[i].code, cases[i].os_error);
		for (uint64_t row = 2; row <= 20; row++)
			rig_submit(&rig, account_commit(&rig, row));
		rig_until(&rig, was_told_unhealthy, &rig);
		if (rig.health_why.code != ERR_DISKFULL ||
		    strstr(rig.health_why.text, "the disk is full; free some space, nothing is "
						"lost") == NULL)
			fail_msg("%s: %s", cases[i].name, rig.health_why.text);
		for (uint64_t row = 21; row <= 40; row++)
			rig_submit(&rig, account_commit(&rig, row));
		assert_int_equal(rig.n_done, 1);
		assert_int_equal(store_backlog(rig.store), 39);
		shim_reset();
		rig_settle(&rig);
		assert_int_equal(rig.n_done, 40);
		assert_int_equal(rig.n_unhealthy, 1);
		assert_int_equal(rig.n_healthy, 1);
		assert_int_equal(rig.n_fatal, 0);
		store_stats(rig.store, &stats);
		assert_true(stats.retries >= 1);
		expect_accounts(&rig, 40);
		rig_fini(&rig);
	}
}

static void a_disk_that_stays_full_does_not_stop_the_end(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	rig_commit(&rig, account_commit(&rig, 1));
	fail_with(SHIM_WRITE, SHIM_LOG | SHIM_DB, SQLITE_FULL, ENOSPC);
	rig_submit(&rig, account_commit(&rig, 2));
	rig_submit(&rig, account_commit(&rig, 3));
	rig_until(&rig, was_told_unhealthy, &rig);
	rig_close(&rig); /* what was never acknowledged may go */
	expect_accounts(&rig, 1);
	rig_fini(&rig);
}

static void another_program_that_locks_the_file_is_waited_for(void **state)
{
	sqlite3 *other = NULL;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	assert_int_equal(sqlite3_open(rig_path(&rig, "relink.db"), &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	rig_submit(&rig, account_commit(&rig, 1));
	rig_until(&rig, was_told_unhealthy, &rig);
	assert_int_equal(rig.health_why.code, ERR_BUSY);
	assert_non_null(strstr(rig.health_why.text, "another program has locked it"));
	sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(other);
	rig_settle(&rig);
	assert_int_equal(rig.n_done, 1);
	assert_int_equal(rig.n_healthy, 1);
	expect_accounts(&rig, 1);
	rig_fini(&rig);
}

struct answer {
	int result;
	bool ended;
};

static void on_end(void *ctx, int result, const struct journal_record *line)
{
	struct answer *answer = ctx;

	if (line == NULL)
		*answer = (struct answer){ result, true };
}

static bool has_answer(void *ctx)
{
	return ((struct answer *)ctx)->ended;
}

static void a_broken_disk_ends_the_store_once(void **state)
{
	static const struct {
		const char *name;
		enum shim_op op;
		int mask, code, os_error, expected;
	} cases[] = {
		{ "fsync fails", SHIM_SYNC, SHIM_LOG, SQLITE_IOERR_FSYNC, EIO, ERR_IO },
		{ "fsync fails for want of room", SHIM_SYNC, SHIM_LOG, SQLITE_IOERR_FSYNC, ENOSPC,
		  ERR_IO },
		{ "write fails", SHIM_WRITE, SHIM_LOG, SQLITE_IOERR_WRITE, EIO, ERR_IO },
		{ "read-only", SHIM_WRITE, SHIM_LOG, SQLITE_READONLY, EROFS, ERR_IO },
		{ "damage", SHIM_WRITE, SHIM_LOG, SQLITE_CORRUPT, 0, ERR_CORRUPT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct journal_query all = { .limit = 10 };
		struct answer answer = { 0 };
		struct commit *c;
		struct rig rig;

		rig_init(&rig);
		rig_start(&rig);
		rig_commit(&rig, account_commit(&rig, 1));
		fail_with(cases[i].op, cases[i].mask, cases[i].code, cases[i].os_error);
		rig_submit(&rig, account_commit(&rig, 2));
		rig_until_fatal(&rig);
		shim_reset(); /* too late */
		if (rig.fatal_why.code != cases[i].expected)
			fail_msg("%s: %s", cases[i].name, rig.fatal_why.text);
		assert_non_null(strstr(rig.fatal_why.text, "relink.db"));
		c = account_commit(&rig, 3);
		assert_int_equal(store_submit(rig.store, &c, NULL, NULL), 0); /* and dropped */
		assert_null(c);
		assert_int_equal(rig.n_done, 1);
		assert_int_equal(store_read_journal(rig.store, &all, on_end, &answer), 0);
		rig_until(&rig, has_answer, &answer); /* reading is still possible */
		rig_close(&rig);
		assert_int_equal(rig.n_fatal, 1);
		assert_int_equal(rig.n_unhealthy, 0);
		rig_start(&rig); /* the next start finds a good store */
		assert_in_range(rig.facts.last_row, 1, 2);
		rig_fini(&rig);
	}
}

/* Fill the log beyond the point from which checkpoints are made. */
static void write_much(struct rig *rig, uint64_t n)
{
	static char filler[STORE_STRING_MAX];

	memset(filler, 'x', sizeof filler);
	for (uint64_t row = 1; row <= n; row++) {
		struct account_record a = sample_account(row);
		struct commit *c = commit_new(rig->store);

		a.metadata = (struct str){ filler, sizeof filler };
		commit_account(c, &a);
		rig_submit(rig, c);
	}
}

static int n_db_writes;

static void count_db_writes(void *ctx, const struct shim_event *e)
{
	(void)ctx;
	if (e->op == SHIM_WRITE && e->file == SHIM_DB)
		__atomic_add_fetch(&n_db_writes, 1, __ATOMIC_RELAXED);
}

static void a_failed_fsync_of_a_checkpoint_ends_the_store(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	fail_with(SHIM_SYNC, SHIM_DB, SQLITE_IOERR_FSYNC, EIO);
	write_much(&rig, 300);
	rig_until_fatal(&rig);
	assert_int_equal(rig.fatal_why.code, ERR_IO);
	assert_int_equal(rig.n_done, 300); /* all of them are in the log */
	shim_reset();
	n_db_writes = 0;
	shim.watch = count_db_writes;
	rig_close(&rig); /* and nobody tries again: the kernel may call lost pages clean */
	assert_int_equal(n_db_writes, 0);
	expect_accounts(&rig, 300);
	rig_fini(&rig);
}

static void a_checkpoint_without_room_loses_nothing(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	fail_with(SHIM_WRITE, SHIM_DB, SQLITE_FULL, ENOSPC);
	write_much(&rig, 600);
	rig_settle(&rig);
	assert_int_equal(rig.n_done, 600);
	assert_int_equal(rig.n_unhealthy, 0); /* commits don't wait */
	shim_reset();
	write_much(&rig, 600);
	rig_settle(&rig);
	assert_int_equal(rig.n_fatal, 0);
	expect_accounts(&rig, 600);
	rig_fini(&rig);
}

static bool db_was_written(void *ctx)
{
	(void)ctx;
	return __atomic_load_n(&n_db_writes, __ATOMIC_RELAXED) > 0;
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

static void an_idle_store_moves_its_log_into_the_database(void **state)
{
	struct rig rig;
	uv_idle_t idle;

	(void)state;
	n_db_writes = 0;
	rig_init(&rig);
	rig_open(&rig);
	shim.watch = count_db_writes;
	rig_start(&rig);
	write_much(&rig, 300);
	uv_idle_init(&rig.loop, &idle);
	uv_idle_start(&idle, on_idle);
	rig_until(&rig, db_was_written, NULL);
	uv_close((uv_handle_t *)&idle, NULL);
	rig_settle(&rig);
	rig_fini(&rig);
}

static void ignore_line(void *ctx, int result, const struct journal_record *line)
{
	(void)ctx;
	(void)result;
	(void)line;
}

static void a_read_error_is_answered_and_ends_the_store(void **state)
{
	struct journal_query all = { .limit = 10 };
	struct answer answer = { 0 };
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	rig_close(&rig); /* so that pages have to be read */
	rig_start(&rig);
	fail_with(SHIM_READ, SHIM_DB | SHIM_LOG, SQLITE_IOERR_READ, EIO);
	assert_int_equal(store_read_journal(rig.store, &all, on_end, &answer), 0);
	rig_until(&rig, has_answer, &answer);
	assert_int_equal(answer.result, ERR_IO);
	rig_until_fatal(&rig);
	assert_int_equal(rig.fatal_why.code, ERR_IO);
	assert_int_equal(store_read_journal(rig.store, &all, ignore_line, NULL), 0);
	shim_reset();
	rig_fini(&rig);
}

static void the_loop_turns_while_the_disk_is_slow(void **state)
{
	struct rig rig;
	uv_idle_t idle;
	unsigned turns = 0;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	shim.hold_syncs = true;
	for (uint64_t row = 1; row <= 1000; row++)
		rig_submit(&rig, account_commit(&rig, row));
	uv_idle_init(&rig.loop, &idle);
	uv_idle_start(&idle, on_idle);
	for (; turns < 1000; turns++)
		uv_run(&rig.loop, UV_RUN_NOWAIT);
	assert_int_equal(rig.n_done, 0);
	uv_close((uv_handle_t *)&idle, NULL);
	shim.hold_syncs = false;
	rig_settle(&rig);
	assert_int_equal(rig.n_done, 1000);
	rig_fini(&rig);
}

static void count_done(void *ctx)
{
	((struct rig *)ctx)->n_done++;
}

static bool three_done_or_ended(void *ctx)
{
	struct rig *rig = ctx;

	return rig->n_done == 3 || rig->n_fatal > 0;
}

/* Open, load, commit thrice, close; any of it may fail, with a code and a sentence. */
static uint64_t live_with_a_fault(struct rig *rig)
{
	const struct store_loader nobody = { NULL, ignore_account, ignore_attempt };
	uint64_t acknowledged;
	int r = store_open(&rig->store, &rig->options, &rig->why);

	if (r == 0)
		r = rig_try_load(rig, &nobody);
	if (r == 0)
		r = rig_try_start(rig);
	if (r < 0) {
		if (r != rig->why.code || strstr(rig->why.text, rig->dir) == NULL)
			fail_msg("%s: %s", err_name(r), rig->why.text);
		rig_close(rig);
		return 0;
	}
	for (uint64_t row = 1; row <= 3; row++) {
		struct commit *c = account_commit(rig, row);

		assert_int_equal(store_submit(rig->store, &c, count_done, rig), 0);
	}
	rig_until(rig, three_done_or_ended, rig);
	acknowledged = rig->n_done;
	rig_close(rig);
	return acknowledged;
}

static void wherever_one_operation_fails_nothing_acknowledged_is_lost(void **state)
{
	static const int errors[] = { EIO, ENOSPC };
	unsigned n_faults = 0;
	bool hit = true;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(errors); i++, hit = true) {
		for (int64_t n = 1; hit; n++) {
			uint64_t acknowledged;
			struct rig rig;

			rig_init(&rig);
			shim.fail_errno = errors[i];
			shim.nth = n;
			acknowledged = live_with_a_fault(&rig);
			hit = shim.nth <= 0;
			n_faults += hit;
			shim_reset();
			rig_start(&rig);
			assert_in_range(rig.facts.last_row, acknowledged, 3);
			rig_fini(&rig);
		}
	}
	print_message("%u operations failed in their turn\n", n_faults);
	assert_true(n_faults > 50);
}

static void every_error_of_sqlite_has_a_meaning(void **state)
{
	static const struct {
		int rc, code;
	} cases[] = {
		{ SQLITE_FULL, ERR_DISKFULL },
		{ SQLITE_NOMEM, ERR_NOMEM },
		{ SQLITE_IOERR_NOMEM, ERR_NOMEM },
		{ SQLITE_BUSY, ERR_BUSY },
		{ SQLITE_BUSY_SNAPSHOT, ERR_BUSY },
		{ SQLITE_CORRUPT, ERR_CORRUPT },
		{ SQLITE_CORRUPT_INDEX, ERR_CORRUPT },
		{ SQLITE_NOTADB, ERR_CORRUPT },
		{ SQLITE_CONSTRAINT_UNIQUE, ERR_CORRUPT },
		{ SQLITE_READONLY_DBMOVED, ERR_IO },
		{ SQLITE_CANTOPEN, ERR_IO },
		{ SQLITE_PERM, ERR_IO },
		{ SQLITE_IOERR_READ, ERR_IO },
		{ SQLITE_IOERR_FSYNC, ERR_IO },
		{ SQLITE_MISUSE, ERR_IO },
		{ SQLITE_PROTOCOL, ERR_IO },
	};
	struct why why;
	struct rig rig;
	struct db db;

	(void)state;
	rig_init(&rig);
	write_file(rig_path(&rig, "x.db"), STR_NONE);
	assert_int_equal(db_open(&db, rig_path(&rig, "x.db"), DB_WRITE, &why), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int r = db_error(&db, cases[i].rc, &why);

		if (r != cases[i].code || why.code != r || strstr(why.text, "x.db") == NULL)
			fail_msg("SQLite's %d became %s: %s", cases[i].rc, err_name(r), why.text);
		assert_int_equal(db_error(&db, cases[i].rc, NULL), r);
	}
	db_close(&db, true);
	rig_fini(&rig);
}

static int good_disk(void **state)
{
	(void)state;
	shim_reset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_full_disk_is_waited_out, good_disk),
		cmocka_unit_test_teardown(a_disk_that_stays_full_does_not_stop_the_end, good_disk),
		cmocka_unit_test(another_program_that_locks_the_file_is_waited_for),
		cmocka_unit_test_teardown(a_broken_disk_ends_the_store_once, good_disk),
		cmocka_unit_test_teardown(a_failed_fsync_of_a_checkpoint_ends_the_store, good_disk),
		cmocka_unit_test_teardown(a_checkpoint_without_room_loses_nothing, good_disk),
		cmocka_unit_test_teardown(an_idle_store_moves_its_log_into_the_database, good_disk),
		cmocka_unit_test_teardown(a_read_error_is_answered_and_ends_the_store, good_disk),
		cmocka_unit_test_teardown(the_loop_turns_while_the_disk_is_slow, good_disk),
		cmocka_unit_test_teardown(wherever_one_operation_fails_nothing_acknowledged_is_lost,
					  good_disk),
		cmocka_unit_test(every_error_of_sqlite_has_a_meaning),
	};

	shim_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
