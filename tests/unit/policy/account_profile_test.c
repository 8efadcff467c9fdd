/*
 * account_profile_test.c - when the credentials are to blame, and what follows.
 *
 * Two starts in a row that got as far as the profile and broke make it suspect.  It is kept; connect
 * tries it again, reconnect takes a new one.
 */
#include "story.h"

/* A start gets as far as the profile, and no further. */
static void start_breaks(struct story *s)
{
	answer(s, EV_CREATED);
	push(s, EV_BORN);
	life_ends(s, RELINK_ENGINE_CRASH);
}

static void to_suspect(struct story *s)
{
	to_up(s);
	life_ends(s, RELINK_ENGINE_CRASH);
	for (unsigned n = 0; n < 2; n++) {
		assert_int_equal(s->a.profile, PROFILE_GOOD);
		next_try(s);
		start_breaks(s);
	}
	assert_int_equal(s->a.profile, PROFILE_SUSPECT);
}

/* ---- who is to blame ---- */

static void a_profile_that_fails_two_starts_is_left_alone(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_suspect(&s);
	assert_state(&s, "parked");
	assert_action(&s, "scan_qr");
	assert_cause(&s, "engine_crash");
}

static void a_failure_in_use_does_not_blame_the_profile(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	for (unsigned n = 0; n < 5; n++) {
		life_ends(&s, RELINK_ENGINE_CRASH);
		assert_int_equal(s.a.profile_fails, 0);
		next_try(&s);
		push(&s, EV_UP);
	}
	assert_int_equal(s.a.profile, PROFILE_GOOD);
}

static void a_login_that_breaks_before_it_is_connected_blames_the_profile(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	life_ends(&s, RELINK_ENGINE_CRASH);
	next_try(&s);
	push(&s, EV_AUTH);
	life_ends(&s, RELINK_ENGINE_CRASH);
	assert_int_equal(s.a.profile_fails, 1);
}

static void a_start_that_was_never_seen_does_not_blame_the_profile(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	life_ends(&s, RELINK_ENGINE_CRASH);
	next_try(&s);
	answer(&s, EV_CREATED);
	for (unsigned n = 0; n < 2; n++) {
		pass(&s, s.p.settle);
		list(&s, EV_ABSENT);
	}
	assert_cause(&s, "gone");
	assert_int_equal(s.a.fails, 2);
	assert_int_equal(s.a.profile_fails, 0);
}

static void failures_that_blame_are_counted_in_a_row(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	for (unsigned n = 0; n < 4; n++) {
		life_ends(&s, RELINK_ENGINE_CRASH);
		next_try(&s);
		start_breaks(&s);
		assert_int_equal(s.a.profile_fails, 1);
		next_try(&s);
		push(&s, EV_UP);
	}
	assert_int_equal(s.a.profile, PROFILE_GOOD);
}

static void a_new_profile_begins_without_blame(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	life_ends(&s, RELINK_ENGINE_CRASH);
	next_try(&s);
	start_breaks(&s);
	they_ask(&s, EV_REGENERATE);
	permit(&s);
	start_breaks(&s);
	next_try(&s);
	start_breaks(&s);
	assert_int_equal(s.a.profile_fails, 1);
	assert_state(&s, "waiting");
}

static void a_new_profile_is_not_blamed_for_its_first_start(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	start_breaks(&s);
	assert_int_equal(s.a.profile_fails, 0);
	next_try(&s);
	assert_true(s.fx.resume);
	start_breaks(&s);
	assert_int_equal(s.a.profile_fails, 1);
}

static void the_provider_s_faults_do_not_blame_the_profile(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	life_ends(&s, RELINK_NETWORK);
	for (unsigned n = 0; n < 5; n++) {
		next_try(&s);
		answer_with(&s, EV_REFUSED, RELINK_NETWORK);
	}
	assert_int_equal(s.a.profile_fails, 0);
}

/* ---- a suspect profile ---- */

static void connect_tries_a_suspect_profile_again(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_suspect(&s);
	they_ask(&s, EV_CONNECT);
	permit(&s);
	assert_true(s.fx.resume);
	push(&s, EV_UP);
	assert_int_equal(s.a.profile, PROFILE_GOOD);
}

static void tried_again_it_has_two_starts_again(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_suspect(&s);
	they_ask(&s, EV_CONNECT);
	permit(&s);
	start_breaks(&s);
	next_try(&s);
	start_breaks(&s);
	assert_state(&s, "parked");
}

static void reconnect_takes_a_new_one_instead(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_suspect(&s);
	they_ask(&s, EV_RECONNECT);
	permit(&s);
	assert_true(s.fx.mint && !s.fx.resume);
}

/* A click on reconnect ends in a session or in a QR, wherever it finds the account. */
static void reconnect_takes_a_new_one_also_while_the_life_is_closing(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	life_ends(&s, RELINK_ENGINE_CRASH);
	next_try(&s);
	start_breaks(&s);
	next_try(&s);
	push(&s, EV_BORN);
	push_down(&s, RELINK_ENGINE_CRASH);
	list_down(&s, RELINK_ENGINE_CRASH);
	assert_state(&s, "closing");
	assert_int_equal(s.a.profile, PROFILE_SUSPECT);
	they_ask(&s, EV_RECONNECT);
	answer(&s, EV_CLOSED);
	permit(&s);
	assert_true(s.fx.mint && !s.fx.resume);
}

static void reconnect_takes_a_new_one_also_when_connect_was_asked_for_before(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_suspect(&s);
	they_ask(&s, EV_CONNECT);
	they_ask(&s, EV_RECONNECT);
	permit(&s);
	assert_true(s.fx.mint && !s.fx.resume);
}

static void reconnect_takes_a_new_one_also_while_the_old_is_tried_again(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_suspect(&s);
	they_ask(&s, EV_CONNECT);
	permit(&s);
	pass(&s, s.p.join);
	they_ask(&s, EV_RECONNECT);
	answer(&s, EV_CLOSED);
	permit(&s);
	assert_true(s.fx.mint && !s.fx.resume);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_that_fails_two_starts_is_left_alone),
		cmocka_unit_test(a_failure_in_use_does_not_blame_the_profile),
		cmocka_unit_test(a_login_that_breaks_before_it_is_connected_blames_the_profile),
		cmocka_unit_test(a_start_that_was_never_seen_does_not_blame_the_profile),
		cmocka_unit_test(failures_that_blame_are_counted_in_a_row),
		cmocka_unit_test(a_new_profile_begins_without_blame),
		cmocka_unit_test(a_new_profile_is_not_blamed_for_its_first_start),
		cmocka_unit_test(the_provider_s_faults_do_not_blame_the_profile),
		cmocka_unit_test(connect_tries_a_suspect_profile_again),
		cmocka_unit_test(tried_again_it_has_two_starts_again),
		cmocka_unit_test(reconnect_takes_a_new_one_instead),
		cmocka_unit_test(reconnect_takes_a_new_one_also_while_the_life_is_closing),
		cmocka_unit_test(reconnect_takes_a_new_one_also_when_connect_was_asked_for_before),
		cmocka_unit_test(reconnect_takes_a_new_one_also_while_the_old_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
