/*
 * service_table_test.c - every cell of the service's table, and the stories behind it.
 *
 * It holds sessions: nobody ends it who has not asked it twice in vain, nobody starts a second one.
 */
#include <string.h>

#include "base/obj.h"
#include "base/rng.h"
#include "service_story.h"

static void every_cell_keeps_the_rules(void **state)
{
	static bool walked[SS_COUNT][SE_COUNT];
	const struct service_situation *from;
	unsigned cells = 0;

	(void)state;
	for (unsigned i = 0; (from = service_situation(i)) != NULL; i++) {
		for (unsigned kind = 0; kind < SE_COUNT; kind++) {
			for (unsigned unfit = 0; unfit < 2; unfit++) {
				struct service_story s;

				service_make(&s, from);
				service_tell(&s, kind, unfit);
				walked[from->state][kind] = true;
			}
		}
	}
	for (unsigned st = 0; st < SS_COUNT; st++) {
		for (unsigned kind = 0; kind < SE_COUNT; kind++)
			cells += walked[st][kind];
	}
	assert_int_equal(cells, SS_COUNT * SE_COUNT);
}

static void any_order_of_events_keeps_the_rules(void **state)
{
	uint64_t rng = 20260101;
	struct service_story s;

	(void)state;
	service_begin(&s);
	for (unsigned n = 0; n < 200000; n++) {
		unsigned kind = (unsigned)(rng_next(&rng) % SE_COUNT);

		/* only what can come: the rest is walked above */
		if ((kind == SE_TIMER && s.s.timer_at == 0) ||
		    (kind == SE_NOSPAWN && !s.fx.spawn) || (kind == SE_GONE && !service_runs(&s.s)))
			continue;
		service_pass(&s, rng_next(&rng) % 3000);
		if (kind == SE_TIMER)
			service_time_comes(&s);
		else
			service_tell(&s, kind, rng_next(&rng) % 50 == 0);
		assert_false(s.fx.bug);
	}
}

/* ---- to ready ---- */

static void ready_is_the_first_complete_list(void **state)
{
	struct service_story s;

	(void)state;
	service_begin(&s);
	service_gets(&s, SE_WANT);
	assert_true(s.fx.spawn);
	service_gets(&s, SE_ASKED);
	service_gets(&s, SE_SILENT);
	service_gets(&s, SE_ANSWERED);
	assert_service(&s, "starting");
	service_gets(&s, SE_LISTED);
	assert_true(s.fx.ready);
	assert_int_equal(s.s.timer_at, 0);
}

static void who_is_not_ready_in_time_is_ended_and_started_again_slower(void **state)
{
	struct service_story s;
	uint64_t wait = 0;

	(void)state;
	service_begin(&s);
	service_gets(&s, SE_WANT);
	service_gets(&s, SE_ASKED);
	for (unsigned n = 0; n < 4; n++) {
		service_gets(&s, SE_SILENT);
		service_gets(&s, SE_SILENT);
		service_time_comes(&s);
		assert_true(s.fx.end && s.fx.late && !s.fx.kill);
		assert_int_equal(s.s.timer_at, s.now + 15000);
		service_gets(&s, SE_GONE);
		assert_service(&s, "cooling");
		wait += s.s.timer_at - s.now;
		service_time_comes(&s);
		assert_true(s.fx.spawn);
	}
	assert_true(wait > 4 * s.r.restart_base);
}

static void nobody_is_late_whom_nobody_asks(void **state)
{
	struct service_story s;

	(void)state;
	service_begin(&s);
	service_gets(&s, SE_WANT);
	assert_int_equal(s.s.timer_at, 0);
	service_gets(&s, SE_ASKED);
	service_time_comes(
	    &s); /* in time, but no question was put: the disk was full, for example */
	assert_service(&s, "starting");
	assert_false(s.fx.end);
	service_gets(&s, SE_SILENT);
	service_gets(&s, SE_UNASKED);
	assert_int_equal(s.s.timer_at, 0);
}

static void an_error_is_an_answer(void **state)
{
	struct service_story s;
	uint64_t due;

	(void)state;
	service_begin(&s);
	service_gets(&s, SE_WANT);
	service_gets(&s, SE_ASKED);
	due = s.s.timer_at;
	for (unsigned n = 0; n < 20; n++) { /* a wrong key: whoever mends it needs no new process */
		service_gets(&s, SE_SILENT);
		service_pass(&s, 10000);
		service_gets(&s, SE_ANSWERED);
	}
	assert_true(s.now > due);
	assert_service(&s, "starting");
}

/* ---- hanging ---- */

static void silence_ends_it_after_its_time(void **state)
{
	struct service_story s;
	uint64_t since;

	(void)state;
	service_begin(&s);
	service_to_ready(&s);
	service_pass(&s, 10000);
	service_gets(&s, SE_SILENT);
	since = s.now;
	service_gets(&s, SE_SILENT);
	service_time_comes(&s);
	assert_int_equal(s.now, since + s.r.hang);
	assert_true(s.fx.end && s.fx.hangs && s.fx.down);
	service_time_comes(&s);
	assert_true(s.fx.kill);
	service_gets(&s, SE_GONE);
	assert_true(s.fx.spawn); /* it had been ready */
	assert_int_equal(s.s.deaths.n, 1);
}

static void an_answer_in_between_makes_up_for_silence(void **state)
{
	struct service_story s;

	(void)state;
	service_begin(&s);
	service_to_ready(&s);
	for (unsigned n = 0; n < 50; n++) {
		service_gets(&s, SE_SILENT);
		service_pass(&s, 100000);
		service_gets(&s, n % 2 ? SE_LISTED : SE_ANSWERED);
		assert_int_equal(s.s.timer_at, 0);
	}
	assert_service(&s, "ready");
}

static void one_silence_is_not_believed(void **state)
{
	struct service_story s;

	(void)state;
	service_begin(&s);
	service_to_ready(&s);
	service_gets(&s, SE_SILENT);
	service_time_comes(&s);
	assert_service(&s, "ready");
	assert_int_equal(s.s.timer_at, s.now + s.r.hang);
	service_gets(&s, SE_SILENT);
	service_time_comes(&s);
	assert_true(s.fx.hangs);
}

static void it_is_left_alone_while_its_worker_is_down(void **state)
{
	struct service_story s;

	(void)state;
	service_begin(&s);
	service_to_ready(&s);
	service_gets(&s, SE_SILENT);
	service_gets(&s, SE_SILENT);
	service_gets(&s, SE_UNASKED);
	assert_int_equal(s.s.timer_at, 0);
	service_gets(&s, SE_ASKED);
	service_gets(&s, SE_SILENT);
	assert_int_equal(s.s.timer_at, s.now + s.r.hang);
}

static void zero_lets_it_hang(void **state)
{
	struct service_story s;

	(void)state;
	service_begin(&s);
	s.r.hang = 0;
	service_to_ready(&s);
	for (unsigned n = 0; n < 100; n++)
		service_gets(&s, SE_SILENT);
	assert_service(&s, "ready");
	assert_int_equal(s.s.timer_at, 0);
}

/* ---- deaths ---- */

static void who_was_ready_is_back_at_once_and_who_keeps_dying_cools(void **state)
{
	struct service_story s;

	(void)state;
	service_begin(&s);
	for (unsigned n = 1; n <= 5; n++) {
		service_to_ready(&s);
		service_pass(&s, 2000);
		service_gets(&s, SE_GONE);
		assert_true(s.fx.down);
		assert_int_equal(s.fx.spawn, n < 5);
	}
	assert_true(s.fx.cooling);
	assert_service(&s, "cooling");
	service_gets(&s, SE_WANT); /* a reload does not wait */
	assert_true(s.fx.spawn);
}

static void failed_starts_are_forgiven_after_a_minute(void **state)
{
	struct service_story s;

	(void)state;
	service_begin(&s);
	service_gets(&s, SE_WANT);
	service_gets(&s, SE_GONE);
	service_time_comes(&s);
	service_to_ready(&s);
	assert_int_equal(s.s.fails, 1);
	service_gets(&s, SE_LISTED);
	assert_int_equal(s.s.fails, 1);
	service_pass(&s, 60000);
	service_gets(&s, SE_LISTED);
	assert_int_equal(s.s.fails, 0);
}

static void what_cannot_be_run_is_held_and_tried_again(void **state)
{
	static const enum service_event_kind ways[] = { SE_NOSPAWN, SE_GONE };

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(ways); n++) {
		struct service_story s;

		service_begin(&s);
		service_gets(&s, SE_WANT);
		service_tell(&s, ways[n], true);
		assert_true(s.fx.held);
		service_time_comes(&s);
		assert_true(s.fx.spawn);
		service_tell(&s, ways[n], true);
		service_gets(&s, SE_WANT); /* a reload */
		assert_true(s.fx.spawn);
		service_to_ready(&s);
	}
}

/* ---- the end ---- */

static void whoever_is_unwanted_ends_in_bounded_steps(void **state)
{
	const struct service_situation *from;

	(void)state;
	for (unsigned i = 0; (from = service_situation(i)) != NULL; i++) {
		struct service_story s;

		service_make(&s, from);
		service_gets(&s, SE_UNWANT);
		if (s.s.state == SS_ENDING)
			service_time_comes(&s);
		if (s.s.state == SS_KILLED)
			service_gets(&s, SE_GONE);
		assert_service(&s, "empty");
	}
}

static void whoever_is_left_is_left_at_once(void **state)
{
	const struct service_situation *from;

	(void)state;
	for (unsigned i = 0; (from = service_situation(i)) != NULL; i++) {
		struct service_story s;

		service_make(&s, from);
		service_gets(&s, SE_LEAVE);
		assert_service(&s, "empty");
		assert_false(s.fx.end || s.fx.kill);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_keeps_the_rules),
		cmocka_unit_test(any_order_of_events_keeps_the_rules),
		cmocka_unit_test(ready_is_the_first_complete_list),
		cmocka_unit_test(who_is_not_ready_in_time_is_ended_and_started_again_slower),
		cmocka_unit_test(nobody_is_late_whom_nobody_asks),
		cmocka_unit_test(an_error_is_an_answer),
		cmocka_unit_test(silence_ends_it_after_its_time),
		cmocka_unit_test(an_answer_in_between_makes_up_for_silence),
		cmocka_unit_test(one_silence_is_not_believed),
		cmocka_unit_test(it_is_left_alone_while_its_worker_is_down),
		cmocka_unit_test(zero_lets_it_hang),
		cmocka_unit_test(who_was_ready_is_back_at_once_and_who_keeps_dying_cools),
		cmocka_unit_test(failed_starts_are_forgiven_after_a_minute),
		cmocka_unit_test(what_cannot_be_run_is_held_and_tried_again),
		cmocka_unit_test(whoever_is_unwanted_ends_in_bounded_steps),
		cmocka_unit_test(whoever_is_left_is_left_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
