/* dropin_metadata_test.c - who says which sessions an account is, and what becomes of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/key_text.h"
#include "base/obj.h"
#include "world.h"

#define KEY "X-API-Key: old\r\n"

static struct world w;
static struct reply r;
static char scoped[KEY_TEXT + 1];

static int open_world(void **state)
{
	struct api_options o = world_options(&w);

	(void)state;
	o.dropin = (struct dropin_options){ .key = "old", .provider = "mock", .wait_ms = 0 };
	world_open_with(&w, &o, 64);
	key_text_make(scoped);
	fake_key(&w.fake, scoped, ROLE_OPERATOR, "w1");
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static void as(const char *key)
{
	snprintf(w.key, sizeof w.key, "%s", key);
}

static struct fake_account *account(const char *id, const char *workspace)
{
	struct fake_account *a = fake_add(&w.fake, id);

	snprintf(a->workspace, sizeof a->workspace, "%s", workspace);
	return a;
}

static void patch(const char *id, const char *body)
{
	char path[100];

	snprintf(path, sizeof path, "/v1/accounts/%s", id);
	ask(&w, "PATCH", path, "", body, &r);
}

/* What the application is told under this name: "" or the account's newest session. */
static const char *status_of(const char *session)
{
	static char newest[130];
	char path[200];

	snprintf(path, sizeof path, "/api/sessions/%s/status", session);
	ask(&w, "GET", path, KEY, NULL, &r);
	if (r.status == 404)
		return "";
	assert_int_equal(r.status, 200);
	snprintf(newest, sizeof newest, "%s", reply_member(&r, "session_id"));
	return newest;
}

static void make(const char *session, int workspace)
{
	char body[200];

	snprintf(body, sizeof body, "{\"session_id\":\"%s\",\"workspace_id\":%d}", session,
		 workspace);
	ask(&w, "POST", "/api/sessions", KEY, body, &r);
	assert_int_equal(r.status, 200);
	fake_status(&w.fake, session, "connected", "");
}

/* --- who does not mention it --- */

static void new_metadata_keeps_the_sessions(void **state)
{
	(void)state;
	make("s1", 1);
	patch("s1", "{\"metadata\":{\"note\":1}}");
	assert_int_equal(r.status, 200);
	assert_string_equal(
	    fake_find(&w.fake, "s1")->metadata,
	    "{\"note\":1,\"dropin\":{\"session_ids\":[\"s1\"],\"workspace_id\":1}}");
	assert_string_equal(status_of("s1"), "s1");
	patch("s1", "{\"metadata\":{}}");
	assert_string_equal(fake_find(&w.fake, "s1")->metadata,
			    "{\"dropin\":{\"session_ids\":[\"s1\"],\"workspace_id\":1}}");
	patch("s1", "{\"metadata\":{\"dropin\":null}}"); /* but it can be taken away */
	assert_string_equal(status_of("s1"), "");
}

static void metadata_that_leaves_no_room_for_them_is_refused(void **state)
{
	char body[4200];

	(void)state;
	make("s1", 1);
	snprintf(body, sizeof body, "{\"metadata\":{\"x\":\"%04080d\"}}", 0);
	patch("s1", body);
	reply_is_problem(&r, 400, "invalid_field");
	assert_non_null(strstr(reply_member(&r, "detail"), "\"dropin\", which is kept"));
	assert_string_equal(status_of("s1"), "s1");
}

/* --- keys of one workspace --- */

static void a_key_of_one_workspace_takes_no_session(void **state)
{
	(void)state;
	make("q9", 5);
	account("acc-w", "w1");
	as(scoped);
	patch("acc-w", "{\"metadata\":{\"dropin\":{\"session_ids\":[\"q9\"],\"workspace_id\":5}}}");
	reply_is_problem(&r, 403, "forbidden");
	patch("acc-w", "{\"metadata\":{\"dropin\":null}}");
	reply_is_problem(&r, 403, "forbidden");
	ask(&w, "POST", "/v1/accounts", "",
	    "{\"provider\":\"mock\",\"id\":\"acc-x\",\"metadata\":{\"dropin\":{\"session_ids\":["
	    "\"q8\"]}}}",
	    &r);
	reply_is_problem(&r, 403, "forbidden");
	patch("acc-w", "{\"metadata\":{\"note\":2}}");
	assert_int_equal(r.status, 200);
	assert_string_equal(status_of("q9"), "q9");
	assert_string_equal(status_of("q8"), "");
}

/* It reads an account, changes something of its own, and sends all of it back. */
static void it_may_send_back_what_is_there(void **state)
{
	static const char *const body = "{\"metadata\":{\"note\":2,\"dropin\":{\"workspace_id\":5,"
					"\"session_ids\":[\"mine\"]}}}";

	(void)state;
	account("acc-w", "w1");
	patch("acc-w", body); /* by the admin */
	as(scoped);
	patch("acc-w", body);
	assert_int_equal(r.status, 200);
	assert_string_equal(status_of("mine"), "mine");
	patch("acc-w",
	      "{\"metadata\":{\"dropin\":{\"workspace_id\":6,\"session_ids\":[\"mine\"]}}}");
	reply_is_problem(&r, 403, "forbidden");
}

/* --- two that claim one session --- */

static void a_session_is_of_the_first_that_has_it(void **state)
{
	static const char *const claim =
	    "{\"metadata\":{\"dropin\":{\"session_ids\":[\"other\",\"q9\"],\"workspace_id\":5}}}";

	(void)state;
	make("q9", 5);
	account("acc-w", "w1");
	patch("acc-w", claim);
	assert_int_equal(r.status, 200);
	assert_string_equal(status_of("q9"), "q9");
	assert_string_equal(status_of("other"), ""); /* no event is told in its name either */
	patch("q9", "{\"label\":\"x\"}");            /* being looked at again costs it nothing */
	assert_string_equal(status_of("q9"), "q9");
	ask(&w, "GET", "/api/sessions", KEY, NULL, &r);
	assert_string_equal(reply_member(&r, "total"), "1");
	patch("acc-w", "{\"metadata\":{\"dropin\":null}}");
	assert_string_equal(status_of("q9"), "q9");
	patch("acc-w", claim);
	ask(&w, "DELETE", "/v1/accounts/q9", "", NULL, &r);
	assert_string_equal(status_of("q9"), "other");
	assert_string_equal(status_of("other"), "other");
}

/* The first id, which is the account's own, is its way also when it is in its list no more. */
static void nor_can_the_id_of_its_account_be_taken(void **state)
{
	(void)state;
	make("q9", 5);
	patch("q9", "{\"metadata\":{\"dropin\":{\"session_ids\":[\"newer\"],\"workspace_id\":5}}}");
	assert_string_equal(status_of("q9"), "newer");
	account("acc-w", "w1");
	patch("acc-w", "{\"metadata\":{\"dropin\":{\"session_ids\":[\"q9\"]}}}");
	assert_string_equal(status_of("q9"), "newer");
	assert_string_equal(status_of("acc-w"), "");
	ask(&w, "DELETE", "/v1/accounts/q9", "", NULL, &r);
	assert_string_equal(status_of("q9"), "q9");
	assert_string_equal(status_of("acc-w"), "q9");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_metadata_keeps_the_sessions),
		TEST(metadata_that_leaves_no_room_for_them_is_refused),
		TEST(a_key_of_one_workspace_takes_no_session),
		TEST(it_may_send_back_what_is_there),
		TEST(a_session_is_of_the_first_that_has_it),
		TEST(nor_can_the_id_of_its_account_be_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
