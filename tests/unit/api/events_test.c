/*
 * events_test.c - server-sent events: from the ring, from the journal, over gaps, to slow readers.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/obj.h"
#include "machine.h"
#include "world.h"

#define START 1763287200000ull
#define RING  16 /* of machine_open */

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

static void listen_from(const char *last)
{
	char text[256];

	snprintf(text, sizeof text, "GET /v1/events HTTP/1.1\r\nHost: x\r\n%s%s%s\r\n",
		 last != NULL ? "Last-Event-ID: " : "", last != NULL ? last : "",
		 last != NULL ? "\r\n" : "");
	machine_feed(&m, str_of(text), SIZE_MAX);
}

/* The ids of what was sent, as text: "3 4 5 ". */
static const char *ids(void)
{
	static char text[4096];
	struct str rest = buf_all(&m.out);
	const char *at;
	size_t n = 0;

	text[0] = '\0';
	while (rest.n > 0 && (at = memmem(rest.p, rest.n, "id: ", 4)) != NULL) {
		rest.n -= (size_t)(at + 4 - rest.p);
		rest.p = at + 4;
		n += (size_t)snprintf(text + n, sizeof text - n, "%lu ", strtoul(rest.p, NULL, 10));
	}
	return text;
}

static void status(const char *text)
{
	fake_status(&m.fake, "a1", text, "");
	machine_take(&m);
}

/* --- what is told --- */

static void a_stream_begins_now_and_goes_on(void **state)
{
	(void)state;
	fake_noise(&m.fake, 2);
	listen_from(NULL);
	assert_int_equal(machine_status(&m), 200);
	assert_non_null(machine_find(&m, "Content-Type: text/event-stream; charset=utf-8\r\n"));
	assert_non_null(machine_find(&m, "Connection: close\r\n"));
	assert_null(machine_find(&m, "Content-Length"));
	assert_string_equal(ids(), "");
	status("connecting");
	status("connected");
	assert_string_equal(ids(), "5 6 ");
	assert_non_null(machine_find(
	    &m,
	    "id: 6\nevent: account.status\n"
	    "data: {\"seq\":6,\"type\":\"account.status\",\"time\":\"2025-11-16T10:00:00.006Z\","
	    "\"account\":\"a1\",\"workspace\":\"default\",\"status\":\"connected\","));
}

static void what_is_not_told_is_not_sent(void **state)
{
	(void)state;
	listen_from(NULL);
	fake_noise(&m.fake, 3); /* 1 told, 2 not, 3 told ... */
	machine_take(&m);
	assert_string_equal(ids(), "1 3 5 ");
}

static void a_reader_resumes_from_the_ring(void **state)
{
	(void)state;
	fake_noise(&m.fake, 3);
	listen_from("1");
	assert_string_equal(ids(), "3 5 ");
	assert_int_equal(m.fake.n_reads, 0);
}

static void a_reader_resumes_by_parameter(void **state)
{
	(void)state;
	fake_noise(&m.fake, 3);
	machine_feed(&m, STR("GET /v1/events?after=3 HTTP/1.1\r\nHost: x\r\n\r\n"), SIZE_MAX);
	assert_string_equal(ids(), "5 ");
}

/* A browser repeats the address of its first request, and says in the header where it is. */
static void the_header_counts_more_than_the_parameter(void **state)
{
	(void)state;
	fake_noise(&m.fake, 3);
	machine_feed(&m,
		     STR("GET /v1/events?after=0 HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 3\r\n\r\n"),
		     SIZE_MAX);
	assert_string_equal(ids(), "5 ");
}

static void a_bad_place_is_refused(void **state)
{
	(void)state;
	listen_from("abc");
	assert_int_equal(machine_status(&m), 400);
	assert_int_equal(m.face.stats.streams, 0);
}

static void a_reader_far_behind_reads_the_journal(void **state)
{
	char expected[4096] = "";
	size_t n = 0;

	m.fake.at_once = *(bool *)*state;
	fake_noise(&m.fake, 200); /* told: 1, 3 ... 399 */
	listen_from("0");
	for (int i = 0; i < 100; i++) {
		fake_turn(&m.fake);
		machine_take(&m);
	}
	for (unsigned seq = 1; seq < 400; seq += 2)
		n += (size_t)snprintf(expected + n, sizeof expected - n, "%u ", seq);
	assert_string_equal(ids(), expected);
	assert_true(m.fake.n_reads >= 2);
	status("connected"); /* and then live */
	assert_non_null(machine_find(&m, "id: 401\n"));
}

static void a_gap_in_the_journal_is_told(void **state)
{
	(void)state;
	fake_noise(&m.fake, 50);
	fake_prune(&m.fake, 61);
	listen_from("7");
	assert_non_null(
	    machine_find(&m, "id: 60\nevent: gap\ndata: {\"after\":7,\"next\":61}\n\n"));
	assert_non_null(machine_find(&m, "id: 61\nevent: account.status\n"));
	assert_non_null(machine_find(&m, "id: 99\n"));
	assert_null(machine_find(&m, "id: 59\n"));
}

static void a_journal_that_is_empty_is_a_gap(void **state)
{
	(void)state;
	fake_noise(&m.fake, 50);
	fake_prune(&m.fake, 1000);
	listen_from("7");
	/* the ring holds the last 16 that are told: 69, 71 ... 99 */
	assert_non_null(machine_find(&m, "event: gap\ndata: {\"after\":7,\"next\":68}\n\n"));
	assert_non_null(machine_find(&m, "id: 69\n"));
	assert_non_null(machine_find(&m, "id: 99\n"));
}

static void a_place_in_the_future_is_a_gap(void **state)
{
	(void)state;
	fake_noise(&m.fake, 3);
	listen_from("1000");
	assert_non_null(
	    machine_find(&m, "id: 6\nevent: gap\ndata: {\"after\":1000,\"next\":7}\n\n"));
	status("connected");
	assert_non_null(machine_find(&m, "id: 7\n"));
}

static void a_busy_store_is_asked_again(void **state)
{
	(void)state;
	fake_noise(&m.fake, 50);
	m.fake.store_busy = true;
	listen_from("0");
	machine_pass(&m, 999);
	assert_int_equal(m.fake.n_reads, 1);
	machine_pass(&m, 1);
	assert_int_equal(m.fake.n_reads, 2);
	assert_string_equal(ids(), "");
	m.fake.store_busy = false;
	machine_pass(&m, 1000);
	assert_non_null(machine_find(&m, "id: 99\n"));
}

/* --- readers --- */

static void silence_is_filled_with_comments(void **state)
{
	(void)state;
	listen_from(NULL);
	buf_reset(&m.out);
	machine_pass(&m, 14999);
	assert_int_equal(m.out.n, 0);
	machine_pass(&m, 1);
	assert_int_equal(m.out.n, 3);
	assert_memory_equal(m.out.p, ":\n\n", 3);
	machine_pass(&m, 15000);
	assert_int_equal(m.out.n, 6);
}

/* One that takes nothing costs a bounded buffer; when it reads again it has missed nothing. */
static void a_slow_reader_falls_behind_and_catches_up(void **state)
{
	unsigned told = 0;
	struct str rest;
	const char *at;

	(void)state;
	listen_from(NULL);
	for (int i = 0; i < 100; i++)
		fake_noise(&m.fake, 10);
	assert_true(conn_output(&m.conn).n < 32u << 10);
	machine_take(&m);
	for (rest = buf_all(&m.out);
	     rest.n > 0 && (at = memmem(rest.p, rest.n, "\nid: ", 5)) != NULL; told++)
		rest = (struct str){ at + 5, rest.n - (size_t)(at + 5 - rest.p) };
	assert_int_equal(told, 1000);
	assert_non_null(machine_find(&m, "id: 1999\n"));
	assert_null(machine_find(&m, "event: gap"));
}

static void a_reader_that_never_reads_is_let_go(void **state)
{
	(void)state;
	listen_from(NULL);
	fake_noise(&m.fake, 1);
	clock_virtual(clock_ms() + 10001);
	deadlines_run(&m.face.deadlines, clock_ms());
	assert_int_equal(m.conn.phase, CONN_OVER);
}

static void a_line_break_in_data_stays_inside_the_field(void **state)
{
	struct journal_record r = {
		.seq = 1, .tell = true, .kind = JOURNAL_VERB, .data = STR("{\n\"a\":\r1}")
	};

	(void)state;
	listen_from(NULL);
	bus_publish(m.fake.bus, &r);
	bus_wake(m.fake.bus);
	machine_take(&m);
	assert_non_null(machine_find(&m, "\"data\":{\ndata: \"a\":\ndata: 1}}\n\n"));
}

static void what_the_client_sends_is_ignored(void **state)
{
	(void)state;
	listen_from(NULL);
	machine_feed(&m, STR("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), SIZE_MAX);
	assert_int_equal(machine_replies(&m), 1);
	assert_int_equal(m.conn.phase, CONN_STREAMING);
}

static void the_end_of_the_client_ends_the_stream(void **state)
{
	(void)state;
	listen_from(NULL);
	assert_int_equal(m.face.stats.streams, 1);
	conn_eof(&m.conn);
	assert_int_equal(m.face.stats.streams, 0);
	assert_int_equal(m.conn.phase, CONN_OVER);
}

static void a_client_may_go_while_the_journal_is_read(void **state)
{
	(void)state;
	m.fake.at_once = false;
	fake_noise(&m.fake, 50);
	listen_from("0");
	assert_int_equal(m.fake.n_reads, 1);
	conn_abort(&m.conn);
	conn_fini(&m.conn);
	assert_int_equal(m.face.stats.streams, 0);
	fake_turn(&m.fake);
	assert_int_equal(conn_init(&m.conn, &m.face, true, m.conn.changed), 0);
}

/* --- many, on sockets --- */

static void raise_descriptor_limit(void)
{
	struct rlimit l;

	getrlimit(RLIMIT_NOFILE, &l);
	l.rlim_cur = MIN_OF(l.rlim_max, 8192u);
	setrlimit(RLIMIT_NOFILE, &l);
	assert_true(l.rlim_cur > 2100);
}

static size_t memory_in_use(void)
{
	return mallinfo2().uordblks;
}

static void a_thousand_idle_listeners_cost_little(void **state)
{
	enum { N = 1000 };
	static struct client c[N];
	struct world w;
	size_t before, each;

	(void)state;
	clock_virtual(0);
	raise_descriptor_limit();
	world_open(&w);
	fake_add(&w.fake, "a1");
	before = memory_in_use();
	for (int i = 0; i < N; i++) {
		client_open(&c[i], &w);
		client_request(&c[i], "GET", "/v1/events", "", NULL);
		world_turn(&w);
	}
	world_until_streams(&w, N);
	for (int i = 0; i < N; i++) {
		client_until(&c[i], "retry: 1000\n\n");
		buf_fini(&c[i].in);
	}
	each = (memory_in_use() - before) / N;
	print_message("%zu bytes for each idle listener\n", each);
	/* A sanitizer's malloc does not count, and then this says 0. */
	assert_true(each <= 1024);
	fake_status(&w.fake, "a1", "connected", "");
	for (int i = 0; i < N; i++)
		client_until(&c[i], "event: account.status\n");
	for (int i = 0; i < N; i++)
		client_close(&c[i]);
	world_until_streams(&w, 0);
	world_close(&w);
}

/* --- filters --- */

static void ask_for(const char *query, const char *last)
{
	char text[256];

	snprintf(text, sizeof text, "GET /v1/events?%s HTTP/1.1\r\nHost: x\r\n%s%s%s\r\n", query,
		 last != NULL ? "Last-Event-ID: " : "", last != NULL ? last : "",
		 last != NULL ? "\r\n" : "");
	machine_feed(&m, str_of(text), SIZE_MAX);
}

static void only_what_is_asked_for_is_told(void **state)
{
	static const struct {
		const char *query, *ids;
	} cases[] = {
		{ "account=a1", "3 4 " },
		{ "account=a2", "5 " },
		{ "workspace=acme", "5 " },
		{ "type=account.status", "1 3 4 5 " },
		{ "type=account.*&account=a1", "3 4 " },
		{ "type=message.sent,account.status&workspace=acme", "5 " },
		{ "type=message.*,incident.*", "" },
		{ "account=a1&workspace=acme", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (i > 0)
			assert_int_equal(open_machine(NULL), 0);
		fake_add(&m.fake, "a2");
		snprintf(fake_find(&m.fake, "a2")->workspace, 33, "acme");
		ask_for(cases[i].query, NULL);
		fake_noise(&m.fake, 1); /* 1, and 2 that is not told */
		status("connecting");
		status("connected");
		fake_status(&m.fake, "a2", "connected", "");
		machine_take(&m);
		assert_string_equal(ids(), cases[i].ids);
		if (i + 1 < ARRAY_LEN(cases))
			close_machine(NULL);
	}
}

/* Below the ring and in it, and no gap where only others' events were. */
static void a_filter_holds_for_what_the_store_has(void **state)
{
	(void)state;
	status("connecting");
	fake_noise(&m.fake, 2 * RING);
	status("connected");
	fake_noise(&m.fake, 2 * RING);
	ask_for("account=a1", "0");
	for (int i = 0; i < 5; i++) {
		fake_turn(&m.fake);
		machine_take(&m);
	}
	assert_string_equal(ids(), "1 66 ");
	assert_null(machine_find(&m, "event: gap"));
}

static void a_gap_is_told_whatever_is_asked_for(void **state)
{
	(void)state;
	fake_noise(&m.fake, 2 * RING);
	fake_prune(&m.fake, 5);
	ask_for("type=message.*", "1");
	for (int i = 0; i < 5; i++) {
		fake_turn(&m.fake);
		machine_take(&m);
	}
	assert_non_null(machine_find(&m, "event: gap\ndata: {\"after\":1,\"next\":5}"));
}

/* Its place moves on without events: in silence, and when it passes over many. */
static void a_picky_reader_is_told_how_far_it_is(void **state)
{
	(void)state;
	ask_for("account=a1", NULL);
	machine_take(&m);
	fake_noise(&m.fake, 3);
	machine_take(&m);
	assert_null(machine_find(&m, "id: "));
	machine_pass(&m, 15000);
	assert_string_equal(ids(), "6 ");
	assert_non_null(machine_find(&m, "id: 6\n\n"));
	fake_noise(&m.fake, 249);
	machine_take(&m);
	assert_string_equal(ids(), "6 ");
	fake_noise(&m.fake, 1);
	machine_take(&m);
	assert_string_equal(ids(), "6 506 ");
	machine_pass(&m, 15000);
	assert_string_equal(ids(), "6 506 ");
	assert_non_null(machine_find(&m, "\n\n:\n\n"));
}

static void bad_filters_are_refused(void **state)
{
	static const char *const queries[] = { "type=",
					       "type=account.colour",
					       "type=colour.*",
					       "type=*",
					       "type=account.status,",
					       "type=.*",
					       "account=A1",
					       "account=",
					       "workspace=A",
					       "kind=1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		if (i > 0)
			assert_int_equal(open_machine(NULL), 0);
		ask_for(queries[i], NULL);
		assert_int_equal(machine_status(&m), 400);
		if (i + 1 < ARRAY_LEN(queries))
			close_machine(NULL);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_machine, close_machine)

static int open_with(void **state, bool at_once)
{
	static bool value;

	open_machine(state);
	value = at_once;
	*state = &value;
	return 0;
}

static int open_at_once(void **state)
{
	return open_with(state, true);
}

static int open_later(void **state)
{
	return open_with(state, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stream_begins_now_and_goes_on),
		TEST(what_is_not_told_is_not_sent),
		TEST(a_reader_resumes_from_the_ring),
		TEST(a_reader_resumes_by_parameter),
		TEST(the_header_counts_more_than_the_parameter),
		TEST(a_bad_place_is_refused),
		cmocka_unit_test_setup_teardown(a_reader_far_behind_reads_the_journal, open_at_once,
						close_machine),
		cmocka_unit_test_setup_teardown(a_reader_far_behind_reads_the_journal, open_later,
						close_machine),
		TEST(a_gap_in_the_journal_is_told),
		TEST(a_journal_that_is_empty_is_a_gap),
		TEST(a_place_in_the_future_is_a_gap),
		TEST(a_busy_store_is_asked_again),
		TEST(silence_is_filled_with_comments),
		TEST(a_slow_reader_falls_behind_and_catches_up),
		TEST(a_reader_that_never_reads_is_let_go),
		TEST(a_line_break_in_data_stays_inside_the_field),
		TEST(what_the_client_sends_is_ignored),
		TEST(the_end_of_the_client_ends_the_stream),
		TEST(a_client_may_go_while_the_journal_is_read),
		TEST(only_what_is_asked_for_is_told),
		TEST(a_filter_holds_for_what_the_store_has),
		TEST(a_gap_is_told_whatever_is_asked_for),
		TEST(a_picky_reader_is_told_how_far_it_is),
		TEST(bad_filters_are_refused),
		TEST(a_thousand_idle_listeners_cost_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
