/* tell_test.c - who wants the status only: a head that is whole counts, whatever comes behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/obj.h"
#include "surf.h"

static const struct got *tell(uint64_t total_ms)
{
	struct relink_http_request r = to("POST", "/");

	surf_status_only = true;
	r.total_ms = total_ms;
	return fetch(&r);
}

static void has_status(const struct got *g, unsigned status)
{
	assert_got(g, RELINK_NONE, 1, "");
	assert_int_equal(g->status, status);
	assert_int_equal(g->n_body, 0);
}

static void a_whole_head_is_an_answer(void **state)
{
	static const struct {
		const char *text;
		enum httpd_then then;
		unsigned status;
	} cases[] = {
		{ OK_TEXT, HTTPD_KEEP, 200 },
		{ "HTTP/1.1 204 No Content\r\n\r\n", HTTPD_KEEP, 204 },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx",
		  HTTPD_KEEP, 200 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", HTTPD_CLOSE, 200 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", HTTPD_KEEP, 200 },
		{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nabc",
		  HTTPD_CLOSE, 500 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		httpd.text = cases[i].text;
		httpd.then = cases[i].then;
		has_status(tell(30000), cases[i].status);
	}
}

static void a_head_that_is_not_whole_is_none(void **state)
{
	static const char *const texts[] = { "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-",
					     "HTTP/1.1 100 Continue\r\n\r\n" };

	(void)state;
	httpd.then = HTTPD_CLOSE;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		httpd.text = texts[i];
		assert_got(tell(30000), RELINK_NETWORK, 1, "");
	}
}

/* More than is read for the connection's sake, and more than a request allows by itself. */
static void a_large_body_is_left_alone(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n";
	static char text[3000000 + sizeof head];

	(void)state;
	memcpy(text, head, sizeof head);
	memset(text + sizeof head - 1, 'x', 3000000);
	httpd.text = text;
	has_status(tell(30000), 200);
}

static void a_body_that_ends_late_is_waited_for_until_the_deadline(void **state)
{
	uint64_t before = clock_ms();

	(void)state;
	httpd.text = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nabc";
	has_status(tell(60), 201);
	assert_true(clock_ms() - before >= 60);
}

static void a_small_body_leaves_the_connection_open(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		has_status(tell(30000), 200);
	assert_int_equal(httpd.n_connections, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, surf_open, surf_close)
	const struct CMUnitTest tests[] = {
		T(a_whole_head_is_an_answer),
		T(a_head_that_is_not_whole_is_none),
		T(a_large_body_is_left_alone),
		T(a_body_that_ends_late_is_waited_for_until_the_deadline),
		T(a_small_body_leaves_the_connection_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
