/*
 * explain_test.c - plain English for every state, event and cause: nothing is empty, nothing is unknown, and
 * each text says why, what follows, and what to do.
 */
#include <stdio.h>
#include <string.h>

#include "base/obj.h"
#include "policy/attempt.h"
#include "policy/explain.h"
#include "policy/say.h"
#include "situations.h"

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

/* A whole sentence, in plain words. */
static void assert_plain(const char *text, const char *of)
{
	size_t n = strlen(text);

	if (n < 10 || n > EXPLAIN_MAX - 10 || text[n - 1] != '.')
		fail_msg("%s: \"%s\" is no sentence", of, text);
	if ((text[0] < 'A' || text[0] > 'Z') && (text[0] < '0' || text[0] > '9'))
		fail_msg("%s: \"%s\" does not begin as a sentence", of, text);
	if (has(text, "  ") || has(text, "..") || has(text, " .") || has(text, "?") ||
	    has(text, "this version"))
		fail_msg("%s: \"%s\" is not plain", of, text);
	if (has(text, "Something happened") || has(text, "Its time has come") || has(text, "_"))
		fail_msg("%s: \"%s\" says nothing, or a word of ours", of, text);
}

static void line_of(const struct story *s, struct journal_record *ret_line)
{
	*ret_line = (struct journal_record){ .at = s->now,
					     .kind = s->fx.tell ? JOURNAL_STATUS : JOURNAL_STEP,
					     .event = s->e.kind,
					     .from = s->before.state,
					     .to = s->a.state,
					     .status = s->a.status,
					     .cause = s->a.cause,
					     .action = s->a.action };
	why_of(&s->p, &s->before, &s->e, &s->a, &s->fx, &ret_line->why);
}

static void assert_account_is_explained(const struct story *s, const char *of)
{
	struct explanation x;

	explain_account(&s->p, &s->a, STR_NONE, ACTION_NONE, s->now, &x);
	assert_plain(x.next, of);
	assert_plain(x.todo, of);
	assert_true(strlen(x.why) > 10 && x.why[strlen(x.why) - 1] == '.');
	if (s->a.cause != RELINK_NONE && !has(x.why, cause_name(s->a.cause)))
		fail_msg("%s: \"%s\" does not name %s", of, x.why, cause_name(s->a.cause));
	if (s->a.state == ST_WAITING && (!has(x.next, "ttempt") || !has(x.next, "UTC")))
		fail_msg("%s: \"%s\" does not say when", of, x.next);
	if (s->a.action != ACTION_NONE && s->a.state != ST_QR)
		assert_string_equal(x.todo, explain_action(s->a.action));
}

/* What a step's line must tell, beyond being plain. */
static void assert_line_tells(const struct story *s, const char *text)
{
	bool ended = s->fx.abandon && (s->e.kind == EV_DOWN || s->e.kind == EV_ABSENT);

	if (ended && s->a.cause != RELINK_NONE && !has(text, explain_cause(s->a.cause)))
		fail_msg("\"%s\" does not say why it ended (%s)", text, cause_name(s->a.cause));
	if (ended && !has(text, "list") && !has(text, "provider"))
		fail_msg("\"%s\" does not say who says so", text);
	if (s->a.state == ST_WAITING && s->before.state != ST_WAITING &&
	    (!has(text, "ttempt") || !has(text, "UTC") || !has(text, "login")))
		fail_msg("\"%s\" does not say what follows", text);
	if ((s->a.state == ST_PARKED || s->a.state == ST_HELD) && s->a.state != s->before.state &&
	    !has(text, explain_action(s->a.action)))
		fail_msg("\"%s\" does not say what to do", text);
	if (s->fx.mint &&
	    !has(text, s->fx.resume ? "on the login that there is" : "on a new login"))
		fail_msg("\"%s\" does not say on which login", text);
}

static void step_is_told(struct story *s, const char *of)
{
	struct journal_record line;
	char text[EXPLAIN_MAX], name[128];

	if (s->fx.bug || !s->fx.changed)
		return;
	line_of(s, &line);
	explain_line(&line, text, sizeof text);
	snprintf(name, sizeof name, "%s, %s, %s", of, event_name(s->e.kind),
		 cause_name(s->a.cause));
	assert_plain(text, name);
	assert_line_tells(s, text);
	assert_account_is_explained(s, name);
}

static void every_step_of_every_account_is_a_sentence(void **state)
{
	const struct situation *at;
	unsigned told = 0;

	(void)state;
	for (unsigned i = 0; (at = situation(i)) != NULL; i++) {
		for (unsigned kind = 0; kind < EV_COUNT; kind++) {
			for (unsigned cause = 0; cause < RELINK_CAUSE_COUNT; cause++) {
				struct story s;
				struct account_event e = { .kind = (uint8_t)kind,
							   .cause = (uint8_t)cause };

				story_make(&s, at);
				if (!account_expects(s.a.state, kind))
					continue;
				pass(&s, s.p.join + MINUTE);
				if (event_is_about_a_life(kind))
					e.generation = s.a.generation;
				if (kind >= EV_BORN && kind <= EV_ABSENT)
					e.source = (uint8_t)(SOURCE_PUSH + cause % 3);
				if (kind == EV_ABSENT)
					e.source = SOURCE_LIST;
				story_step(&s, &e);
				told += s.fx.changed;
				step_is_told(&s, at->name);
			}
		}
	}
	assert_true(told > 2000);
}

/* Each state with each cause, whether or not a story leads there. */
static void every_state_and_cause_is_explained(void **state)
{
	(void)state;
	for (unsigned st = 0; st < ST_COUNT; st++) {
		for (unsigned cause = 0; cause < RELINK_CAUSE_COUNT; cause++) {
			for (unsigned after = 0; after <= AFTER_DELETE; after++) {
				struct explanation x;
				struct story s;

				story_begin(&s);
				s.a.state = (uint8_t)st;
				s.a.cause = (uint8_t)cause;
				s.a.after = (uint8_t)after;
				s.a.generation = 1;
				s.a.timer_at = s.now + MINUTE;
				explain_account(&s.p, &s.a, STR_NONE, ACTION_NONE, s.now, &x);
				assert_plain(x.next, state_name(st));
				assert_plain(x.todo, state_name(st));
				if (st != ST_IDLE && cause != RELINK_NONE)
					assert_true(has(x.why, explain_cause(cause)));
			}
		}
	}
}

/* A pause or an incident keeps back who would be started, whatever its timer says. */
static void what_keeps_it_from_starting_is_told(void **state)
{
	(void)state;
	for (unsigned st = 0; st < ST_COUNT; st++) {
		bool would_start = st == ST_QUEUED || st == ST_WAITING;
		struct explanation x;
		struct story s;

		story_begin(&s);
		s.a.state = (uint8_t)st;
		s.a.cause = RELINK_NETWORK;
		s.a.generation = 1;
		s.a.timer_at = s.now + MINUTE;
		explain_account(&s.p, &s.a, STR("automation is paused"), ACTION_NONE, s.now, &x);
		assert_plain(x.next, state_name(st));
		assert_int_equal(has(x.why, "automation is paused."), would_start);
		if (would_start)
			assert_true(has(x.next, "as soon as it may be") && !has(x.next, "UTC"));
	}
}

static void every_cause_and_action_has_words(void **state)
{
	(void)state;
	for (unsigned cause = 0; cause <= RELINK_CAUSE_COUNT; cause++) {
		assert_true(strlen(explain_cause(cause)) > 10);
		assert_false(has(explain_cause(cause), "retry_after"));
		assert_false(has(explain_cause(cause), ";"));
	}
	for (unsigned action = 0; action <= ACTION_COUNT; action++)
		assert_plain(explain_action(action), action_name(action));
}

static void a_line_reads_as_it_should(void **state)
{
	char text[EXPLAIN_MAX];
	struct journal_record r = { .at = 1763287200000,
				    .kind = JOURNAL_STATUS,
				    .event = EV_ABSENT,
				    .from = ST_UP,
				    .to = ST_WAITING,
				    .cause = RELINK_ENGINE_CRASH,
				    .why = { .evidence = EVIDENCE_PUSHED | EVIDENCE_ABSENT,
					     .lacked_ms = 31400,
					     .after = AFTER_WAIT,
					     .fails = 1,
					     .max_fails = 10,
					     .timer_at = 1763287205000 } };

	(void)state;
	explain_line(&r, text, sizeof text);
	assert_string_equal(
	    text, "The instance's list has not had the session for 31 s, and the provider said "
		  "by itself that the session does not work: the browser or engine of the "
		  "session died. Attempt 2 of 10 follows at 10:00:05 UTC on the same login.");
	r = (struct journal_record){ .kind = JOURNAL_STATUS,
				     .action = ACTION_CHECK_PROVIDER,
				     .text = STR("its instance is drained"),
				     .why.notes = NOTE_QUEUE };
	explain_line(&r, text, sizeof text);
	assert_string_equal(text,
			    "It is not started yet: its instance is drained. Look at the provider "
			    "and at its instance, then ask for a reconnect.");
}

static void assert_line_has(const struct story *s, const char *part)
{
	char text[EXPLAIN_MAX];
	struct journal_record line;

	line_of(s, &line);
	explain_line(&line, text, sizeof text);
	if (!has(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

/* Its failure is no attempt, and says why. */
static void an_incident_is_told(void **state)
{
	struct account_event down = {
		.kind = EV_DOWN, .cause = RELINK_GONE, .source = SOURCE_LIST, .brake = BRAKE_SOFT
	};
	struct story s;

	(void)state;
	story_begin(&s);
	to_up(&s);
	push_down(&s, RELINK_GONE);
	pass(&s, SECOND);
	down.generation = s.a.generation;
	story_step(&s, &down);
	assert_state(&s, "closing");
	assert_line_has(&s, "Many accounts fail together at the moment");
	assert_line_has(&s, "this failure counts as none");
	answer(&s, EV_CLOSED);
	story_step(&s, &(struct account_event){ .kind = EV_EXCUSED, .brake = BRAKE_SOFT });
	assert_line_has(&s, "That was its provider's fault");
}

static void every_kind_of_line_says_something(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 256; kind++) {
		const struct journal_record r = { .kind = (uint8_t)kind };
		char text[EXPLAIN_MAX];

		explain_line(&r, text, sizeof text);
		assert_true(strlen(text) > 5);
	}
}

/* Numbers of a newer version, and texts that fill the room. */
static void nothing_breaks_it(void **state)
{
	struct journal_record r;
	char words[4096], text[64];

	(void)state;
	memset(words, 'x', sizeof words);
	memset(&r, 0xff, sizeof r);
	r.account = r.workspace = r.data = STR_NONE;
	r.text = (struct str){ words, sizeof words };
	for (unsigned kind = 0; kind < 256; kind++) {
		r.kind = (uint8_t)kind;
		explain_line(&r, text, sizeof text);
		assert_true(strlen(text) < sizeof text);
	}
}

static void a_life_is_told_from_its_begin_to_its_end(void **state)
{
	struct attempt_record a = { .generation = 2,
				    .state = ATTEMPT_GONE,
				    .begun_by = BEGUN_RETRY,
				    .begun_cause = RELINK_GONE,
				    .begun_on = LOGIN_SAME };
	char text[2 * EXPLAIN_MAX];

	(void)state;
	a.end = (struct attempt_end){ .up_at = 1763287200000,
				      .ended_at = 1763287500000,
				      .event = EV_DOWN,
				      .from = ST_UP,
				      .cause = RELINK_LOGGED_OUT,
				      .why = { .evidence = EVIDENCE_PUSHED | EVIDENCE_LISTED,
					       .after = AFTER_PARK } };
	explain_attempt(&a, text, sizeof text);
	assert_string_equal(
	    text,
	    "Begun by Relink, after a failure (the provider does not know this session), on the "
	    "login that there was. It was connected for 5 min. The provider said by itself that "
	    "the session does not work, and its list says so, too: the phone unlinked this "
	    "device. It waits for a person, at no cost. Ask for a connect or for a QR code, and "
	    "scan it with the phone.");
	for (unsigned by = 0; by < 5; by++) {
		for (unsigned st = 0; st < 3; st++) {
			a.begun_by = (uint8_t)by;
			a.state = st;
			explain_attempt(&a, text, sizeof text);
			assert_true(strlen(text) > 20);
		}
	}
}

static void times_and_durations_are_for_people(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} cases[] = { { 0, "0 ms" },       { 999, "999 ms" },   { 31400, "31 s" },
		      { 119999, "119 s" }, { 120000, "2 min" }, { 7199999, "119 min" },
		      { 7200000, "2 h" },  { 86400000, "24 h" } };
	char text[64];
	struct say s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		s = say_to(text, sizeof text);
		say_ms(&s, cases[i].ms);
		assert_string_equal(text, cases[i].text);
	}
	s = say_to(text, sizeof text);
	say_time(&s, 1763287205123, 1763287200000);
	assert_string_equal(text, "10:00:05 UTC");
	s = say_to(text, sizeof text);
	say_time(&s, 1709164800000, 1763287200000); /* a leap day */
	assert_string_equal(text, "2024-02-29 00:00:00 UTC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_of_every_account_is_a_sentence),
		cmocka_unit_test(every_state_and_cause_is_explained),
		cmocka_unit_test(what_keeps_it_from_starting_is_told),
		cmocka_unit_test(every_cause_and_action_has_words),
		cmocka_unit_test(a_line_reads_as_it_should),
		cmocka_unit_test(an_incident_is_told),
		cmocka_unit_test(every_kind_of_line_says_something),
		cmocka_unit_test(nothing_breaks_it),
		cmocka_unit_test(a_life_is_told_from_its_begin_to_its_end),
		cmocka_unit_test(times_and_durations_are_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
