/* health_test.c - every combination of facts against the rules, written down a second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/health.h"

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
		cmocka_unit_test(the_account_s_state_gives_the_facts),
		cmocka_unit_test(only_what_the_session_did_counts_against_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
