/* places_test.c - when everybody is looked at again because instances answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rig.h"

#define SOON_MS 1000 /* STIR_MS of places.c */

static struct rig r;

/* Everybody was looked at just now. */
static struct provider *looked(void)
{
	rig_make(&r);
	r.conf.list_interval_ms = 15000;
	r.e.store_ok = true;
	places_stir(&r.e, &r.e.providers[0]);
	return &r.e.providers[0];
}

static bool looks_after(struct provider *p, uint64_t ms)
{
	uint64_t before = p->stirred_at;

	r.e.now = before + ms;
	places_go_on(&r.e);
	return p->stirred_at != before;
}

static void who_comes_back_is_noticed_within_a_second(void **state)
{
	struct provider *p = looked();

	(void)state;
	r.e.now += 10;
	places_answered(&r.e, p, true);
	assert_false(looks_after(p, SOON_MS - 1));
	/* it wakes the engine */
	assert_int_equal(heap_next(&r.e.timers), p->stirred_at + SOON_MS);
	assert_true(looks_after(p, SOON_MS));
	assert_false(looks_after(p, SOON_MS)); /* once */
	rig_end(&r);
}

static void many_who_come_back_are_one_look(void **state)
{
	struct provider *p = looked();
	uint64_t first = p->stirred_at;

	(void)state;
	for (unsigned n = 0; n < 200; n++) {
		r.e.now++;
		places_answered(&r.e, p, true);
	}
	assert_int_equal(p->stirred_at, first);
	assert_true(looks_after(p, SOON_MS));
	r.e.now += SOON_MS;
	places_answered(&r.e, p, true); /* not in the same second: at once */
	assert_int_equal(p->stirred_at, r.e.now);
	rig_end(&r);
}

static void an_answer_without_news_is_a_look_from_time_to_time(void **state)
{
	struct provider *p = looked();

	(void)state;
	r.e.now = p->stirred_at + 14999;
	places_answered(&r.e, p, false);
	assert_int_not_equal(p->stirred_at, r.e.now);
	assert_int_equal(p->stir_at, 0);
	r.e.now++;
	places_answered(&r.e, p, false);
	assert_int_equal(p->stirred_at, r.e.now);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_comes_back_is_noticed_within_a_second),
		cmocka_unit_test(many_who_come_back_are_one_look),
		cmocka_unit_test(an_answer_without_news_is_a_look_from_time_to_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
