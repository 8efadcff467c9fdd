/* web_refuse_test.c - HTTP requests that are not made, and those that are just inside the bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "surf.h"

static void a_url_that_is_wrong_is_refused(void **state)
{
	static const struct {
		const char *url, *part;
	} cases[] = {
		{ "", "does not begin with" },
		{ "127.0.0.1/hunter2", "does not begin with" },
		{ "ftp://127.0.0.1/", "does not begin with" },
		{ "file:///etc/passwd", "does not begin with" },
		{ "http:///hunter2", "does not begin with" },
		{ "http://", "does not begin with" },
		{ "http:/127.0.0.1/", "does not begin with" },
		{ "http://user:hunter2@127.0.0.1/", "user or password" },
		{ "http://user@127.0.0.1/", "user or password" },
		{ "http://@127.0.0.1/", "user or password" },
		{ "http://:@127.0.0.1", "user or password" },
		{ "http://127.0.0.1/ hunter2", "must be escaped" },
		{ "http://127.0.0.1/\r\nhunter2", "must be escaped" },
		{ "http://127.0.0.1/\xc3\xa4", "must be escaped" },
		{ "http://127.0.0.1:hunter2/", "malformed" },
		{ "http://127.0.0.1:99999/", "malformed" },
		{ "http://[::1/", "malformed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct relink_http_request r = to("GET", "/");
		const struct got *g;

		r.url = rs(cases[i].url);
		g = fetch(&r);
		assert_got(g, RELINK_MISCONFIGURED, 0, cases[i].part);
		assert_null(strstr(g->text, "hunter2"));
	}
	assert_int_equal(httpd.n_connections, 0);
}

static void an_at_sign_behind_the_host_is_no_login(void **state)
{
	struct relink_http_request r = to("GET", "/a@b?c@d");

	(void)state;
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	assert_memory_equal(httpd.last, "GET /a@b?c@d ", 13);
}

static void a_url_has_at_most_8_kib(void **state)
{
	char path[WEB_URL_MAX + 10];
	struct relink_http_request r;

	(void)state;
	memset(path, 'p', sizeof path);
	path[0] = '/';
	r = to("GET", "/");
	path[WEB_URL_MAX - r.url.n + 1] = '\0';
	r = to("GET", path);
	assert_int_equal(r.url.n, WEB_URL_MAX);
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	r.url.n++; /* the NUL; the length is looked at first */
	assert_got(fetch(&r), RELINK_MISCONFIGURED, 0, "over 8 KiB");
}

static void a_header_that_is_wrong_is_refused(void **state)
{
	static const struct {
		const char *name, *value;
		enum relink_cause cause;
		const char *part;
	} cases[] = {
		{ "X-Key", "hunter2\r\nX-Other: 1", RELINK_MISCONFIGURED, "a line end" },
		{ "X-Key", "hunter2\n", RELINK_MISCONFIGURED, "a line end" },
		{ "X-Key", "hunter2\x7f", RELINK_MISCONFIGURED, "a line end" },
		{ "", "v", RELINK_INTERNAL, "a name" },
		{ "X Key", "v", RELINK_INTERNAL, "a name" },
		{ "X-Key:", "v", RELINK_INTERNAL, "a name" },
		{ "X-Key\r\nY", "v", RELINK_INTERNAL, "a name" },
		{ "X-K\xc3\xa4", "v", RELINK_INTERNAL, "a name" },
		{ "host", "evil", RELINK_INTERNAL, "only the host" },
		{ "USER-AGENT", "evil", RELINK_INTERNAL, "only the host" },
		{ "Content-Length", "0", RELINK_INTERNAL, "only the host" },
		{ "Transfer-Encoding", "chunked", RELINK_INTERNAL, "only the host" },
		{ "Connection", "close", RELINK_INTERNAL, "only the host" },
		{ "Expect", "100-continue", RELINK_INTERNAL, "only the host" },
		{ "Accept-Encoding", "gzip", RELINK_INTERNAL, "only the host" },
		{ "Upgrade", "h2c", RELINK_INTERNAL, "only the host" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct relink_http_request r = to("GET", "/");
		const struct relink_header h = { rs(cases[i].name), rs(cases[i].value) };
		const struct got *g;

		r.headers = &h;
		r.n_headers = 1;
		g = fetch(&r);
		assert_got(g, cases[i].cause, 0, cases[i].part);
		assert_null(strstr(g->text, "hunter2"));
	}
	assert_int_equal(httpd.n_connections, 0);
}

static void headers_have_a_bound(void **state)
{
	static char value[WEB_HEADER_BYTES_MAX + 1];
	struct relink_header h[WEB_HEADERS_MAX + 1];
	struct relink_http_request r = to("GET", "/");

	(void)state;
	memset(value, 'v', sizeof value);
	for (size_t i = 0; i < ARRAY_LEN(h); i++)
		h[i] = (struct relink_header){ rs("A"), { value, 511 } };
	r.headers = h;
	r.n_headers = WEB_HEADERS_MAX;
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	h[0].value.n++;
	assert_got(fetch(&r), RELINK_INTERNAL, 0, "over 16 KiB");
	h[0].value.n = SIZE_MAX;
	assert_got(fetch(&r), RELINK_INTERNAL, 0, "over 16 KiB");
	for (size_t i = 0; i < ARRAY_LEN(h); i++)
		h[i].value.n = 1;
	r.n_headers++;
	assert_got(fetch(&r), RELINK_INTERNAL, 0, "more than 32 headers");
	r.headers = NULL;
	r.n_headers = 1;
	assert_got(fetch(&r), RELINK_INTERNAL, 0, "more than 32 headers");
}

static void a_request_that_no_server_would_take_is_refused(void **state)
{
	struct relink_http_request r = to("get", "/");

	(void)state;
	assert_got(fetch(&r), RELINK_INTERNAL, 0, "the method");
	r = to("CONNECT", "/");
	assert_got(fetch(&r), RELINK_INTERNAL, 0, "the method");
	r = to("HEAD", "/");
	r.body = rs("b");
	assert_got(fetch(&r), RELINK_INTERNAL, 0, "HEAD");
	r = to("POST", "/");
	r.body = (struct relink_str){ "b", WEB_BODY_MAX + 1 }; /* not looked at */
	assert_got(fetch(&r), RELINK_INTERNAL, 0, "over 8 MiB");
	r = to("GET", "/");
	r.ca_file = (struct relink_str){ "a\0b", 3 };
	assert_got(fetch(&r), RELINK_MISCONFIGURED, 0, "CA file");
	assert_int_equal(httpd.n_connections, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, surf_open, surf_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_url_that_is_wrong_is_refused),
		TEST(an_at_sign_behind_the_host_is_no_login),
		TEST(a_url_has_at_most_8_kib),
		TEST(a_header_that_is_wrong_is_refused),
		TEST(headers_have_a_bound),
		TEST(a_request_that_no_server_would_take_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
