/* dump_test.c - a message as a line: readable, harmless, and without secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "sample.h"

static void assert_dump(struct str value, const char *expect)
{
	struct why why = { 0 };
	struct buf line;
	struct msg m;

	buf_init(&line, 1u << 16);
	if (msg_open(&m, value, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(msg_dump(&line, &m), 0);
	buf_byte(&line, '\0');
	assert_string_equal(line.p, expect);
	msg_close(&m);
	buf_fini(&line);
}

static void a_request_reads_as_a_line(void **state)
{
	struct msg_create create = {
		.instance = STR("mock-1"),
		.account = STR("acc_1"),
		.session = STR("mock_w_1_2"),
		.profile = STR("p_1"),
		.generation = 7,
		.resume = true,
		.timeout = 90000,
		.metadata = STR("{\"a\":1}"),
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(msg_pack_request(&out, 9, MSG_create, &create), 0);
	assert_dump(only_value(&out),
		    "create id=9 instance=\"mock-1\" account=\"acc_1\" session=\"mock_w_1_2\""
		    " profile=\"p_1\" generation=7 resume=true timeout=90000 metadata=<7 bytes>");
	buf_fini(&out);
}

static void replies_and_lists_are_short(void **state)
{
	struct msg_error error = { .cause = 1, .text = STR("Session not found") };
	struct msg_session sessions[3] = { 0 };
	struct msg_listed listed = { .call = 4, .sessions = { sessions, 3 } };
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(msg_pack_reply(&out, 9, MSG_create, &error, NULL), 0);
	assert_dump(only_value(&out), "reply id=9 error cause=1 text=\"Session not found\"");
	buf_reset(&out);
	assert_int_equal(msg_pack_notification(&out, MSG_listed, &listed), 0);
	assert_dump(only_value(&out), "listed call=4 sessions=[3]");
	buf_fini(&out);
}

static void strings_are_cut_and_escaped(void **state)
{
	struct buf out;
	struct msg_log log = {
		.text =
		    STR("\x1b[31m \"quoted\" back\\slash \xc3\xa9\n and a tail that is too long "
			"for a line that people read"),
	};

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(msg_pack_notification(&out, MSG_log, &log), 0);
	assert_dump(
	    only_value(&out),
	    "log level=0 text=\"\\x1b[31m \\x22quoted\\x22 back\\x5cslash \\xc3\\xa9\\x0a and a "
	    "tail that is too long for a ...\"");
	buf_fini(&out);
}

static void keys_that_nobody_knows_show_no_value(void **state)
{
	(void)state;
	assert_dump(STR("\x93\x02\xa3log\x85\xa3pin\xa4"
			"1234\xa2pw\xcd\x01\x02\xa1\n\xc3\xa1y\xc0\xa1z\x80"),
		    "log pin=<4 bytes> pw=<number> \\x0a=<bool> y=<other> z={0}");
}

static void a_known_key_with_a_wrong_type_is_dumped_all_the_same(void **state)
{
	(void)state;
	assert_dump(STR("\x93\x02\xa3log\x83\xa4text\x91\x01\xa5level\xff\xa8instance\xcb"
			"\0\0\0\0\0\0\0\0"),
		    "log text=[1] level=<other> instance=<other>");
}

/* Every string that is marked as a secret in messages.def, in every message that holds one. */
static void secrets_are_never_shown(void **state)
{
	struct carrier c;
	size_t n_secrets = 0;

	(void)state;
	for (size_t i = 0; carrier_at(i, &c); i++) {
		for (size_t k = 0; k < c.rec->n_fields; k++) {
			const struct field *f = &c.rec->fields[k];
			union any_record record = { 0 };
			struct buf out, line;
			struct msg m;

			if (!f->secret || f->type != FIELD_str)
				continue;
			n_secrets++;
			*(struct str *)(record.bytes + f->offset) = STR("SECRET");
			buf_init(&out, 1000);
			buf_init(&line, 1000);
			assert_int_equal(carrier_pack(&c, &out, 1, &record), 0);
			assert_int_equal(msg_open(&m, only_value(&out), NULL), 0);
			assert_int_equal(msg_dump(&line, &m), 0);
			assert_null(memmem(line.p, line.n, "SECRET", 6));
			assert_non_null(memmem(line.p, line.n, "<6 bytes>", 9));
			msg_close(&m);
			buf_fini(&line);
			buf_fini(&out);
		}
	}
	assert_int_equal(n_secrets,
			 8); /* qr, metadata, args, bodies, messages; config is in a list */
}

static void a_qr_code_is_a_secret_in_any_message(void **state)
{
	(void)state;
	assert_dump(STR("\x93\x02\xa3log\x81\xa2qr\xa3"
			"2@x"),
		    "log qr=<3 bytes>");
	assert_dump(STR("\x94\x01\x05\xc0\x82\xa2qr\xa3"
			"2@x\xa5value\xa1v"),
		    "reply id=5 qr=<3 bytes> value=<1 bytes>");
}

static void many_keys_are_cut(void **state)
{
	struct buf out, line;
	struct msg m;

	(void)state;
	buf_init(&out, 1000);
	buf_init(&line, 1000);
	buf_str(&out, STR("\x93\x02\xa3log\xde\x00\x21")); /* 33 keys */
	for (int i = 0; i < 33; i++)
		buf_str(&out, STR("\xa1k\xc0"));
	assert_int_equal(msg_open(&m, buf_all(&out), NULL), 0);
	assert_int_equal(msg_dump(&line, &m), 0);
	assert_int_equal(line.n, strlen("log") + 32 * strlen(" k=<other>") + strlen(" ..."));
	assert_memory_equal(line.p + line.n - 4, " ...", 4);
	msg_close(&m);
	buf_fini(&line);
	buf_fini(&out);
}

static void a_buffer_that_is_full_is_an_error(void **state)
{
	struct buf line;
	struct msg m;

	(void)state;
	buf_init(&line, 5);
	assert_int_equal(msg_open(&m, STR("\x93\x02\xa3log\x81\xa5level\x02"), NULL), 0);
	assert_int_equal(msg_dump(&line, &m), ERR_TOOBIG);
	msg_close(&m);
	buf_fini(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_reads_as_a_line),
		cmocka_unit_test(replies_and_lists_are_short),
		cmocka_unit_test(strings_are_cut_and_escaped),
		cmocka_unit_test(keys_that_nobody_knows_show_no_value),
		cmocka_unit_test(a_known_key_with_a_wrong_type_is_dumped_all_the_same),
		cmocka_unit_test(secrets_are_never_shown),
		cmocka_unit_test(a_qr_code_is_a_secret_in_any_message),
		cmocka_unit_test(many_keys_are_cut),
		cmocka_unit_test(a_buffer_that_is_full_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
