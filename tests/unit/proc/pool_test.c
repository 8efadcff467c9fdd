/* pool_test.c - calls, answers, deaths and pauses. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
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

/* --- a worker that behaves --- */

static void a_worker_says_hello(void **state)
{
	const struct seen *s;

	(void)state;
	rig_spawn(&rig, 2, "polite");
	assert_int_equal(pool_running(rig.pool), 1);
	s = rig_hello(&rig, 2);
	assert_true(str_is(s->hello.plugin, "fake"));
	assert_int_equal(s->hello.pid, pool_pid(rig.pool, 2));
	assert_int_equal(s->hello.start_deadline, 1000);
}

static void a_call_is_answered_with_its_tag(void **state)
{
	const struct seen *s;

	(void)state;
	rig_spawn(&rig, 0, "polite");
	rig_hello(&rig, 0);
	for (uint64_t tag = 1; tag <= 100; tag++)
		assert_int_equal(ping(0, tag, LATER_MS), 0);
	for (uint64_t tag = 1; tag <= 100; tag++) {
		s = rig_reply(&rig, tag);
		assert_int_equal(s->result, 0);
		assert_int_equal(s->method, MSG_ping);
	}
	assert_int_equal(rig_count(&rig, SEEN_REPLY, 0), 100);
	assert_int_equal(rig_stats(&rig).frames_out, 100);
	assert_int_equal(rig_stats(&rig).frames_in, 101);
}

static void an_error_comes_with_its_cause(void **state)
{
	const struct seen *s;

	(void)state;
	rig_spawn(&rig, 0, "answers_with_an_error");
	ping(0, 1, LATER_MS);
	s = rig_reply(&rig, 1);
	assert_int_equal(s->result, ERR_STATE);
	assert_int_equal(s->error.cause, 4);
	assert_true(s->error.unknown);
	assert_true(str_is(s->error.text, "no network"));
}

static void parts_of_a_list_come_with_the_tag_of_their_call(void **state)
{
	struct msg_list params = { .instance = STR("i"), .timeout = LATER_MS };
	const struct seen *part, *reply;

	(void)state;
	rig_spawn(&rig, 0, "lists");
	assert_int_equal(rig_call(&rig, 0, MSG_list, &params, 77, LATER_MS), 0);
	reply = rig_reply(&rig, 77);
	part = rig_find(&rig, SEEN_LISTED, 0);
	assert_non_null(part);
	assert_true(part < reply);
	assert_int_equal(part->tag, 77);
	assert_true(str_is(part->listed.first.session, "mock_acme_1_00000000"));
	assert_int_equal(reply->list.total, 1);
	/* the part for a call that there was not */
	assert_int_equal(rig_count(&rig, SEEN_LISTED, 0), 1);
	assert_int_equal(rig_stats(&rig).late_replies, 1);
}

static void nobody_is_asked_in_an_empty_slot(void **state)
{
	(void)state;
	assert_int_equal(ping(3, 1, LATER_MS), ERR_UNAVAILABLE);
	assert_int_equal(pool_pid(rig.pool, 3), 0);
	pool_kill(rig.pool, 3);
	pool_terminate(rig.pool, 3);
}

static void a_program_that_is_not_there_leaves_the_slot_empty(void **state)
{
	struct rig other;
	struct why why;

	(void)state;
	rig_open(&other, "/nonexistent/relink-worker", 1);
	assert_int_equal(pool_spawn(other.pool, 0, "polite", "test", &why), ERR_UNAVAILABLE);
	assert_true(str_holds(str_of(why.text), "/nonexistent/relink-worker"));
	assert_true(str_holds(str_of(why.text), "No such file"));
	assert_int_equal(pool_running(other.pool), 0);
	assert_int_equal(rig_count(&other, SEEN_GONE, 0), 0);
	rig_close(&other);
}

/* --- answers exactly once --- */

static void a_call_without_an_answer_ends_at_its_deadline(void **state)
{
	uint64_t before = clock_ms();

	(void)state;
	rig_spawn(&rig, 0, "deaf");
	rig_hello(&rig, 0);
	assert_int_equal(ping(0, 1, LATER_MS), 0);
	assert_int_equal(ping(0, 2, SOON_MS), 0);
	assert_int_equal(rig_reply(&rig, 2)->result, ERR_TIMEOUT);
	assert_true(clock_ms() >= before + SOON_MS);
	assert_null(rig_find_reply(&rig, 1));
	assert_int_equal(rig_stats(&rig).timeouts, 1);
}

static void a_late_answer_is_counted_and_dropped(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, "answers_late");
	ping(0, 1, SOON_MS);
	assert_int_equal(rig_reply(&rig, 1)->result, ERR_TIMEOUT);
	ping(0, 2, LATER_MS); /* now it answers the first */
	ping(0, 3, LATER_MS); /* and now the second */
	assert_int_equal(rig_reply(&rig, 2)->result, 0);
	assert_int_equal(rig_stats(&rig).late_replies, 1);
	assert_int_equal(rig_count(&rig, SEEN_REPLY, 0), 2);
}

static void a_second_answer_is_counted_and_dropped(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, "answers_twice");
	ping(0, 1, LATER_MS);
	ping(0, 2, LATER_MS);
	rig_reply(&rig, 2);
	rig_until(&rig, rig_stats(&rig).late_replies == 2);
	assert_int_equal(rig_count(&rig, SEEN_REPLY, 0), 2);
}

static void a_lost_worker_cancels_each_open_call_once_before_it_is_gone(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, "deaf");
	rig_hello(&rig, 0);
	for (uint64_t tag = 1; tag <= 10; tag++)
		ping(0, tag, LATER_MS);
	pool_kill(rig.pool, 0);
	assert_int_equal(rig_gone(&rig, 0)->gone.open_calls, 10);
	assert_int_equal(rig_count(&rig, SEEN_REPLY, 0), 10);
	for (uint64_t tag = 1; tag <= 10; tag++) {
		assert_int_equal(rig_find_reply(&rig, tag)->result, ERR_CANCELLED);
		assert_true(rig_find_reply(&rig, tag) < rig_find(&rig, SEEN_GONE, 0));
	}
	assert_int_equal(rig.v[rig.n - 1].kind, SEEN_GONE);
}

static int answer_to_call_in_callback;

static void call_again(struct rig *r, const struct seen *s)
{
	struct msg_ping params = { 0 };

	if (s->kind == SEEN_REPLY)
		answer_to_call_in_callback = rig_call(r, s->slot, MSG_ping, &params, 99, LATER_MS);
}

static void a_worker_that_is_lost_takes_no_more_calls(void **state)
{
	(void)state;
	rig.on_seen = call_again;
	rig_spawn(&rig, 0, "deaf");
	ping(0, 1, LATER_MS);
	pool_kill(rig.pool, 0);
	rig_gone(&rig, 0);
	assert_int_equal(answer_to_call_in_callback, ERR_UNAVAILABLE);
	assert_null(rig_find_reply(&rig, 99));
}

static void spawn_again(struct rig *r, const struct seen *s)
{
	if (s->kind == SEEN_GONE && rig_count(r, SEEN_GONE, 0) == 1)
		rig_spawn(r, s->slot, "polite");
}

static void a_slot_is_empty_when_its_worker_is_gone(void **state)
{
	(void)state;
	rig.on_seen = spawn_again;
	rig_spawn(&rig, 0, "leaves_with_7");
	rig_until(&rig, rig_count(&rig, SEEN_HELLO, 0) == 2);
	assert_int_equal(ping(0, 1, LATER_MS), 0);
	assert_int_equal(rig_reply(&rig, 1)->result, 0);
	assert_int_equal(rig_stats(&rig).spawned, 2);
	assert_int_equal(rig_stats(&rig).died, 1);
}

static void events_that_were_sent_before_the_end_come_before_gone(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, "sends_1000_events_and_leaves");
	rig_gone(&rig, 0);
	assert_int_equal(rig_count(&rig, SEEN_EVENT, 0), 1000);
	assert_int_equal(rig.v[1000].event.generation, 1000);
	assert_int_equal(rig.v[rig.n - 1].kind, SEEN_GONE);
}

/* --- how it ended --- */

static void an_exit_code_is_in_the_obituary(void **state)
{
	uint64_t before = clock_ms();
	const struct obituary *o = obituary_of("leaves_with_7");

	(void)state;
	assert_int_equal(o->exit_status, 7);
	assert_int_equal(o->signal, 0);
	assert_int_equal(o->slot, 0);
	assert_true(o->pid == rig_find(&rig, SEEN_HELLO, 0)->hello.pid);
	assert_in_range(o->started_at, before, o->died_at);
	assert_in_range(o->died_at, before, clock_ms());
	assert_false(o->was_ready);
}

static void a_crash_leaves_its_signal_report_and_last_lines(void **state)
{
	const struct obituary *o = obituary_of("segfaults");

	(void)state;
	assert_int_equal(o->signal, SIGSEGV);
	assert_int_equal(o->exit_status, 0);
	assert_true(str_holds(o->report, "died of signal 11"));
	assert_true(str_holds(o->report, "relink-worker(")); /* a line of the backtrace */
	assert_true(str_holds(o->last_lines, "the last thing that I say\n"));
}

static void a_report_is_bounded(void **state)
{
	const struct obituary *o = obituary_of("writes_a_long_report");

	(void)state;
	assert_int_equal(o->exit_status, 64); /* all that the memfd takes */
	assert_in_range(o->report.n, 1024, 64 << 10);
	assert_memory_equal(o->report.p, "0123456789abcde\n", 16);
}

static void a_killed_worker_has_no_report(void **state)
{
	const struct obituary *o;

	(void)state;
	rig_spawn(&rig, 0, "silent");
	pool_kill(rig.pool, 0);
	o = &rig_gone(&rig, 0)->gone;
	assert_int_equal(o->signal, SIGKILL);
	assert_int_equal(o->killed, KILLED_ON_ORDER);
	assert_int_equal(o->report.n, 0);
	assert_int_equal(o->last_lines.n, 0);
}

static void a_worker_that_somebody_else_has_killed_is_not_ours_to_kill(void **state)
{
	struct pollfd p = { .events = POLLIN };
	pid_t pid;

	(void)state;
	rig_spawn(&rig, 0, "polite");
	rig_hello(&rig, 0);
	pid = (pid_t)pool_pid(rig.pool, 0);
	p.fd = pidfd_open(pid, 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(poll(&p, 1, RIG_PATIENCE_MS), 1);
	close(p.fd);
	pool_kill(rig.pool, 0); /* it has ended, and we have not seen it yet */
	assert_int_equal(rig_gone(&rig, 0)->gone.signal, SIGKILL);
	assert_int_equal(rig_gone(&rig, 0)->gone.killed, KILLED_BY_OTHERS);
}

static void terminate_asks_and_kill_does_not(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, "polite");
	rig_spawn(&rig, 1, "ignores_sigterm");
	rig_hello(&rig, 0);
	rig_hello(&rig, 1);
	pool_terminate(rig.pool, 0);
	pool_terminate(rig.pool, 1);
	assert_int_equal(rig_gone(&rig, 0)->gone.signal, SIGTERM);
	assert_int_equal(rig_gone(&rig, 0)->gone.killed, KILLED_BY_OTHERS);
	ping(1, 1, LATER_MS);
	assert_int_equal(rig_reply(&rig, 1)->result, 0);
	pool_kill(rig.pool, 1);
	assert_int_equal(rig_gone(&rig, 1)->gone.signal, SIGKILL);
}

static void a_grandchild_that_holds_the_pipes_does_not_keep_the_dead_alive(void **state)
{
	const struct obituary *o = obituary_of("leaves_a_grandchild");

	(void)state;
	kill(-(pid_t)o->pid, SIGKILL); /* its session has the number of its leader */
	assert_int_equal(o->exit_status, 0);
	assert_int_equal(o->signal, 0);
}

static void a_worker_that_closes_its_link_is_killed(void **state)
{
	const struct obituary *o = obituary_of("closes_its_link");

	(void)state;
	assert_int_equal(o->signal, SIGKILL);
	assert_int_equal(o->killed, KILLED_CLOSED);
	assert_int_equal(rig_stats(&rig).bad_frames, 0);
}

static void an_order_to_kill_one_that_has_closed_its_link_comes_second(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, "closes_its_link");
	rig_hello(&rig, 0);
	rig_until(&rig, ping(0, 1, LATER_MS) == ERR_UNAVAILABLE);
	pool_kill(rig.pool, 0);
	assert_int_equal(rig_gone(&rig, 0)->gone.killed, KILLED_CLOSED);
}

static void a_worker_without_output_lives_on(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, "closes_its_output");
	rig_hello(&rig, 0);
	ping(0, 1, LATER_MS);
	assert_int_equal(rig_reply(&rig, 1)->result, 0);
}

/* --- pause --- */

static void nothing_is_read_while_paused(void **state)
{
	size_t before;

	(void)state;
	rig_spawn(&rig, 0, "floods_events");
	rig_spawn(&rig, 1, "polite");
	rig_hello(&rig, 1);
	rig_event(&rig, 0);
	pool_pause(rig.pool, true);
	before = rig.n;
	ping(1, 1, SOON_MS);
	/* a while that is long past the deadline of the ping */
	for (uint64_t until = clock_ms() + 2 * SOON_MS; clock_ms() < until;)
		uv_run(&rig.loop, UV_RUN_NOWAIT);
	assert_int_equal(rig.n, before);
	pool_pause(rig.pool, false);
	assert_int_equal(rig.n, before); /* nor from inside pool_pause */
	/* the answer came meanwhile, and is read before its deadline is judged */
	assert_int_equal(rig_reply(&rig, 1)->result, 0);
	rig_until(&rig, rig_count(&rig, SEEN_EVENT, 0) > 1000);
}

static void pause_at_the_tenth(struct rig *r, const struct seen *s)
{
	if (s->kind == SEEN_EVENT && rig_count(r, SEEN_EVENT, 0) == 10)
		pool_pause(r->pool, true);
}

/* Turn the loop until the worker has ended, and a little longer. */
static void turn_until_it_has_ended(unsigned slot)
{
	struct pollfd p = { .fd = pidfd_open((pid_t)pool_pid(rig.pool, slot), 0),
			    .events = POLLIN };

	assert_true(p.fd >= 0);
	rig_until(&rig, poll(&p, 1, 0) == 1);
	close(p.fd);
	for (int i = 0; i < 10; i++)
		uv_run(&rig.loop, UV_RUN_NOWAIT);
}

static void a_pause_holds_between_two_frames_and_none_is_lost(void **state)
{
	(void)state;
	rig.on_seen = pause_at_the_tenth;
	rig_spawn(&rig, 0, "sends_1000_events_and_leaves");
	turn_until_it_has_ended(0);
	assert_int_equal(rig_count(&rig, SEEN_EVENT, 0), 10);
	assert_int_equal(rig_count(&rig, SEEN_GONE, 0), 0);
	pool_pause(rig.pool, false);
	rig_gone(&rig, 0);
	assert_int_equal(rig_count(&rig, SEEN_EVENT, 0), 1000);
}

static void a_worker_that_starts_while_paused_is_not_read_either(void **state)
{
	(void)state;
	pool_pause(rig.pool, true);
	rig_spawn(&rig, 0, "polite");
	for (uint64_t until = clock_ms() + SOON_MS; clock_ms() < until;)
		uv_run(&rig.loop, UV_RUN_NOWAIT);
	assert_int_equal(rig.n, 0);
	pool_pause(rig.pool, false);
	rig_hello(&rig, 0);
}

static void a_pool_with_running_workers_can_be_freed(void **state)
{
	struct rig other;

	(void)state;
	rig_open(&other, FAKE_WORKER, 4);
	rig_spawn(&other, 0, "polite");
	rig_spawn(&other, 1, "ignores_sigterm");
	rig_spawn(&other, 2, "floods_events");
	rig_spawn(&other, 3, "floods_stdout");
	rig_event(&other, 2);
	pool_pause(other.pool, true);
	rig_close(&other); /* checks that nothing is told any more */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)

/* An argument is a pattern: only the tests that it fits. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_worker_says_hello),
		TEST(a_call_is_answered_with_its_tag),
		TEST(an_error_comes_with_its_cause),
		TEST(parts_of_a_list_come_with_the_tag_of_their_call),
		TEST(nobody_is_asked_in_an_empty_slot),
		TEST(a_program_that_is_not_there_leaves_the_slot_empty),
		TEST(a_call_without_an_answer_ends_at_its_deadline),
		TEST(a_late_answer_is_counted_and_dropped),
		TEST(a_second_answer_is_counted_and_dropped),
		TEST(a_lost_worker_cancels_each_open_call_once_before_it_is_gone),
		TEST(a_worker_that_is_lost_takes_no_more_calls),
		TEST(a_slot_is_empty_when_its_worker_is_gone),
		TEST(events_that_were_sent_before_the_end_come_before_gone),
		TEST(an_exit_code_is_in_the_obituary),
		TEST(a_crash_leaves_its_signal_report_and_last_lines),
		TEST(a_report_is_bounded),
		TEST(a_killed_worker_has_no_report),
		TEST(a_worker_that_somebody_else_has_killed_is_not_ours_to_kill),
		TEST(terminate_asks_and_kill_does_not),
		TEST(a_grandchild_that_holds_the_pipes_does_not_keep_the_dead_alive),
		TEST(a_worker_that_closes_its_link_is_killed),
		TEST(an_order_to_kill_one_that_has_closed_its_link_comes_second),
		TEST(a_worker_without_output_lives_on),
		TEST(nothing_is_read_while_paused),
		TEST(a_pause_holds_between_two_frames_and_none_is_lost),
		TEST(a_worker_that_starts_while_paused_is_not_read_either),
		cmocka_unit_test(a_pool_with_running_workers_can_be_freed),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
