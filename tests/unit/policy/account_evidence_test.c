/*
 * account_evidence_test.c - what it takes to believe that a session is dead.
 *
 * Two independent pieces, a push and a list in any order, or two samples.  A push repeated is still
 * one voice; absence needs a settle time; and any sign of life starts it all over.
 */
#include "base/obj.h"
#include "story.h"

typedef void way(struct story *);
static way *const seen_alive[] = { to_qr, to_auth, to_up };

static void assert_given_up(const struct story *s, const char *cause)
{
	assert_true(s->fx.abandon);
	assert_cause(s, cause);
}

static void assert_only_suspected(const struct story *s)
{
	assert_false(s->fx.abandon || s->fx.close || s->fx.tell);
	assert_true(s->a.open);
	assert_true(account_checking(&s->a));
	assert_int_not_equal(s->fx.look, LOOK_NO);
}

/* ---- down ---- */

static void a_push_and_a_list_are_two(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seen_alive); i++) {
		struct story s;

		story_begin(&s);
		seen_alive[i](&s);
		push_down(&s, RELINK_ENGINE_CRASH);
		assert_only_suspected(&s);
		assert_int_equal(s.fx.look, LOOK_NOW);
		list_down(&s, RELINK_ENGINE_CRASH);
		assert_given_up(&s, "engine_crash");
		assert_true(s.fx.close);
	}
}

static void a_list_and_a_push_are_two(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seen_alive); i++) {
		struct story s;

		story_begin(&s);
		seen_alive[i](&s);
		list_down(&s, RELINK_ENGINE_CRASH);
		assert_only_suspected(&s);
		push_down(&s, RELINK_ENGINE_CRASH);
		assert_given_up(&s, "engine_crash");
	}
}

static void two_lists_are_two_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seen_alive); i++) {
		struct story s;

		story_begin(&s);
		seen_alive[i](&s);
		list_down(&s, RELINK_ENGINE_CRASH);
		assert_only_suspected(&s);
		list_down(&s, RELINK_ENGINE_CRASH);
		assert_given_up(&s, "engine_crash");
	}
}

static void one_list_told_twice_is_one_sample(void **state)
{
	struct story s;
	struct account_event same;

	(void)state;
	story_begin(&s);
	to_up(&s);
	list_down(&s, RELINK_ENGINE_CRASH);
	same = s.e;
	pass(&s, 1);
	story_step(&s, &same); /* `at` is when it was asked for */
	assert_only_suspected(&s);
}

static void any_number_of_pushes_is_one_voice(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	for (unsigned n = 0; n < 10; n++) {
		push_down(&s, n % 2 > 0 ? RELINK_ENGINE_CRASH : RELINK_GONE);
		assert_only_suspected(&s);
	}
	assert_status(&s, "connected");
}

static void an_answer_counts_like_a_list(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	health(&s, EV_DOWN);
	assert_only_suspected(&s);
	health(&s, EV_DOWN);
	assert_given_up(&s, "unknown");
}

static void a_sign_of_life_takes_the_suspicion_away(void **state)
{
	static const enum account_event_kind first[] = { EV_DOWN, EV_ABSENT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(first); i++) {
		struct story s;

		story_begin(&s);
		to_up(&s);
		list(&s, first[i]);
		assert_only_suspected(&s);
		list(&s, EV_UP);
		assert_false(account_checking(&s.a));
		pass(&s, s.p.settle);
		list(&s, first[i]);
		assert_only_suspected(&s);
	}
}

static void a_start_needs_two_as_well(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	answer(&s, EV_CREATED);
	push_down(&s, RELINK_NETWORK);
	assert_only_suspected(&s);
	list_down(&s, RELINK_NETWORK);
	assert_given_up(&s, "network");
}

/* The order of asking does not matter between two voices, only between two lists. */
static void a_list_that_was_asked_for_before_the_push_is_the_second_voice(void **state)
{
	static const enum account_event_kind listed[] = { EV_DOWN, EV_ABSENT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(listed); i++) {
		struct account_event e = { .kind = (uint8_t)listed[i], .source = SOURCE_LIST };
		struct story s;

		story_begin(&s);
		to_up(&s);
		e.generation = s.a.generation;
		e.at = s.now;
		pass(&s, SECOND);
		push_down(&s, RELINK_ENGINE_CRASH);
		story_step(&s, &e);
		assert_given_up(&s, "engine_crash");
	}
}

/* What is down was there, so it can be missed at once. */
static void down_and_missed_right_after_the_mint_are_two(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	answer(&s, EV_CREATED);
	push_down(&s, RELINK_ENGINE_CRASH);
	list(&s, EV_ABSENT);
	assert_given_up(&s, "engine_crash");
}

/* ---- which cause counts ---- */

static void the_more_telling_cause_counts(void **state)
{
	static const struct {
		enum relink_cause pushed, listed;
		const char *counts;
	} cases[] = {
		{ RELINK_LOGGED_OUT, RELINK_GONE, "logged_out" },
		{ RELINK_LOGGED_OUT, RELINK_UNKNOWN, "logged_out" },
		{ RELINK_LOGGED_OUT, RELINK_NONE, "logged_out" },
		{ RELINK_GONE, RELINK_ENGINE_CRASH, "engine_crash" },
		{ RELINK_UNKNOWN, RELINK_REPLACED, "replaced" },
		{ RELINK_ENGINE_CRASH, RELINK_BANNED, "banned" },
		{ RELINK_GONE, RELINK_UNKNOWN, "gone" },
		{ RELINK_NONE, RELINK_NONE, "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct story s;

		story_begin(&s);
		to_up(&s);
		push_down(&s, cases[i].pushed);
		list_down(&s, cases[i].listed);
		assert_given_up(&s, cases[i].counts);
	}
}

static void a_later_push_may_be_more_telling(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	push_down(&s, RELINK_ENGINE_CRASH);
	push_down(&s, RELINK_LOGGED_OUT);
	push_down(&s, RELINK_GONE); /* less telling: forgotten */
	list(&s, EV_ABSENT);
	assert_given_up(&s, "logged_out");
}

/* ---- absent ---- */

static void absent_from_two_lists_a_settle_time_apart_is_gone(void **state)
{
	struct story s;
	uint64_t first;

	(void)state;
	story_begin(&s);
	to_up(&s);
	list(&s, EV_ABSENT);
	assert_only_suspected(&s);
	assert_int_equal(s.fx.look, LOOK_SETTLED);
	first = s.e.at;
	pass(&s, s.p.settle - 2);
	list(&s, EV_ABSENT);
	assert_int_equal(s.e.at, first + s.p.settle - 1);
	assert_only_suspected(&s);
	list(&s, EV_ABSENT);
	assert_given_up(&s, "gone");
	assert_false(s.fx.close); /* nothing is there to be closed */
	assert_state(&s, "waiting");
}

static void absent_and_a_push_are_two(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seen_alive); i++) {
		struct story s;

		story_begin(&s);
		seen_alive[i](&s);
		list(&s, EV_ABSENT);
		push_down(&s, RELINK_ENGINE_CRASH);
		assert_given_up(&s, "engine_crash");
	}
}

static void a_push_and_absent_are_two(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seen_alive); i++) {
		struct story s;

		story_begin(&s);
		seen_alive[i](&s);
		push_down(&s, RELINK_ENGINE_CRASH);
		list(&s, EV_ABSENT);
		assert_given_up(&s, "engine_crash");
		assert_false(s.fx.close);
	}
}

static void down_in_a_list_and_absent_in_the_next_are_two(void **state)
{
	struct account_event same = { .kind = EV_ABSENT, .source = SOURCE_LIST };
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	list_down(&s, RELINK_ENGINE_CRASH);
	same.generation = s.a.generation;
	same.at = s.e.at; /* a contradiction, not a second sample */
	story_step(&s, &same);
	assert_only_suspected(&s);
	list(&s, EV_ABSENT);
	assert_given_up(&s, "engine_crash");
}

/* A provider shows a session only when it has made it. */
static void a_session_that_is_being_born_may_be_invisible(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	pass(&s, s.p.settle);
	list(&s, EV_ABSENT); /* the create is unanswered */
	assert_int_equal(s.fx.look, LOOK_NO);
	answer(&s, EV_CREATED);
	list(&s, EV_ABSENT);
	assert_int_equal(s.fx.look, LOOK_SETTLED);
	pass(&s, s.p.settle);
	list(&s, EV_ABSENT);
	assert_given_up(&s, "gone");
	assert_int_equal(s.a.fails, 1);
}

static void right_after_the_mint_absence_says_nothing(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	answer(&s, EV_CREATED);
	pass(&s, s.a.minted_at + s.p.settle - s.now - 2);
	list(&s, EV_ABSENT);
	assert_int_equal(s.a.absent_since, 0);
	list(&s, EV_ABSENT);
	assert_int_equal(s.a.absent_since, s.a.minted_at + s.p.settle);
}

static void once_seen_a_session_can_be_missed(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	answer(&s, EV_CREATED);
	push(&s, EV_BORN);
	list(&s, EV_ABSENT);
	assert_int_not_equal(s.a.absent_since, 0);
}

static void a_create_that_was_lost_on_the_way_is_nobody_s_attempt(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	answer(&s, EV_UNKNOWN);
	pass(&s, s.p.settle);
	list(&s, EV_ABSENT);
	pass(&s, s.p.settle);
	list(&s, EV_ABSENT);
	assert_given_up(&s, "network");
	assert_int_equal(s.a.fails, 0);
}

/* ---- a QR after the login ---- */

static void a_pushed_qr_after_the_login_is_only_a_reason_to_look(void **state)
{
	static void (*const ways[])(struct story *) = { to_auth, to_up };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct story s;

		story_begin(&s);
		ways[i](&s);
		push(&s, EV_QR); /* may be an old one that comes late */
		assert_int_equal(s.fx.look, LOOK_NOW);
		assert_false(s.fx.changed);
		assert_int_equal(s.a.suspect, RELINK_NONE);
		list(&s, EV_QR);
		assert_only_suspected(&s);
		list(&s, EV_UP);
		assert_status(&s, "connected");
	}
}

static void a_qr_in_two_lists_after_the_login_is_a_log_out(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	list(&s, EV_QR);
	assert_only_suspected(&s);
	list(&s, EV_QR);
	assert_state(&s, "qr");
	assert_cause(&s, "logged_out");
	assert_action(&s, "scan_qr");
	assert_int_equal(s.a.profile, PROFILE_NEW);
	assert_int_equal(timer_in(&s), s.p.qr_deadline);
	push(&s, EV_AUTH); /* scanned again: the same life goes on */
	push(&s, EV_UP);
	assert_int_equal(s.a.generation, 1);
	assert_status(&s, "connected");
}

/* The old login shows no QR: what regenerate would give up is gone already. */
static void a_qr_on_an_old_profile_says_that_its_login_is_gone(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	life_ends(&s, RELINK_ENGINE_CRASH);
	next_try(&s);
	assert_true(s.fx.resume);
	assert_true(account_has_login(&s.a));
	list(&s, EV_QR);
	assert_false(account_has_login(&s.a));
	assert_true(account_may_resume(&s.a)); /* it may be scanned unseen */
}

/* The cause of the start is still what brought us here, and so are the provider's words for it. */
static void a_qr_does_not_take_the_words_of_the_cause_away(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	push_down(&s, RELINK_ENGINE_CRASH);
	list_down(&s, RELINK_ENGINE_CRASH);
	assert_true(s.fx.reason);
	answer(&s, EV_CLOSED);
	next_try(&s);
	list(&s, EV_QR);
	assert_cause(&s, "engine_crash");
	assert_false(s.fx.reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_push_and_a_list_are_two),
		cmocka_unit_test(a_list_and_a_push_are_two),
		cmocka_unit_test(two_lists_are_two_samples),
		cmocka_unit_test(one_list_told_twice_is_one_sample),
		cmocka_unit_test(any_number_of_pushes_is_one_voice),
		cmocka_unit_test(an_answer_counts_like_a_list),
		cmocka_unit_test(a_sign_of_life_takes_the_suspicion_away),
		cmocka_unit_test(a_start_needs_two_as_well),
		cmocka_unit_test(a_list_that_was_asked_for_before_the_push_is_the_second_voice),
		cmocka_unit_test(down_and_missed_right_after_the_mint_are_two),
		cmocka_unit_test(the_more_telling_cause_counts),
		cmocka_unit_test(a_later_push_may_be_more_telling),
		cmocka_unit_test(absent_from_two_lists_a_settle_time_apart_is_gone),
		cmocka_unit_test(absent_and_a_push_are_two),
		cmocka_unit_test(a_push_and_absent_are_two),
		cmocka_unit_test(down_in_a_list_and_absent_in_the_next_are_two),
		cmocka_unit_test(a_session_that_is_being_born_may_be_invisible),
		cmocka_unit_test(right_after_the_mint_absence_says_nothing),
		cmocka_unit_test(once_seen_a_session_can_be_missed),
		cmocka_unit_test(a_create_that_was_lost_on_the_way_is_nobody_s_attempt),
		cmocka_unit_test(a_pushed_qr_after_the_login_is_only_a_reason_to_look),
		cmocka_unit_test(a_qr_in_two_lists_after_the_login_is_a_log_out),
		cmocka_unit_test(a_qr_on_an_old_profile_says_that_its_login_is_gone),
		cmocka_unit_test(a_qr_does_not_take_the_words_of_the_cause_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
