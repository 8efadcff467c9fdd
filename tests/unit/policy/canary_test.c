/* canary_test.c - when a trial has failed, and how many accounts take part in one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "policy/canary.h"
#include "policy/cause.h"

#define NOW 1700000000000ull

static void a_trial_fails_when_it_is_clearly_worse_than_the_others(void **state)
{
	static const struct {
		const char *name;
		struct canary_count mine, others;
		bool fails;
	} cases[] = {
		{ "nothing happened", { 0, 0 }, { 0, 0 }, false },
		{ "few failures are chance", { 0, 4 }, { 100, 0 }, false },
		{ "five of five, and the others are well", { 0, 5 }, { 100, 0 }, true },
		{ "five of five, and nobody to compare with", { 0, 5 }, { 0, 0 }, true },
		{ "less than half, and nobody to compare with", { 6, 5 }, { 0, 0 }, false },
		{ "twice the share", { 10, 10 }, { 75, 25 }, true },
		{ "not quite twice the share", { 10, 10 }, { 74, 26 }, false },
		{ "all fail everywhere", { 0, 50 }, { 0, 500 }, false },
		{ "half of the others' fails too", { 5, 5 }, { 50, 50 }, false },
		{ "a tenth, where others never fail", { 45, 5 }, { 100, 0 }, true },
		{ "less than a tenth, where others never fail", { 46, 5 }, { 100, 0 }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (canary_fails(&cases[i].mine, &cases[i].others) != cases[i].fails)
			fail_msg("%s: %d", cases[i].name, !cases[i].fails);
	}
}

static void what_is_old_counts_no_more(void **state)
{
	struct canary_tally t = { 0 };
	struct canary_count n;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		canary_note(&t, NOW, false);
	canary_note(&t, NOW + CANARY_HALF_MS, true);
	n = canary_counted(&t, NOW + CANARY_HALF_MS);
	assert_int_equal(n.bad, 3);
	assert_int_equal(n.good, 1);
	n = canary_counted(&t, NOW + 2 * CANARY_HALF_MS);
	assert_int_equal(n.bad, 0);
	assert_int_equal(n.good, 1);
	n = canary_counted(&t, NOW + 9 * (uint64_t)CANARY_HALF_MS);
	assert_int_equal(n.good, 0);
}

static void a_share_is_rounded_up(void **state)
{
	static const struct {
		uint64_t here, all, percent;
		bool room;
	} cases[] = {
		{ 0, 0, 5, true },     { 1, 1, 5, false },    { 1, 19, 5, false },
		{ 1, 20, 5, true },    { 2, 39, 5, false },   { 5, 99, 5, false },
		{ 5, 100, 5, true },   { 50, 100, 50, true }, { 51, 100, 50, false },
		{ 99, 99, 100, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (canary_has_room(cases[i].here, cases[i].all, cases[i].percent) != cases[i].room)
			fail_msg("case %zu: %d", i, !cases[i].room);
	}
}

static void what_people_and_phones_do_blames_no_instance(void **state)
{
	static const uint8_t theirs[] = { RELINK_NONE,       RELINK_REPLACED, RELINK_QR_EXPIRED,
					  RELINK_BY_REQUEST, RELINK_BANNED,   RELINK_CANCELLED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(theirs); i++)
		assert_false(canary_blames(theirs[i]));
	assert_true(canary_blames(RELINK_ENGINE_CRASH));
	assert_true(canary_blames(RELINK_LOGGED_OUT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trial_fails_when_it_is_clearly_worse_than_the_others),
		cmocka_unit_test(what_is_old_counts_no_more),
		cmocka_unit_test(a_share_is_rounded_up),
		cmocka_unit_test(what_people_and_phones_do_blames_no_instance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
