/*
 * account_brake_test.c - an account while its provider has an incident: failures cost nothing and decide
 * nothing, and what they cost just before is given back.
 */
#include "policy/incident.h"
#include "story.h"

static void braked(struct story *s, unsigned kind, unsigned cause, unsigned source, unsigned brake)
{
	struct account_event e = { .kind = (uint8_t)kind,
				   .cause = (uint8_t)cause,
				   .source = (uint8_t)source,
				   .brake = (uint8_t)brake,
				   .generation =
				       event_is_about_a_life(kind) ? s->a.generation : 0 };

	pass(s, 1);
	if (kind == EV_TIMER)
		s->now = s->a.timer_at;
	story_step(s, &e);
}

/* A push and a list say so. */
static void ends_braked(struct story *s, unsigned cause, unsigned brake)
{
	braked(s, EV_DOWN, cause, SOURCE_PUSH, brake);
	braked(s, EV_DOWN, cause, SOURCE_LIST, brake);
	if (s->a.state == ST_CLOSING)
		braked(s, EV_CLOSED, RELINK_NONE, SOURCE_NONE, brake);
}

static struct account_event excuse_for(const struct account *was)
{
	return (struct account_event){ .kind = EV_EXCUSED,
				       .brake = BRAKE_SOFT,
				       .failed_life = was->generation,
				       .before = { .fails = was->fails,
						   .waits = was->waits,
						   .profile = was->profile,
						   .profile_fails = was->profile_fails,
						   .slow_step = was->slow_step,
						   .replaced = was->replaced,
						   .flap = was->flap } };
}

static void excused(struct story *s, const struct account *was)
{
	struct account_event e = excuse_for(was);

	pass(s, 1);
	story_step(s, &e);
}

/* ---- while it lasts ---- */

static void no_cause_that_counts_costs_anything(void **state)
{
	(void)state;
	for (unsigned cause = 1; cause < RELINK_CAUSE_COUNT; cause++) {
		struct account was;
		struct story s;

		if (!incident_counts(cause))
			continue;
		story_begin(&s);
		to_up(&s);
		was = s.a;
		for (unsigned n = 0; n < 30; n++) {
			ends_braked(&s, cause, BRAKE_SOFT);
			assert_state(&s, "waiting");
			assert_action(&s, "none");
			assert_true(timer_in(&s) <= s.p.backoff_cap);
			braked(&s, EV_TIMER, 0, 0, BRAKE_SOFT);
			permit(&s);
			assert_true(s.fx.resume);
			braked(&s, EV_BORN, 0, SOURCE_PUSH, BRAKE_SOFT);
		}
		assert_int_equal(s.a.fails, was.fails);
		assert_int_equal(s.a.profile, PROFILE_GOOD);
		assert_int_equal(s.a.profile_fails, 0);
		assert_int_equal(s.a.slow_step, 0);
	}
}

static void what_concerns_it_alone_is_decided(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	ends_braked(&s, RELINK_BANNED, BRAKE_KEEP);
	assert_state(&s, "held");
}

static void a_connected_session_is_kept(void **state)
{
	static const unsigned causes[] = { RELINK_LOGGED_OUT, RELINK_GONE, RELINK_ENGINE_HANG };
	struct story s;

	(void)state;
	for (unsigned n = 0; n < 3; n++) {
		story_begin(&s);
		to_up(&s);
		for (unsigned k = 0; k < 10; k++) {
			ends_braked(&s, causes[n], BRAKE_KEEP);
			assert_state(&s, "up");
			assert_true(s.fx.kept);
			assert_int_equal(s.fx.kept_cause, causes[n]);
			assert_false(s.fx.close || s.fx.abandon);
		}
		braked(&s, EV_UP, 0, SOURCE_LIST, BRAKE_KEEP);
		assert_false(account_checking(&s.a));
	}
}

static void a_session_that_is_not_listed_is_kept(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	for (unsigned k = 0; k < 5; k++) {
		pass(&s, s.p.settle);
		braked(&s, EV_ABSENT, RELINK_GONE, SOURCE_LIST, BRAKE_KEEP);
		assert_state(&s, "up");
	}
	braked(&s, EV_ABSENT, RELINK_GONE, SOURCE_LIST, BRAKE_SOFT);
	assert_state(&s, "waiting");
	assert_int_equal(s.a.fails, 0);
}

static void a_qr_after_the_login_is_not_believed(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	for (unsigned k = 0; k < 3; k++) {
		braked(&s, EV_QR, 0, SOURCE_LIST, BRAKE_KEEP);
		assert_state(&s, "up");
	}
	braked(&s, EV_QR, 0, SOURCE_LIST, BRAKE_SOFT);
	assert_state(&s, "closing");
	assert_int_equal(s.a.profile, PROFILE_GOOD);
}

static void a_canary_that_shows_a_qr_keeps_its_login(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	ends_braked(&s, RELINK_LOGGED_OUT, BRAKE_SOFT);
	braked(&s, EV_TIMER, 0, 0, BRAKE_SOFT);
	permit(&s);
	braked(&s, EV_QR, 0, SOURCE_PUSH, BRAKE_SOFT);
	assert_state(&s, "closing");
	assert_int_equal(s.a.profile, PROFILE_GOOD);
	assert_action(&s, "none");
}

static void a_person_gets_the_qr(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	ends_braked(&s, RELINK_LOGGED_OUT, BRAKE_SOFT);
	they_ask(&s, EV_RECONNECT);
	permit(&s);
	braked(&s, EV_QR, 0, SOURCE_PUSH, BRAKE_SOFT);
	assert_state(&s, "qr");
	they_ask(&s, EV_REGENERATE);
}

/* ---- what was before ---- */

static void a_parked_account_gets_its_login_back(void **state)
{
	struct account was;
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	was = s.a;
	life_ends(&s, RELINK_LOGGED_OUT);
	assert_state(&s, "parked");
	assert_int_equal(s.a.profile, PROFILE_DEAD);
	excused(&s, &was);
	assert_state(&s, "waiting");
	assert_action(&s, "none");
	assert_int_equal(s.a.profile, PROFILE_GOOD);
	time_comes(&s);
	permit(&s);
	assert_true(s.fx.resume);
}

static void one_that_is_being_closed_too(void **state)
{
	struct account was;
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	was = s.a;
	push_down(&s, RELINK_LOGGED_OUT);
	list_down(&s, RELINK_LOGGED_OUT);
	assert_state(&s, "closing");
	excused(&s, &was);
	answer(&s, EV_CLOSED);
	assert_state(&s, "waiting");
	assert_int_equal(s.a.profile, PROFILE_GOOD);
}

static void attempts_are_given_back(void **state)
{
	struct account was;
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	was = s.a;
	life_ends(&s, RELINK_GONE);
	next_try(&s);
	assert_int_equal(s.a.fails, 1);
	excused(&s, &was);
	assert_state(&s, "starting"); /* a newer life goes on */
	assert_int_equal(s.a.fails, 0);
	assert_int_equal(s.a.waits, 0);
}

static void losses_are_given_back(void **state)
{
	struct account was;
	struct story s;

	(void)state;
	story_begin(&s);
	s.p.flap = (struct flap_rules){
		.window = HOUR, .wait = HOUR / 4, .stable = HOUR / 2, .losses = 2
	};
	to_up(&s);
	life_ends(&s, RELINK_GONE);
	next_try(&s);
	push(&s, EV_UP);
	was = s.a;
	assert_true(was.flap.at_s != 0 && !account_is_flapping(&was));
	life_ends(&s, RELINK_GONE);
	assert_true(account_is_flapping(&s.a));
	excused(&s, &was);
	assert_false(account_is_flapping(&s.a));
	assert_int_equal(s.a.flap.at_s, was.flap.at_s); /* the loss before was its own */
	assert_true(timer_in(&s) <= s.p.backoff_base);
}

static void who_flaps_waits_for_its_ladder_all_the_same(void **state)
{
	struct story s;
	unsigned step;

	(void)state;
	story_begin(&s);
	s.p.flap = (struct flap_rules){
		.window = HOUR, .wait = HOUR / 4, .stable = HOUR / 2, .losses = 2
	};
	to_up(&s);
	for (unsigned n = 0; n < 2; n++) {
		life_ends(&s, RELINK_GONE);
		next_try(&s);
		push(&s, EV_UP);
	}
	step = s.a.flap.step;
	assert_true(step > 0);
	ends_braked(&s, RELINK_GONE, BRAKE_SOFT);
	assert_state(&s, "waiting");
	assert_true(timer_in(&s) >= HOUR / 4);
	assert_int_equal(s.a.flap.step, step); /* and is no further up for it */
}

static void a_qr_that_nobody_asked_for_goes_away(void **state)
{
	struct account was;
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	pass(&s, HOUR);
	was = s.a;
	list(&s, EV_QR);
	pass(&s, SECOND);
	list(&s, EV_QR);
	assert_state(&s, "qr");
	excused(&s, &was);
	assert_state(&s, "closing");
	answer(&s, EV_CLOSED);
	assert_state(&s, "waiting");
	assert_int_equal(s.a.profile, PROFILE_GOOD);
}

static void what_a_person_decided_stays(void **state)
{
	struct account was;
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	was = s.a;
	life_ends(&s, RELINK_LOGGED_OUT);
	they_ask(&s, EV_REGENERATE);
	permit(&s);
	push(&s, EV_QR);
	excused(&s, &was);
	assert_state(&s, "qr");
	assert_int_equal(s.a.profile, PROFILE_NEW);
	they_ask(&s, EV_DISCONNECT);
	answer(&s, EV_CLOSED);
	excused(&s, &was);
	assert_state(&s, "idle");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_cause_that_counts_costs_anything),
		cmocka_unit_test(what_concerns_it_alone_is_decided),
		cmocka_unit_test(a_connected_session_is_kept),
		cmocka_unit_test(a_session_that_is_not_listed_is_kept),
		cmocka_unit_test(a_qr_after_the_login_is_not_believed),
		cmocka_unit_test(a_canary_that_shows_a_qr_keeps_its_login),
		cmocka_unit_test(a_person_gets_the_qr),
		cmocka_unit_test(a_parked_account_gets_its_login_back),
		cmocka_unit_test(one_that_is_being_closed_too),
		cmocka_unit_test(attempts_are_given_back),
		cmocka_unit_test(losses_are_given_back),
		cmocka_unit_test(who_flaps_waits_for_its_ladder_all_the_same),
		cmocka_unit_test(a_qr_that_nobody_asked_for_goes_away),
		cmocka_unit_test(what_a_person_decided_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
