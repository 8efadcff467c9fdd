/* page_test.c - the dashboard's files: what is sent with them, and that nothing in them needs more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/digest.h"
#include "dashboard/dashboard.h"
#include "world.h"

static struct world w;
static struct reply r;

static int open_world(void **state)
{
	(void)state;
	world_open(&w);
	w.key[0] = '\0'; /* none of this asks for one */
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static bool ends(const char *name, const char *with)
{
	size_t n = strlen(name), m = strlen(with);

	return n > m && strcmp(name + n - m, with) == 0;
}

static void each_file_is_sent_with_its_policy(void **state)
{
	(void)state;
	assert_true(n_dashboard_files > 10);
	for (unsigned i = 0; i < n_dashboard_files; i++) {
		const struct dashboard_file *f = &dashboard_files[i];
		char path[128];

		snprintf(path, sizeof path, "/dashboard/%s", f->name);
		ask(&w, "GET", path, "", NULL, &r);
		assert_int_equal(r.status, 200);
		assert_int_equal(r.n_body, f->n);
		assert_memory_equal(r.body, f->bytes, f->n);
		assert_string_equal(reply_header(&r, "Content-Type"), f->type);
		assert_string_equal(reply_header(&r, "ETag"), f->etag);
		assert_string_equal(reply_header(&r, "X-Content-Type-Options"), "nosniff");
		assert_string_equal(reply_header(&r, "Referrer-Policy"), "no-referrer");
		assert_string_equal(reply_header(&r, "Cache-Control"), "no-cache");
		assert_string_equal(
		    reply_header(&r, "Content-Security-Policy"),
		    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
		    "data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
		    "frame-ancestors 'none'");
	}
}

static void the_tag_is_the_sum_of_the_bytes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < n_dashboard_files; i++) {
		const struct dashboard_file *f = &dashboard_files[i];
		struct str bytes = { (const char *)f->bytes, f->n };
		uint8_t sum[DIGEST_BYTES];
		char text[2 * DIGEST_BYTES + 3] = "\"";

		assert_true(digest_of(sum, &bytes, 1));
		for (size_t k = 0; k < DIGEST_BYTES; k++)
			snprintf(text + 1 + 2 * k, 4, "%02x\"", sum[k]);
		assert_string_equal(f->etag, text);
	}
}

static void what_is_known_is_not_sent_again(void **state)
{
	char headers[200];

	(void)state;
	ask(&w, "GET", "/dashboard/main.js", "", NULL, &r);
	snprintf(headers, sizeof headers, "Connection: close\r\nIf-None-Match: \"x\", %s\r\n",
		 reply_header(&r, "ETag"));
	ask(&w, "GET", "/dashboard/main.js", headers, NULL, &r);
	assert_int_equal(r.status, 304);
	assert_int_equal(r.n_body, 0);
	assert_non_null(reply_header(&r, "ETag"));
	ask(&w, "GET", "/dashboard/main.js", "If-None-Match: \"0\"\r\n", NULL, &r);
	assert_int_equal(r.status, 200);
}

static void browsers_get_the_page_and_others_the_hint(void **state)
{
	(void)state;
	ask(&w, "GET", "/", "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_header(&r, "Content-Type"), "text/html; charset=utf-8");
	assert_string_equal(reply_header(&r, "Vary"), "Accept");
	assert_non_null(reply_header(&r, "Content-Security-Policy"));
	assert_non_null(strstr(r.body, "/dashboard/main.js"));
	ask(&w, "GET", "/", "Accept: */*\r\n", NULL, &r);
	assert_string_equal(reply_header(&r, "Content-Type"), "text/plain; charset=utf-8");
	assert_string_equal(reply_header(&r, "Vary"), "Accept");
}

static void there_are_no_other_files(void **state)
{
	static const char *const paths[] = { "/dashboard/",
					     "/dashboard/nothing.js",
					     "/dashboard/MAIN.JS",
					     "/dashboard/..",
					     "/dashboard/main.js/",
					     "/dashboard/main.js%00",
					     "/dashboard/%2e%2e%2fadmin.key",
					     "/dashboard" };

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		ask(&w, "GET", paths[i], "", NULL, &r);
		assert_true(r.status == 404 || r.status == 400);
	}
}

/* What the policy would refuse, and what would let a text become markup. */
static void no_file_needs_more_than_the_policy_allows(void **state)
{
	static const char *const never[] = { "http://",        "https://",   " style=\"",
					     "<style",         "onclick=\"", "javascript:",
					     "innerHTML",      "outerHTML",  "insertAdjacentHTML",
					     "document.write", "eval(",      "new Function" };

	(void)state;
	for (unsigned i = 0; i < n_dashboard_files; i++) {
		const struct dashboard_file *f = &dashboard_files[i];

		for (size_t k = 0; k < sizeof never / sizeof never[0]; k++) {
			const char *at = memmem(f->bytes, f->n, never[k], strlen(never[k]));

			if (at != NULL && strncmp(at, "http://www.w3.org/2000/svg", 26) != 0)
				fail_msg("%s has %s", f->name, never[k]);
		}
		if (ends(f->name, ".html"))
			assert_null(memmem(f->bytes, f->n, "<script>", 8));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_file_is_sent_with_its_policy),
		cmocka_unit_test(the_tag_is_the_sum_of_the_bytes),
		TEST(what_is_known_is_not_sent_again),
		TEST(browsers_get_the_page_and_others_the_hint),
		TEST(there_are_no_other_files),
		cmocka_unit_test(no_file_needs_more_than_the_policy_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
