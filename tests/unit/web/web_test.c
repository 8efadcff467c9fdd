/* web_test.c - what a plugin gets for an HTTP request, from servers good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/obj.h"
#include "surf.h"

/* --- requests, as they are written --- */

static void a_request_is_written_as_it_was_said(void **state)
{
	const struct relink_header headers[] = { { rs("Authorization"), rs("Bearer s3cret") },
						 { rs("X-Empty"), rs(" ") },
						 { rs("X-Spaced"), rs("  a b\t") } };
	struct relink_http_request r = to("PUT", "/a/../b%20c?d=%2F#part");
	char expected[1000];
	const struct got *g;

	(void)state;
	r.headers = headers;
	r.n_headers = ARRAY_LEN(headers);
	r.body = rs("{\"k\":1}");
	g = fetch(&r);
	assert_got(g, RELINK_NONE, 1, "");
	assert_int_equal(g->status, 200);
	assert_string_equal(g->type, "text/plain");
	assert_string_equal(g->body, "ok");
	snprintf(expected, sizeof expected,
		 "PUT /a/../b%%20c?d=%%2F HTTP/1.1\r\n"
		 "Host: 127.0.0.1:%u\r\n"
		 "User-Agent: relink/" RELINK_VERSION "\r\n"
		 "Accept: */*\r\n"
		 "Authorization: Bearer s3cret\r\n"
		 "X-Empty:\r\n"
		 "X-Spaced: a b\r\n"
		 "Content-Length: 7\r\n"
		 "\r\n"
		 "{\"k\":1}",
		 httpd.port);
	assert_string_equal(httpd.last, expected);
}

static void each_method_says_how_long_its_body_is_when_it_has_one(void **state)
{
	static const struct {
		const char *method, *body, *begin, *length;
	} cases[] = {
		{ "", "", "GET / ", NULL },
		{ "GET", "", "GET / ", NULL },
		{ "GET", "b", "GET / ", "Content-Length: 1\r\n" },
		{ "HEAD", "", "HEAD / ", NULL },
		{ "POST", "", "POST / ", "Content-Length: 0\r\n" },
		{ "PUT", "", "PUT / ", "Content-Length: 0\r\n" },
		{ "PATCH", "abc", "PATCH / ", "Content-Length: 3\r\n" },
		{ "DELETE", "", "DELETE / ", NULL },
		{ "DELETE", "b", "DELETE / ", "Content-Length: 1\r\n" },
		{ "OPTIONS", "", "OPTIONS / ", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct relink_http_request r = to(cases[i].method, "/");

		r.body = rs(cases[i].body);
		assert_got(fetch(&r), RELINK_NONE, 1, "");
		assert_memory_equal(httpd.last, cases[i].begin, strlen(cases[i].begin));
		if (cases[i].length != NULL)
			assert_non_null(strstr(httpd.last, cases[i].length));
		else
			assert_null(strstr(httpd.last, "Content-Length"));
		assert_null(strstr(httpd.last, "Content-Type"));
		assert_null(strstr(httpd.last, "Expect"));
	}
}

static void a_body_of_megabytes_goes_and_comes(void **state)
{
	static char bytes[(2u << 20) + 1];
	struct relink_http_request r = to("POST", "/");

	(void)state;
	memset(bytes, 'b', sizeof bytes - 1);
	r.body = (struct relink_str){ bytes, sizeof bytes - 1 };
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	assert_non_null(strstr(httpd.last, "Content-Length: 2097152\r\n"));
	r = to("GET", "/");
	r.body_max = 3u << 20;
	memcpy(bytes, "HTTP/1.1 200 OK\r\n\r\n", 19);
	httpd.text = bytes;
	httpd.then = HTTPD_CLOSE;
	assert_int_equal(fetch(&r)->n_body, sizeof bytes - 1 - 19);
}

/* --- answers --- */

static void any_status_is_an_answer(void **state)
{
	static const struct {
		const char *method, *text;
		unsigned status;
		const char *body;
	} cases[] = {
		{ "GET", "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 302,
		  "" },
		{ "POST", "HTTP/1.1 307 T\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", 307, "" },
		{ "GET",
		  "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
		  "Content-Length: 1\r\n\r\nx",
		  401, "x" },
		{ "GET", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", 404, "gone" },
		{ "GET", "HTTP/1.1 500\r\nContent-Length: 0\r\n\r\n", 500, "" },
		{ "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, "" },
		{ "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n", 200, "" },
		{ "GET",
		  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "2\r\nok\r\n0\r\n\r\n",
		  200, "ok" },
		{ "GET",
		  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "2\r\nok\r\n0\r\nRetry-After: 5\r\n\r\n",
		  200, "ok" },
		{ "GET",
		  "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n"
		  "Content-Length: 2\r\n\r\nok",
		  200, "ok" },
		{ "GET",
		  "HTTP/1.1 102 Wait\r\nRetry-After: 5\r\n\r\n"
		  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		  200, "ok" },
		{ "GET", "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n", 200,
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct relink_http_request r = to(cases[i].method, "/");
		const struct got *g;

		httpd.text = cases[i].text;
		g = fetch(&r);
		assert_got(g, RELINK_NONE, 1, "");
		assert_int_equal(g->status, cases[i].status);
		assert_string_equal(g->body, cases[i].body);
		assert_string_equal(g->type, "");
		assert_int_equal(g->retry_after_ms, 0);
		assert_int_equal(httpd.n_requests, i + 1);
		assert_null(strstr(httpd.last, "Cookie"));
	}
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	static const struct {
		const char *value;
		uint64_t ms;
	} cases[] = {
		{ "0", 1000 },
		{ "7", 7000 },
		{ "600", 600000 },
		{ "601", 600000 },
		{ "99999999999999999999999", 600000 },
		{ "Fri, 31 Dec 1999 23:59:59 GMT", 1000 },
		{ "Fri, 31 Dec 2199 23:59:59 GMT", 600000 },
		{ "soon", 0 },
		{ "-5", 0 },
		{ "", 0 },
	};
	struct relink_http_request r = to("GET", "/");
	char text[200];

	(void)state;
	httpd.text = text;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(text, sizeof text,
			 "HTTP/1.1 429 Slow\r\nretry-after: %s\r\nContent-Length: 0\r\n\r\n",
			 cases[i].value);
		assert_int_equal(fetch(&r)->retry_after_ms, cases[i].ms);
	}
}

static void a_date_in_retry_after_is_told_as_time_from_now(void **state)
{
	time_t at = (time_t)(clock_wall_ms() / 1000) + 100;
	struct relink_http_request r = to("GET", "/");
	char text[200], date[64];
	struct tm tm;

	(void)state;
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&at, &tm));
	snprintf(text, sizeof text,
		 "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", date);
	httpd.text = text;
	assert_in_range(fetch(&r)->retry_after_ms, 80000, 100000);
}

/* --- answers that are none --- */

static void a_broken_answer_is_told_as_what_it_is(void **state)
{
	static char big[100 + (70u << 10)], many[100 + 201 * 6 + 8];
	static const struct {
		const char *text;
		enum httpd_then then;
		enum relink_cause cause;
		const char *part;
	} cases[] = {
		{ "\x01\x02\x03 garbage \xff\r\n\r\n", HTTPD_CLOSE, RELINK_INTERNAL, "no HTTP" },
		{ "HTTP/1.1 xyz\r\n\r\n", HTTPD_CLOSE, RELINK_INTERNAL, "no HTTP" },
		{ "HTTP/22200\r\n\r\n", HTTPD_CLOSE, RELINK_INTERNAL, "no HTTP" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n", HTTPD_CLOSE, RELINK_INTERNAL,
		  "no HTTP" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", HTTPD_KEEP,
		  RELINK_INTERNAL, "chunked" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901", HTTPD_KEEP,
		  RELINK_INTERNAL, "larger than the request allows" },
		{ "HTTP/1.1 200 OK\r\n\r\n12345678901", HTTPD_CLOSE, RELINK_INTERNAL,
		  "larger than the request allows" },
		{ big, HTTPD_KEEP, RELINK_INTERNAL, "over 64 KiB" },
		{ many, HTTPD_KEEP, RELINK_INTERNAL, "over 200 lines" },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx",
		  HTTPD_KEEP, RELINK_INTERNAL, "compressed" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nxx\r\n0\r\n\r\n",
		  HTTPD_KEEP, RELINK_INTERNAL, "transfer encoding" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", HTTPD_CLOSE, RELINK_NETWORK,
		  "was cut" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", HTTPD_RESET, RELINK_NETWORK,
		  "" },
		{ "HTTP/1.1 200 OK\r\nContent-", HTTPD_CLOSE, RELINK_NETWORK, "was cut" },
		{ "HTTP/1.1 200 OK\r\n", HTTPD_CLOSE, RELINK_NETWORK, "was cut" },
		{ "HTTP/1.1 102 Wait\r\n\r\n", HTTPD_CLOSE, RELINK_NETWORK, "without an answer" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", HTTPD_CLOSE,
		  RELINK_NETWORK, "" },
		{ NULL, HTTPD_CLOSE, RELINK_NETWORK, "without an answer" },
		{ NULL, HTTPD_RESET, RELINK_NETWORK, "" },
	};
	struct relink_http_request r = to("GET", "/secret-path?key=hunter2");

	(void)state;
	snprintf(big, sizeof big, "HTTP/1.1 200 OK\r\nX: ");
	memset(big + strlen(big), 'x', 70u << 10);
	memcpy(big + strlen(big), "\r\n\r\n", 5);
	snprintf(many, sizeof many, "HTTP/1.1 200 OK\r\n");
	for (unsigned i = 0; i < 201; i++)
		memcpy(many + strlen(many), "A: b\r\n", 7);
	memcpy(many + strlen(many), "\r\n", 3);
	r.body_max = 10;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct got *g;

		httpd.text = cases[i].text;
		httpd.then = cases[i].then;
		g = fetch(&r);
		assert_got(g, cases[i].cause, 1, cases[i].part);
		assert_false(g->timeout);
		assert_null(strstr(g->text, "secret"));
		assert_null(strstr(g->text, "hunter2"));
		assert_int_equal(httpd.n_requests, i + 1);
	}
}

static void an_answer_within_its_limits_by_a_hair_is_whole(void **state)
{
	static char text[100 + 200 * 6];
	struct relink_http_request r = to("GET", "/");

	(void)state;
	snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n");
	for (unsigned i = 0; i < 199; i++)
		memcpy(text + strlen(text), "A: b\r\n", 7);
	memcpy(text + strlen(text), "\r\n0123456789", 13);
	httpd.text = text;
	r.body_max = 10;
	assert_got(fetch(&r), RELINK_NONE, 1, "");
}

/* --- time --- */

static void an_answer_that_does_not_come_whole_in_time_is_a_timeout(void **state)
{
	static const char *const texts[] = { NULL, "HTTP/1.1 200 OK\r\nContent-Le",
					     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc" };
	struct relink_http_request r = to("GET", "/");

	(void)state;
	r.total_ms = 60;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		uint64_t before = clock_ms();
		const struct got *g;

		httpd.text = texts[i];
		g = fetch(&r);
		assert_got(g, RELINK_NETWORK, 1, "no whole answer within 60 ms");
		assert_true(g->timeout);
		assert_in_range(clock_ms() - before, 60, 5000);
	}
}

#define LONG_TEXT                                                      \
	"HTTP/1.1 200 OK\r\nContent-Length: 120\r\n\r\n"               \
	"123456789012345678901234567890123456789012345678901234567890" \
	"123456789012345678901234567890123456789012345678901234567890"

static void answer_slowly(struct httpd_conn *c, const char *request)
{
	(void)request;
	httpd_trickle(c, LONG_TEXT, 1, 20); /* 50 bytes a second */
}

static void answer_fast_enough(struct httpd_conn *c, const char *request)
{
	(void)request;
	httpd_trickle(c, LONG_TEXT, 10, 20);
}

static void answer_late(struct httpd_conn *c, const char *request)
{
	(void)request;
	httpd_trickle(c, OK_TEXT, sizeof OK_TEXT, 250);
}

static void an_answer_that_trickles_is_ended(void **state)
{
	struct relink_http_request r = to("GET", "/");
	const struct got *g;

	(void)state;
	web.look_ms = 100;
	httpd.answer = answer_slowly;
	g = fetch(&r);
	assert_got(g, RELINK_NETWORK, 1, "less than 100 bytes a second");
	assert_true(g->timeout);
}

static void an_answer_that_moves_or_has_not_begun_is_waited_for(void **state)
{
	struct relink_http_request r = to("GET", "/");

	(void)state;
	web.look_ms = 100;
	httpd.answer = answer_fast_enough;
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	httpd.answer = answer_late;
	assert_got(fetch(&r), RELINK_NONE, 1, "");
}

/* --- servers that are not there --- */

static void a_closed_port_is_not_reached(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof at;
	struct relink_http_request r = to("POST", "/");
	const struct got *g;
	char url[64];

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0); /* nobody listens */
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/hunter2", ntohs(at.sin_port));
	r.url = rs(url);
	g = fetch(&r);
	assert_got(g, RELINK_NETWORK, 0, "http://127.0.0.1:");
	assert_null(strstr(g->text, "hunter2"));
	assert_false(g->timeout);
	close(fd);
}

static void a_name_that_nobody_has_is_not_reached(void **state)
{
	struct relink_http_request r = to("POST", "/");
	const struct got *g;

	(void)state;
	r.url = rs("http://Relink.Invalid/hunter2");
	g = fetch(&r);
	assert_got(g, RELINK_NETWORK, 0, "http://relink.invalid:80: ");
	assert_null(strstr(g->text, "hunter2"));
}

static struct relink_http_request to_tls(char *room, size_t size)
{
	struct relink_http_request r = to("POST", "/");

	snprintf(room, size, "https://127.0.0.1:%u/", httpd.port);
	r.url = rs(room);
	r.connect_ms = 100;
	return r;
}

static void a_server_that_never_greets_is_a_timeout_before_anything_was_sent(void **state)
{
	char url[64];
	struct relink_http_request r = to_tls(url, sizeof url);
	const struct got *g;

	(void)state;
	g = fetch(&r);
	assert_got(g, RELINK_NETWORK, 0, "https://127.0.0.1:");
	assert_true(g->timeout);
}

static void a_connection_cut_before_the_request_has_sent_nothing(void **state)
{
	char url[64];
	struct relink_http_request r = to_tls(url, sizeof url);

	(void)state;
	r.connect_ms = 0;
	httpd.at_first_byte = HTTPD_RESET;
	assert_got(fetch(&r), RELINK_NETWORK, 0, "");
	httpd.at_first_byte = HTTPD_CLOSE;
	assert_got(fetch(&r), RELINK_NETWORK, 0, "");
	assert_int_equal(httpd.n_requests, 0);
}

static void the_environment_changes_nothing(void **state)
{
	struct relink_http_request r = to("GET", "/");

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, surf_open, surf_close)

/* An argument is a pattern: only the tests that it fits. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_written_as_it_was_said),
		TEST(each_method_says_how_long_its_body_is_when_it_has_one),
		TEST(a_body_of_megabytes_goes_and_comes),
		TEST(any_status_is_an_answer),
		TEST(retry_after_is_seconds_or_a_date),
		TEST(a_date_in_retry_after_is_told_as_time_from_now),
		TEST(a_broken_answer_is_told_as_what_it_is),
		TEST(an_answer_within_its_limits_by_a_hair_is_whole),
		TEST(an_answer_that_does_not_come_whole_in_time_is_a_timeout),
		TEST(an_answer_that_trickles_is_ended),
		TEST(an_answer_that_moves_or_has_not_begun_is_waited_for),
		TEST(a_closed_port_is_not_reached),
		TEST(a_name_that_nobody_has_is_not_reached),
		TEST(a_server_that_never_greets_is_a_timeout_before_anything_was_sent),
		TEST(a_connection_cut_before_the_request_has_sent_nothing),
		TEST(the_environment_changes_nothing),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
