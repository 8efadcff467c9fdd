/* clock_test.c - time goes on, never back, and stands still when a test says so. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "child.h"

static uint64_t system_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void the_first_answer_is_the_wall_clock_s(void **state)
{
	uint64_t before = system_ms(), now = clock_ms(), wall = clock_wall_ms(),
		 after = system_ms();

	(void)state;
	/* a millisecond of slack: two clocks are rounded */
	assert_true(now + 1 >= before && now <= after + 1);
	assert_true(wall >= before && wall <= after);
}

static void time_does_not_go_back(void **state)
{
	uint64_t ms = clock_ms(), ns = clock_mono_ns();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t next_ms = clock_ms(), next_ns = clock_mono_ns();

		assert_true(next_ms >= ms && next_ns >= ns);
		ms = next_ms;
		ns = next_ns;
	}
}

static void the_clocks_run_at_the_same_speed(void **state)
{
	uint64_t ms = clock_ms(), ns = clock_mono_ns(), past_ms;

	(void)state;
	while (clock_mono_ns() - ns < 20000000ull)
		continue;
	past_ms = clock_ms() - ms;
	assert_true(past_ms >= 19);
}

static void virtual_time_stands_until_it_is_set(void **state)
{
	(void)state;
	clock_virtual(5000);
	assert_int_equal(clock_ms(), 5000);
	assert_int_equal(clock_wall_ms(), 5000);
	assert_int_equal(clock_mono_ns(), 5000000000ull);
	clock_virtual(5001);
	assert_int_equal(clock_ms(), 5001);
	clock_virtual(0);
	assert_true(clock_ms() > 1000000000000ull);
}

static void a_floor_moves_no_virtual_time(void **state)
{
	(void)state;
	clock_virtual(5000);
	clock_floor(9000);
	assert_int_equal(clock_ms(), 5000);
	clock_virtual(0);
	assert_true(clock_ms() <= system_ms() + 1);
}

/* A floor moves the process's time for good, so each case has a process. */
static void with_a_floor_ahead(void *arg)
{
	uint64_t floor_ms = clock_ms() + 3600000, now;

	(void)arg;
	clock_floor(floor_ms);
	now = clock_ms();
	/* not before the floor, going on from there, and signatures still follow the wall clock */
	if (now < floor_ms || now > floor_ms + 60000 || clock_wall_ms() >= floor_ms)
		_exit(1);
	clock_floor(floor_ms - 1800000); /* a lower one later changes nothing */
	if (clock_ms() < now || clock_ms() > now + 60000)
		_exit(2);
	while (clock_ms() == now)
		continue;
}

static void with_a_floor_behind(void *arg)
{
	uint64_t now = clock_ms();

	(void)arg;
	clock_floor(now - 1000);
	if (clock_ms() < now || clock_ms() > now + 60000)
		_exit(1);
	clock_floor(0);
	if (clock_ms() < now || clock_ms() > now + 60000)
		_exit(2);
}

static void a_floor_is_never_undercut(void **state)
{
	struct child c;

	(void)state;
	child_run(&c, with_a_floor_ahead, NULL);
	assert_int_equal(c.signal, 0);
	assert_int_equal(c.exit_status, 0);
	child_run(&c, with_a_floor_behind, NULL);
	assert_int_equal(c.signal, 0);
	assert_int_equal(c.exit_status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_answer_is_the_wall_clock_s),
		cmocka_unit_test(time_does_not_go_back),
		cmocka_unit_test(the_clocks_run_at_the_same_speed),
		cmocka_unit_test(virtual_time_stands_until_it_is_set),
		cmocka_unit_test(a_floor_moves_no_virtual_time),
		cmocka_unit_test(a_floor_is_never_undercut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
