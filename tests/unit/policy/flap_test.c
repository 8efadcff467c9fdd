/*
 * flap_test.c - connected and lost again, over and over: the window, the ladder, the way out.
 */
#include "base/obj.h"
#include "story.h"

static const struct flap_rules five_in_an_hour = { HOUR, 15 * MINUTE, 30 * MINUTE, 5 };

/* ---- the window ---- */

static void so_many_losses_in_the_window_are_too_many(void **state)
{
	static const struct {
		uint64_t apart; /* s */
		bool flaps;
	} cases[] = { { 0, true },    { 1, true },     { 60, true },        { 900, true },
		      { 901, false }, { 3600, false }, { 48 * 3600, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flap f = { 0 };
		uint64_t now = 1700000000000;

		for (unsigned n = 0; n < 4; n++, now += cases[i].apart * SECOND) {
			flap_lost(&five_in_an_hour, &f, now);
			assert_int_equal(f.step, 0);
		}
		flap_lost(&five_in_an_hour, &f, now);
		assert_int_equal(f.step, cases[i].flaps);
		for (unsigned n = 0; n < 20; n++)
			flap_lost(&five_in_an_hour, &f, now += cases[i].apart * SECOND);
		assert_int_equal(f.step, cases[i].flaps);
	}
}

/* Not one that begins anew each hour: what counts is any hour. */
static void the_window_slides(void **state)
{
	static const uint64_t minutes[] = { 0, 50, 52, 54, 70, 75 }; /* five between 50 and 75 */
	struct flap f = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(minutes); i++) {
		assert_int_equal(f.step, 0);
		flap_lost(&five_in_an_hour, &f, (1000 + minutes[i]) * MINUTE);
	}
	assert_int_equal(f.step, 1);
}

static void any_number_up_to_five_may_be_too_many_and_none_is_off(void **state)
{
	(void)state;
	for (uint32_t losses = 2; losses <= FLAP_LOSSES_MAX; losses++) {
		struct flap_rules r = five_in_an_hour;
		struct flap f = { 0 };
		uint32_t n = 0;

		for (r.losses = losses; f.step == 0; n++)
			flap_lost(&r, &f, 1700000000000 + n * SECOND);
		assert_int_equal(n, losses);
	}
	for (uint32_t losses = 0; losses <= 6; losses += 6) {
		struct flap_rules r = five_in_an_hour;
		struct flap f = { 0 };

		r.losses = losses;
		for (unsigned n = 0; n < 100; n++)
			flap_lost(&r, &f, 1700000000000);
		assert_int_equal(f.step, 0);
	}
}

static void a_clock_that_was_set_back_breaks_nothing(void **state)
{
	struct flap f = { 0 };

	(void)state;
	flap_lost(&five_in_an_hour, &f, 1700000000000);
	for (unsigned n = 0; n < 4; n++)
		flap_lost(&five_in_an_hour, &f, n);
	assert_int_equal(f.step, 1);
}

/* ---- the ladder ---- */

static void the_ladder_doubles_twice(void **state)
{
	static const uint64_t ladder[] = { 15 * MINUTE, 30 * MINUTE, HOUR, HOUR, HOUR };
	struct flap f = { .step = 1 };
	uint64_t rng = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ladder); i++)
		assert_in_range(flap_wait(&five_in_an_hour, &f, &rng), ladder[i],
				ladder[i] + ladder[i] / 10);
	assert_int_equal(flap_wait_max(&five_in_an_hour), HOUR + HOUR / 10);
}

/* ---- the account ---- */

static void begin(struct story *s)
{
	story_begin(s);
	s->p.flap = five_in_an_hour;
	to_up(s);
}

static void lost_again(struct story *s, enum relink_cause cause)
{
	life_ends(s, cause);
	if (s->a.state == ST_WAITING && s->a.flap.step == 0) {
		next_try(s);
		push(s, EV_UP);
	}
}

static void flaps(struct story *s)
{
	begin(s);
	for (unsigned n = 0; n < 5; n++)
		lost_again(s, RELINK_NETWORK);
	assert_state(s, "waiting");
	assert_true(account_is_flapping(&s->a));
}

static void a_flapping_account_starts_slowly_and_is_never_given_up(void **state)
{
	static const uint64_t ladder[] = { 15 * MINUTE, 30 * MINUTE, HOUR };
	static const enum relink_cause causes[] = { RELINK_NETWORK, RELINK_ENGINE_CRASH,
						    RELINK_UNKNOWN, RELINK_GONE };

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(causes); c++) {
		struct story s;

		flaps(&s);
		assert_in_range(timer_in(&s), ladder[0], ladder[0] + ladder[0] / 10);
		for (unsigned n = 1; n < 50; n++) {
			uint64_t step = ladder[MIN_OF(n, 2u)];

			next_try(&s);
			push(&s, EV_UP);
			pass(&s, MINUTE);
			life_ends(&s, causes[c]);
			assert_state(&s, "waiting");
			assert_in_range(timer_in(&s), step, step + step / 10);
			assert_int_equal(s.a.fails, 0);
		}
		assert_true(account_may_resume(&s.a));
	}
}

/* Its starts are attempts like any other's. */
static void a_start_that_fails_costs_an_attempt_all_the_same(void **state)
{
	struct story s;

	(void)state;
	flaps(&s);
	for (unsigned n = 1; n < 10; n++) {
		next_try(&s);
		answer_with(&s, EV_REFUSED, RELINK_UNKNOWN);
		assert_int_equal(s.a.fails, n);
	}
	next_try(&s);
	answer_with(&s, EV_REFUSED, RELINK_UNKNOWN);
	assert_state(&s, "held");
}

static void what_an_instance_or_a_person_did_does_not_count(void **state)
{
	struct story s;

	(void)state;
	begin(&s);
	for (unsigned n = 0; n < 8; n++) {
		struct account_event down = { .kind = EV_DOWN,
					      .cause = RELINK_GONE,
					      .source = SOURCE_LIST,
					      .excused = true };

		push_down(&s, RELINK_GONE);
		s.now++;
		down.generation = s.a.generation;
		story_step(&s, &down);
		answer(&s, EV_CLOSED);
		next_try(&s);
		push(&s, EV_UP);
	}
	assert_int_equal(s.a.flap.at_s, 0);
	assert_int_equal(s.a.fails, 0); /* nor is it an attempt */
	for (unsigned n = 0; n < 8; n++) {
		pass(&s, MINUTE);
		they_ask(&s, EV_RECONNECT);
		answer(&s, EV_CLOSED);
		permit(&s);
		push(&s, EV_UP);
	}
	they_ask(&s, EV_LEAVE);
	assert_int_equal(s.a.flap.at_s, 0);
}

static void a_session_that_goes_back_to_its_login_was_lost_too(void **state)
{
	struct story s;

	(void)state;
	begin(&s);
	for (unsigned n = 0; n < 5; n++) {
		assert_false(account_is_flapping(&s.a));
		list(&s, EV_AUTH);
		push(&s, EV_UP);
	}
	assert_true(account_is_flapping(&s.a));
	assert_state(&s, "up");
}

static void only_stable_time_that_was_seen_ends_it(void **state)
{
	struct story s;

	(void)state;
	flaps(&s);
	next_try(&s);
	push(&s, EV_UP);
	time_comes(&s); /* the budget's */
	assert_true(account_is_flapping(&s.a));
	assert_int_equal(s.a.up_since + 30 * MINUTE, s.a.timer_at);
	worker_dies(&s);
	time_comes(&s); /* nobody has looked */
	assert_true(account_is_flapping(&s.a));
	list(&s, EV_UP);
	assert_in_range(timer_in(&s), 30 * MINUTE - SECOND, 30 * MINUTE);
	time_comes(&s);
	assert_false(account_is_flapping(&s.a));
	assert_int_equal(s.a.timer_at, 0);
	life_ends(&s, RELINK_NETWORK);
	assert_in_range(timer_in(&s), 2 * SECOND, 5 * MINUTE);
}

static void a_person_ends_it(void **state)
{
	static const enum account_event_kind wishes[] = { EV_CONNECT, EV_RECONNECT, EV_REGENERATE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
		struct story s;

		flaps(&s);
		they_ask(&s, wishes[i]);
		assert_state(&s, "queued");
		assert_false(account_is_flapping(&s.a));
	}
}

static void a_restart_of_ours_keeps_it(void **state)
{
	struct story s;
	uint64_t at;

	(void)state;
	flaps(&s);
	at = s.a.timer_at;
	restart(&s);
	assert_true(account_is_flapping(&s.a));
	assert_int_equal(s.a.timer_at, at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_losses_in_the_window_are_too_many),
		cmocka_unit_test(the_window_slides),
		cmocka_unit_test(any_number_up_to_five_may_be_too_many_and_none_is_off),
		cmocka_unit_test(a_clock_that_was_set_back_breaks_nothing),
		cmocka_unit_test(the_ladder_doubles_twice),
		cmocka_unit_test(a_flapping_account_starts_slowly_and_is_never_given_up),
		cmocka_unit_test(a_start_that_fails_costs_an_attempt_all_the_same),
		cmocka_unit_test(what_an_instance_or_a_person_did_does_not_count),
		cmocka_unit_test(a_session_that_goes_back_to_its_login_was_lost_too),
		cmocka_unit_test(only_stable_time_that_was_seen_ends_it),
		cmocka_unit_test(a_person_ends_it),
		cmocka_unit_test(a_restart_of_ours_keeps_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
