/* event_json_test.c - a journal line as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <jansson.h>

#include "out/event_json.h"
#include "policy/account.h"

static struct buf out;

static int open_buf(void **state)
{
	(void)state;
	buf_init(&out, 65536);
	return 0;
}

static int close_buf(void **state)
{
	(void)state;
	buf_fini(&out);
	return 0;
}

static void a_line_has_all_members(void **state)
{
	const struct journal_record r = {
		.seq = 7,
		.at = 1763287200123,
		.row = 3,
		.generation = 2,
		.kind = JOURNAL_STATUS,
		.status = STATUS_FAILED,
		.cause = RELINK_NONE,
		.action = ACTION_SCAN_QR,
		.account = STR("a1"),
		.workspace = STR("acme"),
		.text = STR("it said \"no\"\n"),
		.data = STR("{\"verb\":\"scan\"}"),
	};

	(void)state;
	assert_int_equal(event_json(&out, &r), 0);
	buf_byte(&out, '\0');
	assert_string_equal(
	    out.p,
	    "{\"seq\":7,\"type\":\"account.status\",\"time\":\"2025-11-16T10:00:00.123Z\","
	    "\"account\":\"a1\",\"workspace\":\"acme\",\"status\":\"failed\",\"cause\":\"none\","
	    "\"user_action\":\"scan_qr\",\"generation\":2,\"text\":\"it said \\\"no\\\"\\n\","
	    "\"data\":{\"verb\":\"scan\"}}");
}

static void every_kind_has_a_type(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 256; kind++) {
		const struct journal_record r = { .seq = 1, .kind = (uint8_t)kind };
		json_error_t error;
		json_t *j;

		buf_reset(&out);
		assert_int_equal(event_json(&out, &r), 0);
		j = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, &error);
		assert_non_null(j);
		assert_string_equal(json_string_value(json_object_get(j, "type")), event_type(&r));
		if (journal_kind_name(kind) == NULL)
			assert_string_equal(event_type(&r), "unknown");
		json_decref(j);
	}
}

static void no_numbers_of_a_newer_version_break_it(void **state)
{
	const struct journal_record r = {
		.seq = 1, .kind = 1, .status = 255, .cause = 255, .action = 255
	};

	(void)state;
	assert_int_equal(event_json(&out, &r), 0);
}

static void bytes_of_a_provider_stay_inside_their_string(void **state)
{
	const struct journal_record r = { .seq = 1,
					  .kind = 1,
					  .text = STR("\xff\0\x1b[31m\xe2\x28") };
	json_error_t error;
	json_t *j;

	(void)state;
	assert_int_equal(event_json(&out, &r), 0);
	j = json_loadb(out.p, out.n, JSON_ALLOW_NUL, &error);
	assert_non_null(j);
	json_decref(j);
}

static void a_full_buffer_is_said(void **state)
{
	const struct journal_record r = { .seq = 1, .kind = 1 };
	struct buf small;

	(void)state;
	buf_init(&small, 50);
	assert_int_equal(event_json(&small, &r), ERR_TOOBIG);
	buf_fini(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_buf, close_buf)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_has_all_members),
		TEST(every_kind_has_a_type),
		TEST(no_numbers_of_a_newer_version_break_it),
		TEST(bytes_of_a_provider_stay_inside_their_string),
		TEST(a_full_buffer_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
