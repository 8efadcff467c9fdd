/* err_test.c - codes have names, and the sentence for people survives its way up. */
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_code_is_negative_and_has_its_own_name_and_text(void **state)
{
	static const int codes[] = {
#define E(name, n, text) ERR_##name,
		ERR_MAP(E)
#undef E
	};
	size_t n = sizeof codes / sizeof codes[0];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_true(codes[i] < 0);
		assert_string_not_equal(err_name(codes[i]), "UNKNOWN");
		assert_string_not_equal(err_text(codes[i]), "unknown error");
		for (size_t k = 0; k < i; k++) {
			assert_int_not_equal(codes[i], codes[k]);
			assert_string_not_equal(err_name(codes[i]), err_name(codes[k]));
			assert_string_not_equal(err_text(codes[i]), err_text(codes[k]));
		}
	}
	assert_string_equal(err_name(ERR_NOTFOUND), "NOTFOUND");
	assert_string_equal(err_text(ERR_NOTFOUND), "not found");
}

static void numbers_that_are_no_code_have_words_too(void **state)
{
	(void)state;
	assert_string_equal(err_name(0), "OK");
	assert_string_equal(err_name(17), "OK");
	assert_string_equal(err_text(0), "no error");
	assert_string_equal(err_name(-9999), "UNKNOWN");
	assert_string_equal(err_text(-9999), "unknown error");
}

static void the_reason_goes_into_a_return_statement(void **state)
{
	struct why why = { 0 };

	(void)state;
	assert_int_equal(why_set(&why, ERR_RANGE, "port %d is above %d", 70000, 65535), ERR_RANGE);
	assert_int_equal(why.code, ERR_RANGE);
	assert_string_equal(why.text, "port 70000 is above 65535");
}

static void nobody_has_to_listen(void **state)
{
	(void)state;
	assert_int_equal(why_set(NULL, ERR_RANGE, "x"), ERR_RANGE);
	assert_int_equal(why_errno(NULL, ERR_IO, "x"), ERR_IO);
	assert_true(why_prefix(NULL, "x") < 0);
}

static void the_system_s_reason_is_added_and_errno_stays(void **state)
{
	struct why why = { 0 };

	(void)state;
	errno = ENOENT;
	assert_int_equal(why_errno(&why, ERR_IO, "cannot open \"%s\"", "x.yaml"), ERR_IO);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(why.text, "cannot open \"x.yaml\": No such file or directory");
}

static void each_level_may_say_whose_it_was(void **state)
{
	struct why why = { 0 };

	(void)state;
	why_set(&why, ERR_FORMAT, "a colon is missing");
	assert_int_equal(why_prefix(&why, "line %d", 3), ERR_FORMAT);
	assert_int_equal(why_prefix(&why, "%s", "x.yaml"), ERR_FORMAT);
	assert_string_equal(why.text, "x.yaml: line 3: a colon is missing");
	assert_int_equal(why.code, ERR_FORMAT);
}

static void what_is_too_long_is_cut_at_the_end(void **state)
{
	char text[2 * WHY_MAX];
	struct why why = { 0 };

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	why_set(&why, ERR_IO, "%s", text);
	assert_int_equal(strlen(why.text), WHY_MAX - 1);
	why_prefix(&why, "front");
	assert_int_equal(strlen(why.text), WHY_MAX - 1);
	assert_memory_equal(why.text, "front: xxx", 10);
	why_prefix(&why, "%s", text);
	assert_int_equal(strlen(why.text), WHY_MAX - 1);
	errno = EIO;
	why_errno(&why, ERR_IO, "%s", text);
	assert_int_equal(strlen(why.text), WHY_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_is_negative_and_has_its_own_name_and_text),
		cmocka_unit_test(numbers_that_are_no_code_have_words_too),
		cmocka_unit_test(the_reason_goes_into_a_return_statement),
		cmocka_unit_test(nobody_has_to_listen),
		cmocka_unit_test(the_system_s_reason_is_added_and_errno_stays),
		cmocka_unit_test(each_level_may_say_whose_it_was),
		cmocka_unit_test(what_is_too_long_is_cut_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
