/*
 * account_restart_test.c - what a crash of the core costs an account: nothing but a little time.
 *
 * What was kept is loaded, what was only known is unknown again, and timers get a new grace, because
 * nobody watched the clock meanwhile.
 */
#include "base/obj.h"
#include "rules.h"
#include "situations.h"

static void a_restart_keeps_every_state(void **state)
{
	const struct situation *from;

	(void)state;
	for (unsigned i = 0; (from = situation(i)) != NULL; i++) {
		struct account before;
		struct story s;

		story_make(&s, from);
		before = s.a;
		pass(&s, HOUR);
		restart(&s);
		assert_state(&s, state_name(before.state));
		before.timer_at = s.a.timer_at; /* all else that is kept is as it was */
		assert_true(same_in_store(&before, &s.a));
	}
}

static void a_restart_knows_nothing_for_sure(void **state)
{
	const struct situation *from;

	(void)state;
	for (unsigned i = 0; (from = situation(i)) != NULL; i++) {
		struct story s;

		story_make(&s, from);
		restart(&s);
		assert_false(s.a.sure || s.a.op);
		assert_int_equal(s.a.suspect, RELINK_NONE);
		assert_int_equal(s.a.absent_since, 0);
		assert_int_equal(account_checking(&s.a), s.a.open);
	}
}

static void a_restart_twice_is_a_restart_once(void **state)
{
	const struct situation *from;

	(void)state;
	for (unsigned i = 0; (from = situation(i)) != NULL; i++) {
		struct account once;
		struct story s;

		story_make(&s, from);
		restart(&s);
		once = s.a;
		account_restore(&s.p, &s.a, s.now);
		assert_true(same_account(&once, &s.a));
	}
}

static void a_living_session_is_adopted_by_the_next_list(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	pass(&s, HOUR);
	restart(&s);
	assert_status(&s, "connected");
	assert_true(account_checking(&s.a));
	list(&s, EV_UP);
	assert_false(account_checking(&s.a));
	assert_false(s.fx.changed || s.fx.mint);
}

static void a_create_under_way_is_adopted_and_not_sent_again(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	pass(&s, MINUTE);
	restart(&s);
	assert_true(s.a.slot);
	list(&s, EV_UP);
	assert_status(&s, "connected");
	assert_int_equal(s.a.generation, 1);
}

static void a_create_that_never_left_costs_no_attempt(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	pass(&s, s.p.settle);
	restart(&s);
	list(&s, EV_ABSENT);
	pass(&s, s.p.settle);
	list(&s, EV_ABSENT);
	assert_state(&s, "waiting");
	assert_cause(&s, "network");
	assert_int_equal(s.a.fails, 0);
}

static void deadlines_get_a_new_grace(void **state)
{
	static const struct {
		void (*to)(struct story *);
		uint64_t start_deadlines, settles;
	} cases[] = {
		{ to_starting, 1, 0 },
		{ to_auth, 1, 0 },
		{ to_qr, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct story s;

		story_begin(&s);
		cases[i].to(&s);
		pass(&s, HOUR);
		restart(&s);
		assert_int_equal(timer_in(&s), cases[i].start_deadlines * s.p.start_deadline +
						   cases[i].settles * s.p.settle);
	}
}

static void a_grace_shortens_no_deadline(void **state)
{
	struct story s;
	uint64_t deadline;

	(void)state;
	story_begin(&s);
	to_qr(&s);
	deadline = s.a.timer_at;
	restart(&s);
	assert_int_equal(s.a.timer_at, deadline);
}

static void a_disconnect_that_may_not_have_been_sent_is_sent_at_once(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	they_ask(&s, EV_DISCONNECT);
	restart(&s);
	assert_int_equal(timer_in(&s), 0);
	time_comes(&s);
	assert_true(s.fx.close);
	assert_int_equal(s.fx.abandoned, 1);
	answer(&s, EV_CLOSED);
	assert_state(&s, "idle");
}

static void a_wait_goes_on_as_it_was(void **state)
{
	static const char *const waits[] = { "waiting", "waiting, throttled", "waiting, replaced" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		struct story s;
		uint64_t until;

		story_make(&s, situation_named(waits[i]));
		until = s.a.timer_at;
		restart(&s);
		assert_int_equal(s.a.timer_at, until);
	}
}

static void the_longest_wait_goes_on_too(void **state)
{
	struct story s;
	uint64_t until;

	(void)state;
	story_make(&s, situation_named("waiting, throttled"));
	until = s.now + 1 + s.p.slow_cap + s.p.slow_cap / 10;
	s.a.timer_at = until;
	restart(&s);
	assert_int_equal(s.a.timer_at, until);
}

static void a_wait_without_an_end_is_over(void **state)
{
	struct story s;

	(void)state;
	story_make(&s, situation_named("waiting"));
	s.a.timer_at = 0;
	restart(&s);
	assert_int_equal(timer_in(&s), 0);
}

static void a_wait_beyond_all_bounds_is_cut_short(void **state)
{
	struct story s;

	(void)state;
	story_make(&s, situation_named("waiting"));
	s.a.timer_at += 365 * 24 * HOUR; /* the clock was set back */
	restart(&s);
	assert_true(timer_in(&s) <= s.p.backoff_cap);
}

/* policy.backoff_cap goes up to a day. */
static void a_restart_makes_nobody_wait_longer(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 40; n++) {
		struct story s;
		uint64_t until;

		story_make(&s, situation_named("waiting"));
		s.p.backoff_cap = 24 * HOUR;
		s.a.waits = 32;
		next_try(&s);
		answer_with(&s, EV_REFUSED, RELINK_NETWORK);
		until = s.a.timer_at;
		pass(&s, n * MINUTE);
		restart(&s);
		assert_true(s.a.timer_at <= until);
	}
}

static void counters_survive(void **state)
{
	struct story s;

	(void)state;
	story_make(&s, situation_named("held for its budget"));
	restart(&s);
	assert_int_equal(s.a.fails, s.p.max_fails);
	assert_status(&s, "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restart_keeps_every_state),
		cmocka_unit_test(a_restart_knows_nothing_for_sure),
		cmocka_unit_test(a_restart_twice_is_a_restart_once),
		cmocka_unit_test(a_living_session_is_adopted_by_the_next_list),
		cmocka_unit_test(a_create_under_way_is_adopted_and_not_sent_again),
		cmocka_unit_test(a_create_that_never_left_costs_no_attempt),
		cmocka_unit_test(deadlines_get_a_new_grace),
		cmocka_unit_test(a_grace_shortens_no_deadline),
		cmocka_unit_test(a_disconnect_that_may_not_have_been_sent_is_sent_at_once),
		cmocka_unit_test(a_wait_goes_on_as_it_was),
		cmocka_unit_test(the_longest_wait_goes_on_too),
		cmocka_unit_test(a_wait_without_an_end_is_over),
		cmocka_unit_test(a_wait_beyond_all_bounds_is_cut_short),
		cmocka_unit_test(a_restart_makes_nobody_wait_longer),
		cmocka_unit_test(counters_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
