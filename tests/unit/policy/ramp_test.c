/*
 * ramp_test.c - good starts widen, bad ones narrow once a round, and nothing leaves its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "base/rng.h"
#include "policy/account.h"
#include "policy/ramp.h"

#define BEGINNING_MS 1700000000000ull
#define MOST         64

struct at {
	struct ramp r;
	uint64_t now;
};

static struct at begin(uint64_t first)
{
	struct at at = { .now = BEGINNING_MS };

	ramp_restart(&at.r, first, at.now);
	return at;
}

static uint64_t width(const struct at *at)
{
	return ramp_slots(&at->r, MOST);
}

/* As many starts as may be, together, and others behind them; each takes `ms`. */
static void round_of(struct at *at, enum start_outcome outcome, uint64_t ms)
{
	uint64_t n = width(at), began = ++at->now;

	at->now += ms;
	for (uint64_t left = n; left > 0; left--)
		ramp_ended(&at->r, outcome, began, at->now, n, MOST);
}

static void every_good_start_makes_room_for_one_more(void **state)
{
	struct at at = begin(2);

	(void)state;
	assert_int_equal(width(&at), 2);
	ramp_ended(&at.r, START_WELL, at.now, at.now + 100, 2, MOST);
	assert_int_equal(width(&at), 3);
	for (unsigned n = 0; n < 10; n++)
		round_of(&at, START_WELL, 100);
	assert_int_equal(width(&at), MOST - 1); /* the last is a person's */
	assert_false(ramp_lets(&at.r, MOST, false, MOST - 1, 0));
	assert_true(ramp_lets(&at.r, MOST, true, MOST - 1, 0));
}

static void ten_that_fail_together_are_one_setback(void **state)
{
	struct at at = begin(16);

	(void)state;
	round_of(&at, START_BADLY, 90000);
	assert_int_equal(width(&at), 8);
	round_of(&at, START_BADLY, 1);
	assert_int_equal(width(&at), 4);
}

static void it_never_goes_below_one(void **state)
{
	struct at at = begin(3);

	(void)state;
	for (unsigned n = 0; n < 20; n++)
		round_of(&at, START_BADLY, 10);
	assert_int_equal(width(&at), 1);
	assert_true(ramp_lets(&at.r, MOST, true, 1, 0));
	round_of(&at, START_WELL, 10);
	assert_int_equal(width(&at), 2);
}

static void after_a_setback_a_whole_round_makes_room_for_one(void **state)
{
	struct at at = begin(16);

	(void)state;
	round_of(&at, START_BADLY, 10);
	for (uint64_t n = 8; n < 12; n++) {
		assert_int_equal(width(&at), n);
		round_of(&at, START_WELL, 10);
		if (width(&at) == n) /* parts are rounded down: one more start is enough */
			ramp_ended(&at.r, START_WELL, at.now, at.now, n, MOST);
	}
}

static void a_restart_begins_low_and_forgives(void **state)
{
	struct at at = begin(2);

	(void)state;
	round_of(&at, START_BADLY, 10);
	for (unsigned n = 0; n < 50; n++)
		round_of(&at, START_WELL, 10);
	ramp_restart(&at.r, 2, at.now);
	assert_int_equal(width(&at), 2);
	/* one that began before it failed with what was there then */
	ramp_ended(&at.r, START_BADLY, at.now - 5, at.now + 5, 2, MOST);
	assert_int_equal(width(&at), 2);
	round_of(&at, START_WELL, 10);
	assert_int_equal(width(&at), 4);
}

static void a_slow_start_is_no_failure(void **state)
{
	struct at at = begin(2);

	(void)state;
	round_of(&at, START_WELL, 89999);
	round_of(&at, START_WELL, 89999);
	assert_int_equal(width(&at), 8);
}

static void what_is_not_used_does_not_grow(void **state)
{
	struct at at = begin(8);

	(void)state;
	for (unsigned n = 0; n < 100; n++)
		ramp_ended(&at.r, START_WELL, at.now, at.now + 1, 1, MOST);
	assert_int_equal(width(&at), 8);
}

static void what_somebody_wished_says_nothing(void **state)
{
	struct at at = begin(8);

	(void)state;
	round_of(&at, START_NEITHER, 10);
	assert_int_equal(width(&at), 8);
	assert_int_equal(at.r.mean, 0);
}

static void one_slot_is_everybody_s(void **state)
{
	struct at at = begin(8);

	(void)state;
	for (unsigned person = 0; person < 2; person++) {
		assert_true(ramp_lets(&at.r, 1, person, 0, 0));
		assert_false(ramp_lets(&at.r, 1, person, 1, 0));
		assert_int_equal(ramp_lets(&at.r, 2, person, 1, 0), person);
		assert_false(ramp_lets(&at.r, 2, person, 2, 0));
	}
}

/* Eight were under way when the room was halved twice; who clicks does not wait for six of them. */
static void a_person_waits_for_no_start_of_others(void **state)
{
	struct at at = begin(8);

	(void)state;
	round_of(&at, START_BADLY, 10);
	round_of(&at, START_BADLY, 10);
	assert_int_equal(width(&at), 2);
	assert_false(ramp_lets(&at.r, MOST, false, 8, 0));
	assert_true(ramp_lets(&at.r, MOST, true, 8, 0));
	assert_true(ramp_lets(&at.r, MOST, true, 9, 1));
	assert_false(ramp_lets(&at.r, MOST, true, 10, 2)); /* a crowd of people is a crowd */
}

static void no_story_leaves_the_bounds(void **state)
{
	uint64_t rng = 7;

	(void)state;
	for (unsigned n = 0; n < 200; n++) {
		struct at at = begin(rng_next(&rng) % 5);
		uint64_t most = 1 + rng_next(&rng) % 12;

		for (unsigned k = 0; k < 500; k++) {
			uint64_t slots = ramp_slots(&at.r, most);

			assert_in_range(slots, 1, most > 1 ? most - 1 : 1);
			assert_true(ramp_lets(&at.r, most, true, most - 1, 0));
			assert_false(ramp_lets(&at.r, most, true, most, 0));
			assert_int_equal(ramp_lets(&at.r, most, false, slots, 0), false);
			at.now += rng_next(&rng) % 1000;
			ramp_ended(&at.r, rng_next(&rng) % 3, at.now - rng_next(&rng) % 5000,
				   at.now, 1 + rng_next(&rng) % slots, most);
		}
	}
}

/* ---- how long it will take ---- */

static void free_slots_cost_no_time_and_the_rest_goes_in_rounds(void **state)
{
	struct at at = begin(4);
	uint64_t ms;

	(void)state;
	assert_true(ramp_time(&at.r, 4, 1, 3, &ms));
	assert_int_equal(ms, 0);
	assert_false(ramp_time(&at.r, 4, 1, 4, &ms)); /* none has ended yet: nobody knows */
	ramp_ended(&at.r, START_WELL, at.now, at.now + 10000, 4, MOST);
	assert_true(ramp_time(&at.r, 4, 4, 8, &ms));
	assert_int_equal(ms, 20000);
	assert_true(ramp_time(&at.r, 4, 9, 1, &ms)); /* it was narrowed meanwhile */
	assert_int_equal(ms, 2500);
}

static void the_mean_follows_the_last_starts(void **state)
{
	struct at at = begin(1);

	(void)state;
	for (unsigned n = 0; n < 50; n++)
		ramp_ended(&at.r, START_WELL, at.now, at.now + 1000, 1, 1);
	assert_in_range(at.r.mean, 1000, 1010);
	for (unsigned n = 0; n < 50; n++)
		ramp_ended(&at.r, START_WELL, at.now, at.now + 90000, 1, 1);
	assert_in_range(at.r.mean, 85000, 90010);
}

/* ---- what came of it ---- */

static void a_start_that_got_somewhere_went_well(void **state)
{
	static const uint8_t states[] = { ST_QR, ST_AUTH, ST_UP };

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(states); n++) {
		struct account a = { .state = states[n], .cause = RELINK_NETWORK };

		assert_int_equal(start_outcome_of(&a), START_WELL);
	}
}

static void who_is_to_blame_is_the_cause_s(void **state)
{
	static const uint8_t bad[] = { RELINK_GONE,    RELINK_ENGINE_CRASH,  RELINK_ENGINE_HANG,
				       RELINK_NETWORK, RELINK_PROVIDER_DOWN, RELINK_THROTTLED,
				       RELINK_CAPACITY };

	(void)state;
	for (unsigned cause = 0; cause <= RELINK_CAUSE_COUNT; cause++) {
		struct account waits = { .state = ST_WAITING, .cause = (uint8_t)cause };
		struct account closes = { .state = ST_CLOSING,
					  .after = AFTER_HOLD,
					  .cause = (uint8_t)cause };
		bool is_bad = false;

		for (size_t n = 0; n < ARRAY_LEN(bad); n++)
			is_bad |= bad[n] == cause;
		assert_int_equal(start_outcome_of(&waits), is_bad ? START_BADLY : START_NEITHER);
		assert_int_equal(start_outcome_of(&closes), is_bad ? START_BADLY : START_NEITHER);
	}
}

static void a_wish_is_nobody_s_fault_whatever_the_last_cause_was(void **state)
{
	static const struct account wished[] = {
		{ .state = ST_QUEUED, .cause = RELINK_NETWORK },
		{ .state = ST_IDLE, .cause = RELINK_NETWORK },
		{ .state = ST_CLOSING, .after = AFTER_START, .cause = RELINK_NETWORK },
		{ .state = ST_CLOSING, .after = AFTER_DELETE, .cause = RELINK_NETWORK },
	};

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(wished); n++)
		assert_int_equal(start_outcome_of(&wished[n]), START_NEITHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_good_start_makes_room_for_one_more),
		cmocka_unit_test(ten_that_fail_together_are_one_setback),
		cmocka_unit_test(it_never_goes_below_one),
		cmocka_unit_test(after_a_setback_a_whole_round_makes_room_for_one),
		cmocka_unit_test(a_restart_begins_low_and_forgives),
		cmocka_unit_test(a_slow_start_is_no_failure),
		cmocka_unit_test(what_is_not_used_does_not_grow),
		cmocka_unit_test(what_somebody_wished_says_nothing),
		cmocka_unit_test(one_slot_is_everybody_s),
		cmocka_unit_test(a_person_waits_for_no_start_of_others),
		cmocka_unit_test(no_story_leaves_the_bounds),
		cmocka_unit_test(free_slots_cost_no_time_and_the_rest_goes_in_rounds),
		cmocka_unit_test(the_mean_follows_the_last_starts),
		cmocka_unit_test(a_start_that_got_somewhere_went_well),
		cmocka_unit_test(who_is_to_blame_is_the_cause_s),
		cmocka_unit_test(a_wish_is_nobody_s_fault_whatever_the_last_cause_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
