/* http_test.c - HTTP as a plugin of the real relink-worker sees it: struct relink_host's part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "ask.h"
#include "base/obj.h"
#include "httpd.h"

static struct httpd httpd;
static char url[64];

static int open_all(void **state)
{
	ask_open(state);
	httpd_open(&httpd, &rig.loop);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/", httpd.port);
	return 0;
}

static int close_all(void **state)
{
	httpd_close(&httpd);
	return ask_close(state);
}

static const struct seen *control_url(const char *verb, const char *to)
{
	struct msg_control params = verb_of("one", verb);

	params.args = str_of(to);
	return ask(MSG_control, &params);
}

static void a_plugin_asks_an_http_server(void **state)
{
	(void)state;
	httpd.text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	start(OBEDIENT);
	assert_true(str_is(control_url("fetch", url)->control.body, "200 hello"));
	assert_true(str_is(control_url("fetch_old", url)->control.body, "200 hello"));
	assert_error(control_url("fetch", "nonsense"), RELINK_MISCONFIGURED, "no answer");
	httpd.text = NULL;
	httpd.then = HTTPD_CLOSE;
	assert_error(control_url("fetch", url), RELINK_NETWORK, "no answer");
}

static void requests_that_cannot_be_taken_are_counted_and_told(void **state)
{
	(void)state;
	start(OBEDIENT);
	assert_true(str_is(control_url("fetch_badly", url)->control.body, "4128")); /* 4096 + 32 */
	assert_int_equal(logged("without a size or a callback (3 of these so far)"), 1);
	assert_int_equal(logged("an HTTP request was not taken"), 1);
}

static void a_request_that_is_left_behind_is_dropped_and_told(void **state)
{
	(void)state;
	start(OBEDIENT);
	control_url("forget_fetch", url);
	control_url("forget_fetch", url);
	assert_true(stop(LATER_MS)->stop.stopped);
	assert_int_equal(rig_gone(&rig, 0)->gone.exit_status, 0);
	assert_int_equal(logged("left 2 HTTP requests behind"), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_plugin_asks_an_http_server),
		TEST(requests_that_cannot_be_taken_are_counted_and_told),
		TEST(a_request_that_is_left_behind_is_dropped_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
