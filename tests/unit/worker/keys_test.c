/* keys_test.c - what an operator may write, and what he is told when it is wrong. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/obj.h"
#include "worker/keys.h"

/* --- numbers --- */

static const struct {
	enum relink_type type;
	const char *text;
	int64_t value;
	bool ok;
} numbers[] = {
	{ RELINK_TYPE_INT, "0", 0, true },
	{ RELINK_TYPE_INT, "-7", -7, true },
	{ RELINK_TYPE_INT, "9223372036854775807", INT64_MAX, true },
	{ RELINK_TYPE_INT, "9223372036854775808", 0, false },
	{ RELINK_TYPE_INT, "", 0, false },
	{ RELINK_TYPE_INT, "-", 0, false },
	{ RELINK_TYPE_INT, "--1", 0, false },
	{ RELINK_TYPE_INT, "+1", 0, false },
	{ RELINK_TYPE_INT, "1 ", 0, false },
	{ RELINK_TYPE_INT, "0x10", 0, false },
	{ RELINK_TYPE_INT, "1.5", 0, false },
	{ RELINK_TYPE_BOOL, "true", 1, true },
	{ RELINK_TYPE_BOOL, "yes", 1, true },
	{ RELINK_TYPE_BOOL, "off", 0, true },
	{ RELINK_TYPE_BOOL, "1", 0, false },
	{ RELINK_TYPE_BOOL, "TRUE", 0, false },
	{ RELINK_TYPE_BOOL, "", 0, false },
	{ RELINK_TYPE_DURATION, "250ms", 250, true },
	{ RELINK_TYPE_DURATION, "30s", 30000, true },
	{ RELINK_TYPE_DURATION, "5m", 300000, true },
	{ RELINK_TYPE_DURATION, "1h", 3600000, true },
	{ RELINK_TYPE_DURATION, "0", 0, true },
	{ RELINK_TYPE_DURATION, "0s", 0, true },
	{ RELINK_TYPE_DURATION, "30", 0, false },
	{ RELINK_TYPE_DURATION, "30 s", 0, false },
	{ RELINK_TYPE_DURATION, "-1s", 0, false },
	{ RELINK_TYPE_DURATION, "s", 0, false },
	{ RELINK_TYPE_DURATION, "9223372036854775807h", 0, false },
	{ RELINK_TYPE_BYTES, "4096", 4096, true },
	{ RELINK_TYPE_BYTES, "64KiB", 65536, true },
	{ RELINK_TYPE_BYTES, "8MiB", 8 << 20, true },
	{ RELINK_TYPE_BYTES, "1GiB", 1 << 30, true },
	{ RELINK_TYPE_BYTES, "64KB", 0, false },
	{ RELINK_TYPE_BYTES, "64k", 0, false },
	{ RELINK_TYPE_BYTES, "9223372036854775807KiB", 0, false },
};

static void numbers_are_read_as_operators_write_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct why why = { 0 };
		int64_t v = 0;
		int r = keys_number(numbers[i].type, str_of(numbers[i].text), &v, &why);

		if ((r == 0) != numbers[i].ok || (r == 0 && v != numbers[i].value))
			fail_msg("type %d \"%s\": %d, %" PRId64 " %s", numbers[i].type,
				 numbers[i].text, r, v, why.text);
		assert_true(r == 0 || strncmp(why.text, "is not ", 7) == 0);
	}
}

/* --- an instance --- */

struct conf {
	const char *url, *secret, *note;
	int64_t n, truth, wait, size;
};

static const struct relink_key table[] = {
	{ "url", NULL, NULL, NULL, "", RELINK_TYPE_STRING, RELINK_KEY_REQUIRED,
	  offsetof(struct conf, url) },
	{ "secret", NULL, NULL, NULL, "", RELINK_TYPE_STRING, RELINK_KEY_SECRET,
	  offsetof(struct conf, secret) },
	{ "note", "none", NULL, NULL, "", RELINK_TYPE_STRING, 0, offsetof(struct conf, note) },
	{ "n", "1", "-3", "3", "", RELINK_TYPE_INT, 0, offsetof(struct conf, n) },
	{ "truth", NULL, NULL, NULL, "", RELINK_TYPE_BOOL, 0, offsetof(struct conf, truth) },
	{ "wait", "30s", "1s", "1h", "", RELINK_TYPE_DURATION, 0, offsetof(struct conf, wait) },
	{ "pin", "0", "0", "9999", "", RELINK_TYPE_INT, RELINK_KEY_SECRET,
	  offsetof(struct conf, size) },
	{ NULL },
};

static const struct relink_plugin plugin = { .name = "shop",
					     .keys = table,
					     .conf_size = sizeof(struct conf) };

#define PAIRS_MAX 4
struct pairs {
	const char *v[PAIRS_MAX][2];
};

static int parse(const struct relink_plugin *p, const struct pairs *pairs, void **ret_conf,
		 struct why *why)
{
	struct msg_pair v[PAIRS_MAX];
	struct msg_instance in = { .id = STR("main"), .config = { v, 0 } };

	for (; in.config.n < PAIRS_MAX && pairs->v[in.config.n][0] != NULL; in.config.n++)
		v[in.config.n] = (struct msg_pair){ str_of(pairs->v[in.config.n][0]),
						    str_of(pairs->v[in.config.n][1]) };
	return keys_parse(p, &in, ret_conf, why);
}

static void what_is_left_out_gets_its_default(void **state)
{
	const struct pairs pairs = { { { "url", "http://x" } } };
	struct conf *c;
	struct why why;
	void *conf;

	(void)state;
	assert_int_equal(parse(&plugin, &pairs, &conf, &why), 0);
	c = conf;
	assert_string_equal(c->url, "http://x");
	assert_string_equal(c->secret, "");
	assert_string_equal(c->note, "none");
	assert_int_equal(c->n, 1);
	assert_int_equal(c->truth, 0);
	assert_int_equal(c->wait, 30000);
	free(conf);
}

static void what_is_given_is_set(void **state)
{
	const struct pairs pairs = {
		{ { "n", "-3" }, { "url", "http://y" }, { "truth", "true" }, { "wait", "1h" } }
	};
	struct conf *c;
	struct why why;
	void *conf;

	(void)state;
	assert_int_equal(parse(&plugin, &pairs, &conf, &why), 0);
	c = conf;
	assert_string_equal(c->url, "http://y");
	assert_int_equal(c->n, -3);
	assert_int_equal(c->truth, 1);
	assert_int_equal(c->wait, 3600000);
	free(conf);
}

static const struct {
	struct pairs pairs;
	const char *sentence;
} refused[] = {
	{ { { { "n", "1" } } },
	  "instance \"main\": key \"url\" is required; add it to the config of the instance or its "
	  "provider" },
	{ { { { "url", "" } } },
	  "instance \"main\": key \"url\" is required; add it to the config of the instance or its "
	  "provider" },
	{ { { { "url", "x" }, { "ulr", "y" } } },
	  "instance \"main\": plugin \"shop\" has no key \"ulr\"; it has: url, secret, note, n, "
	  "truth, wait, pin" },
	{ { { { "url", "x" }, { "n", "1" }, { "n", "1" } } },
	  "instance \"main\": key \"n\" is set twice; remove one of them" },
	{ { { { "url", "x" }, { "n", "four" } } },
	  "instance \"main\": n: \"four\" is not a whole number" },
	{ { { { "url", "x" }, { "n", "4" } } },
	  "instance \"main\": n: \"4\" is out of bounds; at most 3 is allowed" },
	{ { { { "url", "x" }, { "n", "-4" } } },
	  "instance \"main\": n: \"-4\" is out of bounds; at least -3 is allowed" },
	{ { { { "url", "x" }, { "wait", "999ms" } } },
	  "instance \"main\": wait: \"999ms\" is out of bounds; at least 1s is allowed" },
	{ { { { "url", "x" }, { "wait", "soon" } } },
	  "instance \"main\": wait: \"soon\" is not a duration; write it like 250ms, 30s, 5m or "
	  "1h" },
	{ { { { "url", "x" }, { "truth", "maybe" } } },
	  "instance \"main\": truth: \"maybe\" is not true or false" },
	{ { { { "url", "x" }, { "pin", "hunter2" } } },
	  "instance \"main\": the value of \"pin\" is not a whole number" },
	{ { { { "url", "x" }, { "pin", "12345" } } },
	  "instance \"main\": the value of \"pin\" is out of bounds; at most 9999 is allowed" },
};

static void what_is_wrong_is_refused_with_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct why why = { 0 };
		void *conf = NULL;

		assert_int_equal(parse(&plugin, &refused[i].pairs, &conf, &why), ERR_CONFIG);
		assert_string_equal(why.text, refused[i].sentence);
		assert_null(conf);
	}
}

static void a_zero_byte_in_a_string_is_refused(void **state)
{
	struct msg_pair pair = { STR("url"), STR("a\0b") };
	struct msg_instance in = { .id = STR("main"), .config = { &pair, 1 } };
	struct why why;
	void *conf;

	(void)state;
	assert_int_equal(keys_parse(&plugin, &in, &conf, &why), ERR_CONFIG);
	assert_non_null(strstr(why.text, "has a zero byte in it"));
}

static void a_plugin_may_have_no_keys(void **state)
{
	const struct relink_plugin bare = { .name = "bare" };
	const struct pairs none = { { { NULL } } }, one = { { { "url", "x" } } };
	struct why why;
	void *conf;

	(void)state;
	assert_int_equal(keys_check(&bare, &why), 0);
	assert_int_equal(parse(&bare, &none, &conf, &why), 0);
	assert_non_null(conf);
	free(conf);
	assert_int_equal(parse(&bare, &one, &conf, &why), ERR_CONFIG);
	assert_string_equal(why.text,
			    "instance \"main\": plugin \"bare\" has no key \"url\"; it has: none");
}

/* --- the plugin's own table --- */

static const struct {
	struct relink_key key;
	const char *part;
} tables[] = {
	{ { "Bad", NULL, NULL, NULL, "", RELINK_TYPE_INT, 0, 0 }, "the name of its key" },
	{ { "k", NULL, NULL, NULL, "", (enum relink_type)9, 0, 0 }, "no known type" },
	{ { "k", NULL, NULL, NULL, "", RELINK_TYPE_INT, 0, 4 }, "outside its configuration" },
	{ { "k", NULL, NULL, NULL, "", RELINK_TYPE_INT, 0, 56 }, "outside its configuration" },
	{ { "k", NULL, NULL, NULL, "", RELINK_TYPE_INT, 0, SIZE_MAX - 7 },
	  "outside its configuration" },
	{ { "k", "x", NULL, NULL, "", RELINK_TYPE_INT, 0, 0 }, "not of its type" },
	{ { "k", NULL, "1s", NULL, "", RELINK_TYPE_INT, 0, 0 }, "not of its type" },
	{ { "k", NULL, NULL, "1", "", RELINK_TYPE_DURATION, 0, 0 }, "not of its type" },
	{ { "k", "5", "6", NULL, "", RELINK_TYPE_INT, 0, 0 }, "out of bounds" },
	{ { "k", NULL, NULL, NULL, "", RELINK_TYPE_INT, 16, 0 },
	  "a flag that this Relink does not know" },
	{ { "k", NULL, NULL, NULL, "", RELINK_TYPE_INT, RELINK_KEY_READS, 0 }, "is no string" },
	{ { "k", NULL, NULL, NULL, "", RELINK_TYPE_STRING, RELINK_KEY_READS | RELINK_KEY_WRITES,
	    0 },
	  "to be read and to be written" },
};

static void a_plugin_with_a_broken_table_is_refused(void **state)
{
	struct why why;

	(void)state;
	assert_int_equal(keys_check(&plugin, &why), 0);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		const struct relink_key keys[] = { tables[i].key, { NULL } };
		struct relink_plugin p = plugin;

		p.keys = keys;
		assert_int_equal(keys_check(&p, &why), ERR_CONFIG);
		if (strstr(why.text, tables[i].part) == NULL)
			fail_msg("table %zu: %s", i, why.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_as_operators_write_them),
		cmocka_unit_test(what_is_left_out_gets_its_default),
		cmocka_unit_test(what_is_given_is_set),
		cmocka_unit_test(what_is_wrong_is_refused_with_a_sentence),
		cmocka_unit_test(a_zero_byte_in_a_string_is_refused),
		cmocka_unit_test(a_plugin_may_have_no_keys),
		cmocka_unit_test(a_plugin_with_a_broken_table_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
