/* open_test.c - one owner, one schema, one place; and whoever is refused changes nothing. */
#include "rig.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/obj.h"
#include "store/migrate.h"

/* The child's part: try to open, say what came of it. */
static int child_open(const char *dir)
{
	const struct store_options options = { .dir = dir };
	struct store *s = NULL;
	struct why why;
	int r = store_open(&s, &options, &why);

	printf("%s %s", err_name(r), r < 0 ? why.text : "");
	store_close(&s);
	return 0;
}

static void a_second_core_is_refused_at_once_and_changes_nothing(void **state)
{
	char expected[256];
	struct buf before, after, log_before, log_after, said;
	struct rig rig;

	(void)state;
	buf_init(&before, 1u << 22);
	buf_init(&after, 1u << 22);
	buf_init(&log_before, 1u << 22);
	buf_init(&log_after, 1u << 22);
	buf_init(&said, 4096);
	rig_init(&rig);
	rig_fill(&rig);
	rig_start(&rig);
	read_file(rig_path(&rig, "relink.db"), &before);
	read_file(rig_path(&rig, "relink.db-wal"), &log_before);
	snprintf(expected, sizeof expected,
		 "BUSY another relinkd (pid %d) owns %s; stop it or use another state_dir",
		 (int)getpid(), rig.dir);
	for (unsigned i = 0; i < 50; i++) {
		const char *const args[] = { "open", rig.dir, NULL };
		uint64_t began = clock_mono_ns();
		int out;
		pid_t pid = child_start(args, NULL, &out);

		buf_reset(&said);
		assert_int_equal(child_end(pid, out, &said), 0);
		assert_true(clock_mono_ns() - began < 1000000000);
		if (!str_is(buf_all(&said), expected))
			fail_msg("it said: %.*s", STR_ARG(buf_all(&said)));
	}
	read_file(rig_path(&rig, "relink.db"), &after);
	read_file(rig_path(&rig, "relink.db-wal"), &log_after);
	assert_true(str_eq(buf_all(&before), buf_all(&after)));
	assert_true(str_eq(buf_all(&log_before), buf_all(&log_after)));
	rig_fini(&rig);
	buf_fini(&before);
	buf_fini(&after);
	buf_fini(&log_before);
	buf_fini(&log_after);
	buf_fini(&said);
}

static void a_lock_that_does_not_say_whose_it_is_holds_all_the_same(void **state)
{
	static const struct str texts[] = { STR(""), STR("pid x"), STR("pid 1"),
					    STR("pid 1 boot of another machine\n") };
	struct buf said;
	struct rig rig;

	(void)state;
	buf_init(&said, 4096);
	rig_init(&rig);
	rig_open(&rig);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char *const args[] = { "open", rig.dir, NULL };
		int out;
		pid_t pid;

		write_file(rig_path(&rig, "relink.lock"), texts[i]);
		pid = child_start(args, NULL, &out);
		buf_reset(&said);
		assert_int_equal(child_end(pid, out, &said), 0);
		buf_byte(&said, '\0');
		assert_non_null(strstr(said.p, "BUSY another relinkd owns "));
	}
	rig_fini(&rig);
	buf_fini(&said);
}

static void the_lock_goes_with_its_owner(void **state)
{
	struct buf said;
	struct rig rig;

	(void)state;
	buf_init(&said, 4096);
	rig_init(&rig);
	rig_fill(&rig);
	for (unsigned i = 0; i < 2; i++) {
		const char *const args[] = { "open", rig.dir, NULL };
		int out;
		pid_t pid = child_start(args, NULL, &out);

		buf_reset(&said);
		assert_int_equal(child_end(pid, out, &said), 0);
		assert_true(str_is(buf_all(&said), "OK "));
	}
	rig_open(&rig);
	rig_fini(&rig);
	buf_fini(&said);
}

static void a_newer_schema_is_refused(void **state)
{
	struct rig rig;
	char words[128];

	(void)state;
	rig_init(&rig);
	rig_fill(&rig);
	rig_sql(&rig, "PRAGMA user_version = 4711");
	snprintf(words, sizeof words,
		 "was made by a newer Relink (schema 4711, this one knows %u): install that "
		 "version or restore a backup",
		 n_migrations);
	rig_refused(&rig, ERR_VERSION, words);
	rig_fini(&rig);
}

/* Copy the files of a store in use: what kill -9 leaves behind. */
static void copy_living(const struct rig *from, const struct rig *to)
{
	static const char *const names[] = { "relink.db", "relink.db-wal" };

	for (unsigned i = 0; i < 2; i++) {
		struct buf bytes;

		buf_init(&bytes, 1u << 24);
		assert_true(read_file(rig_path(from, names[i]), &bytes));
		write_file(rig_path(to, names[i]), buf_all(&bytes));
		buf_fini(&bytes);
	}
}

static void a_refused_file_keeps_its_log(void **state)
{
	struct rig rig, copy;

	(void)state;
	rig_init(&rig);
	rig_init(&copy);
	rig_fill(&rig);
	rig_sql(&rig, "PRAGMA user_version = 4711");
	{
		/* Something in the log that a checkpoint would move. */
		sqlite3 *db = NULL;

		assert_int_equal(sqlite3_open(rig_path(&rig, "relink.db"), &db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, "DELETE FROM journal", NULL, NULL, NULL),
				 SQLITE_OK);
		copy_living(&rig, &copy);
		sqlite3_close(db);
	}
	rig_refused(&copy, ERR_VERSION, "newer Relink");
	rig_fini(&rig);
	rig_fini(&copy);
}

static void a_living_copy_holds_what_was_acknowledged(void **state)
{
	struct buf original, copied;
	struct account_record a;
	struct commit *c;
	struct rig rig, copy;

	(void)state;
	buf_init(&original, 1u << 22);
	buf_init(&copied, 1u << 22);
	rig_init(&rig);
	rig_init(&copy);
	rig_fill(&rig);
	rig_start(&rig);
	a = sample_account(77);
	c = commit_new(rig.store);
	commit_account(c, &a);
	rig_commit(&rig, c);
	copy_living(&rig, &copy);
	rig_close(&rig);
	rig_dump(&rig, &original);
	rig_dump(&copy, &copied);
	assert_true(str_eq(buf_all(&original), buf_all(&copied)));
	rig_fini(&rig);
	rig_fini(&copy);
	buf_fini(&original);
	buf_fini(&copied);
}

static int refuse_second(void *ctx, const struct account_record *a)
{
	unsigned *n = ctx;

	(void)a;
	return ++*n == 2 ? ERR_NOMEM : 0;
}

static void a_loader_may_stop(void **state)
{
	unsigned n = 0;
	const struct store_loader loader = { &n, refuse_second, NULL };
	struct store_facts facts;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_fill(&rig);
	rig_open(&rig);
	assert_int_equal(store_load(rig.store, &loader, &facts, &rig.why), ERR_NOMEM);
	assert_int_equal(n, 2);
	rig_fini(&rig);
}

static void a_log_without_its_database_is_refused(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	write_file(rig_path(&rig, "relink.db-wal"), STR("something"));
	rig_refused(&rig, ERR_CORRUPT, "put the database back");
	rig_fini(&rig);
}

static void an_unfinished_database_is_made_anew(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	write_file(rig_path(&rig, "relink.db.new"), STR("half"));
	write_file(rig_path(&rig, "relink.db.new-journal"), STR("half"));
	rig_open(&rig);
	assert_int_equal(access(rig_path(&rig, "relink.db.new"), F_OK), -1);
	assert_int_equal(access(rig_path(&rig, "relink.db.new-journal"), F_OK), -1);
	rig_fini(&rig);
}

static void nobody_else_can_read_the_files(void **state)
{
	static const char *const names[] = { "relink.db", "relink.db-wal", "relink.lock" };
	mode_t old = umask(0);
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_fill(&rig);
	assert_int_equal(chmod(rig_path(&rig, "relink.db"), 0644), 0); /* a backup, restored */
	rig_start(&rig);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct stat st;

		assert_int_equal(stat(rig_path(&rig, names[i]), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	umask(old);
	rig_fini(&rig);
}

static void a_directory_that_will_not_do_is_refused_with_the_remedy(void **state)
{
	struct rig rig;
	char dir[256];

	(void)state;
	rig_init(&rig);
	assert_int_equal(chmod(rig.dir, 0777), 0);
	assert_int_equal(store_open(&rig.store, &rig.options, &rig.why), ERR_CONFIG);
	assert_non_null(strstr(rig.why.text, "chmod o-w"));
	assert_int_equal(chmod(rig.dir, 0700), 0);

	snprintf(dir, sizeof dir, "%s", rig_path(&rig, "missing"));
	rig.options.dir = dir;
	assert_int_equal(store_open(&rig.store, &rig.options, &rig.why), ERR_CONFIG);
	assert_non_null(strstr(rig.why.text, "create it"));

	snprintf(dir, sizeof dir, "%s", rig_path(&rig, "file"));
	write_file(dir, STR(""));
	assert_int_equal(store_open(&rig.store, &rig.options, &rig.why), ERR_CONFIG);
	assert_non_null(strstr(rig.why.text, "not a directory"));
	rig_fini(&rig);
}

/* Steps of our own, since released ones are still few. */
static const struct migration steps[] = {
	{ "CREATE TABLE a (x); INSERT INTO a VALUES (1); PRAGMA user_version = 1" },
	{ "UPDATE a SET x = x + 10; PRAGMA user_version = 2" },
	{ "UPDATE a SET x = x * 2; CREATE TABLE b (y); PRAGMA user_version = 3" },
};

static int child_migrate(const char *path, const char *upto)
{
	struct why why;
	struct db db;

	if (db_open(&db, path, DB_WRITE, &why) < 0)
		return 1;
	return migrate_run(&db, steps, (unsigned)strtoul(upto, NULL, 10), &why) < 0;
}

static void expect_migrated(const char *path)
{
	struct why why;
	struct db db;
	int64_t x = 0, version = 0;

	assert_int_equal(db_open(&db, path, DB_WRITE, &why), 0);
	assert_int_equal(migrate_run(&db, steps, 3, &why), 0);
	assert_int_equal(db_number(&db, "SELECT x FROM a", &x, &why), 0);
	assert_int_equal(db_number(&db, "PRAGMA user_version", &version, &why), 0);
	assert_int_equal(x, 22);
	assert_int_equal(version, 3);
	db_close(&db, true);
}

static void a_migration_killed_anywhere_is_finished_by_the_next_start(void **state)
{
	static const char *const points[] = { "store.migrate.begin", "store.migrate.applied",
					      "store.migrate.committed" };

	(void)state;
	NEEDS_KILL_POINTS();
	for (size_t i = 0; i < ARRAY_LEN(points) * ARRAY_LEN(steps); i++) {
		char path[128], env[64];
		struct buf said;
		struct rig rig;
		int out, status;
		pid_t pid;

		buf_init(&said, 4096);
		rig_init(&rig);
		snprintf(path, sizeof path, "%s", rig_path(&rig, "m.db"));
		write_file(path, STR_NONE);
		snprintf(env, sizeof env, "RELINK_KILL=%s:%zu", points[i % 3], i / 3 + 1);
		pid = child_start((const char *const[]){ "migrate", path, "3", NULL }, env, &out);
		status = child_end(pid, out, &said);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		expect_migrated(path);
		rig_fini(&rig);
		buf_fini(&said);
	}
}

static void a_migration_that_fails_leaves_the_step_before(void **state)
{
	static const struct migration bad[] = {
		{ "CREATE TABLE a (x); INSERT INTO a VALUES (1); PRAGMA user_version = 1" },
		{ "UPDATE a SET x = 5; UPDATE nothing SET x = 1; PRAGMA user_version = 2" },
	};
	int64_t x = 0, version = 0;
	struct why why;
	struct rig rig;
	struct db db;

	(void)state;
	rig_init(&rig);
	write_file(rig_path(&rig, "m.db"), STR_NONE);
	assert_int_equal(db_open(&db, rig_path(&rig, "m.db"), DB_WRITE, &why), 0);
	assert_true(migrate_run(&db, bad, 2, &why) < 0);
	assert_int_equal(db_number(&db, "SELECT x FROM a", &x, &why), 0);
	assert_int_equal(db_number(&db, "PRAGMA user_version", &version, &why), 0);
	assert_int_equal(x, 1);
	assert_int_equal(version, 1);
	db_close(&db, true);
	rig_fini(&rig);
}

static void every_released_step_sets_its_own_number(void **state)
{
	struct why why;
	struct rig rig;

	(void)state;
	for (unsigned n = 1; n <= n_migrations; n++) {
		int64_t version = 0;
		struct db db;

		rig_init(&rig);
		write_file(rig_path(&rig, "m.db"), STR_NONE);
		assert_int_equal(db_open(&db, rig_path(&rig, "m.db"), DB_WRITE, &why), 0);
		assert_int_equal(migrate_run(&db, migrations, n, &why), 0);
		assert_int_equal(db_number(&db, "PRAGMA user_version", &version, &why), 0);
		assert_int_equal(version, n);
		db_close(&db, true);
		rig_fini(&rig);
	}
}

/* What version 7 had is what there is without the columns of step 8. */
static void what_version_7_wrote_is_read_by_this_one(void **state)
{
	struct buf before, after;
	struct rig rig;

	(void)state;
	buf_init(&before, 1u << 22);
	buf_init(&after, 1u << 22);
	rig_init(&rig);
	rig_fill(&rig);
	rig_dump(&rig, &before);
	rig_close(&rig);
	rig_sql(&rig, "ALTER TABLE account DROP COLUMN flap_gaps;"
		      "ALTER TABLE account DROP COLUMN flap_at;"
		      "ALTER TABLE account DROP COLUMN flap_step;"
		      "ALTER TABLE attempt DROP COLUMN begun_by;"
		      "ALTER TABLE attempt DROP COLUMN begun_cause;"
		      "ALTER TABLE attempt DROP COLUMN begun_on;"
		      "ALTER TABLE attempt DROP COLUMN up_at;"
		      "ALTER TABLE attempt DROP COLUMN ended_at;"
		      "ALTER TABLE attempt DROP COLUMN end_event;"
		      "ALTER TABLE attempt DROP COLUMN end_from;"
		      "ALTER TABLE attempt DROP COLUMN end_cause;"
		      "ALTER TABLE attempt DROP COLUMN end_evidence;"
		      "ALTER TABLE attempt DROP COLUMN decision;"
		      "ALTER TABLE attempt DROP COLUMN fails;"
		      "ALTER TABLE attempt DROP COLUMN max_fails;"
		      "ALTER TABLE attempt DROP COLUMN notes;"
		      "ALTER TABLE attempt DROP COLUMN lacked_ms;"
		      "ALTER TABLE attempt DROP COLUMN next_at;"
		      "ALTER TABLE journal DROP COLUMN evidence;"
		      "ALTER TABLE journal DROP COLUMN after_state;"
		      "ALTER TABLE journal DROP COLUMN fails;"
		      "ALTER TABLE journal DROP COLUMN max_fails;"
		      "ALTER TABLE journal DROP COLUMN notes;"
		      "ALTER TABLE journal DROP COLUMN timer_at;"
		      "ALTER TABLE journal DROP COLUMN lacked_ms;"
		      "DROP TABLE incident;"
		      "DROP TABLE qr_link;"
		      "DROP TABLE pause;"
		      "DROP TABLE bulk;"
		      "ALTER TABLE instance DROP COLUMN halted_at;"
		      "ALTER TABLE instance DROP COLUMN halted_why;"
		      "DROP TABLE endpoint;"
		      "DROP TABLE dead_letter;"
		      "DROP TABLE alert;"
		      "PRAGMA user_version = 7");
	rig_dump(&rig, &after);
	assert_true(before.n > 1000 && str_eq(buf_all(&before), buf_all(&after)));
	rig_fini(&rig);
	buf_fini(&before);
	buf_fini(&after);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_core_is_refused_at_once_and_changes_nothing),
		cmocka_unit_test(a_lock_that_does_not_say_whose_it_is_holds_all_the_same),
		cmocka_unit_test(the_lock_goes_with_its_owner),
		cmocka_unit_test(a_newer_schema_is_refused),
		cmocka_unit_test(a_refused_file_keeps_its_log),
		cmocka_unit_test(a_living_copy_holds_what_was_acknowledged),
		cmocka_unit_test(a_loader_may_stop),
		cmocka_unit_test(a_log_without_its_database_is_refused),
		cmocka_unit_test(an_unfinished_database_is_made_anew),
		cmocka_unit_test(nobody_else_can_read_the_files),
		cmocka_unit_test(a_directory_that_will_not_do_is_refused_with_the_remedy),
		cmocka_unit_test(what_version_7_wrote_is_read_by_this_one),
		cmocka_unit_test(a_migration_killed_anywhere_is_finished_by_the_next_start),
		cmocka_unit_test(a_migration_that_fails_leaves_the_step_before),
		cmocka_unit_test(every_released_step_sets_its_own_number),
	};

	if (argc == 3 && strcmp(argv[1], "open") == 0)
		return child_open(argv[2]);
	if (argc == 4 && strcmp(argv[1], "migrate") == 0)
		return child_migrate(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
