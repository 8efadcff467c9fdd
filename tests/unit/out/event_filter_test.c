/* event_filter_test.c - types of events by name and by what they begin with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/obj.h"
#include "out/event_filter.h"
#include "policy/journal.h"

#define BIT(kind) (1ull << JOURNAL_##kind)

static void names_and_patterns_are_kinds(void **state)
{
	static const struct {
		const char *types;
		uint64_t kinds;
	} cases[] = {
		{ "account.status", BIT(STATUS) },
		{ "message.*", BIT(RECEIVED) | BIT(SENT) | BIT(ACK) | BIT(FAILED) },
		{ "incident.closed,session.gone", BIT(CALM) | BIT(GONE) },
		{ "automation.*,automation.paused", BIT(PAUSED) | BIT(RESUMED) },
		{ "account.blamed", BIT(BLAMED) },
	};
	struct str bad;
	uint64_t kinds;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(event_filter_types(str_of(cases[i].types), &kinds, &bad));
		assert_int_equal(kinds, cases[i].kinds);
	}
}

static void what_is_no_type_is_named(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "account", "account" },
		{ "account.status,,message.*", "" },
		{ "message.*,account.stat*", "account.stat*" },
		{ ".*", ".*" },
		{ "account.status ", "account.status " },
	};
	struct str bad;
	uint64_t kinds;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(event_filter_types(str_of(cases[i][0]), &kinds, &bad));
		assert_true(str_is(bad, cases[i][1]));
	}
}

static void all_that_is_asked_for_must_hold(void **state)
{
	const struct event_filter all = { .kinds = 0 };
	const struct event_filter some = { .workspace = "w", .account = "a", .kinds = BIT(STATUS) };

	(void)state;
	assert_true(event_filter_takes(&all, JOURNAL_INCIDENT, STR_NONE, STR_NONE));
	assert_true(event_filter_takes(&all, 200, STR("x"), STR("y")));
	assert_true(event_filter_takes(&some, JOURNAL_STATUS, STR("a"), STR("w")));
	assert_false(event_filter_takes(&some, JOURNAL_QR, STR("a"), STR("w")));
	assert_false(event_filter_takes(&some, JOURNAL_STATUS, STR("b"), STR("w")));
	assert_false(event_filter_takes(&some, JOURNAL_STATUS, STR("a"), STR("v")));
	assert_false(event_filter_takes(&some, 200, STR("a"), STR("w")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_patterns_are_kinds),
		cmocka_unit_test(what_is_no_type_is_named),
		cmocka_unit_test(all_that_is_asked_for_must_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
