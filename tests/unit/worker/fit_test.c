/* fit_test.c - texts of strangers, and the fence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/obj.h"
#include "worker/fence.h"
#include "worker/fit.h"

#define MAX 8
#define BAD "\xef\xbf\xbd" /* U+FFFD */

static const struct {
	const char *name, *in, *out;
} cases[] = {
	{ "nothing", "", "" },
	{ "short", "abc", "abc" },
	{ "as long as allowed", "12345678", "12345678" },
	{ "too long", "123456789", "12345678" },
	{ "two-byte character at the bound", "1234567\xc3\xa4", "1234567" },
	{ "two-byte character before the bound", "123456\xc3\xa4", "123456\xc3\xa4" },
	{ "three-byte character over the bound", "123456\xe2\x82\xac", "123456" },
	{ "four-byte character over the bound", "12345\xf0\x9f\x98\x80", "12345" },
	{ "one bad byte",
	  "a\xff"
	  "b",
	  "a" BAD "b" },
	{ "bad bytes up to the bound", "\xff\xff\xff\xff", BAD BAD },
	{ "character cut by its sender", "ab\xe2\x82", "ab" BAD BAD },
	{ "overlong slash", "\xc0\xaf", BAD BAD },
	{ "surrogate", "\xed\xa0\x80", BAD BAD },
	{ "bad byte where no room is left", "123456\xff", "123456" },
};

static void texts_are_made_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char bytes[MAX];
		struct fit_room room = { .p = bytes, .size = sizeof bytes };
		struct str in = str_of(cases[i].in);
		struct str out = fit_text(&room, fit_lend(in), MAX);

		if (!str_is(out, cases[i].out))
			fail_msg("%s: \"%.*s\"", cases[i].name, STR_ARG(out));
		assert_true(str_is_utf8(out));
		/* what is fit is not copied */
		assert_true((out.p == in.p) == str_eq(in, out));
	}
}

static void copies_share_a_room(void **state)
{
	char bytes[2 * MAX];
	struct fit_room room = { .p = bytes, .size = sizeof bytes };
	struct str a = fit_copy(&room, fit_lend(STR("first")), MAX);
	struct str b = fit_copy(&room, fit_lend(STR("second")), MAX);

	(void)state;
	assert_true(str_is(a, "first"));
	assert_true(str_is(b, "second"));
	assert_true(a.p >= bytes && a.p < bytes + sizeof bytes);
}

static void a_pointer_that_is_missing_is_an_empty_text(void **state)
{
	struct fit_room room = { 0 };

	(void)state;
	assert_int_equal(fit_text(&room, (struct relink_str){ NULL, 7 }, 0).n, 0);
}

static void numbers_from_elsewhere_become_unknown(void **state)
{
	(void)state;
	assert_int_equal(fit_state(RELINK_STATE_DOWN), RELINK_STATE_DOWN);
	assert_int_equal(fit_state((enum relink_state)RELINK_STATE_COUNT), RELINK_STATE_UNKNOWN);
	assert_int_equal(fit_cause(RELINK_INTERNAL), RELINK_INTERNAL);
	assert_int_equal(fit_cause((enum relink_cause)RELINK_CAUSE_COUNT), RELINK_UNKNOWN);
}

/* --- fence --- */

static void a_generation_passes_once_and_no_older_one_after_it(void **state)
{
	struct fence f = { 0 };
	uint64_t highest = 0;

	(void)state;
	assert_int_equal(fence_pass(&f, STR("a"), 5, &highest), 0);
	assert_int_equal(fence_pass(&f, STR("a"), 5, &highest), ERR_EXISTS);
	assert_int_equal(highest, 5);
	assert_int_equal(fence_pass(&f, STR("a"), 4, &highest), ERR_EXISTS);
	assert_int_equal(fence_pass(&f, STR("b"), 1, &highest), 0);
	assert_int_equal(fence_pass(&f, STR("a"), 6, &highest), 0);
	assert_int_equal(fence_pass(&f, STR("a"), 6, &highest), ERR_EXISTS);
	assert_int_equal(highest, 6);
	fence_fini(&f);
}

static void the_fence_forgets_who_came_first(void **state)
{
	struct fence f = { 0 };
	uint64_t highest;
	char id[16];

	(void)state;
	for (unsigned i = 0; i < FENCE_ACCOUNTS_MAX; i++) {
		snprintf(id, sizeof id, "a%u", i);
		assert_int_equal(fence_pass(&f, str_of(id), 1, &highest), 0);
	}
	assert_int_equal(fence_pass(&f, STR("a0"), 1, &highest), ERR_EXISTS);
	assert_int_equal(fence_pass(&f, STR("new"), 1, &highest), 0); /* one too many */
	assert_int_equal(fence_pass(&f, STR("a1"), 1, &highest), ERR_EXISTS);
	assert_int_equal(fence_pass(&f, STR("new"), 1, &highest), ERR_EXISTS);
	assert_int_equal(fence_pass(&f, STR("a0"), 1, &highest), 0);
	fence_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_made_fit),
		cmocka_unit_test(copies_share_a_room),
		cmocka_unit_test(a_pointer_that_is_missing_is_an_empty_text),
		cmocka_unit_test(numbers_from_elsewhere_become_unknown),
		cmocka_unit_test(a_generation_passes_once_and_no_older_one_after_it),
		cmocka_unit_test(the_fence_forgets_who_came_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
