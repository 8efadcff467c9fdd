/* hostile_test.c - workers that break the protocol or flood us, and what a worker is born with. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/obj.h"
#include "rig.h"

#define SOON_MS  100   /* a deadline that a test waits for */
#define LATER_MS 20000 /* one that is not meant to be reached */

static struct rig rig;

static int open_rig(void **state)
{
	(void)state;
	rig_open(&rig, FAKE_WORKER, 4);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static int ping(unsigned slot, uint64_t tag, uint64_t timeout_ms)
{
	struct msg_ping params = { .seq = tag };

	return rig_call(&rig, slot, MSG_ping, &params, tag, timeout_ms);
}

static const struct obituary *obituary_of(const char *thing)
{
	rig_spawn(&rig, 0, thing);
	return &rig_gone(&rig, 0)->gone;
}

/* --- the protocol broken --- */

static const struct {
	const char *thing, *said;
} breaches[] = {
	{ "talks_garbage", "" },
	{ "claims_a_huge_frame", "larger than its limit" },
	{ "sends_an_empty_frame", "malformed" },
	{ "says_hello_twice", "hello twice" },
	{ "speaks_protocol_0", "protocol 0" },
	{ "forgets_hello", "first message is not hello" },
	{ "asks_the_core", "only the core asks" },
};

static void a_worker_that_breaks_the_protocol_is_killed_and_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(breaches); i++) {
		const struct obituary *o;

		print_message("%s\n", breaches[i].thing);
		rig_open(&rig, FAKE_WORKER, 1);
		o = obituary_of(breaches[i].thing);
		assert_int_equal(o->signal, SIGKILL);
		assert_int_equal(o->killed, KILLED_BREACH);
		assert_true(o->last_lines.n > 0);
		assert_true(str_holds(o->last_lines, breaches[i].said));
		assert_int_equal(rig_stats(&rig).bad_frames, 1);
		assert_int_equal(rig_count(&rig, SEEN_EVENT, 0), 0);
		rig_close(&rig);
	}
}

static void an_answer_to_another_question_is_a_breach(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, "answers_beside_the_point");
	ping(0, 1, LATER_MS);
	assert_int_equal(rig_gone(&rig, 0)->gone.signal, SIGKILL);
	assert_int_equal(rig_find_reply(&rig, 1)->result, ERR_CANCELLED);
	assert_int_equal(rig_count(&rig, SEEN_REPLY, 0), 1);
	assert_int_equal(rig_stats(&rig).bad_frames, 1);
}

static void half_a_frame_and_silence_is_a_matter_of_deadlines(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, "sends_half_a_frame");
	rig_hello(&rig, 0);
	ping(0, 1, SOON_MS);
	assert_int_equal(rig_reply(&rig, 1)->result, ERR_TIMEOUT);
	assert_int_equal(rig_stats(&rig).bad_frames, 0);
	pool_kill(rig.pool, 0);
	rig_gone(&rig, 0);
}

static void a_death_in_a_frame_is_no_breach(void **state)
{
	const struct obituary *o = obituary_of("dies_in_a_frame");

	(void)state;
	assert_int_equal(o->signal, SIGKILL);
	assert_int_equal(o->killed, KILLED_BY_OTHERS);
	assert_int_equal(rig_stats(&rig).bad_frames, 0);
}

/* --- bounds --- */

static void calls_that_a_worker_does_not_take_are_refused_at_a_bound(void **state)
{
	static char args[8000];
	struct msg_control params = { .instance = STR("i"),
				      .verb = STR("v"),
				      .args = { args, sizeof args },
				      .timeout = LATER_MS };
	uint64_t n = 0;
	int r = 0;

	(void)state;
	memset(args, 'x', sizeof args);
	rig_spawn(&rig, 0, "deaf");
	rig_hello(&rig, 0);
	while (n < 10000 && r == 0)
		r = rig_call(&rig, 0, MSG_control, &params, ++n, LATER_MS);
	assert_int_equal(r, ERR_FULL);
	/* what the socket holds comes on top of what we hold */
	assert_in_range(n * sizeof args, LIMIT_LINK_QUEUE, 2 * LIMIT_LINK_QUEUE);
	pool_kill(rig.pool, 0);
	rig_gone(&rig, 0);
	assert_int_equal(rig_count(&rig, SEEN_REPLY, 0), n - 1);
}

static void a_call_that_fits_in_no_frame_is_refused(void **state)
{
	static char args[LIMIT_VERB_ARGS + 1];
	struct msg_control params = { .instance = STR("i"),
				      .verb = STR("v"),
				      .args = { args, sizeof args } };

	(void)state;
	memset(args, 'x', sizeof args);
	rig_spawn(&rig, 0, "polite");
	assert_int_equal(rig_call(&rig, 0, MSG_control, &params, 1, LATER_MS), ERR_RANGE);
	ping(0, 2, LATER_MS);
	assert_int_equal(rig_reply(&rig, 2)->result, 0);
	assert_int_equal(rig_count(&rig, SEEN_REPLY, 0), 1);
}

static void a_flood_of_lines_is_dropped_and_counted(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, "floods_stdout");
	rig_spawn(&rig, 1, "polite");
	ping(1, 1, LATER_MS);
	assert_int_equal(rig_reply(&rig, 1)->result, 0);
	ping(0, 2, LATER_MS); /* it is not stuck in printf */
	assert_int_equal(rig_reply(&rig, 2)->result, 0);
	assert_in_range(rig_stats(&rig).lines_dropped, 100000, 200000);
	pool_kill(rig.pool, 0);
	assert_true(str_holds(rig_gone(&rig, 0)->gone.last_lines, "line 199999 of a flood"));
	assert_false(str_holds(rig_gone(&rig, 0)->gone.last_lines, "line 199935 of a flood"));
}

static void a_long_line_is_cut_and_an_unfinished_one_is_kept(void **state)
{
	const struct obituary *o = obituary_of("prints_without_newline");

	(void)state;
	assert_true(str_holds(o->last_lines, "\nshort\n"));
	assert_true(str_holds(o->last_lines, "unfinished\n"));
	assert_in_range(o->last_lines.n, 1024, 1024 + 32);
}

static void a_worker_that_floods_does_not_starve_another(void **state)
{
	size_t before;

	(void)state;
	rig_spawn(&rig, 0, "floods_events");
	rig_spawn(&rig, 1, "polite");
	rig_until(&rig, rig_count(&rig, SEEN_EVENT, 0) > 1000);
	rig_hello(&rig, 1);
	for (uint64_t tag = 1; tag <= 50; tag++) {
		before = rig.n;
		ping(1, tag, LATER_MS);
		assert_int_equal(rig_reply(&rig, tag)->result, 0);
		/* the flood goes on, within its share of a few turns */
		assert_in_range(rig.n - before, 1, 50000);
	}
	pool_kill(rig.pool, 0);
	rig_gone(&rig, 0);
}

/* --- what a worker is born with --- */

static void a_worker_has_five_descriptors(void **state)
{
	const struct obituary *o;
	int inherited[3];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inherited); i++) {
		inherited[i] = fcntl(STDIN_FILENO, F_DUPFD, 100 * (int)(i + 1));
		assert_true(inherited[i] >= 0);
	}
	o = obituary_of("lists_its_descriptors");
	for (size_t i = 0; i < ARRAY_LEN(inherited); i++)
		close(inherited[i]);
	assert_true(str_holds(o->last_lines, "0 /dev/null\n"));
	assert_true(str_holds(o->last_lines, "1 pipe:"));
	assert_true(str_holds(o->last_lines, "2 pipe:"));
	assert_true(str_holds(o->last_lines, "3 socket:"));
	assert_true(str_holds(o->last_lines, "4 /memfd:relink-report"));
	assert_true(str_holds(o->last_lines, "flags of link: plain\n"));
	/* these five, the flags, and no more */
	for (size_t i = 0, lines = 0; i < o->last_lines.n; i++) {
		lines += o->last_lines.p[i] == '\n';
		assert_true(lines <= 6);
	}
}

/* A daemon may be started without them; the worker must get the right ones all the same. */
static void the_core_may_lack_standard_descriptors(void **state)
{
	const struct obituary *o;
	int kept[3];

	(void)state;
	for (int fd = 0; fd < 3; fd++) {
		kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 50);
		close(fd);
	}
	rig_spawn(&rig, 0, "lists_its_descriptors");
	for (int fd = 0; fd < 3; fd++) {
		/* a number below 3 may belong to the pool by now */
		if (fcntl(fd, F_GETFD) < 0)
			dup2(kept[fd], fd);
	}
	o = &rig_gone(&rig, 0)->gone;
	for (int fd = 0; fd < 3; fd++) {
		dup2(kept[fd], fd);
		close(kept[fd]);
	}
	assert_int_equal(o->exit_status, 0);
	assert_true(str_holds(o->last_lines, "0 /dev/null\n"));
	assert_true(str_holds(o->last_lines, "1 pipe:"));
	assert_true(str_holds(o->last_lines, "2 pipe:"));
	assert_true(str_holds(o->last_lines, "3 socket:"));
	assert_true(str_holds(o->last_lines, "4 /memfd:"));
}

static void a_worker_inherits_no_more_than_it_needs(void **state)
{
	const struct obituary *o;
	sigset_t usr1;

	(void)state;
	setenv("RELINK_SECRET", "hunter2", 1);
	setenv("TZ", "UTC", 1);
	setenv("RELINK_KILL", "core.point:1", 1);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	signal(SIGPIPE, SIG_IGN);
	o = obituary_of("prints_its_environment");
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	signal(SIGPIPE, SIG_DFL);
	unsetenv("RELINK_KILL");
	assert_true(str_holds(o->last_lines, "PATH="));
	assert_true(str_holds(o->last_lines, "TZ=UTC"));
	assert_false(str_holds(o->last_lines, "hunter2"));
	assert_false(str_holds(o->last_lines, "HOME="));
	assert_false(str_holds(o->last_lines, "RELINK_KILL="));
	assert_true(str_holds(o->last_lines, "signals: plain\n"));
	assert_true(str_holds(o->last_lines, "session leader: yes\n"));
}

#ifdef RELINK_KILLPOINTS
static bool got_kill_point(unsigned slot)
{
	size_t gone = rig_count(&rig, SEEN_GONE, slot);
	const struct seen *last = NULL;

	rig_spawn(&rig, slot, "prints_its_environment");
	rig_until(&rig, rig_count(&rig, SEEN_GONE, slot) > gone);
	for (size_t i = 0; i < rig.n; i++) {
		if (rig.v[i].kind == SEEN_GONE && rig.v[i].slot == slot)
			last = &rig.v[i];
	}
	return str_holds(last->gone.last_lines, "RELINK_KILL=worker.ready:2\n");
}

static void the_kill_point_of_workers_goes_to_the_first_in_slot_0(void **state)
{
	(void)state;
	setenv("RELINK_KILL_WORKER", "worker.ready:2", 1);
	assert_false(got_kill_point(1));
	assert_true(got_kill_point(0));
	assert_false(got_kill_point(0));
	assert_false(got_kill_point(1));
	unsetenv("RELINK_KILL_WORKER");
}
#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)

/* An argument is a pattern: only the tests that it fits. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_that_breaks_the_protocol_is_killed_and_counted),
		TEST(an_answer_to_another_question_is_a_breach),
		TEST(half_a_frame_and_silence_is_a_matter_of_deadlines),
		TEST(a_death_in_a_frame_is_no_breach),
		TEST(calls_that_a_worker_does_not_take_are_refused_at_a_bound),
		TEST(a_call_that_fits_in_no_frame_is_refused),
		TEST(a_flood_of_lines_is_dropped_and_counted),
		TEST(a_long_line_is_cut_and_an_unfinished_one_is_kept),
		TEST(a_worker_that_floods_does_not_starve_another),
		TEST(a_worker_has_five_descriptors),
		TEST(the_core_may_lack_standard_descriptors),
		TEST(a_worker_inherits_no_more_than_it_needs),
#ifdef RELINK_KILLPOINTS
		TEST(the_kill_point_of_workers_goes_to_the_first_in_slot_0),
#endif
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
