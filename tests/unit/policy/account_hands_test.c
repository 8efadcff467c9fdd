/*
 * account_hands_test.c - while automation is paused nothing is ended that is not proven gone, and what
 * is known is shown all the same.
 */
#include "base/obj.h"
#include "story.h"

static void hands_off(struct story *s, bool off)
{
	s->hands_off = off;
	s->now++;
	story_step(s, &(struct account_event){ .kind = EV_HANDS });
	assert_false(s->fx.bug);
}

/* ---- deadlines ---- */

static void a_deadline_only_looks(void **state)
{
	static void (*const ways[])(struct story *) = { to_starting, to_qr, to_auth };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct story s;
		unsigned before;

		story_begin(&s);
		ways[i](&s);
		before = s.a.state;
		s.hands_off = true;
		for (unsigned n = 0; n < 20; n++) {
			time_comes(&s);
			assert_int_equal(s.a.state, before);
			assert_false(s.fx.close || s.fx.abandon);
			assert_int_equal(s.fx.look, LOOK_NOW);
			assert_int_not_equal(s.a.timer_at, 0);
		}
		s.hands_off = false;
		time_comes(&s);
		assert_state(&s, "closing");
	}
}

/* ---- evidence ---- */

static void a_session_that_is_down_is_shown_and_ended_when_automation_goes_on(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	s.hands_off = true;
	push_down(&s, RELINK_ENGINE_CRASH);
	assert_status(&s, "connected");
	list_down(&s, RELINK_UNKNOWN);
	assert_status(&s, "authenticated");
	assert_cause(&s, "engine_crash");
	assert_true(s.fx.tell && !s.fx.close && s.a.open);
	list_down(&s, RELINK_UNKNOWN);
	assert_false(s.fx.tell || s.fx.close);
	time_comes(&s);
	assert_false(s.fx.close);
	hands_off(&s, false);
	assert_true(s.a.open);
	list_down(&s, RELINK_UNKNOWN);
	assert_true(s.fx.close);
	assert_cause(&s, "engine_crash");
}

static void a_session_that_was_down_and_works_again_is_connected(void **state)
{
	struct story s;
	uint64_t generation;

	(void)state;
	story_begin(&s);
	to_up(&s);
	generation = s.a.generation;
	s.hands_off = true;
	push_down(&s, RELINK_NETWORK);
	list_down(&s, RELINK_NETWORK);
	list(&s, EV_UP);
	assert_status(&s, "connected");
	assert_cause(&s, "none");
	assert_int_equal(s.a.generation, generation);
}

static void what_is_proven_gone_is_disconnected_and_waits(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	s.hands_off = true;
	push_down(&s, RELINK_ENGINE_CRASH);
	list(&s, EV_ABSENT);
	assert_state(&s, "waiting");
	assert_status(&s, "disconnected");
	assert_false(s.fx.close);
	time_comes(&s);
	assert_state(&s, "queued");
	assert_status(&s, "disconnected");
	hands_off(&s, false);
	assert_true(s.fx.tell);
	assert_status(&s, "reconnecting");
	hands_off(&s, true);
	assert_status(&s, "disconnected");
}

/* ---- people ---- */

static void what_a_person_asks_for_is_done(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	s.hands_off = true;
	they_ask(&s, EV_CONNECT);
	assert_status(&s, "connecting");
	permit(&s);
	push(&s, EV_UP);
	pass(&s, MINUTE);
	they_ask(&s, EV_RECONNECT);
	assert_true(s.fx.close);
	answer(&s, EV_CLOSED);
	assert_state(&s, "queued");
	assert_status(&s, "reconnecting");
	permit(&s);
	push(&s, EV_UP);
	they_ask(&s, EV_DISCONNECT);
	assert_true(s.fx.close);
	answer_with(&s, EV_UNCLOSED, RELINK_NETWORK);
	time_comes(&s);
	assert_true(s.fx.close); /* a person's end is asked for again */
}

static void an_end_of_ours_is_not_asked_for_again(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	push_down(&s, RELINK_ENGINE_CRASH);
	list_down(&s, RELINK_ENGINE_CRASH);
	assert_true(s.fx.close);
	answer_with(&s, EV_UNCLOSED, RELINK_NETWORK);
	s.hands_off = true;
	time_comes(&s);
	assert_false(s.fx.close);
	assert_state(&s, "closing");
	s.hands_off = false;
	time_comes(&s);
	assert_true(s.fx.close);
}

/* ---- one of many ---- */

static void nobody_waits_for_one_of_many(void **state)
{
	const struct account_event many = { .kind = EV_RECONNECT, .bulk = true };
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	pass(&s, MINUTE);
	s.a.profile = PROFILE_GOOD;
	story_step(&s, &many);
	assert_true(s.fx.close && !s.a.person && !s.a.fresh_next);
	answer(&s, EV_CLOSED);
	permit(&s);
	push(&s, EV_UP);
	life_ends(&s, RELINK_ENGINE_CRASH);
	s.a.profile = PROFILE_SUSPECT;
	story_step(&s, &many);
	assert_false(s.a.fresh_next); /* no scan is asked for */
	they_ask(&s, EV_RECONNECT);
	assert_true(s.a.person && s.a.fresh_next);
	story_step(&s, &many);
	assert_true(s.a.person); /* who waits still does */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deadline_only_looks),
		cmocka_unit_test(a_session_that_is_down_is_shown_and_ended_when_automation_goes_on),
		cmocka_unit_test(a_session_that_was_down_and_works_again_is_connected),
		cmocka_unit_test(what_is_proven_gone_is_disconnected_and_waits),
		cmocka_unit_test(what_a_person_asks_for_is_done),
		cmocka_unit_test(an_end_of_ours_is_not_asked_for_again),
		cmocka_unit_test(nobody_waits_for_one_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
