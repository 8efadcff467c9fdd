/* killpoint_test.c - the process dies where the environment says, and nowhere in a release build. */
#include "base/killpoint.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "child.h"

/* Three rounds over two places; each step that was survived is a byte on stderr. */
static void three_rounds(void *arg)
{
	const char *const *env = arg;

	if (env[0] != NULL)
		setenv("RELINK_KILL", env[0], 1);
	if (env[1] != NULL)
		setenv("RELINK_KILL_TRACE", env[1], 1);
	for (int round = 0; round < 3; round++) {
		KP("test.first");
		dprintf(STDERR_FILENO, "1");
		KP("test.second");
		dprintf(STDERR_FILENO, "2");
	}
}

static void run_with(struct child *c, const char *kill, const char *trace)
{
	const char *env[] = { kill, trace };

	child_run(c, three_rounds, env);
}

#ifdef RELINK_KILLPOINTS
static void the_process_dies_at_the_named_visit(void **state)
{
	static const struct {
		const char *env, *survived;
		int signal;
	} cases[] = {
		{ NULL, "121212", 0 },
		{ "test.first", "", SIGKILL },
		{ "test.second", "1", SIGKILL },
		{ "test.first:1", "", SIGKILL },
		{ "test.first:3", "1212", SIGKILL },
		{ "test.second:3", "12121", SIGKILL },
		{ "test.first:4", "121212", 0 },
		{ "test.first:0", "121212", 0 },
		{ "test.first:", "121212", 0 },
		{ "test", "121212", 0 },
		{ "test.first.and.more", "121212", 0 },
		{ "", "121212", 0 },
		{ "a-name-that-is-longer-than-any-kill-point-of-ours-will-ever-be.x:1", "121212",
		  0 },
	};
	struct child c;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		run_with(&c, cases[i].env, NULL);
		if (c.signal != cases[i].signal || strcmp(c.said, cases[i].survived) != 0)
			fail_msg("%s: signal %d after %s", cases[i].env, c.signal, c.said);
	}
}

static void a_trace_names_each_place_once_also_the_last(void **state)
{
	char path[] = "killpoint_trace_XXXXXX", text[256];
	int fd = mkstemp(path);
	struct child c;

	(void)state;
	assert_true(fd >= 0);
	run_with(&c, NULL, path);
	assert_int_equal(c.signal, 0);
	child_read_all(fd, text, sizeof text);
	assert_string_equal(text, "test.first\ntest.second\n");
	/* the next process adds to it, and the point that kills is in it */
	run_with(&c, "test.first", path);
	assert_int_equal(c.signal, SIGKILL);
	child_read_all(fd, text, sizeof text);
	assert_string_equal(text, "test.first\ntest.second\ntest.first\n");
	close(fd);
	unlink(path);
}

static void a_trace_that_cannot_be_written_changes_nothing(void **state)
{
	struct child c;

	(void)state;
	run_with(&c, "test.second:2", "no/such/folder/trace");
	assert_int_equal(c.signal, SIGKILL);
	assert_string_equal(c.said, "121");
}
#else
static void without_kill_points_the_environment_is_not_asked(void **state)
{
	struct child c;

	(void)state;
	run_with(&c, "test.first", NULL);
	assert_int_equal(c.signal, 0);
	assert_string_equal(c.said, "121212");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef RELINK_KILLPOINTS
		cmocka_unit_test(the_process_dies_at_the_named_visit),
		cmocka_unit_test(a_trace_names_each_place_once_also_the_last),
		cmocka_unit_test(a_trace_that_cannot_be_written_changes_nothing),
#else
		cmocka_unit_test(without_kill_points_the_environment_is_not_asked),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
