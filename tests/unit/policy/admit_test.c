/*
 * admit_test.c - the token bucket keeps its promise both ways, and the classes their order.
 *
 * Never more than the burst and the rate, whatever the crowd; but also never less than the rate,
 * however often it is asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "base/rng.h"
#include "policy/account.h"
#include "policy/admit.h"

#define BEGINNING_MS 1700000000000ull
#define MINUTE       60000ull

static const struct {
	uint64_t per_minute, burst;
} settings[] = {
	{ 120, 20 }, { 1, 1 }, { 7, 3 }, { 59, 5 }, { 61, 1 }, { 119, 20 }, { 1000000, 100000 },
};

/* ---- the bucket ---- */

struct crowd {
	struct bucket b;
	uint64_t per_minute, burst, now, rng, taken;
};

static struct crowd crowd(size_t n, uint64_t seed)
{
	struct crowd c = { .per_minute = settings[n].per_minute,
			   .burst = settings[n].burst,
			   .now = BEGINNING_MS,
			   .rng = seed };

	bucket_init(&c.b, c.now);
	return c;
}

static bool take(struct crowd *c)
{
	uint64_t wait = 0;
	bool taken = bucket_take(&c->b, c->per_minute, c->burst, true, c->now, &wait);

	assert_true(taken || (wait > 0 && wait <= MINUTE / c->per_minute + 1));
	c->taken += taken;
	return taken;
}

/* Mostly a little, at times nothing, seldom long. */
static uint64_t some_time(uint64_t *rng)
{
	uint64_t kind = rng_next(rng) % 10;

	return kind == 0 ? 0 : kind < 9 ? rng_next(rng) % 50 : rng_next(rng) % (5 * MINUTE);
}

static void a_new_bucket_holds_one_start(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		struct crowd c = crowd(i, 1);

		assert_true(take(&c));
		assert_false(take(&c)); /* boot is a ramp */
	}
}

static void a_full_bucket_holds_its_burst(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		struct crowd c = crowd(i, 1);

		c.now += c.burst * MINUTE;
		while (take(&c))
			;
		assert_int_equal(c.taken, c.burst);
		c.now += 1000 * MINUTE * c.burst;
		while (take(&c))
			;
		assert_int_equal(c.taken, 2 * c.burst);
	}
}

/* In any stretch of time: at most what the bucket held at its beginning, and what came in since. */
static void no_crowd_gets_more_than_burst_and_rate(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		uint64_t from = BEGINNING_MS, before = 0;
		struct crowd c = crowd(i, 10 + i);

		for (unsigned n = 0; n < 50000; n++) {
			uint64_t tries = rng_next(&c.rng) % 8, passed;

			c.now += some_time(&c.rng);
			while (tries-- > 0 && take(&c))
				;
			passed = c.now - from;
			assert_true(c.taken - before <=
				    c.burst + passed * c.per_minute / MINUTE + 1);
			if (rng_next(&c.rng) % 100 == 0) {
				from = c.now;
				before = c.taken;
			}
		}
	}
}

static void no_asking_slows_the_rate_down(void **state)
{
	static const uint64_t every[] = { 1, 2, 7, 16 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settings) * ARRAY_LEN(every); i++) {
		struct crowd c = crowd(i / ARRAY_LEN(every), 1);
		uint64_t due = 10 * c.per_minute, every_ms = every[i % ARRAY_LEN(every)];

		while (c.now < BEGINNING_MS + 10 * MINUTE) {
			while (take(&c))
				;
			c.now += every_ms;
		}
		if (c.taken < due - due / 100)
			fail_msg("%llu a minute, asked every %llu ms: %llu starts in ten minutes",
				 (unsigned long long)c.per_minute, (unsigned long long)every_ms,
				 (unsigned long long)c.taken);
	}
}

static void whoever_waits_as_told_gets_a_start(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		struct crowd c = crowd(i, 20 + i);
		uint64_t wait;

		for (unsigned n = 0; n < 2000; n++) {
			c.now += rng_next(&c.rng) % 3;
			if (bucket_take(&c.b, c.per_minute, c.burst, true, c.now, &wait))
				continue;
			c.now += wait;
			assert_true(bucket_take(&c.b, c.per_minute, c.burst, true, c.now, &wait));
		}
	}
}

static void a_reload_that_makes_the_bucket_smaller_holds_at_once(void **state)
{
	struct crowd c = crowd(0, 1);

	(void)state;
	c.now += 10 * MINUTE; /* full: 20 */
	assert_true(take(&c));
	c.burst = 2;
	c.now += 1000;
	while (take(&c))
		;
	assert_int_equal(c.taken, 3);
}

static void a_clock_that_stands_gives_nothing(void **state)
{
	struct crowd c = crowd(0, 1);

	(void)state;
	assert_true(take(&c));
	for (unsigned n = 0; n < 1000; n++)
		assert_false(take(&c));
	c.now -= MINUTE;
	assert_false(take(&c));
}

/* Everybody but a person leaves the last start in the bucket, and loses none of the rate by it. */
static void a_person_finds_a_start_in_any_storm(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		struct crowd c = crowd(i, 30 + i);
		uint64_t wait, others = 0;

		c.now += 5 * c.burst * MINUTE;
		for (unsigned n = 0; n < 200000 && others < 5 * c.per_minute; n++) {
			if (bucket_take(&c.b, c.per_minute, c.burst, false, c.now, &wait))
				others++;
			else
				c.now += wait;
		}
		assert_true(others <= c.burst + (c.now - BEGINNING_MS) * c.per_minute / MINUTE + 1);
		if (c.burst > 1)
			assert_true(take(&c));
	}
}

static void who_leaves_the_last_start_loses_nothing_of_the_rate(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		struct crowd c = crowd(i, 1);
		uint64_t end = BEGINNING_MS + 10 * MINUTE, wait, others = 0;

		while (c.now < end) {
			if (bucket_take(&c.b, c.per_minute, c.burst, false, c.now, &wait))
				others++;
			else
				c.now += wait;
		}
		if (others + 1 + others / 100 < 10 * c.per_minute)
			fail_msg("%llu a minute: %llu starts in ten minutes",
				 (unsigned long long)c.per_minute, (unsigned long long)others);
	}
}

static void the_time_that_is_foretold_is_the_time_it_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		for (unsigned person = 0; person < 2; person++) {
			struct crowd c = crowd(i, 1);
			uint64_t ms, wait, began;

			c.now += 90000;
			began = c.now;
			ms = bucket_time(&c.b, c.per_minute, c.burst, person, c.now, 60);
			for (unsigned n = 0; n < 60; n++) {
				while (
				    !bucket_take(&c.b, c.per_minute, c.burst, person, c.now, &wait))
					c.now += wait;
			}
			assert_in_range(c.now - began, ms, ms + 60); /* waits are rounded up */
			assert_int_equal(bucket_time(&c.b, c.per_minute, c.burst, person, c.now, 0),
					 0);
		}
	}
}

/* ---- classes ---- */

static void a_person_goes_before_who_was_connected_before_others(void **state)
{
	static const struct {
		bool person, was_up;
		uint8_t priority;
		unsigned class;
	} order[] = {
		{ true, false, PRIORITY_HIGH, 0 },    { true, true, PRIORITY_HIGH, 0 },
		{ true, true, PRIORITY_NORMAL, 1 },   { true, false, PRIORITY_LOW, 2 },
		{ false, true, PRIORITY_HIGH, 3 },    { false, true, PRIORITY_NORMAL, 4 },
		{ false, true, PRIORITY_LOW, 5 },     { false, false, PRIORITY_HIGH, 6 },
		{ false, false, PRIORITY_NORMAL, 7 }, { false, false, PRIORITY_LOW, 8 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		struct account a = { .person = order[i].person,
				     .was_up = order[i].was_up,
				     .priority = order[i].priority };

		assert_int_equal(admit_class(&a), order[i].class);
		assert_true(admit_class(&a) < ADMIT_CLASSES);
	}
}

static void a_priority_of_a_newer_version_is_a_low_one(void **state)
{
	struct account a = { .priority = 200 };

	(void)state;
	assert_int_equal(admit_class(&a), ADMIT_CLASSES - 1);
}

/* ---- who shows a code ---- */

static void who_has_no_login_that_may_be_good_waits_in_the_other_line(void **state)
{
	static const struct {
		uint8_t profile;
		bool fresh_next, scans;
	} cases[] = {
		{ PROFILE_NONE, false, true },     { PROFILE_NEW, false, true },
		{ PROFILE_GOOD, false, false },    { PROFILE_GOOD, true, true },
		{ PROFILE_SUSPECT, false, false }, { PROFILE_DEAD, false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct account a = { .profile = cases[i].profile,
				     .fresh_next = cases[i].fresh_next,
				     .priority = PRIORITY_NORMAL };
		struct account starts = { .profile = cases[i].profile, .state = ST_STARTING };

		assert_int_equal(admit_line(&a), 2 * admit_class(&a) + cases[i].scans);
		assert_int_equal(admit_line_scans(admit_line(&a)), cases[i].scans);
		assert_true(admit_line(&a) < ADMIT_LINES);
		if (!cases[i].fresh_next)
			assert_int_equal(admit_scans(&starts), cases[i].scans);
	}
	assert_true(admit_scans(&(struct account){ .state = ST_QR, .profile = PROFILE_NEW }));
	assert_false(admit_scans(&(struct account){ .state = ST_UP, .profile = PROFILE_NEW }));
}

static void the_last_code_is_a_person_s(void **state)
{
	(void)state;
	for (unsigned most = 1; most < 6; most++) {
		assert_int_equal(admit_may_scan(most - 1, most, false), most == 1);
		assert_true(admit_may_scan(most - 1, most, true));
		assert_false(admit_may_scan(most, most, true));
		assert_true(most < 2 || admit_may_scan(most - 2, most, false));
	}
	assert_true(admit_may_scan(1000000, 0, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_bucket_holds_one_start),
		cmocka_unit_test(a_full_bucket_holds_its_burst),
		cmocka_unit_test(no_crowd_gets_more_than_burst_and_rate),
		cmocka_unit_test(no_asking_slows_the_rate_down),
		cmocka_unit_test(whoever_waits_as_told_gets_a_start),
		cmocka_unit_test(a_reload_that_makes_the_bucket_smaller_holds_at_once),
		cmocka_unit_test(a_clock_that_stands_gives_nothing),
		cmocka_unit_test(a_person_finds_a_start_in_any_storm),
		cmocka_unit_test(who_leaves_the_last_start_loses_nothing_of_the_rate),
		cmocka_unit_test(the_time_that_is_foretold_is_the_time_it_takes),
		cmocka_unit_test(who_has_no_login_that_may_be_good_waits_in_the_other_line),
		cmocka_unit_test(the_last_code_is_a_person_s),
		cmocka_unit_test(a_person_goes_before_who_was_connected_before_others),
		cmocka_unit_test(a_priority_of_a_newer_version_is_a_low_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
