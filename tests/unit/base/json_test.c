/* json_test.c - whatever goes in, jansson reads what comes out. */
#include <jansson.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/rng.h"

enum { LIMIT = 1 << 20 };

static json_t *parse(const struct buf *b)
{
	json_error_t error;
	json_t *root;

	assert_int_equal(b->failed, 0);
	root = json_loadb(b->p, b->n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
			  &error);
	if (root == NULL)
		fail_msg("%s at %d in %.*s", error.text, error.position, STR_ARG(buf_all(b)));
	return root;
}

static void values_lists_and_objects_get_their_commas(void **state)
{
	struct jw j;
	struct buf b;

	(void)state;
	buf_init(&b, LIMIT);
	j = jw_to(&b);
	jw_object(&j, NULL);
	jw_text(&j, "text", "x");
	jw_text(&j, "none", NULL);
	jw_u64(&j, "most", UINT64_MAX);
	jw_bool(&j, "yes", true);
	jw_bool(&j, "no", false);
	jw_array(&j, "empty");
	jw_array_end(&j);
	jw_array(&j, "list");
	jw_u64(&j, NULL, 1);
	jw_object(&j, NULL);
	jw_object_end(&j);
	jw_array(&j, NULL);
	jw_null(&j, NULL);
	jw_array_end(&j);
	jw_raw(&j, NULL, STR("{\"raw\":1}"));
	jw_array_end(&j);
	jw_null(&j, "last");
	jw_object_end(&j);
	assert_true(str_is(buf_all(&b),
			   "{\"text\":\"x\",\"none\":null,\"most\":18446744073709551615,"
			   "\"yes\":true,\"no\":false,\"empty\":[],\"list\":[1,{},[null],"
			   "{\"raw\":1}],\"last\":null}"));
	buf_fini(&b);
}

static void strings_are_escaped(void **state)
{
	static const struct {
		const char *name;
		struct str in, out;
	} cases[] = {
		{ "nothing", STR(""), STR("\"\"") },
		{ "no pointer", STR_NONE, STR("\"\"") },
		{ "plain", STR("a/b'c"), STR("\"a/b'c\"") },
		{ "quote and backslash", STR("\"\\"), STR("\"\\\"\\\\\"") },
		{ "newline", STR("a\nb"), STR("\"a\\nb\"") },
		{ "controls", STR("\0\x01\x1f\t\r"),
		  STR("\"\\u0000\\u0001\\u001f\\u0009\\u000d\"") },
		{ "delete", STR("\x7f"), STR("\"\\u007f\"") },
		{ "UTF-8 stands", STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
		  STR("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"") },
		{ "a bad byte",
		  STR("a\xff"
		      "b"),
		  STR("\"a\xef\xbf\xbd"
		      "b\"") },
		{ "each bad byte is one", STR("\xed\xa0\x80"),
		  STR("\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") },
		{ "cut at the end", STR("x\xe2\x82"), STR("\"x\xef\xbf\xbd\xef\xbf\xbd\"") },
		{ "a quote after a lead byte", STR("\xc3\""), STR("\"\xef\xbf\xbd\\\"\"") },
	};
	struct buf b;

	(void)state;
	buf_init(&b, LIMIT);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct jw j = jw_to(&b);

		buf_reset(&b);
		jw_str(&j, NULL, cases[i].in);
		if (!str_eq(buf_all(&b), cases[i].out))
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_all(&b)));
	}
	buf_fini(&b);
}

/* Random bytes, with a preference for those that matter. */
static struct str random_text(uint64_t *seed, char *to, size_t size)
{
	static const char *const pieces[] = {
		"\"", "\\", "\n", "\xc3\xa4", "\xf0\x9f\x98\x80", "\xe2\x82", "a"
	};
	size_t n = 0, want = rng_next(seed) % (size - 8);

	while (n < want) {
		const char *piece = pieces[rng_next(seed) % (sizeof pieces / sizeof pieces[0])];

		if (rng_next(seed) % 2 == 0) {
			to[n++] = (char)rng_next(seed);
			continue;
		}
		memcpy(to + n, piece, strlen(piece));
		n += strlen(piece);
	}
	return (struct str){ to, n };
}

static void any_bytes_become_a_string_that_parses(void **state)
{
	uint64_t seed = 2024;
	unsigned n_clean = 0;
	struct buf b;

	(void)state;
	buf_init(&b, LIMIT);
	for (int round = 0; round < 20000; round++) {
		char bytes[64];
		struct str s = random_text(&seed, bytes, sizeof bytes), back;
		struct jw j = jw_to(&b);
		json_t *root;

		buf_reset(&b);
		jw_str(&j, NULL, s);
		root = parse(&b);
		back = (struct str){ json_string_value(root), json_string_length(root) };
		if (str_is_utf8(s)) {
			assert_true(str_eq(back, s));
			n_clean++;
		} else {
			assert_true(str_is_utf8(back));
			assert_non_null(memmem(back.p, back.n, "\xef\xbf\xbd", 3));
		}
		json_decref(root);
	}
	assert_in_range(n_clean, 100, 19900); /* both kinds were met */
	buf_fini(&b);
}

/* Build the same random tree twice, here and in jansson, and compare. */
static json_t *random_tree(uint64_t *seed, struct jw *j, const char *key, int depth)
{
	uint64_t kind = rng_next(seed) % (depth > 0 ? 7 : 5), v = rng_next(seed) >> 1;
	char bytes[32], keys[8][3];
	struct str s;
	json_t *tree;

	switch (kind) {
	case 0:
		jw_null(j, key);
		return json_null();
	case 1:
		jw_bool(j, key, v & 1);
		return json_boolean(v & 1);
	case 2:
		jw_u64(j, key, v);
		return json_integer((json_int_t)v);
	case 3:
	case 4:
		s = random_text(seed, bytes, sizeof bytes);
		if (!str_is_utf8(s))
			s = STR("clean");
		jw_str(j, key, s);
		return json_stringn(s.p, s.n);
	case 5:
		jw_array(j, key);
		tree = json_array();
		for (uint64_t n = v % 8; n > 0; n--)
			json_array_append_new(tree, random_tree(seed, j, NULL, depth - 1));
		jw_array_end(j);
		return tree;
	default:
		jw_object(j, key);
		tree = json_object();
		for (uint64_t n = v % 8; n > 0; n--) {
			keys[n][0] = 'k';
			keys[n][1] = (char)('0' + n);
			keys[n][2] = '\0';
			json_object_set_new(tree, keys[n],
					    random_tree(seed, j, keys[n], depth - 1));
		}
		jw_object_end(j);
		return tree;
	}
}

static void random_trees_come_back_as_they_were(void **state)
{
	uint64_t seed = 99;
	struct buf b;

	(void)state;
	buf_init(&b, LIMIT);
	for (int round = 0; round < 2000; round++) {
		struct jw j = jw_to(&b);
		json_t *want, *got;

		buf_reset(&b);
		want = random_tree(&seed, &j, NULL, 5);
		got = parse(&b);
		assert_true(json_equal(want, got));
		json_decref(want);
		json_decref(got);
	}
	buf_fini(&b);
}

static void times_are_rfc_3339_in_utc(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "null" },
		{ 1, "\"1970-01-01T00:00:00.001Z\"" },
		{ 1763287200000, "\"2025-11-16T10:00:00.000Z\"" },
		{ 1709164799999, "\"2024-02-28T23:59:59.999Z\"" },
		{ 1709164800050, "\"2024-02-29T00:00:00.050Z\"" },
	};
	struct buf b;

	(void)state;
	setenv("TZ", "America/New_York", 1);
	buf_init(&b, LIMIT);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct jw j = jw_to(&b);

		buf_reset(&b);
		jw_time(&j, NULL, cases[i].ms);
		if (!str_is(buf_all(&b), cases[i].text))
			fail_msg("%s: %.*s", cases[i].text, STR_ARG(buf_all(&b)));
	}
	buf_reset(&b);
	jw_time(&(struct jw){ &b, false }, NULL, UINT64_MAX);
	json_decref(parse(&b));
	buf_fini(&b);
}

static void a_full_buffer_is_noticed_at_the_end(void **state)
{
	struct jw j;
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	j = jw_to(&b);
	jw_object(&j, NULL);
	jw_text(&j, "key", "a value that is too long");
	jw_object_end(&j);
	assert_int_equal(b.failed, ERR_TOOBIG);
	assert_true(b.n <= 8);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_lists_and_objects_get_their_commas),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(any_bytes_become_a_string_that_parses),
		cmocka_unit_test(random_trees_come_back_as_they_were),
		cmocka_unit_test(times_are_rfc_3339_in_utc),
		cmocka_unit_test(a_full_buffer_is_noticed_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
