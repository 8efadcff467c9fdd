/* check_test.c - what passes is what msgpack-c reads as one value of the types that we use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <msgpack/unpack.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/obj.h"
#include "ipc/check.h"

static const struct {
	const char *name;
	struct str bytes;
	int nodes;
} good[] = {
	{ "nil", STR("\xc0"), 1 },
	{ "small number", STR("\x7f"), 1 },
	{ "small negative number", STR("\xe0"), 1 },
	{ "64-bit number", STR("\xcf\1\2\3\4\5\6\7\x8"), 1 },
	{ "64-bit negative number", STR("\xd3\xff\xff\xff\xff\xff\xff\xff\xff"), 1 },
	{ "double", STR("\xcb\1\2\3\4\5\6\7\x8"), 1 },
	{ "empty string", STR("\xa0"), 1 },
	{ "string of 8-bit length", STR("\xd9\3abc"), 1 },
	{ "string of 16-bit length", STR("\xda\0\3abc"), 1 },
	{ "string of 32-bit length", STR("\xdb\0\0\0\3abc"), 1 },
	{ "empty array", STR("\x90"), 1 },
	{ "array of two", STR("\x92\1\2"), 3 },
	{ "array of 16-bit count", STR("\xdc\0\2\1\2"), 3 },
	{ "array of 32-bit count", STR("\xdd\0\0\0\2\1\2"), 3 },
	{ "map of one", STR("\x81\xa1k\1"), 3 },
	{ "map of 16-bit count", STR("\xde\0\1\xa1k\1"), 3 },
	{ "map of 32-bit count", STR("\xdf\0\0\0\1\xa1k\1"), 3 },
	{ "map in a map", STR("\x81\xa1k\x81\xa1l\x90"), 5 },
	{ "map after a map", STR("\x92\x81\xa1k\1\x81\xa1k\2"), 7 },
	{ "key in a string of 8-bit length", STR("\x81\xd9\1k\1"), 3 },
};

static void good_values_are_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct why why = { 0 };
		int nodes = check_value(good[i].bytes, &why);

		if (nodes != good[i].nodes)
			fail_msg("%s: %d %s", good[i].name, nodes, why.text);
	}
}

#define CUT     "ends before its value"
#define HEADER  "ends in a header"
#define LONGER  "longer than the frame"
#define CLAIMS  "claims more values than the frame has bytes"
#define FOLLOWS "bytes follow the value"
#define KEY     "key of a map is not a string"

static const struct {
	const char *name;
	struct str bytes;
	const char *why;
} bad[] = {
	{ "no bytes", STR(""), "byte 0 of the frame: the frame " CUT },
	{ "two values", STR("\1\1"), "byte 1 of the frame: " FOLLOWS },
	{ "a byte behind a container", STR("\x91\1\1"), FOLLOWS },
	{ "number cut", STR("\xcd\1"), LONGER },
	{ "string cut", STR("\xa3\x61\x62"), LONGER },
	{ "length of a string cut", STR("\xda\0"), HEADER },
	{ "count of an array cut", STR("\xdd\0\0\0"), HEADER },
	{ "array without its last value", STR("\x92\1"), CLAIMS },
	{ "array whose last value is under a longer one", STR("\x92\xa1k"), CUT },
	{ "map without its last value", STR("\x81\xa1k"), CUT },
	{ "never used header", STR("\xc1"), "0xc1" },
	{ "binary of 8-bit length", STR("\xc4\1x"), "binary" },
	{ "binary of 16-bit length", STR("\xc5\0\1x"), "binary" },
	{ "binary of 32-bit length", STR("\xc6\0\0\0\1x"), "binary" },
	{ "extension of one byte", STR("\xd4\1x"), "extension" },
	{ "extension of 16 bytes", STR("\xd8\1x"), "extension" },
	{ "extension of 8-bit length", STR("\xc7\1\1x"), "extension" },
	{ "extension of 32-bit length", STR("\xc9\0\0\0\1\1x"), "extension" },
	{ "number as key", STR("\x81\1\1"), KEY },
	{ "nil as second key", STR("\x82\xa1k\1\xc0\1"), KEY },
	{ "map as key", STR("\x81\x80\1"), KEY },
	{ "array that claims 4 thousand million", STR("\xdd\xff\xff\xff\xff"), CLAIMS },
	{ "map that claims 4 thousand million", STR("\xdf\xff\xff\xff\xff"), CLAIMS },
	{ "map whose count doubled is 2 in 32 bits", STR("\xdf\x80\0\0\1\xa1k\1"), CLAIMS },
	{ "string that claims 4 GB", STR("\xdb\xff\xff\xff\xff"), LONGER },
	{ "two arrays that claim the same byte", STR("\x92\x91\x91\1"), CLAIMS },
};

static void bad_values_are_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct why why = { 0 };
		int r = check_value(bad[i].bytes, &why);

		if (r != ERR_FORMAT || strstr(why.text, bad[i].why) == NULL)
			fail_msg("%s: %d %s", bad[i].name, r, why.text);
	}
}

static int nested(unsigned depth)
{
	char bytes[LIMIT_FRAME_DEPTH + 2];

	memset(bytes, 0x91, depth - 1);
	bytes[depth - 1] = (char)0x90;
	return check_value((struct str){ bytes, depth }, NULL);
}

static void depth_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(nested(LIMIT_FRAME_DEPTH), LIMIT_FRAME_DEPTH);
	assert_int_equal(nested(LIMIT_FRAME_DEPTH + 1), ERR_FORMAT);
}

static void containers_side_by_side_are_not_deep(void **state)
{
	char bytes[1 + 15 * 2];

	(void)state;
	bytes[0] = (char)0x9f;
	for (size_t at = 1; at < sizeof bytes; at += 2) {
		bytes[at] = (char)0x91;
		bytes[at + 1] = (char)0x90;
	}
	assert_int_equal(check_value((struct str){ bytes, sizeof bytes }, NULL), 31);
}

static int wide(uint32_t count)
{
	static char bytes[5 + LIMIT_FRAME_NODES + 1];

	bytes[0] = (char)0xdd;
	for (int i = 0; i < 4; i++)
		bytes[1 + i] = (char)(count >> (24 - 8 * i));
	return check_value((struct str){ bytes, 5 + count }, NULL);
}

static void the_number_of_nodes_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(wide(LIMIT_FRAME_NODES - 1), LIMIT_FRAME_NODES);
	assert_int_equal(wide(LIMIT_FRAME_NODES), ERR_FORMAT);
}

/* Thirty arrays inside each other, each with as many values as the bytes behind it would allow:
 * msgpack-c would take memory for each of them. */
static void nested_claims_add_up(void **state)
{
	static char bytes[65536];

	(void)state;
	for (size_t i = 0; i < 30; i++) {
		size_t count = (sizeof bytes - 3 * (i + 1)) / 2;

		bytes[3 * i] = (char)0xdc;
		bytes[3 * i + 1] = (char)(count >> 8);
		bytes[3 * i + 2] = (char)count;
	}
	assert_int_equal(check_value((struct str){ bytes, sizeof bytes }, NULL), ERR_FORMAT);
}

static bool is_ours(const msgpack_object *o)
{
	switch (o->type) {
	case MSGPACK_OBJECT_BIN:
	case MSGPACK_OBJECT_EXT:
		return false;
	case MSGPACK_OBJECT_ARRAY:
		for (uint32_t i = 0; i < o->via.array.size; i++) {
			if (!is_ours(&o->via.array.ptr[i]))
				return false;
		}
		return true;
	case MSGPACK_OBJECT_MAP:
		for (uint32_t i = 0; i < o->via.map.size; i++) {
			const msgpack_object_kv *kv = &o->via.map.ptr[i];

			if (kv->key.type != MSGPACK_OBJECT_STR || !is_ours(&kv->val))
				return false;
		}
		return true;
	default:
		return true;
	}
}

/* What msgpack-c says: exactly one value of our types. */
static bool msgpack_takes(msgpack_zone *zone, struct str bytes)
{
	msgpack_object o;
	size_t at = 0;
	bool ok = msgpack_unpack(bytes.p, bytes.n, &at, zone, &o) == MSGPACK_UNPACK_SUCCESS &&
		  at == bytes.n && is_ours(&o);

	msgpack_zone_clear(zone);
	return ok;
}

/* All inputs of one and two bytes and every seventh of three.  Headers with counts of two and four
 * bytes are left out in the first place: for each of them msgpack-c takes memory for what they
 * claim, which is what the check is there for. */
static void short_inputs_are_judged_as_msgpack_c_does(void **state)
{
	static const uint32_t step[] = { 0, 1, 1, 7 };
	msgpack_zone *zone = msgpack_zone_new(8192);
	unsigned n_taken = 0;

	(void)state;
	for (size_t n = 1; n <= 3; n++) {
		for (uint32_t v = 0; v < UINT32_C(1) << (8 * n); v += step[n]) {
			char bytes[3] = { (char)(v >> 16), (char)(v >> 8), (char)v };
			struct str s = { bytes + (3 - n), n };
			bool taken = check_value(s, NULL) > 0;
			unsigned char first = (unsigned char)s.p[0];

			if (first >= 0xdc && first <= 0xdf)
				continue;
			if (taken != msgpack_takes(zone, s))
				fail_msg("%zu bytes: %0*x", n, (int)(2 * n), v);
			n_taken += taken;
		}
	}
	assert_true(n_taken > 1000);
	msgpack_zone_free(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_values_are_counted),
		cmocka_unit_test(bad_values_are_refused_with_a_reason),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(containers_side_by_side_are_not_deep),
		cmocka_unit_test(the_number_of_nodes_has_a_limit),
		cmocka_unit_test(nested_claims_add_up),
		cmocka_unit_test(short_inputs_are_judged_as_msgpack_c_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
