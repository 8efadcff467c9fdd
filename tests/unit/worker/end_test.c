/* end_test.c - how the real relink-worker ends, and what happens when one side is too much for
 * the other. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ask.h"
#include "base/clock.h"
#include "base/obj.h"

#define FLOOD 50000 /* events, as obedient.c has it: more than the link's queue holds */

/* --- the end --- */

static void a_stop_closes_all_and_ends_with_0(void **state)
{
	struct msg_create later = create_of("late", 1, LATER_MS);
	uint64_t tag;

	(void)state;
	start(OBEDIENT);
	tag = send_only(MSG_create, &later);
	assert_true(stop(LATER_MS)->stop.stopped);
	assert_error(rig_find_reply(&rig, tag), RELINK_CANCELLED, "closing");
	assert_int_equal(rig_gone(&rig, 0)->gone.exit_status, 0);
	assert_int_equal(rig_gone(&rig, 0)->gone.signal, 0);
	assert_int_equal(rig_gone(&rig, 0)->gone.open_calls, 0);
	assert_int_equal(rig_gone(&rig, 0)->gone.report.n, 0);
}

static void a_worker_without_config_can_be_stopped(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, OBEDIENT);
	assert_true(stop(0)->stop.stopped);
	assert_int_equal(rig_gone(&rig, 0)->gone.exit_status, 0);
}

static void an_instance_that_does_not_close_is_given_up_after_the_grace(void **state)
{
	struct msg_create never = create_of("never", 1, LATER_MS);
	struct msg_stop params = { .grace = 300 };
	uint64_t open_tag, stop_tag;

	(void)state;
	start(OBEDIENT);
	control("never_close");
	open_tag = send_only(MSG_create, &never);
	stop_tag = send_only(MSG_stop, &params);
	assert_error(create("now", 2, LATER_MS), RELINK_CANCELLED, "the worker is stopping");
	assert_error(rig_reply(&rig, open_tag), RELINK_CANCELLED, "the worker is stopping");
	assert_true(rig_find_reply(&rig, open_tag)->error.unknown);
	assert_false(rig_reply(&rig, stop_tag)->stop.stopped);
	assert_int_equal(rig_gone(&rig, 0)->gone.exit_status, 0);
	assert_int_equal(logged("did not close in time"), 1);
}

static void a_timer_that_is_left_behind_is_told(void **state)
{
	(void)state;
	start(OBEDIENT);
	control("forget_timer");
	assert_true(stop(LATER_MS)->stop.stopped);
	assert_int_equal(rig_gone(&rig, 0)->gone.exit_status, 0);
	assert_int_equal(logged("left 1 timers behind"), 1);
}

static void sigterm_is_a_stop(void **state)
{
	(void)state;
	start(OBEDIENT);
	pool_terminate(rig.pool, 0);
	assert_int_equal(rig_gone(&rig, 0)->gone.exit_status, 0);
	assert_int_equal(rig_gone(&rig, 0)->gone.signal, 0);
}

static void hang(void)
{
	struct msg_control params = verb_of("one", "hang");

	start(OBEDIENT);
	send_only(MSG_control, &params);
	rig_until(&rig, logged("about to hang") > 0);
}

static void assert_backtrace(const struct obituary *o)
{
	assert_int_equal(o->signal, SIGABRT);
	assert_true(str_holds(o->report, "died of signal 6"));
	assert_true(str_holds(o->report, "obedient.so")); /* where it hangs */
}

static void sigterm_to_a_loop_that_hangs_leaves_a_backtrace(void **state)
{
	uint64_t before = clock_ms();

	(void)state;
	hang();
	pool_terminate(rig.pool, 0);
	assert_backtrace(&rig_gone(&rig, 0)->gone);
	assert_in_range(clock_ms() - before, 1500, 9000); /* before the watchdog would */
}

static void a_loop_that_hangs_is_found_by_the_watchdog(void **state)
{
	(void)state;
	hang();
	assert_backtrace(&rig_gone(&rig, 0)->gone);
}

static void a_crash_in_the_plugin_cancels_what_is_open(void **state)
{
	struct msg_control params = verb_of("one", "crash");
	const struct obituary *o;
	uint64_t tag;

	(void)state;
	start(OBEDIENT);
	tag = send_only(MSG_control, &params);
	o = &rig_gone(&rig, 0)->gone;
	assert_int_equal(o->signal, SIGABRT);
	assert_true(o->was_ready);
	assert_int_equal(o->open_calls, 1);
	assert_int_equal(rig_find_reply(&rig, tag)->result, ERR_CANCELLED);
	assert_true(str_holds(o->report, "obedient.so"));
	assert_true(str_holds(o->last_lines, "obedient: about to crash"));
}

static void a_worker_holds_what_it_was_given_and_what_it_opened(void **state)
{
	const struct seen *s;
	int inherited = open("/dev/zero", O_RDONLY), high;

	(void)state;
	high = fcntl(inherited, F_DUPFD, 200);
	assert_true(inherited >= 0 && high >= 0);
	start(OBEDIENT);
	close(inherited);
	close(high);
	s = control("descriptors");
	assert_true(str_holds(s->control.body, "0=/dev/null\n"));
	assert_true(str_holds(s->control.body, "3=socket:"));
	assert_true(str_holds(s->control.body, "4=/memfd:relink-report"));
	assert_true(str_holds(s->control.body, "[eventpoll]")); /* its own loop */
	assert_false(str_holds(s->control.body, "/dev/zero"));
}

/* --- more than the core can take --- */

static void pause_at_the_tenth(struct rig *r, const struct seen *s)
{
	if (s->kind == SEEN_EVENT && rig_count(r, SEEN_EVENT, 0) == 10)
		pool_pause(r->pool, true);
}

static void spin(uint64_t ms)
{
	for (uint64_t until = clock_ms() + ms; clock_ms() < until;)
		uv_run(&rig.loop, UV_RUN_NOWAIT);
}

static void a_flood_waits_for_the_core_and_loses_nothing(void **state)
{
	uint64_t next = 1;

	(void)state;
	start(OBEDIENT);
	rig.on_seen = pause_at_the_tenth;
	control("flood");
	rig.on_seen = NULL;
	rig_until(&rig, rig_count(&rig, SEEN_EVENT, 0) >= 10);
	pool_pause(rig.pool, true);
	spin(300);
	pool_pause(rig.pool, false);
	rig_until(&rig, rig.v[rig.n - 1].kind == SEEN_EVENT &&
			    rig.v[rig.n - 1].event.generation == FLOOD);
	for (size_t i = 0; i < rig.n; i++) {
		if (rig.v[i].kind == SEEN_EVENT)
			assert_int_equal(rig.v[i].event.generation, next++);
	}
	assert_int_equal(next, FLOOD + 1);
}

static void a_core_that_never_reads_costs_the_worker_and_it_says_so(void **state)
{
	struct pollfd p = { .events = POLLIN };
	const struct obituary *o;

	(void)state;
	start(OBEDIENT);
	p.fd = pidfd_open((pid_t)pool_pid(rig.pool, 0), 0);
	assert_true(p.fd >= 0);
	control("flood");
	pool_pause(rig.pool, true);
	assert_int_equal(poll(&p, 1, RIG_PATIENCE_MS), 1); /* it waits for 5 s */
	close(p.fd);
	pool_pause(rig.pool, false);
	o = &rig_gone(&rig, 0)->gone;
	assert_int_equal(o->exit_status, 70);
	assert_true(str_holds(o->report, "the core does not read: after 5 s"));
	assert_true(str_holds(o->report, "obedient: this is inside of me")); /* dump() */
}

static void a_plugin_that_talks_too_much_is_cut_short(void **state)
{
	(void)state;
	start(OBEDIENT);
	assert_int_equal(control("talk")->result, 0);
	assert_in_range(logged("text=\"line "), 50, 250);
}

/* --- without a pool: a core that breaks the protocol, and one that dies --- */

/* The worker on a socket of our own; its output and report are not looked at. */
static pid_t spawn_bare(int fd)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fd, 3);
		execl(WORKER, "relink-worker", "0", OBEDIENT, "test", (char *)NULL);
		_exit(99);
	}
	return pid;
}

static int exit_code_of(pid_t pid)
{
	int fd = pidfd_open(pid, 0), status;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_true(fd >= 0);
	assert_int_equal(poll(&p, 1, RIG_PATIENCE_MS), 1);
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int pack_hello(struct buf *b)
{
	struct msg_hello hello = { .proto = 1 };

	return msg_pack_notification(b, MSG_hello, &hello);
}

static int pack_reply(struct buf *b)
{
	struct msg_ping_reply reply = { .seq = 1 };

	return msg_pack_reply(b, 1, MSG_ping, NULL, &reply);
}

static int pack_garbage(struct buf *b)
{
	return buf_add(b, "\0\0\0\4\xc1\xc1\xc1\xc1", 8);
}

static int pack_huge(struct buf *b)
{
	return buf_add(b, "\x7f\xff\xff\xff", 4);
}

static int pack_unknown(struct buf *b)
{
	return buf_add(b, "\0\0\0\x09\x94\0\1\xa4sing\x80", 13);
}

static int pack_incomplete(struct buf *b)
{
	return buf_add(b, "\0\0\0\x09\x94\0\1\xa4ping\x80", 13);
}

static void a_core_that_breaks_the_protocol_ends_the_worker_with_76(void **state)
{
	static int (*const packs[])(struct buf *) = { pack_hello, pack_reply,   pack_garbage,
						      pack_huge,  pack_unknown, pack_incomplete };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(packs); i++) {
		struct buf b;
		pid_t pid;
		int fd[2];

		buf_init(&b, 1000);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
		assert_int_equal(packs[i](&b), 0);
		assert_int_equal(write(fd[0], b.p, b.n), b.n);
		pid = spawn_bare(fd[1]);
		close(fd[1]);
		assert_int_equal(exit_code_of(pid), 76);
		close(fd[0]);
		buf_fini(&b);
	}
}

static void a_core_that_closes_the_link_ends_the_worker(void **state)
{
	char byte;
	pid_t pid;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	pid = spawn_bare(fd[1]);
	close(fd[1]);
	assert_int_equal(read(fd[0], &byte, 1), 1); /* hello is coming: it runs */
	close(fd[0]);
	assert_int_equal(exit_code_of(pid), 0);
}

static void a_worker_that_nobody_started_is_of_no_use(void **state)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_int_equal(exit_code_of(spawn_bare(fd)), 64);
	close(fd);
}

/* Its parent is not who made the socket: the core died before the worker could ask to die with it. */
static void a_worker_whose_core_died_before_its_birth_ends(void **state)
{
	pid_t between;
	char byte;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	between = fork();
	assert_true(between >= 0);
	if (between == 0) {
		spawn_bare(fd[1]);
		_exit(0);
	}
	close(fd[1]);
	assert_int_equal(exit_code_of(between), 0);
	assert_int_equal(read(fd[0], &byte, 1), 0); /* the end, and no hello */
	close(fd[0]);
}

/* A core, and a process that got the core's end of the link by accident, as a careless fork would do
 * it: when the core dies, the link does not end. */
struct family {
	uint64_t worker;
	pid_t keeper;
};

static _Noreturn void be_a_core(int tell)
{
	static struct rig mine;
	struct family family;

	rig_open(&mine, WORKER, 1);
	rig_spawn(&mine, 0, OBEDIENT);
	rig_hello(&mine, 0);
	family.worker = pool_pid(mine.pool, 0);
	family.keeper = fork();
	if (family.keeper != 0 && write(tell, &family, sizeof family) != sizeof family)
		_exit(1);
	for (;;)
		pause();
}

static void a_worker_dies_with_its_core(void **state)
{
	struct pollfd p = { .events = POLLIN };
	struct family family;
	int tell[2];
	pid_t core;
	bool died;

	(void)state;
	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	core = fork();
	assert_true(core >= 0);
	if (core == 0)
		be_a_core(tell[1]);
	close(tell[1]);
	assert_int_equal(read(tell[0], &family, sizeof family), sizeof family);
	close(tell[0]);
	p.fd = pidfd_open((pid_t)family.worker, 0);
	assert_true(p.fd >= 0);
	assert_int_equal(poll(&p, 1, 0), 0); /* it lives */
	kill(core, SIGKILL);
	assert_int_equal(exit_code_of(core), -SIGKILL);
	died = poll(&p, 1, RIG_PATIENCE_MS) == 1;
	kill(family.keeper, SIGKILL);
	close(p.fd);
	assert_true(died);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, ask_open, ask_close)

/* An argument is a pattern: only the tests that it fits. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stop_closes_all_and_ends_with_0),
		TEST(a_worker_without_config_can_be_stopped),
		TEST(an_instance_that_does_not_close_is_given_up_after_the_grace),
		TEST(a_timer_that_is_left_behind_is_told),
		TEST(sigterm_is_a_stop),
		TEST(sigterm_to_a_loop_that_hangs_leaves_a_backtrace),
		TEST(a_loop_that_hangs_is_found_by_the_watchdog),
		TEST(a_crash_in_the_plugin_cancels_what_is_open),
		TEST(a_worker_holds_what_it_was_given_and_what_it_opened),
		TEST(a_flood_waits_for_the_core_and_loses_nothing),
		TEST(a_core_that_never_reads_costs_the_worker_and_it_says_so),
		TEST(a_plugin_that_talks_too_much_is_cut_short),
		cmocka_unit_test(a_core_that_breaks_the_protocol_ends_the_worker_with_76),
		cmocka_unit_test(a_core_that_closes_the_link_ends_the_worker),
		cmocka_unit_test(a_worker_that_nobody_started_is_of_no_use),
		cmocka_unit_test(a_worker_whose_core_died_before_its_birth_ends),
		cmocka_unit_test(a_worker_dies_with_its_core),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
