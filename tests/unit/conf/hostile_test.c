/* hostile_test.c - files that are too much of something, or not text at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/obj.h"
#include "conf/tree.h"
#include "read.h"

static struct buf text;

static int setup(void **state)
{
	(void)state;
	buf_init(&text, 4u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_fini(&text);
	return 0;
}

static void repeat(const char *what, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		buf_text(&text, what);
}

static void assert_refused(const char *complaint)
{
	assert_int_equal(text.failed, 0);
	assert_string_equal(must_refuse(buf_all(&text))->text, complaint);
}

static void assert_taken(void)
{
	struct conf *c = NULL;
	struct why why;

	assert_int_equal(text.failed, 0);
	if (conf_parse(&c, "relink.yaml", buf_all(&text), &why) != 0)
		fail_msg("refused: %s", why.text);
	conf_free(&c);
}

static void what_is_not_utf8_is_refused_on_its_line(void **state)
{
	static const struct {
		struct str text;
		const char *complaint;
	} cases[] = {
		{ STR("log: {}\n\nstate_dir: /\xff\n"),
		  "relink.yaml:3: not a text in UTF-8: invalid leading UTF-8 octet (save the file "
		  "as UTF-8)" },
		{ STR("state_dir: /\xc3(\n"),
		  "relink.yaml:1: not a text in UTF-8: invalid trailing UTF-8 octet (save the file "
		  "as UTF-8)" },
		{ STR("state_dir: /\xc0\xaf\n"), "relink.yaml:1: not a text in UTF-8: invalid "
						 "length of a UTF-8 sequence (save the "
						 "file as UTF-8)" },
		{ STR("state_dir: /\xed\xa0\x80\n"),
		  "relink.yaml:1: not a text in UTF-8: invalid Unicode character (save the file as "
		  "UTF-8)" },
		{ STR("\n# \xe2\x82"),
		  "relink.yaml:2: not a text in UTF-8: incomplete UTF-8 octet sequence (save the "
		  "file as UTF-8)" },
		{ STR("# a\n# \x01\n"), "relink.yaml:2: not a text in UTF-8: control characters "
					"are not allowed (save the "
					"file as UTF-8)" },
		{ STR("\xff\xfel\0o\0g\0:\0 \0{\0}\0"), /* UTF-16 */
		  "relink.yaml:1: not a text in UTF-8: invalid leading UTF-8 octet (save the file "
		  "as UTF-8)" },
		{ STR("\0"), "relink.yaml:1: not a text in UTF-8: control characters are not "
			     "allowed (save the "
			     "file as UTF-8)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(must_refuse(cases[i].text)->text, cases[i].complaint);
}

static void a_text_of_more_than_a_mebibyte_is_refused(void **state)
{
	(void)state;
	repeat("# 2345\n\n", TREE_TEXT_MAX / 8);
	assert_taken();
	buf_byte(&text, '\n');
	assert_refused("relink.yaml:1: larger than 1048576 bytes, which no configuration is");
}

static void nesting_has_an_end(void **state)
{
	static const char *const openers[] = { "[", "{a: ", "- ", "{[]: " };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(openers); i++) {
		buf_reset(&text);
		buf_text(&text, "http: ");
		repeat(openers[i], 200000);
		assert_true(must_refuse(buf_all(&text))->code == ERR_CONFIG);
	}
	buf_reset(&text);
	buf_text(&text, "http: ");
	repeat("[", 16);
	assert_refused("relink.yaml:1: http[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: nested "
		       "more than 16 deep");
}

static void maps_and_lists_have_an_end(void **state)
{
	(void)state;
	buf_text(&text, "providers:\n  mock:\n    instances:\n");
	for (unsigned i = 0; i < 1024; i++)
		buf_printf(&text, "      - id: m%u\n", i);
	assert_taken();
	buf_text(&text, "      - id: one-more\n");
	assert_refused("relink.yaml:3: providers.mock.instances: more than 1024 entries");
	buf_reset(&text);
	for (unsigned i = 0; i < 1025; i++)
		buf_printf(&text, "k%u: 1\n", i);
	assert_refused("relink.yaml:1: more than 1024 entries");
}

static void instances_of_all_providers_together_have_a_bound(void **state)
{
	(void)state;
	buf_text(&text, "providers:\n");
	for (unsigned p = 0; p < 2; p++) {
		buf_printf(&text, "  p%u:\n    instances:\n", p);
		for (unsigned i = 0; i < LIMIT_INSTANCES / 2; i++)
			buf_printf(&text, "      - id: i%u-%u\n", p, i);
	}
	assert_taken();
	buf_text(&text, "  p2: {}\n");
	assert_refused("relink.yaml:1030: providers.p2: more than 1024 instances in all");
}

static void workers_of_all_providers_together_have_a_bound(void **state)
{
	(void)state;
	buf_text(&text, "providers:\n");
	for (unsigned p = 0; p < LIMIT_WORKERS; p++)
		buf_printf(&text, "  p%u:\n", p);
	assert_taken();
	buf_text(&text, "  one-more:\n");
	assert_refused("relink.yaml:258: providers.one-more: more than 256 workers in all");
}

static void keys_of_a_plugin_have_a_bound(void **state)
{
	(void)state;
	buf_text(&text, "providers:\n  mock:\n    config:\n");
	for (unsigned i = 0; i < 64; i++)
		buf_printf(&text, "      k%u: v\n", i);
	assert_taken();
	buf_text(&text, "      k64: v\n");
	assert_refused("relink.yaml:68: providers.mock.config.k64: more than 64 keys of a plugin");
}

static void keys_of_provider_and_instance_together_have_a_bound(void **state)
{
	(void)state;
	buf_text(&text, "providers:\n  mock:\n    config:\n");
	for (unsigned i = 0; i < 64; i++)
		buf_printf(&text, "      k%u: v\n", i);
	buf_text(&text, "    instances:\n      - id: a\n        config: {k0: w}\n");
	assert_taken();
	buf_text(&text, "      - id: b\n        config: {other: w}\n");
	assert_refused(
	    "relink.yaml:71: providers.mock.instances[1]: more than 64 keys of the plugin, "
	    "together with those of the provider");
}

static void a_value_of_a_plugin_has_a_bound_and_is_never_shown(void **state)
{
	(void)state;
	buf_text(&text, "providers: {mock: {config: {url: ");
	repeat("s", 4097);
	buf_text(&text, "}}}\n");
	assert_refused(
	    "relink.yaml:1: providers.mock.config.url: the value has 4097 bytes, at most "
	    "4096 are allowed");
}

/* 64 keys of 4 KiB each for 10 instances do not fit into one frame, for 5 and 5 they do. */
static void what_a_worker_is_told_must_fit_a_frame(void **state)
{
	(void)state;
	buf_text(&text, "providers:\n  mock:\n    config:\n");
	for (unsigned i = 0; i < 64; i++) {
		buf_printf(&text, "      k%u: ", i);
		repeat("s", 2500);
		buf_byte(&text, '\n');
	}
	buf_text(&text, "    instances:\n");
	for (unsigned i = 0; i < 10; i++)
		buf_printf(&text, "      - id: a%u\n", i);
	buf_text(&text, "    workers: 2\n");
	assert_taken();
	text.n -= 2;
	buf_text(&text, "1\n");
	assert_refused("relink.yaml:2: providers.mock: the plugin's keys of all instances of one "
		       "worker are too large together (use more workers)");
}

static void what_a_worker_is_told_must_not_have_too_many_nodes(void **state)
{
	(void)state;
	buf_text(&text, "providers:\n  mock:\n    config:\n");
	for (unsigned i = 0; i < 20; i++)
		buf_printf(&text, "      k%u: v\n", i);
	buf_text(&text, "    instances:\n");
	for (unsigned i = 0; i < 700; i++)
		buf_printf(&text, "      - id: a%u\n", i);
	assert_refused("relink.yaml:2: providers.mock: the plugin's keys of all instances of one "
		       "worker are too large together (use more workers)");
	buf_text(&text, "    workers: 2\n");
	assert_taken();
}

/* The remedy stands at the end of the sentence, so a long name must not push it out. */
static void a_long_file_name_is_cut_in_front(void **state)
{
	struct conf *c = NULL;
	struct why why;

	(void)state;
	repeat("/director\xc3\xa9", 400);
	buf_text(&text, "/relink.yaml");
	buf_byte(&text, '\0');
	assert_int_equal(conf_parse(&c, text.p, STR("policy: {settle: 1}"), &why), ERR_CONFIG);
	assert_non_null(strstr(why.text,
			       "/director\xc3\xa9/relink.yaml:1: policy.settle: \"1\" is not a "
			       "duration (write for example 2s or 5m)"));
	assert_memory_equal(why.text, "...", 3);
	assert_true(str_is_utf8(str_of(why.text)));
}

/* Keys are shown before anybody knows whether they exist; these are of characters of two bytes. */
static void a_long_path_is_cut_between_keys(void **state)
{
#define E10 "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
	(void)state;
	repeat("{" E10 E10 ": ", 16);
	buf_text(&text, "\"\\0\"");
	assert_refused("relink.yaml:1: \"" E10 E10 "\".\"" E10 E10 "\".\"" E10 E10
		       "\": the text holds a NUL byte (leave out the \"\\0\")");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_utf8_is_refused_on_its_line),
		TEST(a_text_of_more_than_a_mebibyte_is_refused),
		TEST(nesting_has_an_end),
		TEST(maps_and_lists_have_an_end),
		TEST(instances_of_all_providers_together_have_a_bound),
		TEST(workers_of_all_providers_together_have_a_bound),
		TEST(keys_of_a_plugin_have_a_bound),
		TEST(keys_of_provider_and_instance_together_have_a_bound),
		TEST(a_value_of_a_plugin_has_a_bound_and_is_never_shown),
		TEST(what_a_worker_is_told_must_fit_a_frame),
		TEST(what_a_worker_is_told_must_not_have_too_many_nodes),
		TEST(a_long_file_name_is_cut_in_front),
		TEST(a_long_path_is_cut_between_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
