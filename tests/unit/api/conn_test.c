/*
 * conn_test.c - one connection as a machine: keep-alive, pipelines, deadlines, ends.
 *
 * No sockets, and time stands still until the test moves it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/obj.h"
#include "machine.h"

#define START  1763287200000ull
#define HEALTH "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

static struct machine m;

static int open_machine(void **state)
{
	(void)state;
	clock_virtual(START);
	machine_open(&m, true);
	return 0;
}

static int close_machine(void **state)
{
	(void)state;
	machine_close(&m);
	clock_virtual(0);
	return 0;
}

static void feed(const char *text)
{
	machine_feed(&m, str_of(text), SIZE_MAX);
}

/* Let `ms` pass for a client that does not read. */
static void pass(uint64_t ms)
{
	clock_virtual(clock_ms() + ms);
	deadlines_run(&m.face.deadlines, clock_ms());
}

static void take(void)
{
	machine_take(&m);
}

static const char *at(const char *text)
{
	return machine_find(&m, text);
}

static bool has(const char *text)
{
	return at(text) != NULL;
}

/* --- keep-alive and pipelines --- */

static void requests_follow_each_other(void **state)
{
	(void)state;
	feed(HEALTH);
	assert_int_equal(machine_replies(&m), 1);
	assert_true(has("Connection: keep-alive\r\n"));
	feed(HEALTH);
	assert_int_equal(machine_replies(&m), 2);
	assert_true(machine_goes_on(&m));
}

static void close_is_heeded(void **state)
{
	(void)state;
	feed("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" HEALTH);
	assert_int_equal(machine_replies(&m), 1);
	assert_true(has("Connection: close\r\n"));
	assert_int_equal(m.conn.phase, CONN_LINGERING);
}

static void http_1_0_closes_unless_asked(void **state)
{
	(void)state;
	feed("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	assert_true(has("Connection: keep-alive\r\n"));
	assert_true(machine_goes_on(&m));
	feed("GET /healthz HTTP/1.0\r\n\r\n");
	assert_int_equal(m.conn.phase, CONN_LINGERING);
	assert_int_equal(machine_replies(&m), 2);
}

static void a_pipeline_is_answered_in_order(void **state)
{
	(void)state;
	m.fake.at_once = false;
	fake_add(&m.fake, "a1");
	feed("GET /v1/accounts/a1 HTTP/1.1\r\nHost: x\r\n\r\n"
	     "POST /v1/accounts/a1/connect HTTP/1.1\r\nHost: x\r\n\r\n"
	     "GET /v1/accounts/none HTTP/1.1\r\nHost: x\r\n\r\n" HEALTH);
	assert_int_equal(machine_replies(&m), 1);
	assert_int_equal(m.conn.phase, CONN_WORKING);
	fake_turn(&m.fake);
	take();
	assert_int_equal(machine_replies(&m), 4);
	assert_true(at("\"new\"") != NULL && at("\"new\"") < at("202 Accepted"));
	assert_true(at("202 Accepted") < at("404 Not Found"));
	assert_true(at("404 Not Found") < at("{\"status\":\"ok\"}"));
}

/* Whoever sends thousands of requests at once gets a bounded number of answers in a turn. */
static void a_long_pipeline_yields(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 20);
	for (int i = 0; i < 1000; i++)
		buf_text(&b, HEALTH);
	conn_feed(&m.conn, buf_all(&b));
	take();
	assert_int_equal(machine_replies(&m), LIMIT_HTTP_PIPELINE);
	assert_false(conn_wants_bytes(&m.conn));
	pass(2);
	take();
	assert_int_equal(machine_replies(&m), 2 * LIMIT_HTTP_PIPELINE);
	for (int i = 0; i < 100; i++) {
		pass(2);
		take();
	}
	assert_int_equal(machine_replies(&m), 1000);
	assert_true(conn_wants_bytes(&m.conn));
	buf_fini(&b);
}

static void a_client_that_does_not_read_gets_no_more(void **state)
{
	unsigned n = 0;

	(void)state;
	while (conn_wants_bytes(&m.conn) && ++n < 1000)
		conn_feed(&m.conn, STR("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
	assert_in_range(n, 10, 100);
	assert_true(conn_output(&m.conn).n < 128u << 10);
	take();
	assert_int_equal(machine_replies(&m), n);
	assert_true(conn_wants_bytes(&m.conn));
}

static void bytes_behind_a_request_under_way_are_bounded(void **state)
{
	static char many[20000];

	(void)state;
	m.fake.at_once = false;
	fake_add(&m.fake, "a1");
	feed("POST /v1/accounts/a1/connect HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(conn_wants_bytes(&m.conn));
	memset(many, 'A', sizeof many);
	conn_feed(&m.conn, (struct str){ many, sizeof many });
	assert_false(conn_wants_bytes(&m.conn));
	assert_int_equal(m.conn.held.n, sizeof many);
}

/* --- the body --- */

static void continue_is_said_before_the_body(void **state)
{
	(void)state;
	feed("POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	     "Content-Length: 19\r\nExpect: 100-continue\r\n\r\n");
	assert_string_equal((buf_byte(&m.out, '\0'), m.out.p), "HTTP/1.1 100 Continue\r\n\r\n");
	feed("{\"provider\":\"mock\"}");
	assert_int_equal(machine_replies(&m), 1);
	assert_true(has("201 Created"));
}

/* Nobody should send a megabyte to hear that the key is wrong. */
static void a_refusal_does_not_wait_for_the_body(void **state)
{
	static const struct {
		const char *head;
		unsigned status;
	} cases[] = {
		{ "POST /v1/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", 404 },
		{ "PUT /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", 405 },
		{ "POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
		  413 },
		{ "POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", 415 },
		{ "POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
		  "Expect: 100-continue\r\n\r\n",
		  415 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		feed(cases[i].head);
		assert_int_equal(machine_status(&m), cases[i].status);
		assert_int_equal(m.conn.phase, CONN_LINGERING);
		close_machine(state);
		open_machine(state);
	}
}

static void a_key_is_needed_before_the_body(void **state)
{
	(void)state;
	m.conn.trusted = false;
	feed("POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n");
	assert_int_equal(machine_status(&m), 401);
	assert_true(has("WWW-Authenticate: Bearer realm=\"relink\"\r\n"));
}

static void keys_come_in_either_header(void **state)
{
	static const struct {
		const char *header;
		unsigned status;
	} cases[] = {
		{ "Authorization: Bearer secret", 200 },
		{ "authorization: bearer  secret", 200 },
		{ "X-API-Key: secret", 200 },
		{ "X-API-Key: secret2", 401 },
		{ "X-API-Key: secre", 401 },
		{ "X-API-Key:", 401 },
		{ "Authorization: Bearer", 401 },
		{ "Authorization: Bearer ", 401 },
		{ "Authorization: Basic secret", 401 },
		{ "Authorization: secret", 401 },
		{ "Authorization: Bearer wrong\r\nX-API-Key: secret", 401 },
		{ "Authorization: Basic dTpw\r\nX-API-Key: secret", 200 },
		{ "Authorization: Basic dTpw\r\nX-API-Key: wrong", 401 },
		{ "Cookie: key=secret", 401 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char request[256];

		m.conn.trusted = false;
		snprintf(request, sizeof request,
			 "GET /v1/workers HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", cases[i].header);
		feed(request);
		if (machine_status(&m) != cases[i].status)
			fail_msg("%s: expected %u, got %u", cases[i].header, cases[i].status,
				 machine_status(&m));
		close_machine(state);
		open_machine(state);
	}
}

/* --- deadlines --- */

static void a_silent_client_is_let_go(void **state)
{
	(void)state;
	pass(9999);
	assert_int_equal(m.conn.phase, CONN_READING);
	pass(2);
	assert_int_equal(m.conn.phase, CONN_OVER);
	assert_int_equal(m.out.n, 0);
}

static void an_idle_connection_is_let_go(void **state)
{
	(void)state;
	m.face.idle_ms = 60000;
	feed(HEALTH);
	pass(59999);
	assert_int_equal(m.conn.phase, CONN_READING);
	pass(2);
	assert_int_equal(m.conn.phase, CONN_OVER);
	assert_int_equal(machine_replies(&m), 1);
}

/* A byte now and then does not move the deadline. */
static void a_slow_head_times_out(void **state)
{
	(void)state;
	for (int i = 0; i < 11; i++) {
		feed("G");
		pass(1000);
	}
	take();
	assert_int_equal(machine_status(&m), 408);
	assert_int_equal(m.conn.phase, CONN_LINGERING);
	pass(2001);
	assert_int_equal(m.conn.phase, CONN_OVER);
}

static void a_slow_body_times_out(void **state)
{
	(void)state;
	pass(9000);
	feed("POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	     "Content-Length: 19\r\n\r\n");
	for (int i = 0; i < 9; i++) {
		pass(1000);
		feed(" ");
	}
	assert_int_equal(m.conn.phase, CONN_READING);
	pass(1001);
	take();
	assert_int_equal(machine_status(&m), 408);
	assert_int_equal(m.conn.phase, CONN_LINGERING);
}

static void a_client_that_does_not_read_is_let_go(void **state)
{
	(void)state;
	conn_feed(&m.conn, STR(HEALTH));
	pass(6000);
	conn_sent(&m.conn, 10);
	pass(6000);
	assert_int_equal(m.conn.phase, CONN_READING); /* it had read something */
	pass(4001);
	assert_int_equal(m.conn.phase, CONN_OVER);
}

static void a_command_under_way_has_no_deadline(void **state)
{
	(void)state;
	m.fake.at_once = false;
	fake_add(&m.fake, "a1");
	feed("POST /v1/accounts/a1/connect HTTP/1.1\r\nHost: x\r\n\r\n");
	pass(3600 * 1000);
	assert_int_equal(m.conn.phase, CONN_WORKING);
	fake_turn(&m.fake);
	take();
	assert_true(has("202 Accepted"));
}

/* --- ends --- */

static void an_idle_end_closes(void **state)
{
	(void)state;
	conn_eof(&m.conn);
	assert_int_equal(m.conn.phase, CONN_OVER);
}

static void an_end_inside_a_request_closes(void **state)
{
	(void)state;
	feed("GET /healthz HTTP/1.1\r\nHos");
	conn_eof(&m.conn);
	assert_int_equal(m.conn.phase, CONN_OVER);
	assert_int_equal(m.out.n, 0);
}

/* "printf ... | nc -N": the client has said all, and still wants to hear. */
static void a_half_closed_client_is_answered(void **state)
{
	(void)state;
	m.fake.at_once = false;
	fake_add(&m.fake, "a1");
	feed("POST /v1/accounts/a1/connect HTTP/1.1\r\nHost: x\r\n\r\n" HEALTH);
	conn_eof(&m.conn);
	assert_int_equal(m.conn.phase, CONN_WORKING);
	fake_turn(&m.fake);
	take();
	assert_int_equal(machine_replies(&m), 2);
	assert_int_equal(m.conn.phase, CONN_OVER);
}

static void a_client_that_is_gone_leaves_its_command(void **state)
{
	(void)state;
	m.fake.at_once = false;
	fake_add(&m.fake, "a1");
	feed("POST /v1/accounts/a1/connect HTTP/1.1\r\nHost: x\r\n\r\n");
	conn_abort(&m.conn);
	conn_fini(&m.conn);
	fake_turn(&m.fake); /* the reply finds nobody */
	assert_string_equal(fake_find(&m.fake, "a1")->status, "connecting");
	assert_int_equal(conn_init(&m.conn, &m.face, true, m.conn.changed), 0);
}

static void a_client_that_is_gone_leaves_its_read(void **state)
{
	(void)state;
	m.fake.at_once = false;
	fake_add(&m.fake, "a1");
	fake_status(&m.fake, "a1", "connected", "");
	feed("GET /v1/accounts/a1/timeline HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(m.fake.n_reads, 1);
	conn_abort(&m.conn);
	conn_fini(&m.conn);
	fake_turn(&m.fake);
	assert_int_equal(conn_init(&m.conn, &m.face, true, m.conn.changed), 0);
}

static void stopping_finishes_what_is_under_way(void **state)
{
	(void)state;
	m.fake.at_once = false;
	fake_add(&m.fake, "a1");
	feed("POST /v1/accounts/a1/connect HTTP/1.1\r\nHost: x\r\n\r\n" HEALTH);
	m.face.stopping = true;
	conn_stop(&m.conn);
	assert_int_equal(m.conn.phase, CONN_WORKING);
	fake_turn(&m.fake);
	take();
	assert_int_equal(machine_replies(&m), 1);
	assert_true(has("Connection: close\r\n"));
	assert_int_equal(m.conn.phase, CONN_LINGERING);
}

static void an_answer_that_is_too_large_is_refused(void **state)
{
	static char metadata[4097];

	(void)state;
	memset(metadata, 'x', sizeof metadata - 1);
	metadata[0] = metadata[4095] = '"';
	for (int i = 0; i < 900; i++) {
		fake_add(&m.fake, "a")->metadata = str_dup(str_of(metadata));
	}
	buf_fini(&m.face.content);
	buf_init(&m.face.content, 1u << 20);
	feed("GET /v1/accounts?limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 0; i < 20; i++)
		machine_pass(&m, 1);
	assert_int_equal(machine_status(&m), 503);
	assert_true(has("\"overloaded\""));
	feed(HEALTH);
	assert_int_equal(machine_replies(&m), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_machine, close_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(requests_follow_each_other),
		TEST(close_is_heeded),
		TEST(http_1_0_closes_unless_asked),
		TEST(a_pipeline_is_answered_in_order),
		TEST(a_long_pipeline_yields),
		TEST(a_client_that_does_not_read_gets_no_more),
		TEST(bytes_behind_a_request_under_way_are_bounded),
		TEST(continue_is_said_before_the_body),
		TEST(a_refusal_does_not_wait_for_the_body),
		TEST(a_key_is_needed_before_the_body),
		TEST(keys_come_in_either_header),
		TEST(a_silent_client_is_let_go),
		TEST(an_idle_connection_is_let_go),
		TEST(a_slow_head_times_out),
		TEST(a_slow_body_times_out),
		TEST(a_client_that_does_not_read_is_let_go),
		TEST(a_command_under_way_has_no_deadline),
		TEST(an_idle_end_closes),
		TEST(an_end_inside_a_request_closes),
		TEST(a_half_closed_client_is_answered),
		TEST(a_client_that_is_gone_leaves_its_command),
		TEST(a_client_that_is_gone_leaves_its_read),
		TEST(stopping_finishes_what_is_under_way),
		TEST(an_answer_that_is_too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
