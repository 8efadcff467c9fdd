/* keys_test.c - the table of keys keeps its own rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "conf/keys.h"
#include "conf/value.h"
#include "read.h"

static void every_key_is_found_by_its_place_and_name(void **state)
{
	(void)state;
	for (const struct key *k = keys; k->path != NULL; k++) {
		struct str leaf = str_of(key_leaf(k));

		assert_ptr_equal(key_child(key_parent(k), leaf), k);
		assert_ptr_equal(key_find(k->path), k);
		assert_true(str_is_id(leaf, 32, "_"));
	}
}

static void every_key_has_a_text_of_whole_sentences(void **state)
{
	(void)state;
	for (const struct key *k = keys; k->path != NULL; k++) {
		size_t n = strlen(k->text);

		if (n < 10 || k->text[n - 1] != '.' || strstr(k->text, "  ") != NULL)
			fail_msg("%s: %s", k->path, k->text);
	}
}

/* Defaults are shown as they stand in the table and as value_write puts them: they must agree. */
static void every_default_is_written_as_messages_write_it(void **state)
{
	(void)state;
	for (const struct key *k = keys; k->path != NULL; k++) {
		union {
			uint64_t number;
			char *text;
			bool flag;
			enum log_level level;
		} member = { 0 };
		struct buf b;

		if (k->def == NULL)
			continue;
		buf_init(&b, 1000);
		assert_int_equal(value_read(k, str_of(k->def), &member, NULL), 0);
		assert_int_equal(value_write(&b, k, &member), 0);
		if (!str_is(buf_all(&b), k->def))
			fail_msg("%s: %s is written %.*s", k->path, k->def, STR_ARG(buf_all(&b)));
		if (key_kind(k) == KIND_TEXT)
			free(member.text);
		buf_fini(&b);
	}
}

static void every_number_and_text_has_bounds(void **state)
{
	(void)state;
	for (const struct key *k = keys; k->path != NULL; k++) {
		bool bounded = key_kind(k) == KIND_NUMBER || key_kind(k) == KIND_TEXT;

		assert_int_equal(k->min != NULL, bounded);
		assert_int_equal(k->max != NULL, bounded);
	}
}

static uint64_t max_of(const char *path)
{
	const struct key *k = key_find(path);
	uint64_t v = 0;

	if (key_kind(k) == KIND_TEXT)
		assert_true(str_to_u64(str_of(k->max), UINT64_MAX, &v));
	else
		assert_int_equal(value_read(k, str_of(k->max), &v, NULL), 0);
	return v;
}

static void no_key_allows_more_than_the_program_can_hold(void **state)
{
	(void)state;
	assert_int_equal(max_of("http.connections"), LIMIT_HTTP_CONNECTIONS);
	assert_int_equal(max_of("http.body_limit"), LIMIT_HTTP_BODY);
	assert_int_equal(max_of("providers.*.workers"), LIMIT_WORKERS);
	assert_int_equal(max_of("providers.*.instances[].id"), LIMIT_INSTANCE);
	assert_int_equal(max_of("providers.*.instances[].capacity"), LIMIT_ACCOUNTS);
}

static void a_secret_is_not_in_the_complaint_about_it(void **state)
{
	static const struct key secret_number = {
		.path = "x", .type = KEY_INT, .min = "1", .max = "9", .flags = KEY_SECRET
	};
	static const struct key open_number = {
		.path = "x", .type = KEY_INT, .min = "1", .max = "9"
	};
	uint64_t v = 5;
	struct why why;

	(void)state;
	assert_int_equal(value_read(&secret_number, STR("hunter2"), &v, &why), ERR_CONFIG);
	assert_string_equal(why.text, "the value is not a whole number (write for example 10)");
	assert_int_equal(value_read(&secret_number, STR("1234"), &v, &why), ERR_CONFIG);
	assert_string_equal(why.text, "the value is outside its bounds, 1 to 9");
	assert_int_equal(value_read(&open_number, STR("1234"), &v, &why), ERR_CONFIG);
	assert_string_equal(why.text, "\"1234\" is outside its bounds, 1 to 9");
	assert_int_equal(v, 5);
}

static void numbers_are_written_with_the_greatest_unit_that_fits(void **state)
{
	static const struct {
		enum key_type type;
		uint64_t v;
		const char *text;
	} cases[] = {
		{ KEY_DURATION, 0, "0" },          { KEY_DURATION, 1, "1ms" },
		{ KEY_DURATION, 1500, "1500ms" },  { KEY_DURATION, 90000, "90s" },
		{ KEY_DURATION, 3600000, "1h" },   { KEY_DURATION, 30ull * 86400000, "30d" },
		{ KEY_DURATION_US, 1, "1us" },     { KEY_DURATION_US, 2000, "2ms" },
		{ KEY_BYTES, 1000, "1000B" },      { KEY_BYTES, 3ull << 20, "3MiB" },
		{ KEY_BYTES, 5ull << 30, "5GiB" }, { KEY_INT, 60000, "60000" },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct key k = { .type = cases[i].type, .min = "0", .max = "5000000000000" };

		buf_reset(&b);
		assert_int_equal(value_write(&b, &k, &cases[i].v), 0);
		if (!str_is(buf_all(&b), cases[i].text))
			fail_msg("%.*s is not %s", STR_ARG(buf_all(&b)), cases[i].text);
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_found_by_its_place_and_name),
		cmocka_unit_test(every_key_has_a_text_of_whole_sentences),
		cmocka_unit_test(every_default_is_written_as_messages_write_it),
		cmocka_unit_test(every_number_and_text_has_bounds),
		cmocka_unit_test(no_key_allows_more_than_the_program_can_hold),
		cmocka_unit_test(a_secret_is_not_in_the_complaint_about_it),
		cmocka_unit_test(numbers_are_written_with_the_greatest_unit_that_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
