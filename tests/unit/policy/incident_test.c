/* incident_test.c - the brake: the whole table, thresholds, canaries, the ramp. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "policy/cause.h"
#include "policy/incident.h"

#define SECOND 1000ull
#define MINUTE (60 * SECOND)

static const struct incident_rules rules = { .window = 2 * MINUTE,
					     .brake = 2 * SECOND,
					     .probe_base = MINUTE,
					     .probe_cap = 5 * MINUTE,
					     .round = 3 * MINUTE,
					     .ramp_step = 30 * SECOND,
					     .quiet = MINUTE,
					     .believe = 30 * MINUTE,
					     .min_accounts = 5,
					     .share = 30,
					     .canaries = 3,
					     .full = 240 };
static uint64_t now;
static struct incident it;

static void passes(uint64_t ms)
{
	now += ms;
}

static void happens(unsigned event)
{
	incident_step(&rules, &it, event, now);
}

static void time_comes(void)
{
	assert_true(it.timer_at >= now);
	now = it.timer_at;
	happens(IE_TIMER);
}

static bool may_start(void)
{
	uint64_t wait;

	return incident_permits(&rules, &it, now, &wait);
}

static void starts(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		assert_true(may_start());
		incident_takes(&rules, &it, now);
	}
}

static int begin(void **state)
{
	(void)state;
	now = 1000000;
	incident_init(&it, 42);
	return 0;
}

static void probing(void)
{
	happens(IE_ALARM);
	assert_int_equal(it.state, INCIDENT_BRAKING);
	time_comes();
	assert_int_equal(it.state, INCIDENT_PROBING);
}

static void ramping(void)
{
	probing();
	starts(3);
	happens(IE_GOOD);
	happens(IE_GOOD);
	assert_int_equal(it.state, INCIDENT_RAMPING);
}

/* ---- thresholds ---- */

static void few_are_no_incident(void **state)
{
	struct incident_rules off = rules;

	(void)state;
	assert_false(incident_alarm(&rules, 1, 0));
	assert_false(incident_alarm(&rules, 4, 0));
	assert_true(incident_alarm(&rules, 5, 0));
	assert_true(incident_alarm(&rules, 5, 11));
	assert_false(incident_alarm(&rules, 5, 12));
	assert_true(incident_alarm(&rules, 1500, 3500));
	assert_false(incident_alarm(&rules, 1499, 3501));
	off.window = 0;
	assert_false(incident_alarm(&off, 5000, 0));
}

static void people_are_no_incident(void **state)
{
	static const unsigned theirs[] = { RELINK_NONE,         RELINK_QR_EXPIRED, RELINK_BANNED,
					   RELINK_TOS_BLOCK,    RELINK_CANCELLED,  RELINK_STALE,
					   RELINK_CAPACITY,     RELINK_BY_REQUEST, RELINK_POISON,
					   RELINK_MISCONFIGURED };
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(theirs); i++)
		assert_false(incident_counts(theirs[i]));
	for (unsigned c = 0; c < RELINK_CAUSE_COUNT; c++)
		n += incident_counts(c);
	assert_int_equal(n, RELINK_CAUSE_COUNT - ARRAY_LEN(theirs));
	assert_false(incident_counts(RELINK_CAUSE_COUNT));
}

/* ---- the table ---- */

/* What follows from each event in each state, by one event; 9: the same state. */
static void every_cell(void **state)
{
	static const struct {
		unsigned from, event, to;
	} moves[] = {
		{ INCIDENT_CALM, IE_ALARM, INCIDENT_BRAKING },
		{ INCIDENT_BRAKING, IE_TIMER, INCIDENT_PROBING },
		{ INCIDENT_BRAKING, IE_MERGED, INCIDENT_CALM },
		{ INCIDENT_PROBING, IE_MERGED, INCIDENT_CALM },
		{ INCIDENT_RAMPING, IE_MERGED, INCIDENT_CALM },
	};

	(void)state;
	for (unsigned from = 0; from < INCIDENT_STATE_COUNT; from++) {
		for (unsigned event = 0; event < IE_COUNT; event++) {
			unsigned to = from;

			begin(NULL);
			if (from == INCIDENT_BRAKING)
				happens(IE_ALARM);
			else if (from == INCIDENT_PROBING)
				probing();
			else if (from == INCIDENT_RAMPING)
				ramping();
			assert_int_equal(it.state, from);
			for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
				if (moves[i].from == from && moves[i].event == event)
					to = moves[i].to;
			}
			assert_int_equal(incident_expects(from, event),
					 from != INCIDENT_CALM || event != IE_TIMER);
			happens(event);
			assert_int_equal(it.state, to);
			/* who is not calm always has a timer: no incident lasts for ever */
			assert_true(it.state == INCIDENT_CALM || it.timer_at > now);
		}
	}
}

/* ---- canaries ---- */

static void nobody_starts_while_braking(void **state)
{
	(void)state;
	assert_true(may_start());
	assert_true(incident_may_end(&rules, &it));
	happens(IE_ALARM);
	assert_false(may_start());
	assert_false(incident_may_end(&rules, &it));
}

static void three_canaries_a_round(void **state)
{
	(void)state;
	probing();
	starts(3);
	assert_false(may_start());
	assert_false(incident_may_end(&rules, &it));
	happens(IE_BAD);
	assert_false(it.resting);
	happens(IE_BAD);
	assert_true(it.resting);
	assert_false(may_start());
	happens(IE_BAD); /* a late one of the same round */
	assert_int_equal(it.rounds, 1);
	time_comes();
	assert_false(it.resting);
	starts(3);
}

static void rounds_get_rarer_up_to_a_cap(void **state)
{
	uint64_t longest = 0;

	(void)state;
	probing();
	for (unsigned n = 0; n < 30; n++) {
		uint64_t rest;

		starts(2);
		happens(IE_BAD);
		happens(IE_BAD);
		rest = it.timer_at - now;
		assert_in_range(rest, rules.probe_base, rules.probe_cap * 11 / 10);
		longest = MAX_OF(longest, rest);
		time_comes();
	}
	assert_true(longest > 3 * MINUTE);
}

static void a_round_without_an_outcome_ends(void **state)
{
	(void)state;
	probing();
	starts(3);
	time_comes();
	assert_true(it.resting);
	time_comes();
	starts(1);
	happens(IE_GOOD); /* there was only one to try */
	time_comes();
	assert_int_equal(it.state, INCIDENT_RAMPING);
}

static void what_came_back_by_itself_is_over(void **state)
{
	(void)state;
	probing();
	time_comes();
	assert_int_equal(it.state, INCIDENT_RAMPING);
}

static void what_still_fails_is_not_over(void **state)
{
	(void)state;
	probing();
	for (unsigned n = 0; n < 100; n++) {
		passes(30 * SECOND);
		incident_still(&it, now);
		if (now >= it.timer_at)
			happens(IE_TIMER);
		assert_int_equal(it.state, INCIDENT_PROBING);
	}
}

/* ---- the ramp ---- */

static void the_ramp_doubles(void **state)
{
	unsigned in_step[4] = { 0 };

	(void)state;
	ramping();
	for (unsigned step = 0; step < 4; step++) {
		uint64_t end = it.timer_at;

		for (; now < end; passes(50)) {
			while (may_start()) {
				starts(1);
				happens(IE_GOOD);
				in_step[step]++;
			}
		}
		happens(IE_TIMER);
	}
	assert_in_range(in_step[0], 14, 17);
	assert_in_range(in_step[1], 29, 33);
	assert_in_range(in_step[2], 59, 63);
	assert_in_range(in_step[3], 119, 123);
	assert_int_equal(it.state, INCIDENT_CALM);
}

static void the_ramp_says_when_to_ask_again(void **state)
{
	uint64_t wait;

	(void)state;
	ramping();
	while (may_start())
		starts(1);
	assert_false(incident_permits(&rules, &it, now, &wait));
	assert_in_range(wait, 1, 2 * SECOND);
	passes(wait);
	assert_true(may_start());
}

static void a_ramp_that_fails_is_probed_again(void **state)
{
	(void)state;
	ramping();
	happens(IE_BAD);
	happens(IE_BAD);
	assert_int_equal(it.state, INCIDENT_RAMPING);
	happens(IE_BAD);
	assert_int_equal(it.state, INCIDENT_PROBING);
	assert_true(it.resting);
}

static void it_is_not_over_while_something_fails(void **state)
{
	(void)state;
	ramping();
	for (unsigned n = 0; n < 20; n++) {
		incident_still(&it, it.timer_at - SECOND);
		time_comes();
		assert_int_equal(it.state, INCIDENT_RAMPING);
	}
	assert_true(it.rate >= rules.full && it.rate < 2 * rules.full);
	time_comes();
	time_comes();
	assert_int_equal(it.state, INCIDENT_CALM);
}

/* ---- log-outs ---- */

static void a_round_of_logouts(void)
{
	starts(2);
	happens(IE_LOGOUT);
	happens(IE_LOGOUT);
}

static void logouts_are_believed_late(void **state)
{
	uint64_t opened;
	unsigned rounds = 0;

	(void)state;
	probing();
	opened = it.opened_at;
	while (!it.real) {
		assert_int_equal(it.state, INCIDENT_PROBING);
		a_round_of_logouts();
		rounds++;
		if (!it.real)
			time_comes();
	}
	assert_int_equal(it.state, INCIDENT_RAMPING);
	assert_true(now >= opened + rules.believe);
	assert_true(rounds >= 3);
	for (unsigned n = 0; n < 10; n++)
		happens(IE_LOGOUT); /* now they decide about their accounts only */
	assert_int_equal(it.state, INCIDENT_RAMPING);
}

static void one_good_login_and_the_logouts_are_false(void **state)
{
	(void)state;
	probing();
	a_round_of_logouts();
	time_comes();
	passes(rules.believe);
	it.logouts = 5;
	happens(IE_GOOD);
	happens(IE_LOGOUT);
	assert_false(it.real);
	assert_int_equal(it.state, INCIDENT_PROBING);
}

static void a_restart_probes_anew(void **state)
{
	(void)state;
	incident_restore(&rules, &it, INCIDENT_RAMPING, now - MINUTE, 3, now);
	assert_int_equal(it.state, INCIDENT_BRAKING);
	assert_int_equal(it.rounds, 3);
	assert_int_equal(it.opened_at, now - MINUTE);
	assert_false(may_start());
	time_comes();
	starts(3);
	begin(NULL);
	incident_restore(&rules, &it, INCIDENT_CALM, now, 0, now);
	assert_int_equal(it.state, INCIDENT_CALM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(few_are_no_incident, begin),
		cmocka_unit_test_setup(people_are_no_incident, begin),
		cmocka_unit_test_setup(every_cell, begin),
		cmocka_unit_test_setup(nobody_starts_while_braking, begin),
		cmocka_unit_test_setup(three_canaries_a_round, begin),
		cmocka_unit_test_setup(rounds_get_rarer_up_to_a_cap, begin),
		cmocka_unit_test_setup(a_round_without_an_outcome_ends, begin),
		cmocka_unit_test_setup(what_came_back_by_itself_is_over, begin),
		cmocka_unit_test_setup(what_still_fails_is_not_over, begin),
		cmocka_unit_test_setup(the_ramp_doubles, begin),
		cmocka_unit_test_setup(the_ramp_says_when_to_ask_again, begin),
		cmocka_unit_test_setup(a_ramp_that_fails_is_probed_again, begin),
		cmocka_unit_test_setup(it_is_not_over_while_something_fails, begin),
		cmocka_unit_test_setup(logouts_are_believed_late, begin),
		cmocka_unit_test_setup(one_good_login_and_the_logouts_are_false, begin),
		cmocka_unit_test_setup(a_restart_probes_anew, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
