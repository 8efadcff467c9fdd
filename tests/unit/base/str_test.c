/* str_test.c - strings that may hold any byte. */
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void equality_is_of_bytes_and_length(void **state)
{
	(void)state;
	assert_true(str_eq(STR("ab"), STR("ab")));
	assert_false(str_eq(STR("ab"), STR("abc")));
	assert_false(str_eq(STR("ab"), STR("aB")));
	assert_true(str_eq(STR_NONE, STR("")));
	assert_false(str_eq(STR_NONE, STR("a")));
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_true(str_is(str_of(NULL), ""));
	assert_true(str_is(str_of("x"), "x"));
}

static void a_copy_is_always_terminated_and_says_when_it_was_cut(void **state)
{
	char to[4];

	(void)state;
	assert_true(str_copy(to, sizeof to, STR("abc")));
	assert_string_equal(to, "abc");
	assert_false(str_copy(to, sizeof to, STR("abcd")));
	assert_string_equal(to, "abc");
	assert_true(str_copy(to, sizeof to, STR_NONE));
	assert_string_equal(to, "");
	assert_false(str_copy(to, 1, STR("a")));
	assert_string_equal(to, "");
}

static void a_duplicate_is_its_own_memory(void **state)
{
	char from[] = "abc";
	char *z = str_dup((struct str){ from, 2 });

	(void)state;
	from[0] = 'x';
	assert_string_equal(z, "ab");
	free(z);
	z = str_dup(STR_NONE);
	assert_string_equal(z, "");
	free(z);
}

static void numbers_are_read_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t v;
	} cases[] = {
		{ "0", 0, true, 0 },
		{ "7", 7, true, 7 },
		{ "8", 7, false, 0 },
		{ "007", 7, true, 7 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "18446744073709551620", UINT64_MAX, false, 0 },
		{ "99999999999999999999", UINT64_MAX, false, 0 },
		{ "118446744073709551615", UINT64_MAX, false, 0 },
		{ "18446744073709551615", UINT64_MAX - 1, false, 0 },
		{ "000000000000000000001", UINT64_MAX, false, 0 }, /* 21 digits */
		{ "", UINT64_MAX, false, 0 },
		{ " 1", UINT64_MAX, false, 0 },
		{ "1 ", UINT64_MAX, false, 0 },
		{ "+1", UINT64_MAX, false, 0 },
		{ "-1", UINT64_MAX, false, 0 },
		{ "1.0", UINT64_MAX, false, 0 },
		{ "0x1", UINT64_MAX, false, 0 },
		{ "1e3", UINT64_MAX, false, 0 },
		{ "\xd9\xa1", UINT64_MAX, false, 0 }, /* an Arabic one */
		{ "1/", UINT64_MAX, false, 0 },
		{ "1:", UINT64_MAX, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t v = 4711;
		bool ok = str_to_u64(str_of(cases[i].text), cases[i].max, &v);

		if (ok != cases[i].ok || v != (ok ? cases[i].v : 4711))
			fail_msg("\"%s\": %s, %llu", cases[i].text, ok ? "read" : "refused",
				 (unsigned long long)v);
	}
	assert_false(str_to_u64(STR("1\0"), 10, &(uint64_t){ 0 }));
}

static void ids_are_small_letters_digits_and_what_is_allowed(void **state)
{
	static const struct {
		struct str s;
		bool ok;
	} cases[] = {
		{ STR("a"), true },          { STR("0"), true },    { STR("a-b_c9"), true },
		{ STR("12345678"), true },   { STR("a-"), true },   { STR(""), false },
		{ STR("123456789"), false }, { STR("-a"), false },  { STR("_a"), false },
		{ STR("A"), false },         { STR("aB"), false },  { STR("a.b"), false },
		{ STR("a b"), false },       { STR("a\0"), false }, { STR("\0a"), false },
		{ STR("\xc3\xa4"), false },  { STR("a/b"), false }, { STR("a`"), false },
		{ STR("a{"), false },        { STR("a:"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (str_is_id(cases[i].s, 8, "-_") != cases[i].ok)
			fail_msg("case %zu: \"%.*s\"", i, STR_ARG(cases[i].s));
	}
	assert_false(str_is_id(STR("a-b"), 8, ""));
}

static void utf8_cases_of_the_standard(void **state)
{
	static const struct {
		const char *name;
		struct str s;
		bool ok;
	} cases[] = {
		{ "nothing", STR(""), true },
		{ "ASCII", STR("abc\x7f"), true },
		{ "a zero byte", STR("a\0b"), true },
		{ "two, three and four bytes", STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), true },
		{ "last before the surrogates", STR("\xed\x9f\xbf"), true },
		{ "first after them", STR("\xee\x80\x80"), true },
		{ "last of all", STR("\xf4\x8f\xbf\xbf"), true },
		{ "a lone continuation", STR("\x80"), false },
		{ "overlong slash, two", STR("\xc0\xaf"), false },
		{ "overlong slash, three", STR("\xe0\x80\xaf"), false },
		{ "overlong slash, four", STR("\xf0\x80\x80\xaf"), false },
		{ "overlong, just", STR("\xe0\x9f\xbf"), false },
		{ "overlong of four, just", STR("\xf0\x8f\xbf\xbf"), false },
		{ "a surrogate", STR("\xed\xa0\x80"), false },
		{ "the last surrogate", STR("\xed\xbf\xbf"), false },
		{ "above the last", STR("\xf4\x90\x80\x80"), false },
		{ "five bytes", STR("\xf8\x88\x80\x80\x80"), false },
		{ "cut after the lead", STR("a\xc3"), false },
		{ "cut after two of three", STR("\xe2\x82"), false },
		{ "cut after three of four", STR("\xf0\x9f\x98"), false },
		{ "a letter inside", STR("\xe2\x28\xa1"), false },
		{ "fe and ff", STR("\xfe\xff"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (str_is_utf8(cases[i].s) != cases[i].ok)
			fail_msg("%s", cases[i].name);
		/* plain letters before and behind change nothing, wherever a word of eight begins */
		for (size_t before = 1; before <= 17; before++) {
			char text[17 + 16 + 17];
			size_t n = before + cases[i].s.n;

			assert_true(cases[i].s.n <= 16);
			memset(text, 'a', sizeof text);
			memcpy(text + before, cases[i].s.p, cases[i].s.n);
			for (size_t behind = 0; behind <= 17; behind++) {
				if (str_is_utf8((struct str){ text, n + behind }) != cases[i].ok)
					fail_msg("%s, with %zu letters before and %zu behind",
						 cases[i].name, before, behind);
			}
		}
	}
}

static size_t encode(uint32_t cp, unsigned char *to)
{
	if (cp < 0x80) {
		to[0] = (unsigned char)cp;
		return 1;
	}
	if (cp < 0x800) {
		to[0] = (unsigned char)(0xc0 | cp >> 6);
		to[1] = (unsigned char)(0x80 | (cp & 63));
		return 2;
	}
	if (cp < 0x10000) {
		to[0] = (unsigned char)(0xe0 | cp >> 12);
		to[1] = (unsigned char)(0x80 | (cp >> 6 & 63));
		to[2] = (unsigned char)(0x80 | (cp & 63));
		return 3;
	}
	to[0] = (unsigned char)(0xf0 | cp >> 18);
	to[1] = (unsigned char)(0x80 | (cp >> 12 & 63));
	to[2] = (unsigned char)(0x80 | (cp >> 6 & 63));
	to[3] = (unsigned char)(0x80 | (cp & 63));
	return 4;
}

static size_t length_of(const unsigned char *bytes, size_t n)
{
	return str_utf8_at((struct str){ (const char *)bytes, n }, 0);
}

static void every_code_point_is_a_sequence_and_none_is_one_when_cut(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		unsigned char bytes[4];
		size_t n;

		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		n = encode(cp, bytes);
		if (length_of(bytes, n) != n || (n > 1 && length_of(bytes, n - 1) != 0))
			fail_msg("U+%04X", (unsigned)cp);
	}
}

/* All there are, counted: so nothing is accepted twice or beside the code points above. */
static void no_other_sequence_is_accepted(void **state)
{
	static const unsigned char edges[] = { 0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff };
	unsigned n_two = 0, n_three = 0, n_four = 0;

	(void)state;
	for (unsigned a = 0x80; a < 0x100; a++) {
		for (unsigned b = 0; b < 0x100; b++) {
			unsigned char s[4] = { (unsigned char)a, (unsigned char)b };

			n_two += length_of(s, 2) == 2;
			for (unsigned c = 0; c < 0x100; c++) {
				s[2] = (unsigned char)c;
				n_three += length_of(s, 3) == 3;
			}
			for (unsigned e = 0; e < sizeof edges * sizeof edges; e++) {
				s[2] = edges[e / sizeof edges];
				s[3] = edges[e % sizeof edges];
				n_four += length_of(s, 4) == 4;
			}
		}
	}
	assert_int_equal(n_two, 0x800 - 0x80);
	assert_int_equal(n_three, 0x10000 - 0x800 - 0x800);
	assert_int_equal(n_four, (0x110000 - 0x10000) / 0x1000 * 4);
}

static void secrets_are_equal_only_when_all_is_equal(void **state)
{
	(void)state;
	assert_true(str_eq_secret(STR("key"), STR("key")));
	assert_true(str_eq_secret(STR_NONE, STR("")));
	assert_false(str_eq_secret(STR("key"), STR("kex")));
	assert_false(str_eq_secret(STR("key"), STR("aey")));
	assert_false(str_eq_secret(STR("key"), STR("keykey"))); /* b is walked round and round */
	assert_false(str_eq_secret(STR("keykey"), STR("key")));
	assert_false(str_eq_secret(STR("\0\0"), STR_NONE));
	assert_false(str_eq_secret(STR_NONE, STR("\0\0")));
}

/* Published values of FNV-1a: delays of running systems are derived from it. */
static void the_hash_is_fnv1a_for_ever(void **state)
{
	(void)state;
	assert_true(str_hash(STR("")) == 0xcbf29ce484222325ull);
	assert_true(str_hash(STR("a")) == 0xaf63dc4c8601ec8cull);
	assert_true(str_hash(STR("foobar")) == 0x85944171f73967e8ull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality_is_of_bytes_and_length),
		cmocka_unit_test(a_copy_is_always_terminated_and_says_when_it_was_cut),
		cmocka_unit_test(a_duplicate_is_its_own_memory),
		cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
		cmocka_unit_test(ids_are_small_letters_digits_and_what_is_allowed),
		cmocka_unit_test(utf8_cases_of_the_standard),
		cmocka_unit_test(every_code_point_is_a_sequence_and_none_is_one_when_cut),
		cmocka_unit_test(no_other_sequence_is_accepted),
		cmocka_unit_test(secrets_are_equal_only_when_all_is_equal),
		cmocka_unit_test(the_hash_is_fnv1a_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
