/* messages_test.c - what a plugin says about messages is one JSON object in one line, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/obj.h"
#include "engine/state.h"

static void assert_becomes(const char *given, const char *expected)
{
	char *json = message_json(str_of(given));

	if (expected == NULL && json != NULL)
		fail_msg("%s was taken: %s", given, json);
	if (expected != NULL)
		assert_string_equal(json, expected);
	free(json);
}

static void an_object_is_written_anew_in_one_line(void **state)
{
	(void)state;
	assert_becomes("{}", "{}");
	assert_becomes("{ \"id\" : \"m1\" ,\r\n\t\"n\" : 1 }", "{\"id\":\"m1\",\"n\":1}");
	assert_becomes("{\"text\":\"a\\n\\ndata: b\"}", "{\"text\":\"a\\n\\ndata: b\"}");
	assert_becomes("{\"text\":\"\xc3\xa9\"}", "{\"text\":\"\xc3\xa9\"}");
}

static void whatever_else_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"[]",
		"\"a\"",
		"1",
		"null",
		"{",
		"{}{}",
		"{\"a\":1,\"a\":2}",
		"{\"a\":\xff}",
		"{\"a\":\"\n\"}",
		"{}\n\nevent: account.status\ndata: {}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_becomes(bad[i], NULL);
	assert_null(message_json(STR_NONE));
}

static void numbers_that_grow_too_long_are_refused(void **state)
{
	static char json[LIMIT_MESSAGE + 1];
	size_t n = (size_t)snprintf(json, sizeof json, "{\"a\":[1e9");

	(void)state;
	while (n < LIMIT_MESSAGE - 8)
		n += (size_t)snprintf(json + n, sizeof json - n, ",1e9");
	snprintf(json + n, sizeof json - n, "]}");
	assert_becomes(json, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_is_written_anew_in_one_line),
		cmocka_unit_test(whatever_else_is_refused),
		cmocka_unit_test(numbers_that_grow_too_long_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
