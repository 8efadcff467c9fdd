/*
 * account_flows_test.c - what people ask for: reconnect, a new QR, connect; and two clicks at once.
 *
 * The seed's rule first: a reconnect of an account that is disconnected, failed or without a session
 * mints a new life and never calls the old one; of any other it ends the old life, then mints.
 */
#include <string.h>

#include "base/obj.h"
#include "situations.h"

/* Permit, answer, QR, scan: until it is connected.  No disconnect is ever sent on the way. */
static void comes_up(struct story *s)
{
	uint64_t old = s->a.generation;

	permit(s);
	assert_true(s->fx.mint);
	assert_int_equal(s->a.generation, old + 1);
	answer(s, EV_CREATED);
	assert_false(s->fx.close);
	if (!s->a.fresh) {
		push(s, EV_UP);
	} else {
		push(s, EV_QR);
		push(s, EV_AUTH);
		push(s, EV_UP);
	}
	assert_false(s->fx.close);
	assert_status(s, "connected");
}

static void to_parked_for_its_qr(struct story *s)
{
	to_qr(s);
	time_comes(s);
	answer(s, EV_CLOSED);
	assert_state(s, "parked");
}

static void to_logged_out(struct story *s)
{
	to_up(s);
	life_ends(s, RELINK_LOGGED_OUT);
	assert_state(s, "parked");
}

static void to_held(struct story *s)
{
	to_up(s);
	life_ends(s, RELINK_BANNED);
	assert_state(s, "held");
}

static void to_idle(struct story *s)
{
	to_up(s);
	they_ask(s, EV_DISCONNECT);
	answer(s, EV_CLOSED);
	assert_state(s, "idle");
}

static void to_waiting(struct story *s)
{
	to_up(s);
	life_ends(s, RELINK_ENGINE_CRASH);
	assert_state(s, "waiting");
}

static void stay_new(struct story *s)
{
	assert_status(s, "new");
}

typedef void way(struct story *);

static way *const without_life[] = { stay_new,      to_idle, to_parked_for_its_qr,
				     to_logged_out, to_held, to_waiting };
static way *const with_life[] = { to_starting, to_qr, to_auth, to_up };

/* ---- reconnect and regenerate ---- */

static void asked_without_a_life_a_new_one_is_minted_and_the_old_never_called(
    enum account_event_kind wish)
{
	for (size_t i = 0; i < ARRAY_LEN(without_life); i++) {
		struct story s;

		story_begin(&s);
		without_life[i](&s);
		they_ask(&s, wish);
		assert_state(&s, "queued");
		assert_false(s.fx.close || s.fx.abandon);
		comes_up(&s);
		assert_int_equal(s.a.fails, 0);
	}
}

static void asked_with_a_life_it_is_ended_first(enum account_event_kind wish)
{
	for (size_t i = 0; i < ARRAY_LEN(with_life); i++) {
		struct story s;
		uint64_t old;

		story_begin(&s);
		with_life[i](&s);
		old = s.a.generation;
		pass(&s, s.p.join);
		they_ask(&s, wish);
		assert_state(&s, "closing");
		assert_true(s.fx.abandon && s.fx.close && !s.fx.mint);
		assert_int_equal(s.fx.abandoned, old);
		answer(&s, EV_CLOSED); /* also "not found": the engine says that it is closed */
		assert_state(&s, "queued");
		comes_up(&s);
	}
}

static void reconnect_without_a_life_mints_and_never_calls_the_old_one(void **state)
{
	(void)state;
	asked_without_a_life_a_new_one_is_minted_and_the_old_never_called(EV_RECONNECT);
}

static void reconnect_of_a_living_account_ends_the_old_life_first(void **state)
{
	(void)state;
	asked_with_a_life_it_is_ended_first(EV_RECONNECT);
}

static void regenerate_goes_the_same_ways(void **state)
{
	(void)state;
	asked_without_a_life_a_new_one_is_minted_and_the_old_never_called(EV_REGENERATE);
	asked_with_a_life_it_is_ended_first(EV_REGENERATE);
}

static void regenerate_always_opens_a_new_profile(void **state)
{
	const struct situation *from;

	(void)state;
	for (unsigned i = 0; (from = situation(i)) != NULL; i++) {
		struct story s;

		story_make(&s, from);
		if (from->state == ST_DELETED || !(s.a.want || from->state == ST_IDLE))
			continue;
		pass(&s, s.p.join);
		they_ask(&s, EV_REGENERATE);
		if (s.a.state == ST_CLOSING)
			answer(&s, EV_CLOSED);
		permit(&s);
		assert_true(s.fx.mint && !s.fx.resume);
		assert_true(s.a.fresh);
	}
}

static void reconnect_keeps_a_profile_that_may_be_good(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	pass(&s, s.p.join);
	they_ask(&s, EV_RECONNECT);
	answer(&s, EV_CLOSED);
	permit(&s);
	assert_true(s.fx.resume);
}

static void connect_resumes_what_was_only_disconnected(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_idle(&s);
	assert_cause(&s, "by_request");
	they_ask(&s, EV_CONNECT);
	assert_cause(&s, "none");
	permit(&s);
	assert_true(s.fx.mint && s.fx.resume);
	push(&s, EV_UP);
	assert_status(&s, "connected");
}

static void connect_leaves_a_living_account_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(with_life); i++) {
		struct story s;

		story_begin(&s);
		with_life[i](&s);
		they_ask(&s, EV_CONNECT);
		assert_false(s.fx.changed);
	}
}

static void the_last_wish_wins_while_a_life_is_closing(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	they_ask(&s, EV_DISCONNECT);
	they_ask(&s, EV_CONNECT);
	they_ask(&s, EV_DISCONNECT);
	they_ask(&s, EV_RECONNECT);
	assert_state(&s, "closing");
	answer(&s, EV_CLOSED);
	comes_up(&s);
}

static void a_waiting_account_that_is_asked_for_starts_at_once(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_waiting(&s);
	they_ask(&s, EV_CONNECT);
	assert_state(&s, "queued");
	assert_true(s.a.person);
	assert_cause(&s, "none");
}

static void count_everything_against_it(struct story *s)
{
	s->a.fails = 5;
	s->a.waits = 5;
	s->a.slow_step = 2;
	s->a.replaced = 1;
	s->a.person = 0;
	if (s->a.state == ST_UP)
		s->a.timer_at = s->now + s->p.stable;
}

static bool is_forgiven(const struct account *a)
{
	return a->fails == 0 && a->waits == 0 && a->slow_step == 0 && !a->replaced;
}

/* Wherever the wish finds it, unless it wants nothing new: connect of what lives, or a click that a
 * closing account was promised a start for. */
static void a_person_s_wish_forgives_whatever_counted_against_the_account(void **state)
{
	const struct situation *from;

	(void)state;
	for (unsigned i = 0; (from = situation(i)) != NULL; i++) {
		for (unsigned wish = EV_CONNECT; wish <= EV_REGENERATE; wish++) {
			struct story s;

			story_make(&s, from);
			if (from->state == ST_DELETED || s.a.after == AFTER_DELETE ||
			    strcmp(from->name, "closing, then start") == 0 ||
			    (wish == EV_CONNECT && s.a.open))
				continue;
			count_everything_against_it(&s);
			they_ask(&s, wish);
			if (!is_forgiven(&s.a) || !s.a.person)
				fail_msg("%s in %s", event_name(wish), from->name);
			assert_cause(&s, "none");
			assert_action(&s, "none");
		}
	}
}

/* ---- two clicks are one wish ---- */

static void clicks_within_the_join_window_are_one(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	pass(&s, s.p.join);
	for (unsigned n = 0; n < 64; n++)
		they_ask(&s, EV_RECONNECT);
	assert_state(&s, "closing");
	answer(&s, EV_CLOSED);
	for (unsigned n = 0; n < 64; n++)
		they_ask(&s, EV_RECONNECT);
	permit(&s);
	for (unsigned n = 0; n < 64; n++)
		they_ask(&s, EV_RECONNECT);
	assert_state(&s, "starting");
	assert_int_equal(s.a.generation, 2);
}

static void a_click_after_the_join_window_counts(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	pass(&s, s.p.join - 2);
	they_ask(&s, EV_RECONNECT);
	assert_state(&s, "starting");
	they_ask(&s, EV_RECONNECT);
	assert_state(&s, "closing");
}

static void a_click_does_not_join_a_start_that_nobody_asked_for(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_waiting(&s);
	next_try(&s);
	they_ask(&s, EV_RECONNECT);
	assert_state(&s, "closing");
}

static void a_wish_for_a_qr_joins_one_that_is_still_unscanned(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	they_ask(&s, EV_REGENERATE);
	permit(&s);
	push(&s, EV_QR);
	they_ask(&s, EV_REGENERATE);
	assert_state(&s, "qr");
	push(&s, EV_AUTH);
	they_ask(&s, EV_REGENERATE); /* scanned: this is a new wish */
	assert_state(&s, "closing");
}

static void a_wish_for_a_qr_does_not_join_a_start_on_an_old_profile(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_idle(&s);
	they_ask(&s, EV_CONNECT);
	permit(&s);
	assert_true(s.fx.resume);
	they_ask(&s, EV_REGENERATE);
	assert_state(&s, "closing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reconnect_without_a_life_mints_and_never_calls_the_old_one),
		cmocka_unit_test(reconnect_of_a_living_account_ends_the_old_life_first),
		cmocka_unit_test(regenerate_goes_the_same_ways),
		cmocka_unit_test(regenerate_always_opens_a_new_profile),
		cmocka_unit_test(reconnect_keeps_a_profile_that_may_be_good),
		cmocka_unit_test(connect_resumes_what_was_only_disconnected),
		cmocka_unit_test(connect_leaves_a_living_account_alone),
		cmocka_unit_test(the_last_wish_wins_while_a_life_is_closing),
		cmocka_unit_test(a_waiting_account_that_is_asked_for_starts_at_once),
		cmocka_unit_test(a_person_s_wish_forgives_whatever_counted_against_the_account),
		cmocka_unit_test(clicks_within_the_join_window_are_one),
		cmocka_unit_test(a_click_after_the_join_window_counts),
		cmocka_unit_test(a_click_does_not_join_a_start_that_nobody_asked_for),
		cmocka_unit_test(a_wish_for_a_qr_joins_one_that_is_still_unscanned),
		cmocka_unit_test(a_wish_for_a_qr_does_not_join_a_start_on_an_old_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
