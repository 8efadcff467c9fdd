/*
 * wait_test.c - "Prefer: wait=N": answered by an event, by the clock, at once, or never when the
 * client has gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/wait.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/obj.h"
#include "machine.h"
#include "world.h"

#define START 1763287200000ull

static struct machine m;

static int open_machine(void **state)
{
	(void)state;
	clock_virtual(START);
	machine_open(&m, true);
	fake_add(&m.fake, "a1");
	return 0;
}

static int close_machine(void **state)
{
	(void)state;
	machine_close(&m);
	clock_virtual(0);
	return 0;
}

static void request(const char *method, const char *path, const char *prefer)
{
	char text[512];

	snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\nPrefer: %s\r\n\r\n", method, path,
		 prefer);
	machine_feed(&m, str_of(text), SIZE_MAX);
}

static bool has(const char *text)
{
	return machine_find(&m, text) != NULL;
}

static void status(const char *text, const char *qr)
{
	fake_status(&m.fake, "a1", text, qr);
	machine_take(&m);
}

/* --- the wish --- */

static void wishes_are_understood(void **state)
{
	static const struct {
		const char *text;
		unsigned seconds;
	} cases[] = {
		{ "wait=10", 10 },
		{ "wait=120", 120 },
		{ "wait=121", 120 },
		{ "wait=99999999999999", 120 },
		{ "wait=99999999999999999999999", 120 },
		{ "respond-async, wait=5", 5 },
		{ "respond-async,wait=5;foo=bar", 5 },
		{ " wait=5 ; x", 5 },
		{ "wait=0", 0 },
		{ "wait=", 0 },
		{ "wait", 0 },
		{ "wait=-1", 0 },
		{ "wait=1.5", 0 },
		{ "wait=\"5\"", 0 },
		{ "waiting=5", 0 },
		{ "", 0 },
		{ ",,;", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_request r = { .header[HEADER_PREFER] = str_of(cases[i].text) };

		if (wait_wish(&r) != cases[i].seconds)
			fail_msg("\"%s\": expected %u, got %u", cases[i].text, cases[i].seconds,
				 wait_wish(&r));
	}
}

/* --- answered by an event --- */

static void a_connect_waits_for_the_qr_code(void **state)
{
	(void)state;
	request("POST", "/v1/accounts/a1/connect", "wait=30");
	assert_int_equal(machine_replies(&m), 0);
	assert_int_equal(m.face.stats.waiters, 1);
	status("connecting", "");
	status("qr_scanning", ""); /* the status, and no code yet */
	assert_int_equal(machine_replies(&m), 0);
	status("qr_scanning", "2@code");
	assert_int_equal(machine_status(&m), 200);
	assert_true(has("Preference-Applied: wait=30\r\n"));
	assert_true(has("\"qr\":{\"code\":\"2@code\""));
	assert_int_equal(m.face.stats.waiters, 0);
	assert_true(machine_goes_on(&m));
}

static void a_reconnect_waits_for_its_new_session(void **state)
{
	(void)state;
	status("connected", "");
	request("POST", "/v1/accounts/a1/reconnect", "wait=30");
	assert_int_equal(machine_replies(&m), 0); /* not the "connected" of before */
	status("connected", "");
	assert_int_equal(machine_status(&m), 200);
	assert_true(has("\"status\":\"connected\""));
	assert_true(has("\"qr\":null}"));
}

static void each_end_is_an_answer(void **state)
{
	static const char *const ends[] = { "connected", "disconnected", "failed" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		request("POST", "/v1/accounts/a1/connect", "wait=30");
		assert_int_equal(machine_replies(&m), 0);
		status("authenticated", "");
		status("reconnecting", "");
		assert_int_equal(machine_replies(&m), 0);
		status(ends[i], "");
		assert_int_equal(machine_replies(&m), 1);
		close_machine(state);
		open_machine(state);
	}
}

static void a_disconnect_waits_for_the_end_only(void **state)
{
	(void)state;
	m.fake.hold = true;
	m.fake.at_once = false;
	request("POST", "/v1/accounts/a1/disconnect", "wait=30");
	m.fake.hold = false;
	fake_turn(&m.fake); /* the fake says disconnected at once */
	machine_take(&m);
	assert_int_equal(machine_status(&m), 200);
	assert_true(has("\"status\":\"disconnected\""));
}

static void other_accounts_wake_nobody(void **state)
{
	(void)state;
	fake_add(&m.fake, "a2");
	request("POST", "/v1/accounts/a1/connect", "wait=30");
	fake_status(&m.fake, "a2", "connected", "");
	machine_take(&m);
	assert_int_equal(machine_replies(&m), 0);
}

/* More events in one turn than the ring holds: all waiters are looked at. */
static void a_waiter_is_found_behind_a_flood(void **state)
{
	(void)state;
	request("POST", "/v1/accounts/a1/connect", "wait=30");
	snprintf(fake_find(&m.fake, "a1")->status, 32, "connected");
	fake_noise(&m.fake, 100);
	machine_take(&m);
	assert_int_equal(machine_status(&m), 200);
}

static void a_deleted_account_ends_the_wait(void **state)
{
	(void)state;
	request("POST", "/v1/accounts/a1/connect", "wait=30");
	fake_find(&m.fake, "a1")->deleted = true;
	fake_add(&m.fake, "a2");
	fake_noise(&m.fake, 100);
	machine_take(&m);
	assert_int_equal(machine_status(&m), 404);
	assert_true(has("account_not_found"));
}

/* --- answered by the clock, or at once --- */

static void the_time_runs_out(void **state)
{
	(void)state;
	request("POST", "/v1/accounts/a1/connect", "wait=3");
	machine_pass(&m, 2999);
	assert_int_equal(machine_replies(&m), 0);
	machine_pass(&m, 1);
	assert_int_equal(machine_status(&m), 200);
	assert_true(has("\"status\":\"connecting\""));
	assert_true(has("Preference-Applied: wait=3\r\n"));
	assert_int_equal(m.face.stats.waiters, 0);
}

static void without_a_wish_the_answer_is_at_once(void **state)
{
	(void)state;
	request("POST", "/v1/accounts/a1/connect", "respond-async");
	assert_int_equal(machine_status(&m), 202);
	assert_false(has("Preference-Applied"));
}

static void what_holds_already_is_answered_at_once(void **state)
{
	(void)state;
	status("qr_scanning", "2@code");
	request("GET", "/v1/accounts/a1/qr", "wait=30");
	assert_int_equal(machine_status(&m), 200);
	assert_true(has("Preference-Applied: wait=30\r\n"));
}

static void get_qr_waits_for_a_code(void **state)
{
	(void)state;
	request("GET", "/v1/accounts/a1/qr", "wait=30");
	assert_int_equal(machine_replies(&m), 0);
	status("qr_scanning", "2@code");
	assert_int_equal(machine_status(&m), 200);
	assert_true(has("{\"code\":\"2@code\""));
}

static void get_qr_ends_when_none_will_come(void **state)
{
	(void)state;
	request("GET", "/v1/accounts/a1/qr", "wait=30");
	status("connected", "");
	assert_int_equal(machine_status(&m), 404);
	assert_true(has("no_qr"));
}

static void a_refused_command_does_not_wait(void **state)
{
	(void)state;
	m.fake.refuse = "provider_unavailable";
	request("POST", "/v1/accounts/a1/connect", "wait=30");
	assert_int_equal(machine_status(&m), 503);
	assert_int_equal(m.face.stats.waiters, 0);
}

/* Too many wait already: the wish is not granted, the command is. */
static void a_full_waiting_room_answers_at_once(void **state)
{
	(void)state;
	m.face.stats.waiters = LIMIT_WAITERS;
	request("POST", "/v1/accounts/a1/connect", "wait=30");
	assert_int_equal(machine_status(&m), 202);
	assert_false(has("Preference-Applied"));
	m.face.stats.waiters = 0;
}

static void a_replay_waits_too(void **state)
{
	static const char text[] = "POST /v1/accounts/a1/connect HTTP/1.1\r\nHost: x\r\n"
				   "Prefer: wait=5\r\nIdempotency-Key: k\r\n\r\n";

	(void)state;
	machine_feed(&m, STR(text), SIZE_MAX);
	status("connected", "");
	buf_reset(&m.out);
	machine_feed(&m, STR(text), SIZE_MAX);
	assert_int_equal(m.fake.last_idem_status, 200);
	assert_int_equal(machine_status(&m), 200);
	assert_true(has("Idempotency-Replayed: true\r\n"));
	assert_int_equal(fake_find(&m.fake, "a1")->generation, 1);
}

/* --- clients that go --- */

static void half_closing_ends_the_wait(void **state)
{
	(void)state;
	request("GET", "/v1/accounts/a1/qr", "wait=30");
	conn_eof(&m.conn);
	machine_take(&m);
	assert_int_equal(machine_status(&m), 404);
	assert_int_equal(m.conn.phase, CONN_OVER);
	assert_int_equal(m.face.stats.waiters, 0);
}

static void a_client_that_is_gone_is_forgotten(void **state)
{
	struct client c[50];
	static struct reply r;
	struct world w;

	(void)state;
	clock_virtual(0);
	world_open(&w);
	fake_add(&w.fake, "a1");
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		client_open(&c[i], &w);
		client_request(&c[i], "GET", "/v1/accounts/a1/qr", "Prefer: wait=100\r\n", NULL);
	}
	world_until_waiters(&w, 50);
	for (size_t i = 1; i < ARRAY_LEN(c); i++)
		client_close(&c[i]);
	world_until_waiters(&w, 1);
	fake_status(&w.fake, "a1", "qr_scanning", "2@code");
	client_reply(&c[0], &r, false);
	assert_int_equal(r.status, 200);
	client_close(&c[0]);
	world_close(&w);
}

static void a_wait_of_a_second_ends_on_a_real_clock(void **state)
{
	static struct reply r;
	struct world w;

	(void)state;
	clock_virtual(0);
	world_open(&w);
	fake_add(&w.fake, "a1");
	ask(&w, "POST", "/v1/accounts/a1/connect", "Prefer: wait=1\r\n", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_header(&r, "Preference-Applied"), "wait=1");
	world_close(&w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_machine, close_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wishes_are_understood),
		TEST(a_connect_waits_for_the_qr_code),
		TEST(a_reconnect_waits_for_its_new_session),
		TEST(each_end_is_an_answer),
		TEST(a_disconnect_waits_for_the_end_only),
		TEST(other_accounts_wake_nobody),
		TEST(a_waiter_is_found_behind_a_flood),
		TEST(a_deleted_account_ends_the_wait),
		TEST(the_time_runs_out),
		TEST(without_a_wish_the_answer_is_at_once),
		TEST(what_holds_already_is_answered_at_once),
		TEST(get_qr_waits_for_a_code),
		TEST(get_qr_ends_when_none_will_come),
		TEST(a_refused_command_does_not_wait),
		TEST(a_full_waiting_room_answers_at_once),
		TEST(a_replay_waits_too),
		TEST(half_closing_ends_the_wait),
		TEST(a_client_that_is_gone_is_forgotten),
		TEST(a_wait_of_a_second_ends_on_a_real_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
