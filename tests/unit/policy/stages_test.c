/* stages_test.c - every combination of what six steps tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/stages.h"

#define ALL 729 /* 3 to the power of STAGE_COUNT */

static struct stages of(unsigned code)
{
	struct stages s = { .first = 0 };

	for (unsigned n = 0; n < STAGE_COUNT; n++, code /= 3)
		s.v[n] = (struct stage){ .verdict = (uint8_t)(code % 3), .at = 1000 + n };
	return s;
}

static void what_lies_behind_silence_is_unknown(void **state)
{
	(void)state;
	for (unsigned code = 0; code < ALL; code++) {
		struct stages was = of(code), s = of(code);
		bool worker = was.v[STAGE_WORKER].verdict == VERDICT_GOOD;
		bool both = worker && was.v[STAGE_INSTANCE].verdict == VERDICT_GOOD;

		stages_judge(&s);
		assert_int_equal(s.v[STAGE_WORKER].verdict, was.v[STAGE_WORKER].verdict);
		assert_int_equal(s.v[STAGE_INSTANCE].verdict,
				 worker ? was.v[STAGE_INSTANCE].verdict : VERDICT_UNKNOWN);
		for (unsigned n = STAGE_LISTED; n < STAGE_COUNT; n++) {
			assert_int_equal(s.v[n].verdict, both ? was.v[n].verdict : VERDICT_UNKNOWN);
			assert_int_equal(s.v[n].at, was.v[n].at);
		}
	}
}

static void the_first_bad_one_is_named_else_the_first_unknown(void **state)
{
	(void)state;
	for (unsigned code = 0; code < ALL; code++) {
		struct stages s = of(code);
		unsigned bad = STAGE_COUNT, unknown = STAGE_COUNT;

		stages_judge(&s);
		for (unsigned n = STAGE_COUNT; n-- > 0;) {
			bad = s.v[n].verdict == VERDICT_BAD ? n : bad;
			unknown = s.v[n].verdict == VERDICT_UNKNOWN ? n : unknown;
		}
		assert_int_equal(s.first, bad != STAGE_COUNT ? bad : unknown);
	}
}

static void evidence_without_a_time_is_none(void **state)
{
	struct stages s = of(ALL - 1);

	(void)state;
	for (unsigned n = 0; n < STAGE_COUNT; n++)
		s.v[n].verdict = VERDICT_GOOD;
	stages_judge(&s);
	assert_int_equal(s.first, STAGE_COUNT);
	s.v[STAGE_MESSAGES].at = 0;
	stages_judge(&s);
	assert_int_equal(s.first, STAGE_MESSAGES);
	assert_string_equal(verdict_name(s.v[STAGE_MESSAGES].verdict), "unknown");
}

static void names_are_stable(void **state)
{
	static const char *const names[] = { "worker", "instance",   "listed",
					     "engine", "round_trip", "messages" };

	(void)state;
	for (unsigned n = 0; n < STAGE_COUNT; n++) {
		assert_string_equal(stage_name(n), names[n]);
		assert_true(strlen(stage_text(n)) > 10);
	}
	assert_string_equal(stage_name(STAGE_COUNT), "?");
	assert_string_equal(stage_text(STAGE_COUNT), "?");
	assert_string_equal(verdict_name(VERDICT_GOOD), "good");
	assert_string_equal(verdict_name(VERDICT_BAD), "bad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lies_behind_silence_is_unknown),
		cmocka_unit_test(the_first_bad_one_is_named_else_the_first_unknown),
		cmocka_unit_test(evidence_without_a_time_is_none),
		cmocka_unit_test(names_are_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
