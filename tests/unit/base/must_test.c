/* must_test.c - a broken promise ends the process, and its last words can be read afterwards. */
#include "base/must.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/obj.h"
#include "child.h"

#define ONE_MAGIC 0x00000001u
#define TWO_MAGIC 0x00000002u

struct thing {
	uint32_t magic;
	int value;
};

static void what_holds_costs_nothing_and_is_asked_once(void **state)
{
	int asked = 0;

	(void)state;
	must(++asked == 1);
	assert_int_equal(asked, 1);
}

static void break_a_promise(void *arg)
{
	int fd = *(int *)arg;

	must_report_to(fd);
	must(1 + 1 == 3);
}

static void assert_reports_the_promise(const char *text)
{
	assert_non_null(strstr(text, "relink: bug: 1 + 1 == 3 does not hold in break_a_promise ("));
	assert_non_null(strstr(text, "must_test.c:"));
	/* the sentence, then a line for each frame, with the addresses to look up */
	assert_non_null(strstr(strchr(text, '\n'), "[0x"));
}

static void a_broken_promise_aborts_with_a_report_on_stderr_and_the_report_descriptor(void **state)
{
	int fd = memfd_create("report", MFD_CLOEXEC);
	char report[8192];
	struct child c;

	(void)state;
	child_run(&c, break_a_promise, &fd);
	assert_int_equal(c.signal, SIGABRT);
	assert_reports_the_promise(c.said);
	child_read_all(fd, report, sizeof report);
	assert_reports_the_promise(report);
	close(fd);
}

static void without_a_report_descriptor_stderr_is_enough(void **state)
{
	struct child c;

	(void)state;
	child_run(&c, break_a_promise, &(int){ -1 });
	assert_int_equal(c.signal, SIGABRT);
	assert_reports_the_promise(c.said);
}

static void come_where_nobody_comes(void *arg)
{
	(void)arg;
	must_not_reach("the end of the world");
}

static void a_place_that_is_not_reached_says_its_name(void **state)
{
	struct child c;

	(void)state;
	child_run(&c, come_where_nobody_comes, NULL);
	assert_int_equal(c.signal, SIGABRT);
	assert_non_null(strstr(c.said, "not reached: the end of the world"));
}

struct death {
	int signal, fd;
};

static void die_of_a_signal(void *arg)
{
	const struct death *d = arg;

	must_report_to(d->fd);
	must_catch_signals();
	raise(d->signal);
}

static void a_fatal_signal_is_reported_and_still_what_kills(void **state)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		struct death d = { signals[i], memfd_create("report", MFD_CLOEXEC) };
		char report[8192], sentence[64];
		struct child c;

		child_run(&c, die_of_a_signal, &d);
		assert_int_equal(c.signal, signals[i]);
		snprintf(sentence, sizeof sentence, "relink: died of signal %d\n", signals[i]);
		child_read_all(d.fd, report, sizeof report);
		assert_ptr_equal(strstr(report, sentence), report);
		assert_non_null(strstr(report, "[0x"));
		assert_non_null(strstr(c.said, sentence));
		close(d.fd);
	}
}

/* Not written as a plain recursion: compilers see through that. */
static int deeper(volatile int *depth)
{
	volatile char ballast[1024];

	ballast[0] = (char)*depth;
	*depth += 1;
	return *depth > 0 ? deeper(depth) + ballast[0] : 0;
}

static void overflow_the_stack(void *arg)
{
	int depth = 0;

	(void)arg;
	must_catch_signals();
	deeper(&depth);
}

static void a_stack_overflow_has_last_words_too(void **state)
{
	struct child c;

	(void)state;
	child_run(&c, overflow_the_stack, NULL);
	assert_int_equal(c.signal, SIGSEGV);
	assert_non_null(strstr(c.said, "relink: died of signal 11\n"));
}

static void break_a_promise_with_signals_caught(void *arg)
{
	(void)arg;
	must_catch_signals();
	must_not_reach("the end of the world");
}

static void a_broken_promise_is_not_reported_again_as_a_signal(void **state)
{
	struct child c;

	(void)state;
	child_run(&c, break_a_promise_with_signals_caught, NULL);
	assert_int_equal(c.signal, SIGABRT);
	assert_non_null(strstr(c.said, "not reached: the end of the world"));
	assert_null(strstr(c.said, "died of signal"));
}

static void an_object_knows_its_type(void **state)
{
	struct thing t = { .value = 7 }, *back = NULL;
	void *p = &t;

	(void)state;
	OBJ_INIT(&t, ONE_MAGIC);
	OBJ_CAST(back, p, ONE_MAGIC);
	assert_int_equal(back->value, 7);
	OBJ_FINI(&t);
	assert_int_equal(t.magic, 0);
}

static void cast_wrongly(void *arg)
{
	struct thing *t;

	OBJ_CAST(t, arg, TWO_MAGIC);
	(void)t;
}

static void a_wrong_finished_or_missing_object_aborts_at_the_cast(void **state)
{
	struct thing one = { ONE_MAGIC, 0 }, finished = { TWO_MAGIC, 0 };
	struct thing *const wrong[] = { &one, &finished, NULL };
	struct child c;

	(void)state;
	OBJ_FINI(&finished);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		child_run(&c, cast_wrongly, wrong[i]);
		assert_int_equal(c.signal, SIGABRT);
		assert_non_null(strstr(c.said, "does not hold in cast_wrongly"));
	}
}

static void take_leaves_nothing_behind(void **state)
{
	int v = 1, *from = &v;
	int *to = TAKE(from);

	(void)state;
	assert_ptr_equal(to, &v);
	assert_null(from);
	assert_int_equal(MIN_OF(1, 2), 1);
	assert_int_equal(MAX_OF(1, 2), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_holds_costs_nothing_and_is_asked_once),
		cmocka_unit_test(
		    a_broken_promise_aborts_with_a_report_on_stderr_and_the_report_descriptor),
		cmocka_unit_test(without_a_report_descriptor_stderr_is_enough),
		cmocka_unit_test(a_place_that_is_not_reached_says_its_name),
		cmocka_unit_test(a_fatal_signal_is_reported_and_still_what_kills),
		cmocka_unit_test(a_stack_overflow_has_last_words_too),
		cmocka_unit_test(a_broken_promise_is_not_reported_again_as_a_signal),
		cmocka_unit_test(an_object_knows_its_type),
		cmocka_unit_test(a_wrong_finished_or_missing_object_aborts_at_the_cast),
		cmocka_unit_test(take_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
