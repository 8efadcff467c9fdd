/* backoff_test.c - jittered delays are inside their bounds, use all of them, and can be repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/obj.h"
#include "policy/backoff.h"

#define DRAWS 2000

static const struct {
	uint64_t base, cap;
} settings[] = {
	{ 2000, 300000 }, { 10, 10 }, { 1, UINT64_MAX }, { 10, 86400000 }, { 3600000, 3600000 },
};
static const unsigned exponents[] = { 0, 1, 2, 7, 8, 31, 32, 63, 64, 255, 1u << 31, UINT32_MAX };

/* min(cap, base * 2^n), said with 128 bits instead of care. */
static uint64_t top_of(uint64_t base, uint64_t cap, unsigned n)
{
	unsigned __int128 top = (unsigned __int128)base << MIN_OF(n, 100);

	return top < cap ? (uint64_t)top : cap;
}

static void every_delay_is_inside_its_bounds(void **state)
{
	uint64_t rng = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		for (size_t k = 0; k < ARRAY_LEN(exponents); k++) {
			uint64_t base = settings[i].base, cap = settings[i].cap;
			uint64_t top = top_of(base, cap, exponents[k]);

			for (unsigned n = 0; n < DRAWS; n++) {
				uint64_t delay = backoff_delay(&rng, base, cap, exponents[k]);

				assert_true(delay >= base && delay <= top);
			}
		}
	}
}

/* Full jitter: any delay between the bounds is as likely as any other. */
static void the_whole_range_is_used_evenly(void **state)
{
	unsigned tenths[10] = { 0 };
	uint64_t rng = 2, base = 2000, top = 2000 << 5;

	(void)state;
	for (unsigned n = 0; n < 10 * DRAWS; n++) {
		uint64_t delay = backoff_delay(&rng, base, 300000, 5);

		tenths[(delay - base) * 10 / (top - base + 1)]++;
	}
	for (size_t i = 0; i < ARRAY_LEN(tenths); i++)
		assert_in_range(tenths[i], DRAWS * 9 / 10, DRAWS * 11 / 10);
}

static void both_ends_are_reached(void **state)
{
	bool seen[5] = { false };
	uint64_t rng = 3;

	(void)state;
	for (unsigned n = 0; n < DRAWS; n++)
		seen[backoff_delay(&rng, 4, 1000, 1) - 4] = true;
	for (size_t i = 0; i < ARRAY_LEN(seen); i++)
		assert_true(seen[i]);
}

static void the_first_delay_is_the_base(void **state)
{
	uint64_t rng = 4;

	(void)state;
	assert_int_equal(backoff_delay(&rng, 2000, 300000, 0), 2000);
}

static void a_seed_repeats_its_delays(void **state)
{
	uint64_t a = 5, b = 5, c = 6;
	unsigned alike = 0;

	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		uint64_t delay = backoff_delay(&a, 2000, 300000, 6);

		assert_int_equal(delay, backoff_delay(&b, 2000, 300000, 6));
		alike += delay == backoff_delay(&c, 2000, 300000, 6);
	}
	assert_true(alike < 5);
}

static void a_spread_adds_up_to_a_tenth(void **state)
{
	static const uint64_t times[] = { 0, 1, 9, 10, 15000, 3600000 };
	uint64_t rng = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		uint64_t least = UINT64_MAX, most = 0, ms = times[i];

		for (unsigned n = 0; n < DRAWS; n++) {
			uint64_t spread = backoff_spread(&rng, ms);

			least = MIN_OF(least, spread);
			most = MAX_OF(most, spread);
		}
		assert_true(least >= ms && most <= ms + ms / 10);
		assert_true(most - least >= ms / 10 * 9 / 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_delay_is_inside_its_bounds),
		cmocka_unit_test(the_whole_range_is_used_evenly),
		cmocka_unit_test(both_ends_are_reached),
		cmocka_unit_test(the_first_delay_is_the_base),
		cmocka_unit_test(a_seed_repeats_its_delays),
		cmocka_unit_test(a_spread_adds_up_to_a_tenth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
