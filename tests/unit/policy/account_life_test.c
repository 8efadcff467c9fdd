/*
 * account_life_test.c - a life from its permit to connected, and the deadlines on the way.
 *
 * Success is seen, never concluded: each status here comes from evidence, none from an answer.
 */
#include "base/obj.h"
#include "story.h"

typedef void way(struct story *);
static way *const with_life[] = { to_starting, to_qr, to_auth, to_up };

/* ---- on its way ---- */

static void a_first_connect_is_told_step_by_step(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	assert_status(&s, "new");
	they_ask(&s, EV_CONNECT);
	assert_true(s.fx.tell);
	assert_status(&s, "connecting");
	permit(&s);
	assert_true(s.fx.mint && !s.fx.resume && !s.fx.tell);
	answer(&s, EV_CREATED);
	assert_status(&s, "connecting"); /* "create answered" proves nothing */
	push(&s, EV_BORN);
	assert_status(&s, "connecting");
	push(&s, EV_QR);
	assert_status(&s, "qr_scanning");
	assert_action(&s, "scan_qr");
	push(&s, EV_AUTH);
	assert_status(&s, "authenticated");
	assert_action(&s, "none");
	push(&s, EV_UP);
	assert_status(&s, "connected");
	assert_int_equal(s.a.up_since, s.now);
}

static void a_resumed_start_needs_no_qr(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	life_ends(&s, RELINK_ENGINE_CRASH);
	next_try(&s);
	assert_cause(&s, "engine_crash");
	push(&s, EV_AUTH);
	assert_status(&s, "authenticated");
	assert_cause(&s, "none");
	push(&s, EV_UP);
	assert_status(&s, "connected");
	assert_false(s.fx.reason); /* no news of a cause */
}

/* From anywhere on the way, and whatever was to be done or had gone wrong before. */
static void connected_leaves_no_cause_and_nothing_to_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(with_life); i++) {
		struct story s;

		story_begin(&s);
		to_up(&s);
		life_ends(&s, RELINK_ENGINE_CRASH);
		time_comes(&s);
		s.a.cause = i % 2 ? RELINK_ENGINE_CRASH : RELINK_NONE;
		permit(&s);
		if (i >= 1)
			push(&s, EV_QR);
		if (i >= 2)
			push(&s, EV_AUTH);
		list(&s, EV_UP);
		assert_cause(&s, "none");
		assert_action(&s, "none");
	}
}

static void what_was_connected_is_reconnecting(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	life_ends(&s, RELINK_ENGINE_CRASH);
	assert_state(&s, "waiting");
	assert_status(&s, "reconnecting");
	next_try(&s);
	assert_status(&s, "reconnecting");
	they_ask(&s, EV_DISCONNECT);
	answer(&s, EV_CLOSED);
	they_ask(&s, EV_CONNECT);
	assert_status(&s, "connecting");
}

static void evidence_may_overtake_the_answer(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	push(&s, EV_UP);
	assert_status(&s, "connected");
	answer(&s, EV_CREATED);
	assert_status(&s, "connected");
	assert_false(account_checking(&s.a));
}

/* Absence counts only when no create is under way. */
static void an_answer_that_comes_late_is_awaited_no_longer(void **state)
{
	static const enum account_event_kind answers[] = { EV_CREATED, EV_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < 3 * ARRAY_LEN(answers); i++) {
		struct story s;

		story_begin(&s);
		to_starting(&s);
		push(&s, (enum account_event_kind[]){ EV_QR, EV_AUTH, EV_UP }[i % 3]);
		list(&s, EV_ABSENT);
		assert_int_equal(s.a.absent_since, 0);
		answer(&s, answers[i / 3]);
		assert_false(s.fx.changed || s.fx.look);
		list(&s, EV_ABSENT);
		assert_int_not_equal(s.a.absent_since, 0);
	}
}

static void a_refusal_of_what_was_seen_alive_is_looked_into(void **state)
{
	static way *const seen[] = { to_qr, to_auth, to_up };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
		struct story s;
		unsigned was;

		story_begin(&s);
		seen[i](&s);
		was = s.a.state;
		answer_with(&s, EV_REFUSED, RELINK_LOGGED_OUT);
		assert_int_equal(s.a.state, was);
		assert_int_equal(s.fx.look, LOOK_NOW);
		assert_true(account_checking(&s.a));
	}
}

/* A lost reply is the normal case: the life is looked up and adopted, and its create never resent. */
static void an_unknown_create_is_looked_up_and_never_sent_again(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	answer(&s, EV_UNKNOWN);
	assert_state(&s, "starting");
	assert_int_equal(s.fx.look, LOOK_NOW);
	assert_false(s.fx.mint || s.fx.close);
	assert_true(account_checking(&s.a));
	list(&s, EV_QR);
	assert_state(&s, "qr");
	assert_int_equal(s.a.generation, 1);
	assert_false(account_checking(&s.a));
}

static void a_lost_worker_makes_unsure_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(with_life); i++) {
		struct story s;
		unsigned was;

		story_begin(&s);
		with_life[i](&s);
		was = s.a.state;
		worker_dies(&s);
		assert_int_equal(s.a.state, was);
		assert_false(s.fx.changed);
		assert_int_equal(s.fx.look, LOOK_NOW);
		assert_true(account_checking(&s.a));
	}
}

static void any_sign_of_life_makes_sure_again(void **state)
{
	static const enum account_event_kind signs[] = { EV_BORN, EV_QR, EV_AUTH, EV_UP };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(with_life) * ARRAY_LEN(signs); i++) {
		enum account_event_kind sign = signs[i % ARRAY_LEN(signs)];
		struct story s;

		story_begin(&s);
		with_life[i / ARRAY_LEN(signs)](&s);
		if (sign == EV_QR && s.a.state >= ST_AUTH)
			continue; /* a sign of a log-out */
		worker_dies(&s);
		list(&s, sign);
		assert_false(account_checking(&s.a));
		assert_true(s.a.seen);
	}
}

static void a_session_that_is_starting_again_is_not_connected(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	push(&s, EV_AUTH); /* may be an old push that comes late */
	assert_status(&s, "connected");
	for (unsigned kind = EV_AUTH; kind >= EV_BORN; kind -= EV_AUTH - EV_BORN) {
		list(&s, kind);
		assert_status(&s, "authenticated");
		list(&s, EV_UP);
		assert_status(&s, "connected");
	}
}

/* The list says how it was when it was asked for. */
static void a_list_from_before_the_login_does_not_take_it_back(void **state)
{
	struct story s;
	struct account_event old = { .kind = EV_BORN, .source = SOURCE_LIST };

	(void)state;
	story_begin(&s);
	to_auth(&s);
	old.generation = s.a.generation;
	old.at = s.now;
	push(&s, EV_UP);
	pass(&s, 100);
	story_step(&s, &old);
	assert_status(&s, "connected");
}

/* ---- deadlines ---- */

static void a_qr_that_nobody_scans_is_parked_at_its_deadline(void **state)
{
	struct story s;
	uint64_t deadline;

	(void)state;
	story_begin(&s);
	to_qr(&s);
	deadline = s.a.timer_at;
	assert_int_equal(timer_in(&s), s.p.qr_deadline);
	pass(&s, MINUTE);
	push(&s, EV_QR); /* a new code does not make it longer */
	assert_int_equal(s.a.timer_at, deadline);
	time_comes(&s);
	assert_true(s.fx.close); /* the browser is freed */
	assert_status(&s, "disconnected");
	assert_cause(&s, "qr_expired");
	assert_action(&s, "scan_qr");
	answer(&s, EV_CLOSED);
	assert_state(&s, "parked");
	assert_int_equal(s.a.fails, 0);
}

/* One that was thought to be logged in shows a code, and enough of them are shown. */
static void a_code_too_many_is_over_at_once_and_renewed_on_demand(void **state)
{
	struct account_event e = { .kind = EV_QR, .source = SOURCE_LIST, .crowded = true };
	struct story s;

	(void)state;
	for (unsigned after_login = 0; after_login < 2; after_login++) {
		story_begin(&s);
		to_up(&s);
		life_ends(&s, RELINK_ENGINE_CRASH);
		next_try(&s);
		if (after_login)
			push(&s, EV_UP);
		for (unsigned n = 0; n < 2 && s.a.state != ST_QR; n++) { /* a log-out needs two */
			pass(&s, 40 * SECOND);
			e.generation = s.a.generation;
			e.at = s.now;
			story_step(&s, &e);
		}
		assert_status(&s, "qr_scanning");
		assert_int_equal(s.a.timer_at, s.now);
		time_comes(&s);
		assert_true(s.fx.close);
		assert_cause(&s, "qr_expired");
		assert_action(&s, "scan_qr");
		answer(&s, EV_CLOSED);
		assert_state(&s, "parked");
		assert_int_equal(s.a.timer_at, 0);
		they_ask(&s, EV_CONNECT);
		permit(&s);
		assert_true(s.a.fresh || s.fx.resume);
		push(&s, EV_QR);
		assert_status(&s, "qr_scanning");
	}
}

static void a_start_that_hangs_is_ended_and_counts(void **state)
{
	static const struct {
		bool answered, born;
		unsigned blamed; /* only who was born got as far as its profile */
	} cases[] = { { true, true, 1 }, { true, false, 0 }, { false, true, 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct story s;

		story_begin(&s);
		to_up(&s);
		life_ends(&s, RELINK_NETWORK);
		next_try(&s);
		if (cases[i].answered)
			answer(&s, EV_CREATED);
		if (cases[i].born)
			push(&s, EV_BORN);
		time_comes(&s);
		assert_true(s.fx.close);
		assert_cause(&s, "engine_hang");
		assert_int_equal(s.a.fails, 1);
		assert_int_equal(s.a.profile_fails, cases[i].blamed);
	}
}

static void a_start_that_nobody_could_see_is_the_provider_s_fault(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_starting(&s);
	time_comes(&s);
	assert_cause(&s, "network");
	assert_int_equal(s.a.fails, 0);
	assert_int_equal(s.a.profile_fails, 0);
}

/* It may be connected by now: a worker died, or the core, and nobody has looked since. */
static void no_deadline_ends_what_nobody_could_look_at(void **state)
{
	static void (*const to[])(struct story *) = { to_starting, to_qr, to_auth };
	static void (*const blinds[])(struct story *) = { worker_dies, restart };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(to) * ARRAY_LEN(blinds); i++) {
		struct story s;

		story_begin(&s);
		to[i / ARRAY_LEN(blinds)](&s);
		blinds[i % ARRAY_LEN(blinds)](&s);
		for (unsigned n = 0; n < 3; n++) {
			time_comes(&s);
			assert_false(s.fx.abandon);
			assert_int_equal(s.fx.look, LOOK_NOW);
		}
		list(&s, EV_UP);
		assert_status(&s, "connected");
	}
}

/* An instance that answers, and never says how this one is, must not keep a start slot for ever. */
static void answers_that_say_nothing_hold_a_deadline_up_for_a_while_only(void **state)
{
	static void (*const to[])(struct story *) = { to_starting, to_qr, to_auth };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(to); i++) {
		struct story s;

		story_begin(&s);
		to[i](&s);
		worker_dies(&s);
		for (unsigned n = 0; n < 100; n++)
			time_comes_cut_off(&s);
		assert_false(s.fx.abandon);
		for (unsigned n = 0; n < 8; n++) {
			time_comes(&s);
			assert_false(s.fx.abandon);
		}
		time_comes(&s);
		assert_true(s.fx.close);
		assert_int_equal(s.a.fails, 0);
	}
}

static void a_login_that_never_gets_connected_is_ended(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s);
	to_auth(&s);
	time_comes(&s);
	assert_true(s.fx.close);
	assert_cause(&s, "engine_hang");
	assert_status(&s, "connecting");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_first_connect_is_told_step_by_step),
		cmocka_unit_test(a_resumed_start_needs_no_qr),
		cmocka_unit_test(connected_leaves_no_cause_and_nothing_to_do),
		cmocka_unit_test(what_was_connected_is_reconnecting),
		cmocka_unit_test(evidence_may_overtake_the_answer),
		cmocka_unit_test(an_answer_that_comes_late_is_awaited_no_longer),
		cmocka_unit_test(a_refusal_of_what_was_seen_alive_is_looked_into),
		cmocka_unit_test(an_unknown_create_is_looked_up_and_never_sent_again),
		cmocka_unit_test(a_lost_worker_makes_unsure_and_nothing_else),
		cmocka_unit_test(any_sign_of_life_makes_sure_again),
		cmocka_unit_test(a_session_that_is_starting_again_is_not_connected),
		cmocka_unit_test(a_list_from_before_the_login_does_not_take_it_back),
		cmocka_unit_test(a_qr_that_nobody_scans_is_parked_at_its_deadline),
		cmocka_unit_test(a_code_too_many_is_over_at_once_and_renewed_on_demand),
		cmocka_unit_test(a_start_that_hangs_is_ended_and_counts),
		cmocka_unit_test(a_start_that_nobody_could_see_is_the_provider_s_fault),
		cmocka_unit_test(no_deadline_ends_what_nobody_could_look_at),
		cmocka_unit_test(answers_that_say_nothing_hold_a_deadline_up_for_a_while_only),
		cmocka_unit_test(a_login_that_never_gets_connected_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
