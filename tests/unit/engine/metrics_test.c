/* metrics_test.c - what the engine counts is what happened, and agrees with a walk over the accounts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "out/metrics_text.h"
#include "rig.h"

static struct rig r;
static struct buf text;

static int begin(void **state)
{
	(void)state;
	rig_make(&r);
	buf_init(&text, 1 << 20);
	return 0;
}

static int end(void **state)
{
	(void)state;
	rig_end(&r);
	buf_fini(&text);
	return 0;
}

static void scrape(void)
{
	struct metrics m;

	buf_reset(&text);
	metrics_init(&m, &text);
	engine_metrics(&r.e, &m);
	buf_byte(&text, '\0');
	assert_int_equal(text.failed, 0);
}

/* A line with this value. */
static void tells(const char *series, const char *value)
{
	char line[256];

	snprintf(line, sizeof line, "\n%s %s\n", series, value);
	if (strstr(text.p, line) == NULL)
		fail_msg("no line \"%s %s\"", series, value);
}

static void becomes(struct member *m, unsigned state, unsigned status)
{
	m->a.state = (uint8_t)state;
	m->a.status = (uint8_t)status;
	m->a.open = state == ST_UP || state == ST_QR || state == ST_STARTING;
	account_moved(&r.e, m);
}

static void agrees_with_a_walk(void)
{
	uint64_t n[STATUS_COUNT] = { 0 }, homeless[STATUS_COUNT] = { 0 };

	for (uint64_t row = 0; row < r.e.n_rows; row++) {
		const struct member *m = r.e.rows[row];

		if (m != NULL && !member_is_deleted(m))
			(m->instance != NULL || m->home != NULL ? n : homeless)[m->a.status]++;
	}
	assert_memory_equal(n, r.e.providers[0].meter.status, sizeof n);
	assert_memory_equal(homeless, r.e.meter.homeless, sizeof homeless);
}

static void accounts_are_counted_by_status_from_their_first_day_to_their_last(void **state)
{
	struct member *a, *b;

	(void)state;
	a = rig_account(&r, "a", 0, ST_QUEUED);
	b = rig_account(&r, "b", 1, ST_UP);
	agrees_with_a_walk();
	becomes(b, ST_UP, STATUS_CONNECTED);
	becomes(a, ST_HELD, STATUS_FAILED);
	agrees_with_a_walk();
	scrape();
	tells("relink_accounts{provider=\"mock\",status=\"connected\"}", "1");
	tells("relink_accounts{provider=\"mock\",status=\"failed\"}", "1");
	becomes(b, ST_IDLE, STATUS_CONNECTED);
	must(member_rehouse(&r.e, b, &r.e.providers[0].instances[0]));
	account_moved(&r.e, b);
	agrees_with_a_walk();
	becomes(a, ST_DELETED, STATUS_FAILED);
	agrees_with_a_walk();
	member_free(&r.e, &a);
	member_free(&r.e, &b);
	agrees_with_a_walk();
	scrape();
	tells("relink_accounts{provider=\"mock\",status=\"connected\"}", "0");
}

static void an_account_of_no_provider_is_counted_apart(void **state)
{
	struct member *a = rig_account(&r, "a", 0, ST_UP);

	(void)state;
	meter_forget(&r.e, a);
	becomes(a, ST_IDLE, STATUS_FAILED);
	meter_forget(&r.e, a);
	member_leave(a);
	a->provider[0] = 'x';
	member_join(&r.e, a, NULL);
	account_moved(&r.e, a);
	agrees_with_a_walk();
	scrape();
	tells("relink_accounts{provider=\"\",status=\"failed\"}", "1");
}

static void the_queue_is_counted_by_class(void **state)
{
	struct member *a = rig_account(&r, "a", 0, ST_QUEUED);

	(void)state;
	a->a.person = 1;
	a->a.priority = PRIORITY_LOW;
	account_moved(&r.e, a);
	rig_account(&r, "b", 0, ST_QUEUED);
	scrape();
	tells("relink_start_queue_length{provider=\"mock\",class=\"person_low\"}", "1");
	becomes(a, ST_IDLE, a->a.status);
	scrape();
	tells("relink_start_queue_length{provider=\"mock\",class=\"person_low\"}", "0");
}

/* One step as step.c does it, with this much time before it. */
static void steps(struct member *m, unsigned to, struct effects fx, uint64_t after_ms)
{
	struct meter_before before = meter_before(m);

	r.e.now += after_ms;
	if (fx.mint)
		m->a.minted_at = r.e.now;
	if (before.state != to)
		m->a.since = r.e.now;
	m->a.state = (uint8_t)to;
	m->a.open = to == ST_STARTING || to == ST_QR || to == ST_AUTH || to == ST_UP;
	meter_step(&r.e, m, &before, &fx);
}

static void a_life_is_told_from_its_permit_to_its_end(void **state)
{
	struct member *m = rig_account(&r, "a", 0, ST_QUEUED);
	const char *class_normal = "{provider=\"mock\",class=\"other_high\"}";
	char series[128];

	(void)state;
	m->a.since = r.e.now;
	steps(m, ST_STARTING, (struct effects){ .mint = true }, 1500);
	steps(m, ST_QR, (struct effects){ 0 }, 700);
	steps(m, ST_AUTH, (struct effects){ 0 }, 20000);
	steps(m, ST_UP, (struct effects){ 0 }, 10);
	steps(m, ST_AUTH, (struct effects){ 0 }, 60000); /* shaky, and well again: the same life */
	steps(m, ST_UP, (struct effects){ 0 }, 10);
	m->a.cause = RELINK_LOGGED_OUT;
	steps(m, ST_PARKED, (struct effects){ .abandon = true }, 1000);
	scrape();
	snprintf(series, sizeof series, "relink_start_queue_wait_seconds_sum%s", class_normal);
	tells(series, "1.5");
	tells("relink_attempts_total{provider=\"mock\",login=\"new\"}", "1");
	tells("relink_attempts_total{provider=\"mock\",login=\"kept\"}", "0");
	tells(
	    "relink_attempt_outcomes_total{provider=\"mock\",outcome=\"connected\",cause=\"none\"}",
	    "1");
	tells("relink_start_duration_seconds_sum{provider=\"mock\",outcome=\"qr\"}", "0.7");
	tells("relink_start_duration_seconds_count{provider=\"mock\",outcome=\"connected\"}", "0");
	tells("relink_session_ends_total{provider=\"mock\",cause=\"logged_out\"}", "1");
	tells("relink_account_state_seconds_sum{state=\"up\"}", "61");
	tells("relink_account_state_seconds_count{state=\"up\"}", "2");
	tells("relink_account_state_seconds_bucket{state=\"qr\",le=\"15\"}", "0");
	tells("relink_account_state_seconds_bucket{state=\"qr\",le=\"30\"}", "1");
}

static void a_life_that_never_connected_ended_by_its_cause(void **state)
{
	struct member *m = rig_account(&r, "a", 0, ST_QUEUED);

	(void)state;
	m->a.since = r.e.now;
	steps(m, ST_STARTING, (struct effects){ .mint = true, .resume = true }, 0);
	m->a.cause = RELINK_NETWORK;
	steps(m, ST_WAITING, (struct effects){ .abandon = true }, 300);
	steps(m, ST_QUEUED, (struct effects){ 0 }, 300);
	steps(m, ST_STARTING, (struct effects){ .mint = true, .resume = true }, 0);
	steps(m, ST_UP, (struct effects){ 0 }, 400);
	scrape();
	tells("relink_attempts_total{provider=\"mock\",login=\"kept\"}", "2");
	tells(
	    "relink_attempt_outcomes_total{provider=\"mock\",outcome=\"ended\",cause=\"network\"}",
	    "1");
	tells(
	    "relink_attempt_outcomes_total{provider=\"mock\",outcome=\"connected\",cause=\"none\"}",
	    "1");
	tells("relink_start_duration_seconds_sum{provider=\"mock\",outcome=\"connected\"}", "0.4");
	assert_null(strstr(text.p, "relink_session_ends_total{"));
}

static void what_was_up_before_we_began_ends_as_a_session(void **state)
{
	struct member *m = rig_account(&r, "a", 0, ST_UP);

	(void)state;
	m->a.cause = RELINK_REPLACED;
	steps(m, ST_PARKED, (struct effects){ .abandon = true }, 5);
	scrape();
	tells("relink_session_ends_total{provider=\"mock\",cause=\"replaced\"}", "1");
}

static void operations_are_told_by_what_came_of_them(void **state)
{
	static const struct {
		int result;
		bool sent;
		const char *outcome;
	} samples[] = { { 0, true, "ok" },
			{ ERR_STATE, true, "refused" },
			{ ERR_TIMEOUT, true, "timeout" },
			{ ERR_CANCELLED, true, "lost" },
			{ ERR_STATE, false, "unsent" } };
	struct op op = { .kind = OP_SEND, .instance = &r.e.providers[0].instances[0] };

	(void)state;
	op.asked_at = r.e.now;
	r.e.now += 40;
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		op.sent = samples[i].sent;
		meter_op(&r.e, &op, &(struct inbox_reply){ .result = samples[i].result });
	}
	scrape();
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		char series[160];

		snprintf(
		    series, sizeof series,
		    "relink_operations_total{provider=\"mock\",method=\"send\",outcome=\"%s\"}",
		    samples[i].outcome);
		tells(series, "1");
	}
	tells("relink_operation_duration_seconds_sum{provider=\"mock\",method=\"send\"}", "0.12");
	tells("relink_operation_duration_seconds_count{provider=\"mock\",method=\"send\"}", "3");
}

static void workers_and_instances_tell_what_they_last_said(void **state)
{
	(void)state;
	r.e.slots[0].lag_ms = 12;
	r.e.slots[0].rss_kib = 3;
	r.e.slots[0].deaths = 2;
	r.e.providers[0].instances[1].reachable = true;
	rig_account(&r, "a", 1, ST_UP);
	scrape();
	tells("relink_worker_lag_seconds{provider=\"mock\",slot=\"0\"}", "0.012");
	tells("relink_worker_resident_memory_bytes{provider=\"mock\",slot=\"0\"}", "3072");
	tells("relink_worker_deaths_total{provider=\"mock\",slot=\"0\"}", "2");
	tells("relink_worker_up{provider=\"mock\",slot=\"0\"}", "1");
	tells("relink_instance_up{provider=\"mock\",provider_instance=\"one\"}", "0");
	tells("relink_instance_up{provider=\"mock\",provider_instance=\"two\"}", "1");
	tells("relink_sessions_open{provider=\"mock\",provider_instance=\"two\"}", "1");
	tells("relink_instance_capacity{provider=\"mock\",provider_instance=\"one\"}", "10");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(accounts_are_counted_by_status_from_their_first_day_to_their_last),
		TEST(an_account_of_no_provider_is_counted_apart),
		TEST(the_queue_is_counted_by_class),
		TEST(a_life_is_told_from_its_permit_to_its_end),
		TEST(a_life_that_never_connected_ended_by_its_cause),
		TEST(what_was_up_before_we_began_ends_as_a_session),
		TEST(operations_are_told_by_what_came_of_them),
		TEST(workers_and_instances_tell_what_they_last_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
