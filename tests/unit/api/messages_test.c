/* messages_test.c - POST messages on the fake core: what leaves, what is refused, what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/obj.h"
#include "world.h"

#define PATH "/v1/accounts/a1/messages"

static struct world w;
static struct reply r;

static int open_world(void **state)
{
	(void)state;
	world_open(&w);
	fake_add(&w.fake, "a1");
	w.fake.said = "{\"id\":\"m1\",\"timestamp\":1795339871}";
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static void send_it(const char *headers, const char *body)
{
	ask(&w, "POST", PATH, headers, body, &r);
}

static void a_text_and_a_file_leave_as_the_plugin_wants_them(void **state)
{
	static const struct {
		const char *body, *args;
	} cases[] = {
		{ "{\"to\":\"+62 899-900\",\"text\":\"h\\u00e9 \\\"you\\\"\\u0001\"}",
		  "{\"to\":\"+62 899-900\",\"text\":\"h\xc3\xa9 \\\"you\\\"\\u0001\"}" },
		{ "{\"to\":\"1@g.us\",\"media_url\":\"https://x/"
		  "y.png\",\"filename\":\"y\",\"text\":"
		  "null}",
		  "{\"to\":\"1@g.us\",\"media_url\":\"https://x/y.png\",\"filename\":\"y\"}" },
		{ "{\"media\":{\"data\":\"aGk=\",\"mimetype\":\"image/"
		  "png\",\"filename\":\"y.png\"},"
		  "\"to\":\"12345\",\"text\":\"see\"}",
		  "{\"to\":\"12345\",\"text\":\"see\",\"media\":{\"mimetype\":\"image/"
		  "png\",\"data\":"
		  "\"aGk=\",\"filename\":\"y.png\"}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		send_it("", cases[i].body);
		assert_int_equal(r.status, 200);
		assert_string_equal(r.body,
				    "{\"message\":{\"id\":\"m1\",\"timestamp\":1795339871}}");
		assert_int_equal(w.fake.last_kind, COMMAND_SEND);
		assert_string_equal(w.fake.last_args, cases[i].args);
	}
	assert_string_equal(w.fake.last_recipient, "12345");
}

static void what_is_no_message_is_refused_with_the_member(void **state)
{
	static const struct {
		const char *body, *code, *part;
	} cases[] = {
		{ NULL, "invalid_field", "\"to\" must be" },
		{ "[]", "invalid_json", "object" },
		{ "{\"to\":\"1\",\"txet\":\"x\"}", "unknown_field", "\"txet\"" },
		{ "{\"to\":\"1\",\"media\":{\"date\":\"\"}}", "unknown_field", "\"date\"" },
		{ "{\"text\":\"x\"}", "invalid_field", "\"to\" must be" },
		{ "{\"to\":12345,\"text\":\"x\"}", "invalid_field", "\"to\" must be a text" },
		{ "{\"to\":\"1\"}", "invalid_field", "nothing to send" },
		{ "{\"to\":\"1\",\"text\":\"\"}", "invalid_field", "nothing to send" },
		{ "{\"to\":\"1\",\"text\":{}}", "invalid_field", "\"text\" must be a text" },
		{ "{\"to\":\"1\",\"media_url\":\"ftp://x/y\"}", "invalid_field", "\"media_url\"" },
		{ "{\"to\":\"1\",\"media\":\"aGk=\"}", "invalid_field", "\"media\" must be an" },
		{ "{\"to\":\"1\",\"media\":{\"data\":\"aGk=\"}}", "invalid_field",
		  "\"media.mimetype\"" },
		{ "{\"to\":\"1\",\"media\":{\"mimetype\":\"a/b\"}}", "invalid_field",
		  "\"media.data\"" },
		{ "{\"to\":\"1\",\"media\":{\"mimetype\":\"a/b\",\"data\":\"aGk\"}}",
		  "invalid_field", "\"media.data\"" },
		{ "{\"to\":\"1\",\"media\":{\"mimetype\":\"a/b\",\"data\":\"a=k=\"}}",
		  "invalid_field", "\"media.data\"" },
		{ "{\"to\":\"1\",\"media\":{\"mimetype\":\"a/b\",\"data\":\"aGk=\"},\"media_url\":"
		  "\"http://x/\"}",
		  "invalid_field", "one of them" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		send_it("", cases[i].body);
		reply_is_problem(&r, 400, cases[i].code);
		if (strstr(reply_member(&r, "detail"), cases[i].part) == NULL)
			fail_msg("%s: %s", cases[i].body, reply_member(&r, "detail"));
	}
	assert_int_equal(w.fake.n_commands, 0);
}

static void refusals_have_their_status_and_their_wait(void **state)
{
	static const struct {
		const char *problem;
		unsigned status, wait_ms;
		const char *retry_after;
	} cases[] = {
		{ "not_connected", 409, 0, NULL },
		{ "message_refused", 422, 0, NULL },
		{ "not_supported", 422, 0, NULL },
		{ "throttled", 429, 6001, "7" },
		{ "throttled", 429, 0, "1" },
		{ "overloaded", 503, 1000, "1" },
		{ "provider_unavailable", 503, 0, "1" },
		{ "provider_error", 502, 0, NULL },
		{ "outcome_unknown", 504, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *wait;

		w.fake.refuse = cases[i].problem;
		w.fake.retry_after_ms = cases[i].wait_ms;
		send_it("", "{\"to\":\"1\",\"text\":\"x\"}");
		reply_is_problem(&r, cases[i].status, cases[i].problem);
		wait = reply_header(&r, "Retry-After");
		if (cases[i].retry_after == NULL)
			assert_null(wait);
		else
			assert_string_equal(wait, cases[i].retry_after);
	}
}

/* About 700 KiB go through; more is told its limit and the other way. */
static void a_file_may_be_large_and_not_larger(void **state)
{
	static const char head[] = "{\"to\":\"1\",\"media\":{\"mimetype\":\"a/b\",\"data\":\"";
	static char body[1100000];
	static const struct {
		size_t n;
		unsigned status;
		const char *limit;
	} cases[] = {
		{ 960000, 200, NULL },
		{ 1040000, 413, "1024000" }, /* the body may come, the message is too large */
		{ 1060000, 413, "1048576" }, /* the body is too large */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		memcpy(body, head, sizeof head);
		memset(body + sizeof head - 1, 'A', cases[i].n);
		memcpy(body + sizeof head - 1 + cases[i].n, "\"}}", sizeof "\"}}");
		send_it("", body);
		assert_int_equal(r.status, cases[i].status);
		if (cases[i].status == 200) {
			assert_true(w.fake.last_args_bytes > cases[i].n);
			continue;
		}
		reply_is_problem(&r, 413, "body_too_large");
		assert_non_null(strstr(reply_member(&r, "detail"), cases[i].limit));
		assert_non_null(strstr(reply_member(&r, "detail"), "media_url"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_text_and_a_file_leave_as_the_plugin_wants_them),
		TEST(what_is_no_message_is_refused_with_the_member),
		TEST(refusals_have_their_status_and_their_wait),
		TEST(a_file_may_be_large_and_not_larger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
