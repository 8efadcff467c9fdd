/*
 * account_end_test.c - how lives end: parked, held, replaced, closed, disconnected, deleted.
 *
 * A disconnect may be late, repeated or lost.  Whatever the provider does, a wish to end comes to its
 * end in a bounded number of steps; and what is not proven dead is not replaced.
 */
#include <string.h>

#include "base/obj.h"
#include "situations.h"

/* ---- what the cause decides ---- */

static void proof_against_the_login_parks_and_the_next_start_is_fresh(void **state)
{
	static const enum relink_cause proof[] = { RELINK_LOGGED_OUT, RELINK_UNPAIRED,
						   RELINK_AUTH_CORRUPT };
	static const enum account_event_kind wishes[] = { EV_CONNECT, EV_RECONNECT, EV_REGENERATE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(proof) * ARRAY_LEN(wishes); i++) {
		struct story s;

		story_begin(&s);
		to_up(&s);
		life_ends(&s, proof[i / ARRAY_LEN(wishes)]);
		assert_state(&s, "parked");
		assert_status(&s, "disconnected");
		assert_action(&s, "scan_qr");
		assert_false(account_may_resume(&s.a));
		they_ask(&s, wishes[i % ARRAY_LEN(wishes)]);
		permit(&s);
		assert_true(s.fx.mint && !s.fx.resume);
	}
}

static void what_only_a_person_can_mend_is_failed(void **state)
{
	static const struct {
		enum relink_cause cause;
		const char *action;
	} cases[] = {
		{ RELINK_BANNED, "unblock" },
		{ RELINK_TOS_BLOCK, "unblock" },
		{ RELINK_CLIENT_OUTDATED, "check_provider" },
		{ RELINK_MISCONFIGURED, "fix_config" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct story s;

		story_begin(&s);
		to_up(&s);
		life_ends(&s, cases[i].cause);
		assert_status(&s, "failed");
		assert_action(&s, cases[i].action);
		assert_true(account_may_resume(&s.a));
	}
}

static void opened_elsewhere_is_tried_once_and_then_held(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	life_ends(&s, RELINK_REPLACED);
	assert_state(&s, "waiting");
	next_try(&s);
	push(&s, EV_UP);
	life_ends(&s, RELINK_REPLACED);
	assert_status(&s, "failed");
	assert_action(&s, "unblock");
}

static void opened_elsewhere_after_a_stable_time_is_tried_again(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	for (unsigned n = 0; n < 5; n++) {
		life_ends(&s, RELINK_REPLACED);
		next_try(&s);
		push(&s, EV_UP);
		time_comes(&s);
	}
	assert_status(&s, "connected");
}

/* ---- a stale create: our database is older than the provider's memory ---- */

static void stale(struct story *s, uint64_t floor)
{
	struct account_event e = { .kind = EV_REFUSED,
				   .cause = RELINK_STALE,
				   .generation = s->a.generation,
				   .floor = floor };

	story_step(s, &e);
}

static void a_stale_create_raises_the_generation_above_the_floor(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	stale(&s, 700);
	assert_int_equal(s.fx.abandoned, 1);
	assert_int_equal(s.a.generation, 700);
	assert_int_equal(s.a.fails, 1);
	assert_int_equal(s.a.profile_fails, 0);
	permit(&s);
	assert_int_equal(s.a.generation, 701);
}

static void a_stale_create_without_a_floor_is_a_failure_like_others(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	stale(&s, 0);
	assert_int_equal(s.a.generation, 1);
	assert_int_equal(s.a.fails, 1);
	next_try(&s);
	assert_int_equal(s.a.generation, 2);
}

/* The store keeps numbers up to 2^63 - 1; a plugin may say any. */
static void a_floor_that_no_provider_can_have_seen_is_not_taken_over(void **state)
{
	static const uint64_t lies[] = { INT64_MAX, 1ull << 63, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		struct story s;

		story_begin(&s);
		to_starting(&s);
		stale(&s, lies[i]);
		for (unsigned n = 0; n < 5; n++) {
			uint64_t before = s.a.generation;

			next_try(&s);
			assert_true(s.a.generation > before);
			assert_true(s.a.generation <= INT64_MAX);
			answer_with(&s, EV_REFUSED, RELINK_NETWORK);
		}
	}
}

/* ---- closing ---- */

static void to_closing(struct story *s, enum account_event_kind wish)
{
	to_up(s);
	pass(s, s->p.join);
	they_ask(s, wish);
	assert_state(s, "closing");
}

static void a_stop_is_shown_when_it_is_done(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_closing(&s, EV_DISCONNECT);
	assert_status(&s, "connected");
	assert_cause(&s, "by_request");
	answer(&s, EV_CLOSED);
	assert_status(&s, "disconnected");
}

static void a_disconnect_that_fails_is_sent_again(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_closing(&s, EV_DISCONNECT);
	answer_with(&s, EV_UNCLOSED, RELINK_NETWORK);
	assert_int_equal(s.fx.look, LOOK_SETTLED);
	assert_in_range(timer_in(&s), s.p.backoff_base, s.p.close_retry_cap);
	time_comes(&s);
	assert_true(s.fx.close && !s.fx.abandon);
	assert_int_equal(s.fx.abandoned, s.a.generation);
	answer(&s, EV_CLOSED);
	assert_state(&s, "idle");
}

static void absence_closes_as_well_when_it_was_asked_for_afterwards(void **state)
{
	struct story s;
	struct account_event old = { .kind = EV_ABSENT, .source = SOURCE_LIST, .generation = 1 };

	(void)state;
	story_begin(&s);
	to_closing(&s, EV_RECONNECT);
	pass(&s, SECOND);
	old.at = s.a.since - 1;
	story_step(&s, &old);
	assert_state(&s, "closing");
	old.at = s.a.since;
	story_step(&s, &old);
	assert_state(&s, "queued");
}

/* Close after close fails.  How many steps until it is no longer closing? */
static unsigned steps_until_given_up(struct story *s, unsigned limit)
{
	unsigned n = 0;

	while (s->a.state == ST_CLOSING && n++ < limit) {
		if (s->a.timer_at != 0)
			time_comes(s);
		else
			answer_with(s, EV_UNCLOSED, RELINK_NETWORK);
	}
	return n;
}

static void what_is_not_proven_dead_is_not_replaced(void **state)
{
	static const char *const places[] = { "closing, then start", "closing, then wait" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct story s;

		story_make(&s, situation_named(places[i]));
		while (s.a.close_tries < s.p.max_close_tries - 1)
			steps_until_given_up(&s, 1);
		assert_action(&s, "none");
		steps_until_given_up(&s, 2);
		assert_action(&s, "check_provider"); /* the operator is told */
		steps_until_given_up(&s, 1000);
		assert_state(&s, "closing");
		list(&s, EV_ABSENT);
		assert_false(account_has_life(&s.a));
	}
}

static void a_stop_does_not_wait_for_what_was_tried_in_vain(void **state)
{
	struct story s;

	(void)state;
	story_make(&s, situation_named("closing, then start"));
	steps_until_given_up(&s, 1000);
	they_ask(&s, EV_DISCONNECT);
	steps_until_given_up(&s, 2);
	assert_state(&s, "idle");
}

static void each_life_is_closed_with_all_its_tries(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_closing(&s, EV_DISCONNECT);
	assert_int_equal(steps_until_given_up(&s, 1000), 2 * s.p.max_close_tries - 1);
	to_closing(&s, EV_DISCONNECT);
	assert_int_equal(steps_until_given_up(&s, 1000), 2 * s.p.max_close_tries - 1);
}

static void a_provider_that_fences_ends_the_old_life_itself(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	s.p.fenced = true;
	to_closing(&s, EV_RECONNECT);
	assert_int_equal(steps_until_given_up(&s, 1000), 3); /* two tries, one wait */
	assert_state(&s, "queued");
}

/* What made it wait decides for how long, however hard the closing was. */
static void a_throttled_account_stays_on_its_ladder_when_closing_is_hard(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	push_down(&s, RELINK_THROTTLED);
	list_down(&s, RELINK_THROTTLED);
	steps_until_given_up(&s, 100);
	assert_state(&s, "closing");
	answer(&s, EV_CLOSED);
	assert_state(&s, "waiting");
	assert_in_range(timer_in(&s), 5 * MINUTE, 5 * MINUTE + 30 * SECOND);
}

/* ---- from everywhere ---- */

static void nothing_moves_it_any_more(struct story *s)
{
	uint64_t generation = s->a.generation;
	unsigned state = s->a.state;

	for (unsigned kind = EV_LOST; kind < EV_COUNT; kind++) {
		struct account_event e = { .kind = (uint8_t)kind,
					   .cause = RELINK_UNKNOWN,
					   .source = SOURCE_LIST };

		if (strcmp(event_name(kind), "?") == 0)
			continue; /* a number that is nobody's */
		for (e.generation = 0; e.generation <= generation; e.generation++) {
			pass(s, 1);
			story_step(s, &e);
			assert_false(s->fx.changed || s->fx.bug);
		}
	}
	assert_int_equal(s->a.state, state);
	assert_int_equal(s->a.generation, generation);
}

static void disconnect_leads_to_idle_from_everywhere_in_bounded_steps(void **state)
{
	const struct situation *from;

	(void)state;
	for (unsigned i = 0; (from = situation(i)) != NULL; i++) {
		struct story s;

		story_make(&s, from);
		if (from->state == ST_DELETED || strcmp(from->name, "closing, then delete") == 0)
			continue;
		they_ask(&s, EV_DISCONNECT);
		assert_false(s.a.want);
		assert_true(steps_until_given_up(&s, 100) <= 2 * s.p.max_close_tries);
		assert_state(&s, "idle");
		if (s.a.generation > 0)
			assert_cause(&s, "by_request");
		nothing_moves_it_any_more(&s);
	}
}

static void delete_leads_to_deleted_from_everywhere_in_bounded_steps(void **state)
{
	const struct situation *from;

	(void)state;
	for (unsigned i = 0; (from = situation(i)) != NULL; i++) {
		struct story s;

		story_make(&s, from);
		they_ask(&s, EV_DELETE);
		assert_true(steps_until_given_up(&s, 100) <= 2 * s.p.max_close_tries);
		assert_state(&s, "deleted");
		nothing_moves_it_any_more(&s);
	}
}

static void nothing_brings_back_what_is_being_deleted(void **state)
{
	(void)state;
	for (unsigned wish = EV_CONNECT; wish <= EV_DISCONNECT; wish++) {
		struct story s;

		story_begin(&s);
		to_closing(&s, EV_DELETE);
		they_ask(&s, wish);
		assert_false(s.a.want);
		answer(&s, EV_CLOSED);
		assert_state(&s, "deleted");
		they_ask(&s, wish);
		assert_state(&s, "deleted");
	}
}

static void an_unwanted_account_does_not_ask_for_a_new_profile_later(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_closing(&s, EV_REGENERATE);
	they_ask(&s, EV_DISCONNECT);
	answer(&s, EV_CLOSED);
	they_ask(&s, EV_CONNECT);
	permit(&s);
	assert_true(s.fx.resume);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proof_against_the_login_parks_and_the_next_start_is_fresh),
		cmocka_unit_test(what_only_a_person_can_mend_is_failed),
		cmocka_unit_test(opened_elsewhere_is_tried_once_and_then_held),
		cmocka_unit_test(opened_elsewhere_after_a_stable_time_is_tried_again),
		cmocka_unit_test(a_stale_create_raises_the_generation_above_the_floor),
		cmocka_unit_test(a_stale_create_without_a_floor_is_a_failure_like_others),
		cmocka_unit_test(a_floor_that_no_provider_can_have_seen_is_not_taken_over),
		cmocka_unit_test(a_stop_is_shown_when_it_is_done),
		cmocka_unit_test(a_disconnect_that_fails_is_sent_again),
		cmocka_unit_test(absence_closes_as_well_when_it_was_asked_for_afterwards),
		cmocka_unit_test(what_is_not_proven_dead_is_not_replaced),
		cmocka_unit_test(a_stop_does_not_wait_for_what_was_tried_in_vain),
		cmocka_unit_test(each_life_is_closed_with_all_its_tries),
		cmocka_unit_test(a_provider_that_fences_ends_the_old_life_itself),
		cmocka_unit_test(a_throttled_account_stays_on_its_ladder_when_closing_is_hard),
		cmocka_unit_test(disconnect_leads_to_idle_from_everywhere_in_bounded_steps),
		cmocka_unit_test(delete_leads_to_deleted_from_everywhere_in_bounded_steps),
		cmocka_unit_test(nothing_brings_back_what_is_being_deleted),
		cmocka_unit_test(an_unwanted_account_does_not_ask_for_a_new_profile_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
