/* alarm_test.c - alarms ring once, in order, not early and not twice in a round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/obj.h"
#include "proc/alarm.h"
#include "proc/rate.h"

static uv_loop_t loop;
static struct alarms alarms;

struct bell {
	struct alarm alarm; /* first */
	unsigned rung, again;
	uint64_t at;
};
static struct bell bells[4];
static struct bell *order[16];
static unsigned n_order;

static void on_ring(struct alarm *a)
{
	struct bell *b = (struct bell *)a;

	assert_true(clock_ms() >= b->at);
	b->rung++;
	order[n_order++ % ARRAY_LEN(order)] = b;
	if (b->again > 0) {
		b->again--;
		assert_int_equal(alarm_set(&alarms, &b->alarm, 0), 0); /* at once */
	}
}

static void set(struct bell *b, uint64_t in_ms)
{
	b->at = clock_ms() + in_ms;
	assert_int_equal(alarm_set(&alarms, &b->alarm, b->at), 0);
}

static int open_loop(void **state)
{
	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	alarms_init(&alarms, &loop);
	for (size_t i = 0; i < ARRAY_LEN(bells); i++)
		bells[i] = (struct bell){ .alarm = ALARM(on_ring) };
	n_order = 0;
	return 0;
}

static bool closed;
static void on_closed(void *ctx)
{
	assert_ptr_equal(ctx, &alarms);
	closed = true;
}

static int close_loop(void **state)
{
	(void)state;
	closed = false;
	alarms_close(&alarms, on_closed, &alarms);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(closed);
	assert_int_equal(uv_loop_close(&loop), 0);
	return 0;
}

static void they_ring_in_the_order_of_their_times(void **state)
{
	(void)state;
	set(&bells[0], 30);
	set(&bells[1], 10);
	set(&bells[2], 20);
	set(&bells[3], 1);
	set(&bells[3], 40); /* moved */
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(n_order, 4);
	assert_ptr_equal(order[0], &bells[1]);
	assert_ptr_equal(order[1], &bells[2]);
	assert_ptr_equal(order[2], &bells[0]);
	assert_ptr_equal(order[3], &bells[3]);
}

static void one_that_is_stopped_does_not_ring_and_does_not_hold_the_loop(void **state)
{
	(void)state;
	set(&bells[0], 10);
	set(&bells[1], 3600000);
	alarm_stop(&alarms, &bells[1].alarm);
	alarm_stop(&alarms, &bells[1].alarm);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(bells[0].rung, 1);
	assert_int_equal(bells[1].rung, 0);
	set(&bells[1], 3600000);
	alarm_stop(&alarms, &bells[1].alarm);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static unsigned turns;
static void count_turns(uv_prepare_t *p)
{
	turns++;
	if (bells[0].rung == 11)
		uv_close((uv_handle_t *)p, NULL);
}

static void one_that_sets_itself_again_at_once_waits_for_the_next_turn(void **state)
{
	static uv_prepare_t prepare;

	(void)state;
	turns = 0;
	uv_prepare_init(&loop, &prepare);
	uv_prepare_start(&prepare, count_turns);
	bells[0].again = 10;
	set(&bells[0], 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(bells[0].rung, 11);
	assert_in_range(turns, 11, 1000);
}

static void none_rings_while_held(void **state)
{
	(void)state;
	set(&bells[0], 1);
	alarms_hold(&alarms, true);
	set(&bells[1], 2);
	uv_run(&loop, UV_RUN_DEFAULT); /* nothing to wait for */
	assert_int_equal(n_order, 0);
	alarms_hold(&alarms, false);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(n_order, 2);
}

static void hold(struct alarm *a)
{
	((struct bell *)a)->rung++;
	alarms_hold(&alarms, true);
}

static void a_hold_in_the_middle_of_a_round_holds_the_rest(void **state)
{
	(void)state;
	bells[0].alarm.ring = hold;
	set(&bells[0], 0);
	set(&bells[1], 1);
	while (clock_ms() <= bells[1].at)
		;
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(bells[0].rung, 1);
	assert_int_equal(bells[1].rung, 0);
}

static void none_rings_after_close(void **state)
{
	(void)state;
	set(&bells[0], 0);
	set(&bells[1], 3600000);
	/* close_loop does the rest; what is set does not hold the loop */
}

static void a_rate_lets_so_many_and_so_much_through_in_a_second(void **state)
{
	struct rate r = { .things = 3, .bytes = 100 };

	(void)state;
	assert_true(rate_pass(&r, 5000, 10));
	assert_true(rate_pass(&r, 5100, 90));
	assert_false(rate_pass(&r, 5999, 1));        /* bytes */
	assert_int_equal(rate_refused(&r, 5999), 0); /* not yet over */
	assert_true(rate_pass(&r, 6000, 1));
	assert_true(rate_pass(&r, 6000, 1));
	assert_true(rate_pass(&r, 6000, 1));
	assert_false(rate_pass(&r, 6001, 1)); /* things */
	assert_false(rate_pass(&r, 6002, 1));
	assert_int_equal(rate_refused(&r, 7000), 3);
	assert_int_equal(rate_refused(&r, 7000), 0);
	assert_false(rate_pass(&r, 7000, 101)); /* larger than a second's bytes */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_loop, close_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_ring_in_the_order_of_their_times),
		TEST(one_that_is_stopped_does_not_ring_and_does_not_hold_the_loop),
		TEST(one_that_sets_itself_again_at_once_waits_for_the_next_turn),
		TEST(none_rings_while_held),
		TEST(a_hold_in_the_middle_of_a_round_holds_the_rest),
		TEST(none_rings_after_close),
		cmocka_unit_test(a_rate_lets_so_many_and_so_much_through_in_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
