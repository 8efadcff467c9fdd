/*
 * account_budget_test.c - what a failure costs: attempts, waits, the slow ladder.
 *
 * Ten attempts and then a person; the provider's faults cost none; and only a stable connection, or a
 * person, gives the attempts back.
 */
#include "base/obj.h"
#include "story.h"

/* The next start is refused with this cause. */
static void refused(struct story *s, enum relink_cause cause)
{
	if (s->a.state == ST_WAITING)
		next_try(s);
	else
		to_starting(s);
	answer_with(s, EV_REFUSED, cause);
}

/* ---- the budget ---- */

static void ten_attempts_and_then_it_is_failed(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	for (unsigned n = 1; n < 10; n++) {
		refused(&s, RELINK_UNKNOWN);
		assert_state(&s, "waiting");
		assert_int_equal(s.a.fails, n);
	}
	refused(&s, RELINK_UNKNOWN);
	assert_status(&s, "failed");
	assert_action(&s, "check_provider");
	assert_int_equal(s.a.generation, 10);
}

/* policy.max_attempts goes up to 200. */
static void the_largest_budget_ends_too(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	s.p.max_fails = 200;
	for (unsigned n = 0; n < 200 && s.a.state != ST_HELD; n++)
		refused(&s, RELINK_UNKNOWN);
	assert_status(&s, "failed");
}

static void a_person_gives_the_attempts_back(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	for (unsigned n = 0; n < 10; n++)
		refused(&s, RELINK_UNKNOWN);
	assert_state(&s, "held");
	for (unsigned n = 1; n < 10; n++) {
		refused(&s, RELINK_UNKNOWN);
		assert_state(&s, "waiting");
	}
	refused(&s, RELINK_UNKNOWN);
	assert_state(&s, "held");
}

static void the_provider_s_faults_cost_no_attempt(void **state)
{
	static const enum relink_cause theirs[] = { RELINK_NETWORK,   RELINK_PROVIDER_DOWN,
						    RELINK_CAPACITY,  RELINK_CANCELLED,
						    RELINK_THROTTLED, RELINK_REFUSED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(theirs); i++) {
		struct story s;

		story_begin(&s);
		for (unsigned n = 0; n < 50; n++) {
			refused(&s, theirs[i]);
			assert_state(&s, "waiting");
			assert_int_equal(s.a.fails, 0);
			assert_action(&s, "none");
		}
	}
}

static void connected_alone_gives_no_attempt_back(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	for (unsigned n = 1; n < 10; n++) {
		life_ends(&s, RELINK_ENGINE_CRASH);
		assert_int_equal(s.a.fails, n);
		next_try(&s);
		push(&s, EV_UP);
		assert_int_equal(timer_in(&s), s.p.stable);
		pass(&s, s.p.stable - MINUTE); /* never long enough */
	}
	life_ends(&s, RELINK_ENGINE_CRASH);
	assert_status(&s, "failed");
}

static void stable_time_gives_all_attempts_back(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	life_ends(&s, RELINK_REPLACED);
	next_try(&s);
	push(&s, EV_UP);
	life_ends(&s, RELINK_THROTTLED);
	next_try(&s);
	push(&s, EV_UP);
	life_ends(&s, RELINK_ENGINE_CRASH);
	next_try(&s);
	push(&s, EV_UP);
	assert_true(s.a.fails > 0 && s.a.waits > 0 && s.a.slow_step > 0 && s.a.replaced);
	time_comes(&s);
	assert_int_equal(s.now - s.a.up_since, s.p.stable);
	assert_true(s.fx.changed && !s.fx.tell);
	assert_false(s.a.fails > 0 || s.a.waits > 0 || s.a.slow_step > 0 || s.a.replaced);
}

static void time_that_nobody_watched_is_not_stable_time(void **state)
{
	static void (*const blinds[])(struct story *) = { worker_dies, restart };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(blinds); i++) {
		struct story s;

		story_begin(&s);
		to_up(&s);
		life_ends(&s, RELINK_ENGINE_CRASH);
		next_try(&s);
		push(&s, EV_UP);
		pass(&s, HOUR);
		blinds[i](&s);
		time_comes(&s); /* before anybody has looked again */
		assert_int_equal(s.a.fails, 1);
		list(&s, EV_UP);
		time_comes(&s);
		assert_int_equal(s.a.fails, 0);
	}
}

/* ---- waits ---- */

static void waits_grow_up_to_their_cap(void **state)
{
	struct story s;
	uint64_t longest = 0;

	(void)state;
	story_begin(&s);
	for (unsigned n = 0; n < 200; n++) {
		uint64_t top = n < 8 ? s.p.backoff_base << n : s.p.backoff_cap;

		refused(&s, RELINK_NETWORK);
		assert_in_range(timer_in(&s), s.p.backoff_base, MIN_OF(top, s.p.backoff_cap));
		longest = MAX_OF(longest, timer_in(&s));
	}
	assert_true(longest > s.p.backoff_cap / 2);
}

static void two_accounts_do_not_wait_alike(void **state)
{
	struct story a, b;
	unsigned alike = 0;

	(void)state;
	story_begin(&a);
	story_begin(&b);
	account_init(&b.a, 43, b.now);
	for (unsigned n = 0; n < 50; n++) {
		refused(&a, RELINK_NETWORK);
		refused(&b, RELINK_NETWORK);
		alike += timer_in(&a) == timer_in(&b);
	}
	assert_true(alike < 5);
}

static void a_throttled_account_climbs_the_slow_ladder(void **state)
{
	static const uint64_t ladder[] = { 5 * MINUTE, 15 * MINUTE, HOUR, HOUR };
	static const enum relink_cause slow[] = { RELINK_THROTTLED, RELINK_REFUSED };

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(slow); k++) {
		struct story s;

		story_begin(&s);
		s.p.slow_cap = 2 * HOUR; /* the ladder ends below it */
		for (size_t i = 0; i < ARRAY_LEN(ladder); i++) {
			refused(&s, slow[k]);
			assert_in_range(timer_in(&s), ladder[i], ladder[i] + ladder[i] / 10);
		}
		assert_true(account_may_resume(&s.a)); /* refused is not logged out */
	}
}

static void the_provider_may_say_how_long(void **state)
{
	static const struct {
		uint64_t wish, wait;
	} cases[] = {
		{ 1, 2 * SECOND },   { 30 * SECOND, 30 * SECOND }, { 20 * MINUTE, 20 * MINUTE },
		{ 24 * HOUR, HOUR }, { UINT64_MAX, HOUR },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct story s;
		struct account_event e = { .kind = EV_REFUSED,
					   .cause = RELINK_THROTTLED,
					   .generation = 1,
					   .retry_after = cases[i].wish };

		story_begin(&s);
		to_starting(&s);
		story_step(&s, &e);
		assert_in_range(timer_in(&s), cases[i].wait, cases[i].wait + cases[i].wait / 10);
	}
}

/* ---- what operators choose ---- */

static void what_follows_is_what_was_chosen(void **state)
{
	static const struct {
		enum relink_cause cause;
		enum cause_then then;
		const char *state;
	} cases[] = {
		{ RELINK_BANNED, THEN_SLOW, "waiting" },
		{ RELINK_BANNED, THEN_PARK, "parked" },
		{ RELINK_THROTTLED, THEN_HOLD, "held" },
		{ RELINK_ENGINE_CRASH, THEN_PARK, "parked" },
		{ RELINK_ENGINE_CRASH, THEN_HOLD, "held" },
		{ RELINK_NETWORK, THEN_RETRY, "waiting" },
		{ RELINK_UNPAIRED, THEN_HOLD, "held" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct story s;

		story_begin(&s);
		s.p.causes[cases[i].cause].then = (uint8_t)cases[i].then;
		refused(&s, cases[i].cause);
		assert_state(&s, cases[i].state);
		if (cases[i].then == THEN_SLOW)
			assert_in_range(timer_in(&s), 5 * MINUTE, 5 * MINUTE + 30 * SECOND);
		assert_int_equal(s.a.fails, cases[i].then == THEN_RETRY);
	}
}

/* A dead login is dead whatever follows. */
static void no_choice_brings_a_dead_login_back(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	s.p.causes[RELINK_LOGGED_OUT].then = THEN_HOLD;
	to_up(&s);
	life_ends(&s, RELINK_LOGGED_OUT);
	assert_state(&s, "held");
	assert_action(&s, "scan_qr");
	assert_false(account_may_resume(&s.a));
}

static void a_cause_may_end_the_tries_sooner(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	s.p.causes[RELINK_UNKNOWN].attempts = 3;
	refused(&s, RELINK_UNKNOWN);
	refused(&s, RELINK_UNKNOWN);
	assert_state(&s, "waiting");
	refused(&s, RELINK_UNKNOWN);
	assert_state(&s, "held");
	assert_int_equal(s.a.fails, 3);
}

static void once_is_once_for_whichever_cause(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	s.p.causes[RELINK_UNKNOWN].then = THEN_ONCE;
	refused(&s, RELINK_UNKNOWN);
	assert_state(&s, "waiting");
	refused(&s, RELINK_UNKNOWN);
	assert_state(&s, "held");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_attempts_and_then_it_is_failed),
		cmocka_unit_test(the_largest_budget_ends_too),
		cmocka_unit_test(a_person_gives_the_attempts_back),
		cmocka_unit_test(the_provider_s_faults_cost_no_attempt),
		cmocka_unit_test(connected_alone_gives_no_attempt_back),
		cmocka_unit_test(stable_time_gives_all_attempts_back),
		cmocka_unit_test(time_that_nobody_watched_is_not_stable_time),
		cmocka_unit_test(waits_grow_up_to_their_cap),
		cmocka_unit_test(two_accounts_do_not_wait_alike),
		cmocka_unit_test(a_throttled_account_climbs_the_slow_ladder),
		cmocka_unit_test(the_provider_may_say_how_long),
		cmocka_unit_test(what_follows_is_what_was_chosen),
		cmocka_unit_test(no_choice_brings_a_dead_login_back),
		cmocka_unit_test(a_cause_may_end_the_tries_sooner),
		cmocka_unit_test(once_is_once_for_whichever_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
