/*
 * journal_test.c - the file behind the mock: what is in it, and that nothing else matters.
 */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "folder.h"
#include "host.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- what is written --- */

static void the_journal_reads_as_documented(void **state)
{
	static const char *const lines[] = {
		"1763287200000 1 boot class=listable id=000014057b7ef767 by=0",
		"1763287200000 1 open pid=# instance=mock-1 by=1",
		"1763287200000 1 create account=a session=s1 gen=1 result=ok profile=p1 resume=0 "
		"login=none qr=1763287200300 refresh=20000 by=1",
		"1763287201000 1 scan account=a session=s1 gen=1 up=1763287201300 by=1",
		"1763287202000 1 behave account=a from=verb json={\"create\":{\"lose_reply\":1}} "
		"by=1",
		"1763287202000 1 DOUBLE account=a session=s1 gen=1 by=1",
		"1763287202000 1 create account=a session=s1 gen=2 result=engine_crash "
		"fault=lose_reply profile=p1 resume=1 by=1",
		"1763287202000 1 disconnect account=a session=s1 gen=1 result=absent by=1",
		"1763287202000 1 list result=ok n=0 complete=1 by=1",
		"1763287203000 1 end account=a session=s1 gen=1 why=drop cause=network how=vanish "
		"by=1",
		"1763287203000 2 boot class=listable id=00001a08ee1184ba by=1",
		"1763287203000 2 down by=1",
		"1763287203000 2 health account=a%20b session=s1 gen=1 result=network fault=down "
		"by=1",
		"1763287203000 2 up by=1",
		"1763287203000 2 create account=a session=s3 gen=3 result=ok profile=p1 resume=1 "
		"login=good up=1763287203500 by=1",
		"1763287204000 2 end account=a session=s3 gen=3 why=disconnect cause=by_request "
		"how=silent by=1",
		"1763287204000 2 disconnect account=a session=s3 gen=3 result=ended by=1",
	};
	char config[256], pid[32], *journal, *rest, *line;
	struct rig r = { 0 };
	size_t n = 0;

	(void)state;
	host_rewind();
	snprintf(config, sizeof config, "dir=%s", folder_make());
	assert_int_equal(host_open(&r, MOCK_LISTABLE_SO, config), RELINK_NONE);
	host_create(&r, "a", "s1", 1, "p1", false, "");
	host_run(1000);
	host_control(&r, "a", "s1", "scan", "");
	host_run(1000);
	host_control(&r, "a", "s1", "behave", "{\"create\":{\"lose_reply\":1}}");
	host_create(&r, "a", "s1", 2, "p1", true, "");
	host_disconnect(&r, "a", "s1", 1);
	host_list(&r);
	host_run(1000);
	host_control(&r, "a", "s1", "drop", "");
	host_control(&r, "a", "s1", "reboot", "");
	host_control(&r, "a", "s1", "down", "");
	host_health(&r, "a b", "s1", 1);
	host_control(&r, "a", "s1", "up", "");
	host_create(&r, "a", "s3", 3, "p1", true, "");
	host_run(1000);
	host_disconnect(&r, "a", "s3", 3);
	host_close(&r);
	rest = journal = folder_journal();
	snprintf(pid, sizeof pid, "pid=%d ", (int)getpid());
	while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
		char *at = strstr(line, pid);

		if (at != NULL) { /* the one thing that differs from run to run */
			memmove(at + 6, at + strlen(pid), strlen(at + strlen(pid)) + 1);
			memcpy(at, "pid=# ", 6);
		}
		assert_true(n < ARRAY_LEN(lines));
		assert_string_equal(line, lines[n++]);
	}
	assert_int_equal(n, ARRAY_LEN(lines));
	free(journal);
	folder_remove();
}

/* --- sessions outlive those who use them --- */

static void a_session_connects_while_no_worker_runs(void **state)
{
	char config[256];
	struct rig r = { 0 };

	(void)state;
	host_rewind();
	snprintf(config, sizeof config, "scan_ms=10s,dir=%s", folder_make());
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	host_create(&r, "a", "s1", 1, "p1", false, "");
	host_close(&r);
	host_run(60000);
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	host_list(&r);
	host_run(10);
	assert_string_equal(r.said, "5 list ok complete s1/1=connected");
	host_close(&r);
	folder_remove();
}

static void who_attaches_is_told_the_codes_on_show(void **state)
{
	char config[256];
	struct rig r = { 0 };

	(void)state;
	host_rewind();
	snprintf(config, sizeof config, "dir=%s", folder_make());
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	host_create(&r, "a", "s1", 1, "p1", false, "");
	host_run(300);
	host_close(&r);
	host_run(45000); /* two codes that nobody saw */
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	assert_string_equal(r.said, "");
	host_run(1);
	assert_string_equal(r.said, "0 s1/1 qr 2@mock,s1,2 for 15000");
	host_close(&r);
	folder_remove();
}

static void counts_of_scripts_go_on_after_a_restart(void **state)
{
	char config[512];
	struct rig r = { 0 };

	(void)state;
	host_rewind();
	snprintf(config, sizeof config,
		 "dir=%s,script={\"create\":{\"fail\":\"network\",\"times\":2}}", folder_make());
	for (int i = 0; i < 3; i++) {
		assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
		host_create(&r, "a", "s1", 1, "p1", false, "");
		host_run(20);
		assert_string_equal(r.said, i < 2 ? "20 create network" : "20 create ok");
		host_close(&r);
	}
	folder_remove();
}

static void a_clock_that_was_set_back_stops_nothing(void **state)
{
	char config[256];
	struct rig r = { 0 };

	(void)state;
	host_rewind();
	snprintf(config, sizeof config, "scan_ms=1s,dir=%s", folder_make());
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	host_run(1000000);
	host_create(&r, "a", "s1", 1, "p1", false, "");
	host_close(&r);
	r.skew_ms = -900000;
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	host_run(1000);
	host_create(&r, "b", "s2", 1, "p2", false, "");
	host_run(1600);
	assert_string_equal(r.said,
			    "300 s1/1 qr 2@mock,s1,0 for 20000; 1020 create ok; "
			    "1300 s1/1 authenticated; 1300 s2/1 qr 2@mock,s2,0 for 20000; "
			    "1600 s1/1 connected +999200555641996; 2300 s2/1 authenticated; "
			    "2600 s2/1 connected +999499090526629");
	host_close(&r);
	folder_remove();
}

static void two_doors_lead_to_one_service(void **state)
{
	char config[256];
	struct rig old = { 0 }, new = { 0 };

	(void)state;
	host_rewind();
	snprintf(config, sizeof config, "scan_ms=100ms,dir=%s", folder_make());
	assert_int_equal(host_open(&old, MOCK_SO, config), RELINK_NONE);
	assert_int_equal(host_open(&new, MOCK_SO, config), RELINK_NONE);
	host_create(&new, "a", "s2", 2, "p1", false, "");
	host_create(&old, "a", "s1", 1, "p1", false, "");
	host_run(50);
	assert_string_equal(new.said, "20 create ok");
	assert_string_equal(old.said, "20 create stale gen=2");
	host_list(&old);
	host_run(1000);
	assert_non_null(strstr(old.said, "55 list ok complete s2/2=starting"));
	assert_non_null(strstr(new.said, "700 s2/2 connected"));
	host_close(&old);
	host_close(&new);
	folder_remove();
}

/* --- what goes wrong --- */

static void half_a_line_is_cut_off_and_nothing_else(void **state)
{
	static const char *const torn[] = { "1", "1763287200000 1 end account=a session=s1 gen=1 ",
					    "garbage", "\001\002\003" };
	char config[256], *before, *after;
	struct rig r = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(torn); i++) {
		host_rewind();
		snprintf(config, sizeof config, "dir=%s", folder_make());
		assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
		host_create(&r, "a", "s1", 1, "p1", false, "");
		host_close(&r);
		before = folder_journal();
		folder_append(torn[i]);
		assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
		host_list(&r);
		host_run(10);
		assert_string_equal(r.said, "5 list ok complete s1/1=starting");
		host_close(&r);
		after = folder_journal();
		assert_memory_equal(after, before, strlen(before));
		assert_true(strncmp(after + strlen(before), torn[i], strlen(torn[i])) != 0 ||
			    i == 0);
		assert_int_equal(host_count(after, "\n"),
				 host_count(before, "\n") + 2); /* open, list */
		free(before);
		free(after);
		folder_remove();
	}
}

static void lines_that_make_no_sense_are_passed_over(void **state)
{
	char config[256], text[256] = "";
	struct rig r = { 0 };

	(void)state;
	host_rewind();
	snprintf(config, sizeof config, "dir=%s", folder_make());
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	host_create(&r, "a", "s1", 1, "p1", false, "");
	host_close(&r);
	folder_append(
	    "nothing\n"
	    "1763287200000 1 dance account=a\n"
	    "1763287200000 1 end account=a session=s1 gen=1 why=drop cause=rain how=vanish\n"
	    "1763287200000 1 end account=a session=s1 gen=%1 why=drop\n"
	    "1763287200000 1 behave account=a from=verb json={\n"
	    "1763287200000 1 scan account=a session=s1 gen=1 up=1\n"
	    "\n");
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	host_list(&r);
	host_run(10);
	assert_string_equal(r.said, "5 list ok complete s1/1=starting");
	host_dump(&r, text, sizeof text);
	assert_non_null(strstr(text, "7 lines skipped"));
	host_close(&r);
	folder_remove();
}

static void a_damaged_journal_crashes_nothing(void **state)
{
	char config[256], *good, *bad;
	struct rig r = { 0 };
	size_t n;

	(void)state;
	host_rewind();
	snprintf(config, sizeof config, "dir=%s,scan_ms=10ms", folder_make());
	assert_int_equal(host_open(&r, MOCK_LISTABLE_SO, config), RELINK_NONE);
	for (int i = 0; i < 3; i++) {
		host_create(&r, "a", "s1", 1, "p1", false,
			    "{\"mock\":{\"drop\":{\"after_ms\":9}}}");
		host_control(&r, "a", "s1", "behave", "{\"create\":{\"late_apply_ms\":50}}");
		host_run(500);
	}
	host_close(&r);
	good = folder_journal();
	n = strlen(good);
	bad = malloc(n + 1);
	host_roll_from(5);
	for (int i = 0; i < 400; i++) {
		memcpy(bad, good, n + 1);
		for (unsigned k = 1 + host_roll(6); k > 0; k--)
			bad[host_roll((unsigned)n)] = "0123456789 =%\n{}azAZ"[host_roll(20)];
		folder_write(bad);
		if (host_open_why(&r, MOCK_LISTABLE_SO, config, (char[256]){ 0 }, 256) ==
		    RELINK_NONE) {
			r.quiet = true;
			host_list(&r);
			host_create(&r, "a", "s9", 9, "p9", false, "");
			host_run(1000);
			host_close(&r);
		}
	}
	free(bad);
	free(good);
	folder_remove();
}

static void a_full_disk_refuses_and_spoils_nothing(void **state)
{
	char config[256], *before, *after;
	struct rlimit limit, old;
	struct rig r = { 0 };

	(void)state;
	host_rewind();
	snprintf(config, sizeof config, "dir=%s", folder_make());
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	before = folder_journal();
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = strlen(before) + 20; /* a short write, then an error */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	host_create(&r, "a", "s1", 1, "p1", false, "");
	host_control(&r, "a", "", "down", "");
	host_list(&r);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_string_equal(r.said, "0 create provider_down; 0 down provider_down; "
				    "0 list provider_down partial");
	after = folder_journal();
	assert_string_equal(after, before);
	host_forget(&r);
	host_create(&r, "a", "s1", 1, "p1", false, "");
	host_list(&r);
	host_run(20);
	assert_string_equal(r.said, "5 list ok complete s1/1=starting; 20 create ok");
	free(before);
	free(after);
	host_close(&r);
	folder_remove();
}

/* Two processes want the same generation of the same account at the same moment, a thousand times:
 * one of them gets it.  Looking and writing must be one step for that. */
static void of_two_processes_one_wins(void **state)
{
	enum { ROUNDS = 1000 };
	/* how far each is; who is ahead waits */
	volatile unsigned *at =
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char config[256], account[16], *journal, *line, *rest;
	unsigned n_ok = 0, n_stale = 0, me;
	int status;
	pid_t child;
	struct rig r = { 0 };

	(void)state;
	assert_true(at != MAP_FAILED);
	host_rewind();
	snprintf(config, sizeof config, "create_ms=0ms,dir=%s", folder_make());
	child = fork();
	assert_true(child >= 0);
	me = child == 0;
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	r.quiet = true;
	for (unsigned i = 0; i < ROUNDS; i++) {
		snprintf(account, sizeof account, "a%u", i);
		at[me] = i + 1;
		while (at[1 - me] < i + 1)
			sched_yield();
		host_create(&r, account, me ? "child" : "its-parent", 1, account, false, "");
	}
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	host_list(&r);
	assert_int_equal(r.n_listed, ROUNDS);
	host_run(1000);
	host_close(&r);
	rest = journal = folder_journal();
	while ((line = strsep(&rest, "\n")) != NULL) {
		n_ok +=
		    strstr(line, " create account=") != NULL && strstr(line, " result=ok ") != NULL;
		n_stale += strstr(line, " create account=") != NULL &&
			   strstr(line, " result=stale ") != NULL;
	}
	assert_int_equal(n_ok, ROUNDS);
	assert_int_equal(n_stale, ROUNDS);
	free(journal);
	munmap((void *)at, 4096);
	folder_remove();
}

static void create_numbered(struct rig *r, char who, unsigned i)
{
	char account[16], session[32], profile[32];

	snprintf(account, sizeof account, "%c%u", who, i);
	snprintf(session, sizeof session, "s%s", account);
	snprintf(profile, sizeof profile, "f%s", account);
	host_create(r, account, session, 1, profile, false, "");
}

/* SIGKILL can hit between any two instructions: with the lock held, in the middle of a write. */
static void a_writer_that_is_killed_is_in_nobodys_way(void **state)
{
	char config[256], text[256];
	struct rig r = { 0 };
	unsigned mine = 0;

	(void)state;
	host_rewind();
	snprintf(config, sizeof config, "create_ms=0ms,dir=%s", folder_make());
	for (unsigned round = 0; round < 20; round++) {
		pid_t child = fork();

		assert_true(child >= 0);
		assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
		r.quiet = true;
		if (child == 0) {
			for (unsigned i = 0;; i++)
				create_numbered(&r, (char)('A' + round), i);
		}
		while (r.n_asked < 20)
			create_numbered(&r, 'p', mine++);
		do { /* until the child is at work too */
			r.n_listed = 0;
			host_list(&r);
		} while (r.n_listed < mine + 20);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		host_disconnect(&r, "p0", "sp0", 1);
		host_create(&r, "p0", "sp0x", 2 + round, "fp0", false, "");
		host_run(100);
		host_dump(&r, text, sizeof text);
		assert_non_null(strstr(text, ", 0 lines skipped"));
		host_close(&r);
	}
	folder_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_journal_reads_as_documented),
		cmocka_unit_test(a_session_connects_while_no_worker_runs),
		cmocka_unit_test(who_attaches_is_told_the_codes_on_show),
		cmocka_unit_test(counts_of_scripts_go_on_after_a_restart),
		cmocka_unit_test(a_clock_that_was_set_back_stops_nothing),
		cmocka_unit_test(two_doors_lead_to_one_service),
		cmocka_unit_test(half_a_line_is_cut_off_and_nothing_else),
		cmocka_unit_test(lines_that_make_no_sense_are_passed_over),
		cmocka_unit_test(a_damaged_journal_crashes_nothing),
		cmocka_unit_test(a_full_disk_refuses_and_spoils_nothing),
		cmocka_unit_test(of_two_processes_one_wins),
		cmocka_unit_test(a_writer_that_is_killed_is_in_nobodys_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
