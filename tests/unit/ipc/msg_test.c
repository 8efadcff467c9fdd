/* msg_test.c - messages survive the way, in exactly the bytes that README.md promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "ipc/frame.h"
#include "relink/plugin.h"
#include "sample.h"

#define OUT_MAX (4u << 20)

static void round_trip(const struct carrier *c, enum sample how, uint64_t *seed)
{
	union any_record sent, got;
	struct why why = { 0 };
	struct buf out;
	struct msg m;

	buf_init(&out, OUT_MAX);
	sample_fill(c->rec, how, seed, &sent);
	if (carrier_pack(c, &out, 77, &sent) != 0)
		fail_msg("%s cannot be packed", c->rec->name);
	if (msg_open(&m, only_value(&out), &why) != 0)
		fail_msg("%s: %s", c->rec->name, why.text);
	assert_int_equal(m.kind, c->kind);
	assert_int_equal(m.method, c->kind == MSG_KIND_REPLY ? MSG_NONE : c->method);
	assert_int_equal(m.id, c->kind == MSG_KIND_NOTIFICATION ? 0 : 77);
	assert_int_equal(m.is_error, c->rec == schema_error());
	if (carrier_read(c, &m, &got, &why) != 0)
		fail_msg("%s: %s", c->rec->name, why.text);
	if (!record_equal(c->rec, &sent, &got))
		fail_msg("%s came back different", c->rec->name);
	msg_close(&m);
	buf_fini(&out);
	sample_forget();
}

static void every_message_survives_the_way(void **state)
{
	struct carrier c;
	uint64_t seed = 1;
	size_t n = 0;

	(void)state;
	for (; carrier_at(n, &c); n++) {
		round_trip(&c, SAMPLE_LEAST, &seed);
		round_trip(&c, SAMPLE_TYPICAL, &seed);
		round_trip(&c, SAMPLE_MOST, &seed);
		for (int i = 0; i < 200; i++)
			round_trip(&c, SAMPLE_RANDOM, &seed);
	}
	/* 5 notifications, 10 requests and their results, the error */
	assert_int_equal(n, 26);
}

static void assert_bytes(const struct buf *out, struct str expect)
{
	struct str value = only_value(out);

	assert_int_equal(value.n, expect.n);
	assert_memory_equal(value.p, expect.p, expect.n);
}

static void a_request_has_these_bytes(void **state)
{
	struct msg_ping ping = { .seq = 300 };
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(msg_pack_request(&out, 7, MSG_ping, &ping), 0);
	assert_bytes(&out, STR("\x94\x00\x07\xa4ping\x81\xa3seq\xcd\x01\x2c"));
	buf_fini(&out);
}

static void a_notification_has_these_bytes_and_leaves_out_what_is_empty(void **state)
{
	struct msg_log log = { .level = 2, .text = STR("hi") };
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(msg_pack_notification(&out, MSG_log, &log), 0);
	assert_bytes(&out, STR("\x93\x02\xa3log\x82\xa5level\x02\xa4text\xa2hi"));
	buf_fini(&out);
}

static void a_result_has_these_bytes(void **state)
{
	struct msg_create_reply reply = { .accepted = true };
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(msg_pack_reply(&out, UINT32_MAX, MSG_create, NULL, &reply), 0);
	assert_bytes(&out, STR("\x94\x01\xce\xff\xff\xff\xff\xc0\x81\xa8"
			       "accepted\xc3"));
	buf_fini(&out);
}

static void an_error_has_these_bytes(void **state)
{
	struct msg_error error = { .cause = RELINK_THROTTLED, .retry_after = 60000 };
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(msg_pack_reply(&out, 1, MSG_create, &error, NULL), 0);
	assert_bytes(&out, STR("\x94\x01\x01\x82\xa5"
			       "cause\x06\xabretry_after\xcd\xea\x60\xc0"));
	buf_fini(&out);
}

static void lists_are_arrays_of_maps(void **state)
{
	struct msg_pair pair = { STR("url"), STR("x") };
	struct msg_instance instance = { .id = STR("i"), .config = { &pair, 1 } };
	struct msg_config config = { .slot = 3, .instances = { &instance, 1 } };
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(msg_pack_request(&out, 1, MSG_config, &config), 0);
	assert_bytes(&out, STR("\x94\x00\x01\xa6"
			       "config\x82\xa4slot\x03\xa9instances\x91\x82\xa2id\xa1i\xa6"
			       "config\x91\x82\xa3key\xa3url\xa5value\xa1x"));
	buf_fini(&out);
}

static void keys_may_come_in_any_order_and_empty_ones_may_be_there(void **state)
{
	struct str value = STR("\x93\x02\xa3log\x83\xa4text\xa2hi\xa8instance\xa0\xa5level\x02");
	struct msg_log log;
	struct msg m;

	(void)state;
	assert_int_equal(msg_open(&m, value, NULL), 0);
	assert_int_equal(msg_read(&m, MSG_log, &log, NULL), 0);
	assert_int_equal(log.level, 2);
	assert_true(str_is(log.text, "hi"));
	assert_int_equal(log.instance.n, 0);
	msg_close(&m);
}

static void numbers_may_be_longer_than_needed(void **state)
{
	struct str value =
	    STR("\x93\x02\xd9\3log\x82\xa4text\xdb\0\0\0\2hi\xa5level\xd3\0\0\0\0\0\0\0\2");
	struct msg_log log;
	struct msg m;

	(void)state;
	assert_int_equal(msg_open(&m, value, NULL), 0);
	assert_int_equal(msg_read(&m, MSG_log, &log, NULL), 0);
	assert_int_equal(log.level, 2);
	assert_true(str_is(log.text, "hi"));
	msg_close(&m);
}

static void strings_are_lent_from_the_frame(void **state)
{
	struct str value = STR("\x93\x02\xa3log\x82\xa5level\x02\xa4text\xa2hi");
	struct msg_log log;
	struct msg m;

	(void)state;
	assert_int_equal(msg_open(&m, value, NULL), 0);
	assert_int_equal(msg_read(&m, MSG_log, &log, NULL), 0);
	assert_ptr_equal(log.text.p, value.p + value.n - 2);
	msg_close(&m);
	assert_true(str_is(log.text, "hi"));
}

static void methods_know_their_names_and_ways(void **state)
{
	(void)state;
	assert_string_equal(msg_method_name(MSG_hello), "hello");
	assert_string_equal(msg_method_name(MSG_stop), "stop");
	assert_string_equal(msg_method_name(MSG_NONE), "none");
	assert_string_equal(msg_method_name(MSG_METHOD_COUNT), "none");
	assert_true(msg_is_request(MSG_create) && msg_is_to_worker(MSG_create));
	assert_false(msg_is_request(MSG_event) || msg_is_to_worker(MSG_event));
	assert_false(msg_is_request(MSG_NONE) || msg_is_to_worker(MSG_NONE));
	assert_false(msg_is_request(MSG_METHOD_COUNT));
}

/* --- what cannot be sent --- */

static void assert_not_packed(struct buf *out, const struct msg_create *create, int code)
{
	assert_int_equal(msg_pack_request(out, 1, MSG_create, create), code);
	assert_int_equal(out->n, 6);
	assert_memory_equal(out->p, "before", 6);
	assert_int_equal(out->failed, 0);
}

static void what_the_other_side_would_refuse_is_not_sent(void **state)
{
	static char long_text[LIMIT_SESSION_ID + 1];
	struct msg_create create = { .instance = STR("i") };
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	buf_text(&out, "before");

	create.session = (struct str){ long_text, sizeof long_text };
	assert_not_packed(&out, &create, ERR_RANGE);
	create.session = STR("\xff is not UTF-8");
	assert_not_packed(&out, &create, ERR_RANGE);
	create.session = STR("");
	create.timeout = 3600001;
	assert_not_packed(&out, &create, ERR_RANGE);
	create.timeout = 3600000;
	assert_int_equal(msg_pack_request(&out, 1, MSG_create, &create), 0);
	buf_fini(&out);
}

static void a_full_buffer_takes_a_smaller_frame_afterwards(void **state)
{
	static char metadata[LIMIT_METADATA];
	struct msg_create create = { .metadata = { metadata, sizeof metadata } };
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	buf_text(&out, "before");
	assert_not_packed(&out, &create, ERR_TOOBIG);
	create.metadata = STR_NONE;
	assert_int_equal(msg_pack_request(&out, 1, MSG_create, &create), 0);
	buf_fini(&out);
}

/* A config of the greatest number of instances with `n_pairs` keys each, with values of `n` bytes. */
static int pack_large_config(size_t n_pairs, size_t n)
{
	static struct msg_instance instances[1024];
	static struct msg_pair pairs[64];
	static char text[4096];
	struct msg_config config = { .instances = { instances, ARRAY_LEN(instances) } };
	struct buf out;
	int r;

	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		pairs[i] = (struct msg_pair){ STR("key"), { text, n } };
	for (size_t i = 0; i < ARRAY_LEN(instances); i++)
		instances[i] = (struct msg_instance){ STR("i"), { pairs, n_pairs } };
	buf_init(&out, OUT_MAX);
	r = msg_pack_request(&out, 1, MSG_config, &config);
	assert_int_equal(r == 0, out.n > 0);
	buf_fini(&out);
	return r;
}

static void a_frame_over_a_limit_is_not_sent(void **state)
{
	(void)state;
	assert_int_equal(pack_large_config(8, 10), 0);
	assert_int_equal(pack_large_config(1, 4096), ERR_TOOBIG); /* bytes */
	assert_int_equal(pack_large_config(20, 0), ERR_TOOBIG);   /* nodes */
}

static void a_buffer_that_had_failed_gets_nothing(void **state)
{
	struct msg_ping ping = { 0 };
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	out.failed = ERR_NOMEM;
	assert_int_equal(msg_pack_request(&out, 1, MSG_ping, &ping), ERR_NOMEM);
	assert_int_equal(out.failed, ERR_NOMEM);
	assert_int_equal(out.n, 0);
	buf_fini(&out);
}

/* --- bounds that live in two places --- */

static void states_and_causes_are_bounded_by_the_plugin_header(void **state)
{
	struct carrier c;

	(void)state;
	for (size_t i = 0; carrier_at(i, &c); i++) {
		for (size_t k = 0; k < c.rec->n_fields; k++) {
			const struct field *f = &c.rec->fields[k];

			if (str_is(f->key, "cause"))
				assert_int_equal(f->bound, RELINK_CAUSE_COUNT - 1);
			if (str_is(f->key, "state"))
				assert_int_equal(f->bound, RELINK_STATE_COUNT - 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_survives_the_way),
		cmocka_unit_test(a_request_has_these_bytes),
		cmocka_unit_test(a_notification_has_these_bytes_and_leaves_out_what_is_empty),
		cmocka_unit_test(a_result_has_these_bytes),
		cmocka_unit_test(an_error_has_these_bytes),
		cmocka_unit_test(lists_are_arrays_of_maps),
		cmocka_unit_test(keys_may_come_in_any_order_and_empty_ones_may_be_there),
		cmocka_unit_test(numbers_may_be_longer_than_needed),
		cmocka_unit_test(strings_are_lent_from_the_frame),
		cmocka_unit_test(methods_know_their_names_and_ways),
		cmocka_unit_test(what_the_other_side_would_refuse_is_not_sent),
		cmocka_unit_test(a_full_buffer_takes_a_smaller_frame_afterwards),
		cmocka_unit_test(a_frame_over_a_limit_is_not_sent),
		cmocka_unit_test(a_buffer_that_had_failed_gets_nothing),
		cmocka_unit_test(states_and_causes_are_bounded_by_the_plugin_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
