/* webhooks_test.c - what anybody may send: webhooks, and what the old service asks of its application. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/obj.h"
#include "world.h"

static struct world w;
static struct reply r;

static int open_world(void **state)
{
	(void)state;
	world_open(&w);
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static void a_webhook_is_passed_on_with_what_its_signature_needs(void **state)
{
	(void)state;
	ask(&w, "POST", "/webhooks/mock",
	    "X-Timestamp: 1700000000\r\nX-HMAC-Signature: ab\r\nX-Instance-Url: http://evil/\r\n",
	    "{\"event\":\"e\"}", &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(w.fake.last_kind, COMMAND_WEBHOOK);
	assert_string_equal(w.fake.last_provider, "mock");
	assert_string_equal(w.fake.last_instance, "");
	assert_string_equal(w.fake.last_args, "{\"event\":\"e\"}");
	assert_string_equal(w.fake.last_headers, "x-timestamp=1700000000;x-hmac-signature=ab;");
	ask(&w, "POST", "/webhooks/mock/mock-2", "", "{}", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(w.fake.last_instance, "mock-2");
	assert_string_equal(w.fake.last_headers, "");
}

static unsigned status_of_size(const char *path, const char *headers, size_t n)
{
	char *body = calloc(1, n + 1);

	assert_non_null(body);
	memset(body, ' ', n);
	memcpy(body, "{}", 2);
	ask(&w, "POST", path, headers, body, &r);
	free(body);
	return r.status;
}

/* Who has shown no key is not allowed to make us keep much. */
static void a_body_without_a_key_is_small_and_a_webhook_may_be_larger(void **state)
{
	(void)state;
	assert_int_equal(
	    status_of_size("/api/whatsapp/sessions/s1/mark-disconnected", "", LIMIT_HTTP_BODY_OPEN),
	    200);
	assert_int_equal(status_of_size("/api/whatsapp/sessions/s1/mark-disconnected", "",
					LIMIT_HTTP_BODY_OPEN + 1),
			 413);
	assert_int_equal(status_of_size("/api/whatsapp/chats/sync", "", LIMIT_WEBHOOK), 200);
	assert_int_equal(status_of_size("/webhooks/mock", "", LIMIT_HTTP_BODY_OPEN + 1), 200);
	assert_int_equal(status_of_size("/webhooks/mock", "", LIMIT_WEBHOOK), 200);
	assert_int_equal(status_of_size("/webhooks/mock", "", LIMIT_WEBHOOK + 1), 413);
}

/* Of a webhook for nobody not even the body is waited for. */
static void a_webhook_for_nobody_is_refused_at_its_head(void **state)
{
	static const char head[] = "Content-Type: application/json\r\nContent-Length: 700000\r\n";
	struct client c;

	(void)state;
	client_open(&c, &w);
	client_request(&c, "POST", "/webhooks/nobody", head, NULL);
	client_reply(&c, &r, false);
	reply_is_problem(&r, 404, "not_found");
	client_close(&c);
	client_open(&c, &w);
	client_request(&c, "POST", "/api/whatsapp/webhooks/nobody", head, NULL);
	client_reply(&c, &r, false);
	reply_is_problem(&r, 404, "not_found");
	client_close(&c);
	ask(&w, "POST", "/webhooks/mock/nobody", "", "{}", &r);
	reply_is_problem(&r, 404, "instance_not_found");
	assert_int_equal(w.fake.n_commands, 0);
}

static bool all_came(void *arg)
{
	(void)arg;
	return world_stats(&w).hooks == LIMIT_HTTP_HOOKS;
}

static bool one_has_gone(void *arg)
{
	(void)arg;
	return world_stats(&w).hooks == LIMIT_HTTP_HOOKS - 1;
}

static void large_webhooks_are_few_at_once(void **state)
{
	static const char head[] = "Content-Type: application/json\r\nContent-Length: 100000\r\n"
				   "Expect: 100-continue\r\n";
	struct client c[LIMIT_HTTP_HOOKS];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		client_open(&c[i], &w);
		client_request(&c[i], "POST", "/webhooks/mock", head, NULL);
	}
	world_until(&w, all_came, NULL, "all webhooks have begun");
	assert_int_equal(status_of_size("/webhooks/mock", "", 100000), 503);
	assert_string_equal(reply_header(&r, "Retry-After"), "1");
	assert_int_equal(status_of_size("/webhooks/mock", "", LIMIT_HTTP_BODY_OPEN), 200);
	client_close(&c[0]);
	world_until(&w, one_has_gone, NULL, "one of them is gone");
	assert_int_equal(status_of_size("/webhooks/mock", "", 100000), 200);
	assert_int_equal(status_of_size("/webhooks/mock", "", 100000), 200);
	for (size_t i = 1; i < ARRAY_LEN(c); i++)
		client_close(&c[i]);
	world_until_connections(&w, 0);
	assert_int_equal(world_stats(&w).hooks, 0);
	assert_int_equal(world_stats(&w).hooks_refused, 1);
}

/* The limit is that of one request, not of the connection. */
static void the_next_request_has_the_limit_of_its_own_route(void **state)
{
	size_t n = LIMIT_HTTP_BODY_OPEN + 1000;
	char *body = calloc(1, n + 1);
	struct client c;

	(void)state;
	assert_non_null(body);
	memset(body, ' ', n);
	memcpy(body, "{}", 2);
	client_open(&c, &w);
	client_request(&c, "POST", "/api/whatsapp/chats/sync", "", "{}");
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 200);
	client_request(&c, "POST", "/webhooks/mock", "", body);
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 200);
	client_close(&c);
	free(body);
}

static void the_old_service_is_to_restore_nothing(void **state)
{
	(void)state;
	ask(&w, "GET", "/api/whatsapp/accounts/active", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "sessions"), "[]");
	ask(&w, "POST", "/api/whatsapp/sessions/Session_1/mark-disconnected", "", "{}", &r);
	assert_int_equal(r.status, 200);
	ask(&w, "POST", "/api/whatsapp/chats/sync", "", "{\"chats\":[]}", &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(w.fake.n_commands, 0);
	ask(&w, "POST", "/api/whatsapp/webhooks/webjs", "", "{}", &r);
	assert_string_equal(w.fake.last_provider, "webjs");
}

static void a_webhook_that_is_not_genuine_is_refused_in_words(void **state)
{
	(void)state;
	w.fake.refuse = "webhook_refused";
	ask(&w, "POST", "/webhooks/mock", "", "{}", &r);
	reply_is_problem(&r, 401, "webhook_refused");
	ask(&w, "POST", "/webhooks/No", "", "{}", &r);
	reply_is_problem(&r, 404, "not_found");
	ask(&w, "GET", "/webhooks/mock", "", NULL, &r);
	reply_is_problem(&r, 405, "method_not_allowed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_webhook_is_passed_on_with_what_its_signature_needs),
		TEST(a_body_without_a_key_is_small_and_a_webhook_may_be_larger),
		TEST(a_webhook_for_nobody_is_refused_at_its_head),
		TEST(large_webhooks_are_few_at_once),
		TEST(the_next_request_has_the_limit_of_its_own_route),
		TEST(the_old_service_is_to_restore_nothing),
		TEST(a_webhook_that_is_not_genuine_is_refused_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
