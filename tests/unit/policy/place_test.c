/* place_test.c - a new account goes to the least loaded instance that has room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "base/rng.h"
#include "policy/place.h"

static void the_least_loaded_with_room_is_chosen(void **state)
{
	static const struct {
		const char *name;
		struct place_candidate c[4];
		int chosen;
	} cases[] = {
		{ "the empty one", { { 5, 10 }, { 0, 10 }, { 1, 10 } }, 1 },
		{ "by share, not by number", { { 40, 100 }, { 5, 10 }, { 3, 10 } }, 2 },
		{ "the first of equals", { { 1, 2 }, { 5, 10 }, { 50, 100 } }, 0 },
		{ "the first of empty ones", { { 0, 1 }, { 0, 100 } }, 0 },
		{ "not the full one", { { 10, 10 }, { 9, 10 } }, 1 },
		{ "not one over its capacity", { { 12, 10 }, { 99, 100 } }, 1 },
		{ "not one without capacity", { { 0, 0 }, { 3, 4 } }, 1 },
		{ "none when all are full", { { 10, 10 }, { 1, 1 } }, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int chosen = place_choose(cases[i].c, 4);

		if (chosen != cases[i].chosen)
			fail_msg("%s: %d instead of %d", cases[i].name, chosen, cases[i].chosen);
	}
}

static void without_instances_there_is_no_place(void **state)
{
	(void)state;
	assert_int_equal(place_choose(NULL, 0), -1);
}

static void the_largest_numbers_compare_right(void **state)
{
	static const struct place_candidate c[] = { { 999999, 1000000 }, { 999998, 1000000 } };

	(void)state;
	assert_int_equal(place_choose(c, 2), 1);
}

/* One by one, whatever the capacities: the shares stay together until everything is full. */
static void many_accounts_fill_all_instances_evenly(void **state)
{
	struct place_candidate c[16];
	uint64_t rng = 1, room = 0;
	int n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		c[i] = (struct place_candidate){ 0, 1 + rng_next(&rng) % 500 };
		room += c[i].capacity;
	}
	while ((n = place_choose(c, ARRAY_LEN(c))) >= 0) {
		for (size_t i = 0; i < ARRAY_LEN(c); i++)
			assert_true(c[n].accounts * c[i].capacity <=
					c[i].accounts * c[n].capacity ||
				    c[i].accounts >= c[i].capacity);
		c[n].accounts++;
		room--;
	}
	assert_int_equal(room, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_loaded_with_room_is_chosen),
		cmocka_unit_test(without_instances_there_is_no_place),
		cmocka_unit_test(the_largest_numbers_compare_right),
		cmocka_unit_test(many_accounts_fill_all_instances_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
