/* guests_test.c - log-in with a cookie, and whoever would use another's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/failures.h"
#include "api/guests.h"
#include "api/key_text.h"
#include "base/clock.h"
#include "base/obj.h"
#include "world.h"

static struct world w;
static struct reply r;
static char admin[64];

/* What a browser sends along with a request of our page. */
#define OURS "X-Relink-Request: dashboard\r\nSec-Fetch-Site: same-origin\r\n"

static int open_world(void **state)
{
	(void)state;
	world_open(&w);
	snprintf(admin, sizeof admin, "%s", w.key);
	w.key[0] = '\0'; /* no request has a key of its own */
	return 0;
}

static int open_world_with_dropin(void **state)
{
	struct api_options o;

	(void)state;
	o = world_options(&w);
	o.dropin = (struct dropin_options){ .key = "old", .provider = "mock" };
	world_open_with(&w, &o, 64);
	snprintf(admin, sizeof admin, "%s", w.key);
	w.key[0] = '\0';
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	clock_virtual(0);
	world_close(&w);
	return 0;
}

static const char *key_of(unsigned n, enum api_role role, const char *workspace)
{
	static char texts[8][KEY_TEXT + 1];

	key_text_make(texts[n]);
	fake_key(&w.fake, texts[n], role, workspace);
	return texts[n];
}

static void log_in(const char *key, const char *headers)
{
	char body[256];

	snprintf(body, sizeof body, "{\"key\":\"%s\"}", key);
	ask(&w, "POST", "/v1/session", headers, body, &r);
}

/* The Cookie header of a new log-in. */
static void cookie_of(const char *key, char cookie[128])
{
	const char *set;

	log_in(key, OURS);
	assert_int_equal(r.status, 200);
	set = reply_header(&r, "Set-Cookie");
	assert_non_null(set);
	snprintf(cookie, 128, "Cookie: %.*s\r\n", (int)strcspn(set, ";"), set);
}

static unsigned status_with(const char *cookie, const char *more, const char *method,
			    const char *path, const char *body)
{
	char headers[512];

	snprintf(headers, sizeof headers, "%s%s", cookie, more);
	ask(&w, method, path, headers, body, &r);
	return r.status;
}

/* --- log-in --- */

static void a_key_becomes_a_cookie(void **state)
{
	char cookie[128];
	const char *set;
	size_t n = sizeof GUEST_COOKIE "=" - 1;

	(void)state;
	log_in(admin, OURS);
	assert_int_equal(r.status, 200);
	set = reply_header(&r, "Set-Cookie");
	assert_int_equal(strncmp(set, GUEST_COOKIE "=", n), 0);
	assert_int_equal(strspn(set + n, "0123456789abcdef"), GUEST_TEXT);
	assert_string_equal(set + n + GUEST_TEXT, "; Path=/; HttpOnly; SameSite=Strict");
	assert_string_equal(reply_member(&r, "role"), "admin");
	assert_string_equal(reply_member(&r, "workspace"), "null");
	assert_null(strstr(r.body, admin));
	cookie_of(key_of(0, ROLE_OPERATOR, "ws1"), cookie);
	assert_int_equal(status_with(cookie, "", "GET", "/v1/session", NULL), 200);
	assert_string_equal(reply_member(&r, "role"), "operator");
	assert_string_equal(reply_member(&r, "workspace"), "ws1");
	assert_int_equal(status_with(cookie, "", "GET", "/v1/accounts", NULL), 200);
	/* among others, in any place */
	assert_int_equal(status_with("Cookie: a=b; ", cookie + 8, "GET", "/v1/session", NULL), 200);
	assert_int_equal(
	    status_with("", "Cookie: xrelink_session=1\r\n", "GET", "/v1/session", NULL), 401);
}

static void over_tls_the_cookie_is_for_tls_only(void **state)
{
	(void)state;
	log_in(admin, OURS "Origin: https://127.0.0.1\r\n");
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(reply_header(&r, "Set-Cookie"), "; Secure"));
	/* what a client says of its proxy is not believed */
	log_in(admin, OURS "X-Forwarded-Proto: https\r\n");
	assert_null(strstr(reply_header(&r, "Set-Cookie"), "Secure"));
}

static void wrong_keys_count(void **state)
{
	static const char *const bodies[] = { "{}", "{\"key\":7}", "{\"key\":\"a\",\"b\":1}",
					      "[]" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		ask(&w, "POST", "/v1/session", OURS, bodies[i], &r);
		assert_int_equal(r.status, 400);
	}
	for (unsigned i = 0; i < FAILURES_ALLOWED; i++) {
		log_in("relink_00000000_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", OURS);
		reply_is_problem(&r, 401, "unauthorized");
		assert_null(reply_header(&r, "Set-Cookie"));
	}
	log_in("wrong", OURS);
	reply_is_problem(&r, 429, "too_many_wrong_keys");
	log_in(admin, OURS);
	assert_int_equal(r.status, 200);
}

static void keys_that_are_over_begin_none(void **state)
{
	const char *key = key_of(0, ROLE_VIEWER, "");

	(void)state;
	w.fake.keys[0].revoked_at = 1;
	log_in(key, OURS);
	reply_is_problem(&r, 401, "unauthorized");
	w.fake.keys[0].revoked_at = 0;
	w.fake.keys[0].expires_at = clock_ms() - 1;
	log_in(key, OURS);
	reply_is_problem(&r, 401, "unauthorized");
}

/* --- what it opens --- */

static void a_cookie_opens_what_its_key_does(void **state)
{
	char viewer[128], scoped[128];
	struct fake_account *a;

	(void)state;
	a = fake_add(&w.fake, "a1");
	snprintf(a->workspace, sizeof a->workspace, "ws2");
	cookie_of(key_of(0, ROLE_VIEWER, ""), viewer);
	cookie_of(key_of(1, ROLE_OPERATOR, "ws1"), scoped);
	assert_int_equal(status_with(viewer, "", "GET", "/v1/accounts/a1", NULL), 200);
	assert_int_equal(status_with(viewer, OURS, "POST", "/v1/accounts/a1/connect", "{}"), 403);
	assert_int_equal(status_with(viewer, "", "GET", "/v1/accounts/a1/qr", NULL), 403);
	assert_int_equal(status_with(viewer, "", "GET", "/v1/keys", NULL), 403);
	assert_int_equal(status_with(scoped, "", "GET", "/v1/accounts/a1", NULL), 404);
	assert_int_equal(status_with(scoped, "", "GET", "/v1/workers", NULL), 403);
	/* a key in a header goes first, also a wrong one */
	assert_int_equal(status_with(viewer, "X-API-Key: wrong\r\n", "GET", "/v1/accounts", NULL),
			 401);
}

static void the_drop_in_face_takes_no_cookie(void **state)
{
	char cookie[128];

	(void)state;
	cookie_of(admin, cookie);
	assert_int_equal(status_with(cookie, OURS, "GET", "/api/sessions", NULL), 401);
	assert_int_equal(status_with(cookie, OURS, "POST", "/api/sessions", "{}"), 401);
	assert_int_equal(
	    status_with(cookie, OURS "X-API-Key: old\r\n", "GET", "/api/sessions", NULL), 200);
}

/* --- pages of others --- */

static void changes_need_a_page_of_ours(void **state)
{
	static const struct {
		const char *headers;
		unsigned status;
	} cases[] = {
		{ "", 403 },
		{ "X-Relink-Request: dashboard\r\n", 403 }, /* nothing says whose page */
		{ "Sec-Fetch-Site: same-origin\r\n", 403 }, /* a form can send that */
		{ "X-Relink-Request: 1\r\nSec-Fetch-Site: same-origin\r\n", 403 },
		{ "X-Relink-Request: dashboard\r\nSec-Fetch-Site: same-site\r\n", 403 },
		{ "X-Relink-Request: dashboard\r\nSec-Fetch-Site: cross-site\r\n", 403 },
		{ "X-Relink-Request: dashboard\r\nSec-Fetch-Site: none\r\n", 403 },
		{ OURS "Origin: http://evil.example\r\n", 403 },
		{ OURS "Origin: null\r\n", 403 },
		{ "X-Relink-Request: dashboard\r\nOrigin: null\r\n", 403 },
		{ "X-Relink-Request: dashboard\r\nOrigin: http://evil.example\r\n", 403 },
		/* another port of this machine is the same site, and another origin */
		{ "X-Relink-Request: dashboard\r\nOrigin: http://localhost:1\r\n", 403 },
		{ "X-Relink-Request: dashboard\r\nOrigin: http://127.0.0.1:1\r\n"
		  "Sec-Fetch-Site: same-site\r\n",
		  403 },
		{ "X-Relink-Request: dashboard\r\nOrigin: file://x\r\n", 403 },
		{ "X-Relink-Request: dashboard\r\nOrigin: http://test.evil\r\n", 403 },
		{ "X-Relink-Request: dashboard\r\nOrigin: http://\r\n", 403 },
		{ "X-Relink-Request: dashboard\r\nOrigin: http://test\r\n",
		  202 }, /* the client's Host */
		{ "X-Relink-Request: dashboard\r\nOrigin: https://TEST\r\n", 202 },
		{ OURS, 202 },
		{ OURS "Origin: http://localhost\r\n", 202 },
	};
	char cookie[128];

	(void)state;
	fake_add(&w.fake, "a1");
	cookie_of(admin, cookie);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned n = w.fake.n_commands;

		if (status_with(cookie, cases[i].headers, "POST", "/v1/accounts/a1/connect",
				"{}") != cases[i].status)
			fail_msg("%s: %u", cases[i].headers, r.status);
		assert_int_equal(w.fake.n_commands - n, cases[i].status == 202);
		/* nor does such a page log anybody in, or out */
		log_in(admin, cases[i].headers);
		assert_int_equal(r.status == 200, cases[i].status == 202);
		if (cases[i].status == 403)
			assert_int_equal(
			    status_with(cookie, cases[i].headers, "DELETE", "/v1/session", NULL),
			    403);
	}
	assert_int_equal(status_with(cookie, "", "GET", "/v1/session", NULL), 200);
}

static void reads_are_not_for_pages_of_others(void **state)
{
	char cookie[128];

	(void)state;
	cookie_of(admin, cookie);
	assert_int_equal(status_with(cookie, "Sec-Fetch-Site: none\r\n", "GET", "/v1/keys", NULL),
			 200);
	assert_int_equal(
	    status_with(cookie, "Sec-Fetch-Site: same-site\r\n", "GET", "/v1/keys", NULL), 403);
	assert_int_equal(
	    status_with(cookie, "Sec-Fetch-Site: cross-site\r\n", "GET", "/v1/events", NULL), 403);
	assert_int_equal(world_stats(&w).streams, 0);
}

/* A program that sends a key is no browser: nothing of this is asked of it. */
static void programs_are_not_asked(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	snprintf(w.key, sizeof w.key, "%s", admin);
	ask(&w, "POST", "/v1/accounts/a1/connect", "Sec-Fetch-Site: cross-site\r\n", "{}", &r);
	assert_int_equal(r.status, 202);
	ask(&w, "GET", "/v1/session", "", NULL, &r);
	assert_string_equal(reply_member(&r, "role"), "admin");
	assert_string_equal(reply_member(&r, "ends_at"), "null");
	ask(&w, "DELETE", "/v1/session", "", NULL, &r);
	assert_int_equal(r.status, 204);
}

/* --- the end --- */

static void log_out_ends_the_session_and_its_streams(void **state)
{
	char cookie[128], other[128];
	struct client c, d;

	(void)state;
	cookie_of(admin, cookie);
	cookie_of(admin, other);
	client_open(&c, &w);
	client_request(&c, "GET", "/v1/events", cookie, NULL);
	client_open(&d, &w);
	client_request(&d, "GET", "/v1/events", other, NULL);
	world_until_streams(&w, 2);
	assert_int_equal(status_with(cookie, OURS, "DELETE", "/v1/session", NULL), 204);
	assert_non_null(strstr(reply_header(&r, "Set-Cookie"), GUEST_COOKIE "=; "));
	assert_non_null(strstr(reply_header(&r, "Set-Cookie"), "Max-Age=0"));
	world_until_streams(&w, 1);
	assert_int_equal(status_with(cookie, "", "GET", "/v1/session", NULL), 401);
	assert_int_equal(status_with(other, "", "GET", "/v1/session", NULL), 200);
	client_close(&c);
	client_close(&d);
}

static void it_ends_with_its_key(void **state)
{
	char cookie[128], id[9];

	(void)state;
	cookie_of(key_of(0, ROLE_VIEWER, ""), cookie);
	assert_int_equal(status_with(cookie, "", "GET", "/v1/accounts", NULL), 200);
	snprintf(id, sizeof id, "%s", w.fake.keys[0].id);
	w.fake.keys[0].revoked_at = clock_ms();
	assert_int_equal(status_with(cookie, "", "GET", "/v1/accounts", NULL), 401);
	/* and does not come back with it */
	w.fake.keys[0].revoked_at = 0;
	assert_int_equal(status_with(cookie, "", "GET", "/v1/accounts", NULL), 401);
	cookie_of(key_of(1, ROLE_VIEWER, ""), cookie);
	w.fake.keys[1].expires_at = clock_ms() - 1;
	assert_int_equal(status_with(cookie, "", "GET", "/v1/accounts", NULL), 401);
}

static void guesses_open_nothing(void **state)
{
	static const char *const cookies[] = {
		"Cookie: " GUEST_COOKIE "=\r\n",
		"Cookie: " GUEST_COOKIE "\r\n",
		"Cookie: ;;; ;" GUEST_COOKIE "=;\r\n",
		"Cookie: " GUEST_COOKIE
		"=0000000000000000000000000000000000000000000000000000000000000000\r\n",
		"Cookie: " GUEST_COOKIE "=\xff\xfe\r\n",
		"Cookie: " GUEST_COOKIE "=admin\r\n",
	};
	char cookie[128], long_one[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cookies); i++)
		assert_int_equal(status_with(cookies[i], "", "GET", "/v1/accounts", NULL), 401);
	cookie_of(admin, cookie);
	for (size_t i = 0; i < ARRAY_LEN(cookies); i++)
		assert_int_equal(status_with(cookies[i], "", "GET", "/v1/accounts", NULL), 401);
	cookie[strlen(cookie) - 3] ^= 1;
	assert_int_equal(status_with(cookie, "", "GET", "/v1/accounts", NULL), 401);
	cookie[strlen(cookie) - 3] ^= 1;
	snprintf(long_one, sizeof long_one, "%.*sa\r\n", (int)strlen(cookie) - 2, cookie);
	assert_int_equal(status_with(long_one, "", "GET", "/v1/accounts", NULL), 401);
	/* of two Cookie headers the first counts */
	assert_int_equal(status_with(cookies[3], cookie, "GET", "/v1/accounts", NULL), 401);
	assert_int_equal(status_with(cookie, "", "GET", "/v1/accounts", NULL), 200);
}

/* --- the table, without a network --- */

static struct who somebody(unsigned n)
{
	struct who who = { .role = ROLE_VIEWER };

	snprintf(who.key, sizeof who.key, "%08x", n);
	return who;
}

static void it_ends_in_time(void **state)
{
	struct guests t = { .all = NULL };
	struct who who = somebody(1);
	char text[GUEST_TEXT + 1];
	struct str s = { text, GUEST_TEXT };
	uint64_t now = 1000, number;

	(void)state;
	assert_null(guests_find(&t, s, now));
	assert_true(guests_begin(&t, &who, now, text));
	number = guests_find(&t, s, now)->number;
	assert_true(number != 0 && guests_hold(&t, number, now));
	assert_int_equal(guests_end_of(&t, number), now + GUEST_LIFE_MS);
	/* idle */
	assert_true(guests_hold(&t, number, now + GUEST_IDLE_MS - 1));
	assert_false(guests_hold(&t, number, now + GUEST_IDLE_MS));
	assert_null(guests_find(&t, s, now + GUEST_IDLE_MS));
	/* used again and again, and over all the same */
	while (now += GUEST_IDLE_MS / 2, now - 1000 < GUEST_LIFE_MS)
		assert_non_null(guests_find(&t, s, now));
	assert_null(guests_find(&t, s, now));
	assert_false(guests_hold(&t, number, now));
	guests_fini(&t);
}

static void the_table_is_bounded(void **state)
{
	struct guests t = { .all = NULL };
	char first[GUEST_TEXT + 1], text[GUEST_TEXT + 1];
	struct who me = somebody(0);
	uint64_t mine;

	(void)state;
	assert_true(guests_begin(&t, &me, 1, first));
	mine = guests_find(&t, (struct str){ first, GUEST_TEXT }, 1)->number;
	/* one key cannot end what others began, however often it logs in */
	for (unsigned i = 0; i < 3 * GUESTS_MAX; i++) {
		struct who other = somebody(1);

		assert_true(guests_begin(&t, &other, 2, text));
	}
	assert_true(t.n <= 1 + GUESTS_PER_KEY);
	assert_true(guests_hold(&t, mine, 3));
	/* many keys do: the one that was away for longest goes */
	for (unsigned i = 0; i < 2 * GUESTS_MAX; i++) {
		struct who other = somebody(2 + i);

		assert_true(guests_begin(&t, &other, 4 + i, text));
	}
	assert_int_equal(t.n, GUESTS_MAX);
	assert_false(guests_hold(&t, mine, 4));
	/* the place is another's now, and its number opens nothing */
	guests_end(&t, mine);
	assert_non_null(guests_find(&t, (struct str){ text, GUEST_TEXT }, 4 + 2 * GUESTS_MAX));
	guests_fini(&t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_becomes_a_cookie),
		TEST(over_tls_the_cookie_is_for_tls_only),
		TEST(wrong_keys_count),
		TEST(keys_that_are_over_begin_none),
		TEST(a_cookie_opens_what_its_key_does),
		cmocka_unit_test_setup_teardown(the_drop_in_face_takes_no_cookie,
						open_world_with_dropin, close_world),
		TEST(changes_need_a_page_of_ours),
		TEST(reads_are_not_for_pages_of_others),
		TEST(programs_are_not_asked),
		TEST(log_out_ends_the_session_and_its_streams),
		TEST(it_ends_with_its_key),
		TEST(guesses_open_nothing),
		cmocka_unit_test(it_ends_in_time),
		cmocka_unit_test(the_table_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
