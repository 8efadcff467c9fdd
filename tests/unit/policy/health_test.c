/* health_test.c - every combination of facts against the rules, written down a second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/health.h"
#include "policy/journal.h"

#define FLAGS 10

static struct health_facts facts_of(unsigned bits, unsigned sends, unsigned idle_points)
{
	return (struct health_facts){
		.wanted = bits & 1,
		.person = bits & 2,
		.connected = bits & 4,
		.not_found = bits & 8,
		.differs = bits & 16,
		.crashed = bits & 32,
		.unreachable = bits & 64,
		.unsure = bits & 128,
		.old_news = bits & 256,
		.idle = bits & 512,
		.failed_sends = (uint8_t)sends,
		.idle_points = (uint8_t)idle_points,
	};
}

static int points_of(const struct health *h, const char *name)
{
	for (unsigned i = 0; i < h->n; i++) {
		if (strcmp(health_component_name(h->components[i].component), name) == 0)
			return h->components[i].points;
	}
	return 1; /* it does not apply */
}

static void check(const struct health_facts *f, const struct health *h)
{
	int want = 100, sum = 0, confidence = 100;
	const char *band;

	want -= f->not_found ? 100 : 0;
	want -= f->connected ? 0 : 50;
	want -= f->failed_sends >= 5 ? 30 : 0;
	want -= f->differs ? 40 : 0;
	want -= f->crashed ? 50 : 0;
	want -= f->idle ? f->idle_points : 0;
	want = want < 0 ? 0 : want;
	confidence -= f->unreachable ? 50 : 0;
	confidence -= f->unsure ? 30 : 0;
	confidence -= f->old_news ? 20 : 0;
	band = want >= 90   ? "excellent"
	       : want >= 70 ? "good"
	       : want >= 50 ? "warning"
	       : want >= 30 ? "critical"
			    : "failed";
	assert_int_equal(h->score, want);
	assert_int_equal(h->confidence, confidence);
	assert_string_equal(health_band_name(h->band), band);
	/* it says why: the points are those of its components, and each is there when it applies */
	for (unsigned i = 0; i < h->n; i++)
		sum += h->components[i].points;
	assert_int_equal(h->score, 100 + sum < 0 ? 0 : 100 + sum);
	assert_int_equal(points_of(h, "session_not_found"), f->not_found ? -100 : 1);
	assert_int_equal(points_of(h, "not_connected"), f->connected ? 1 : -50);
	assert_int_equal(points_of(h, "failed_sends"), f->failed_sends >= 5 ? -30 : 1);
	assert_int_equal(points_of(h, "status_differs"), f->differs ? -40 : 1);
	assert_int_equal(points_of(h, "crash_evidence"), f->crashed ? -50 : 1);
	assert_int_equal(points_of(h, "idle"),
			 f->idle && f->idle_points > 0 ? -(int)f->idle_points : 1);
	assert_int_equal(points_of(h, "instance_unreachable"), f->unreachable ? 0 : 1);
	assert_int_equal(points_of(h, "status_unsure"), f->unsure ? 0 : 1);
	assert_int_equal(points_of(h, "old_evidence"), f->old_news ? 0 : 1);
}

static void all_combinations_follow_the_rules(void **state)
{
	static const unsigned sends[] = { 0, 4, 5 }, idle[] = { 0, 20, 100 };

	(void)state;
	for (unsigned bits = 0; bits < 1u << FLAGS; bits++) {
		for (unsigned i = 0; i < 9; i++) {
			struct health_facts f = facts_of(bits, sends[i % 3], idle[i / 3]);
			struct health h;

			health_of(&f, &h);
			assert_int_equal(h.scored, f.wanted && !f.person);
			if (h.scored)
				check(&f, &h);
			else
				assert_int_equal(h.n, 0);
		}
	}
}

/* What turns from bad to "nobody knows" never costs points, and what is old news costs confidence only. */
static void unknown_never_lowers(void **state)
{
	enum { KNOWN = 8 | 16 | 32 | 512, UNKNOWN = 64 | 128 | 256 };

	(void)state;
	for (unsigned bits = 0; bits < 1u << FLAGS; bits++) {
		for (unsigned flag = 8; flag < 1u << FLAGS; flag <<= 1) {
			unsigned other = flag & KNOWN ? bits & ~flag : bits | flag;
			struct health_facts f = facts_of(bits, 5, 20), g = facts_of(other, 5, 20);
			struct health before, after, without;

			health_of(&f, &before);
			health_of(&g, &after);
			assert_int_equal(after.scored, before.scored);
			assert_true(after.score >= before.score);
			if (flag & UNKNOWN)
				assert_int_equal(after.score, before.score);
			g.failed_sends = 0; /* forgotten, or never known */
			health_of(&g, &without);
			assert_true(without.score >= after.score);
		}
	}
}

static void sick_below_40_and_well_from_70(void **state)
{
	(void)state;
	for (unsigned score = 0; score <= 100; score++) {
		struct health h = { .scored = true, .score = (uint8_t)score };
		struct health_facts f = { .wanted = true };

		assert_int_equal(health_is_sick(false, &f, &h), score < 40);
		assert_int_equal(health_is_sick(true, &f, &h), score < 70);
		f.unreachable = true;
		assert_false(health_is_sick(false, &f, &h));
		assert_true(health_is_sick(true, &f, &h));
		h.scored = false;
		f.unreachable = false;
		assert_false(health_is_sick(false, &f, &h));
		assert_true(health_is_sick(true, &f, &h));
	}
}

static void one_piece_of_evidence_is_too_early(void **state)
{
	struct account a = { .want = 1, .open = 1, .sure = 1, .state = ST_UP };

	(void)state;
	assert_false(health_awaits(&a));
	a.absent_since = 7;
	assert_true(health_awaits(&a));
	a.absent_since = 0;
	a.suspect = RELINK_ENGINE_CRASH;
	assert_true(health_awaits(&a));
	a.open = 0; /* the second one came */
	assert_false(health_awaits(&a));
}

static void a_line_of_history_gives_a_score(void **state)
{
	static const struct {
		struct journal_record line;
		int score; /* -1: none, -2: it says nothing */
	} cases[] = {
		{ { .kind = JOURNAL_STEP, .to = ST_UP, .status = STATUS_CONNECTED }, 100 },
		{ { .kind = JOURNAL_STATUS, .to = ST_UP, .status = STATUS_CONNECTED }, 100 },
		{ { .kind = JOURNAL_STATUS, .to = ST_WAITING, .status = STATUS_RECONNECTING }, 50 },
		{ { .kind = JOURNAL_STATUS,
		    .to = ST_WAITING,
		    .status = STATUS_RECONNECTING,
		    .cause = RELINK_ENGINE_CRASH },
		  0 },
		{ { .kind = JOURNAL_STATUS, .to = ST_QR, .status = STATUS_QR_SCANNING }, -1 },
		{ { .kind = JOURNAL_STATUS, .to = ST_IDLE, .status = STATUS_DISCONNECTED }, -1 },
		{ { .kind = JOURNAL_CREATED, .to = ST_IDLE, .status = STATUS_NEW }, -1 },
		{ { .kind = JOURNAL_RECEIVED, .to = ST_UP, .status = STATUS_CONNECTED }, -2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct health h;
		bool says = health_of_line(&cases[i].line, &h);
		int score = !says ? -2 : h.scored ? h.score : -1;

		if (score != cases[i].score)
			fail_msg("case %zu: %d", i, score);
	}
}

static struct health of(const struct account *a)
{
	struct health_facts f = health_facts_of(a);
	struct health h;

	health_of(&f, &h);
	return h;
}

static void the_account_s_state_gives_the_facts(void **state)
{
	static const struct {
		struct account a;
		int score; /* -1: none */
	} cases[] = {
		{ { .want = 1, .open = 1, .sure = 1, .state = ST_UP }, 100 },
		{ { .want = 0, .state = ST_IDLE }, -1 },
		{ { .want = 0, .open = 1, .sure = 1, .state = ST_UP }, -1 },
		{ { .want = 1, .open = 1, .state = ST_QR, .action = ACTION_SCAN_QR }, -1 },
		{ { .want = 1, .state = ST_PARKED, .cause = RELINK_LOGGED_OUT }, -1 },
		{ { .want = 1, .open = 1, .sure = 1, .state = ST_STARTING }, 50 },
		{ { .want = 1, .state = ST_WAITING, .cause = RELINK_NETWORK }, 50 },
		{ { .want = 1, .state = ST_WAITING, .cause = RELINK_ENGINE_CRASH }, 0 },
		{ { .want = 1, .state = ST_HELD, .cause = RELINK_BANNED }, 50 },
		{ { .want = 1, .state = ST_WAITING, .cause = RELINK_GONE }, 0 },
		{ { .want = 1, .open = 1, .sure = 1, .state = ST_UP, .suspect = RELINK_NETWORK },
		  60 },
		{ { .want = 1,
		    .open = 1,
		    .sure = 1,
		    .state = ST_UP,
		    .suspect = RELINK_ENGINE_CRASH },
		  10 },
		{ { .want = 1, .open = 1, .sure = 1, .state = ST_UP, .absent_since = 7 }, 0 },
		/* what was, and is over: connected again */
		{ { .want = 1, .open = 1, .sure = 1, .state = ST_UP, .cause = RELINK_ENGINE_CRASH },
		  100 },
		/* only the last known: less sure, no worse */
		{ { .want = 1, .open = 1, .sure = 0, .state = ST_UP }, 100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct health h = of(&cases[i].a);

		if ((h.scored ? h.score : -1) != cases[i].score)
			fail_msg("case %zu: %d", i, h.scored ? h.score : -1);
	}
	assert_int_equal(of(&cases[0].a).confidence, 100);
	assert_int_equal(of(&cases[14].a).confidence, 70);
}

static void only_what_the_session_did_counts_against_it(void **state)
{
	(void)state;
	for (unsigned c = 0; c < RELINK_CAUSE_COUNT; c++) {
		bool counts = c == RELINK_GONE || c == RELINK_ENGINE_CRASH ||
			      c == RELINK_ENGINE_HANG || c == RELINK_UNKNOWN ||
			      c == RELINK_INTERNAL;

		assert_int_equal(health_counts_send(c), counts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_combinations_follow_the_rules),
		cmocka_unit_test(unknown_never_lowers),
		cmocka_unit_test(sick_below_40_and_well_from_70),
		cmocka_unit_test(one_piece_of_evidence_is_too_early),
		cmocka_unit_test(a_line_of_history_gives_a_score),
		cmocka_unit_test(the_account_s_state_gives_the_facts),
		cmocka_unit_test(only_what_the_session_did_counts_against_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
