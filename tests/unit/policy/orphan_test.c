/*
 * orphan_test.c - a life that was given up is ended until two complete lists prove it gone.
 *
 * A disconnect that was answered proves nothing; and it is not repeated while one is under way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "base/rng.h"
#include "policy/orphan.h"

#define MINTED_MS 1700000000000ull

static const struct orphan_rules rules = {
	.settle = 30000, .op_deadline = 30000, .backoff_base = 2000, .backoff_cap = 60000
};

struct watch {
	struct orphan o;
	uint64_t now, rng;
};

/* A life that is `age` old is given up now. */
static struct watch given_up(uint64_t age, bool closing)
{
	struct watch w = { .now = MINTED_MS + age, .rng = 42 };

	orphan_init(&w.o, &rules, MINTED_MS, w.now, closing);
	return w;
}

static enum orphan_do seen(struct watch *w)
{
	return orphan_seen(&w->o, &rules, w->now, w->now);
}

static enum orphan_do absent(struct watch *w)
{
	return orphan_absent(&w->o, &rules, w->now);
}

static void answered(struct watch *w)
{
	orphan_answered(&w->o, &rules, w->now, &w->rng);
}

static void what_is_still_listed_is_ended(void **state)
{
	struct watch w = given_up(3600000, false);

	(void)state;
	assert_int_equal(seen(&w), ORPHAN_KILL);
	assert_true(w.o.op);
}

static void the_account_s_own_disconnect_has_its_time_first(void **state)
{
	struct watch w = given_up(3600000, true);

	(void)state;
	w.now += rules.op_deadline - 1;
	assert_int_equal(seen(&w), ORPHAN_NOTHING);
	w.now++;
	assert_int_equal(seen(&w), ORPHAN_KILL);
}

static void one_disconnect_at_a_time(void **state)
{
	struct watch w = given_up(3600000, false);

	(void)state;
	assert_int_equal(seen(&w), ORPHAN_KILL);
	for (unsigned n = 0; n < 10; n++) {
		w.now += 15000;
		assert_int_equal(seen(&w), ORPHAN_NOTHING);
	}
	answered(&w);
	w.now++;
	assert_int_equal(seen(&w), ORPHAN_KILL);
}

static void a_list_from_before_the_answer_says_nothing_about_it(void **state)
{
	struct watch w = given_up(3600000, false);
	uint64_t asked;

	(void)state;
	seen(&w);
	asked = w.now + 50;
	w.now += 100;
	answered(&w);
	w.now += 100;
	assert_int_equal(orphan_seen(&w.o, &rules, w.now, asked), ORPHAN_NOTHING);
	assert_int_equal(seen(&w), ORPHAN_KILL);
}

/* A provider that says "done" and does nothing is asked slower each time, and for ever. */
static void repeated_disconnects_back_off(void **state)
{
	struct watch w = given_up(3600000, false);
	uint64_t top = rules.backoff_base;

	(void)state;
	assert_int_equal(seen(&w), ORPHAN_KILL);
	answered(&w);
	for (unsigned n = 0; n < 400; n++) {
		assert_int_equal(seen(&w), ORPHAN_KILL);
		answered(&w);
		top = MIN_OF(top * 2, rules.backoff_cap);
		assert_in_range(w.o.quiet_until - w.now, rules.backoff_base, top);
		w.now = w.o.quiet_until - 1;
		assert_int_equal(seen(&w), ORPHAN_NOTHING);
		w.now++;
	}
}

static void absent_from_two_lists_a_settle_time_apart_it_is_gone(void **state)
{
	struct watch w = given_up(3600000, true);

	(void)state;
	assert_int_equal(absent(&w), ORPHAN_NOTHING);
	w.now += rules.settle - 1;
	assert_int_equal(absent(&w), ORPHAN_NOTHING);
	w.now++;
	assert_int_equal(absent(&w), ORPHAN_GONE);
}

static void seen_again_it_has_to_be_missed_twice_again(void **state)
{
	struct watch w = given_up(3600000, false);

	(void)state;
	absent(&w);
	w.now += rules.settle;
	seen(&w);
	assert_int_equal(absent(&w), ORPHAN_NOTHING);
	w.now += rules.settle;
	assert_int_equal(absent(&w), ORPHAN_GONE);
}

/* A create may be applied long after it was sent. */
static void a_birth_may_be_invisible_for_a_settle_time(void **state)
{
	struct watch w = given_up(0, false);

	(void)state;
	w.now = MINTED_MS + rules.settle - 1;
	assert_int_equal(absent(&w), ORPHAN_NOTHING);
	assert_int_equal(w.o.absent_since, 0);
	w.now = MINTED_MS + rules.settle;
	assert_int_equal(absent(&w), ORPHAN_NOTHING);
	w.now += rules.settle;
	assert_int_equal(absent(&w), ORPHAN_GONE);
}

static void gone_is_never_said_without_two_misses(void **state)
{
	uint64_t rng = 7;

	(void)state;
	for (unsigned round = 0; round < 500; round++) {
		struct watch w = given_up(rng_next(&rng) % 60000, rng_next(&rng) % 2 > 0);
		uint64_t missed = 0;

		for (unsigned n = 0; n < 100; n++) {
			w.now += rng_next(&rng) % 20000;
			switch (rng_next(&rng) % 3) {
			case 0:
				if (seen(&w) == ORPHAN_KILL && rng_next(&rng) % 2 > 0)
					answered(&w);
				missed = 0;
				break;
			case 1:
				if (w.o.op)
					answered(&w);
				break;
			default:
				if (absent(&w) == ORPHAN_GONE) {
					assert_true(missed > MINTED_MS);
					assert_true(w.now >= missed + rules.settle);
					n = 100;
				} else if (missed == 0 && w.now >= MINTED_MS + rules.settle) {
					missed = w.now;
				}
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_still_listed_is_ended),
		cmocka_unit_test(the_account_s_own_disconnect_has_its_time_first),
		cmocka_unit_test(one_disconnect_at_a_time),
		cmocka_unit_test(a_list_from_before_the_answer_says_nothing_about_it),
		cmocka_unit_test(repeated_disconnects_back_off),
		cmocka_unit_test(absent_from_two_lists_a_settle_time_apart_it_is_gone),
		cmocka_unit_test(seen_again_it_has_to_be_missed_twice_again),
		cmocka_unit_test(a_birth_may_be_invisible_for_a_settle_time),
		cmocka_unit_test(gone_is_never_said_without_two_misses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
