/*
 * worker_table_test.c - every cell of the worker's table, and the stories behind it.
 *
 * At once when it had been ready, slower when it never was, a pause when it keeps dying, a long one
 * while its configuration is wrong; and whatever happens, an unwanted worker ends.
 */
#include <stdlib.h>
#include <string.h>

#include "base/obj.h"
#include "worker_story.h"

static void every_cell_keeps_the_rules(void **state)
{
	static bool walked[WS_COUNT][WE_COUNT];
	const struct slot_situation *from;
	unsigned cells = 0;

	(void)state;
	for (unsigned i = 0; (from = slot_situation(i)) != NULL; i++) {
		for (unsigned kind = 0; kind < WE_COUNT; kind++) {
			for (unsigned misconfigured = 0; misconfigured < 2; misconfigured++) {
				struct worker_story s;

				slot_make(&s, from);
				slot_step(&s, kind, misconfigured);
				walked[from->state][kind] = true;
			}
		}
	}
	for (unsigned st = 0; st < WS_COUNT; st++) {
		for (unsigned kind = 0; kind < WE_COUNT; kind++) {
			if (!walked[st][kind])
				fail_msg("not walked: %s in %s", worker_event_name(kind),
					 worker_state_name(st));
			cells++;
		}
	}
	assert_int_equal(cells, 88);
}

/* ---- to ready and on ---- */

static void spawned_is_not_ready(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_gets(&s, WE_WANT);
	assert_true(s.fx.spawn && !s.fx.up);
	slot_gets(&s, WE_HELLO);
	assert_true(s.fx.config && !s.fx.up);
	slot_gets(&s, WE_OPENED);
	assert_true(s.fx.up);
	assert_int_equal(s.w.timer_at, s.now + s.r.ping_interval);
}

/* The process may explain itself, for two seconds and no longer. */
static void assert_last_words(struct worker_story *s)
{
	assert_true(s->fx.terminate && !s->fx.kill);
	assert_slot(s, "killed");
	assert_int_equal(s->w.timer_at, s->now + 2000);
}

static void silence_before_ready_ends_with_last_words(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_gets(&s, WE_WANT);
	slot_time_comes(&s);
	assert_int_equal(s.now, s.w.since);
	assert_last_words(&s);
	assert_false(s.fx.down);
	slot_begin(&s);
	slot_gets(&s, WE_WANT);
	slot_gets(&s, WE_HELLO);
	slot_time_comes(&s);
	assert_last_words(&s);
}

static void a_second_hello_is_killed(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_to_ready(&s);
	slot_gets(&s, WE_HELLO);
	assert_true(s.fx.kill && s.fx.down);
}

static void a_ping_follows_each_answer(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_to_ready(&s);
	for (unsigned n = 0; n < 10; n++) {
		slot_time_comes(&s);
		assert_true(s.fx.ping);
		assert_int_equal(s.w.timer_at, 0);
		slot_gets(&s, WE_PONG);
		assert_int_equal(s.w.timer_at, s.now + s.r.ping_interval);
	}
}

static void three_missed_pings_in_a_row_end_it(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_to_ready(&s);
	slot_time_comes(&s);
	for (unsigned round = 0; round < 5; round++) { /* an answer starts the count again */
		slot_gets(&s, WE_MISSED);
		slot_gets(&s, WE_MISSED);
		assert_true(s.fx.ping);
		slot_gets(&s, WE_PONG);
		slot_time_comes(&s);
	}
	slot_gets(&s, WE_MISSED);
	slot_gets(&s, WE_MISSED);
	slot_gets(&s, WE_MISSED);
	assert_last_words(&s);
	assert_true(s.fx.down);
	slot_gets(&s, WE_GONE);
	assert_true(s.fx.spawn); /* it had been ready */
	assert_int_equal(s.w.misses, 0);
}

static void who_has_no_last_words_is_killed(void **state)
{
	struct worker_story s;
	uint64_t since;

	(void)state;
	slot_begin(&s);
	slot_to_ready(&s);
	slot_time_comes(&s);
	for (unsigned n = 0; n < 3; n++)
		slot_gets(&s, WE_MISSED);
	since = s.w.since;
	slot_gets(&s, WE_PONG); /* too late */
	assert_slot(&s, "killed");
	slot_time_comes(&s);
	assert_true(s.fx.kill && !s.fx.terminate);
	assert_int_equal(s.now, since + 2000);
	assert_int_equal(s.w.since, since);
	assert_int_equal(s.w.timer_at, 0);
	slot_gets(&s, WE_GONE);
	assert_true(s.fx.spawn);
}

/* A full queue is no reason to kill at once, and none to wait for ever. */
static void a_ping_that_cannot_be_sent_is_missed_when_its_time_comes(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_to_ready(&s);
	slot_time_comes(&s);
	for (unsigned n = 0; n < 3; n++) {
		assert_true(s.fx.ping);
		assert_int_equal(s.w.misses, n);
		slot_gets(&s, WE_UNSENT);
		assert_slot(&s, "ready");
		assert_int_equal(s.w.misses, n);
		assert_int_equal(s.w.timer_at, s.now + s.r.ping_interval);
		slot_time_comes(&s);
	}
	assert_last_words(&s);
}

static void a_ping_that_can_be_sent_again_makes_up_for_those_that_could_not(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_to_ready(&s);
	for (unsigned n = 0; n < 10; n++) {
		slot_time_comes(&s);
		slot_gets(&s, WE_UNSENT);
		slot_time_comes(&s);
		slot_gets(&s, WE_UNSENT);
		slot_time_comes(&s);
		assert_true(s.fx.ping);
		assert_int_equal(s.w.misses, 2);
		slot_gets(&s, WE_PONG);
		assert_int_equal(s.w.misses, 0);
	}
}

/* ---- deaths ---- */

static void who_was_ready_is_started_again_at_once(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_to_ready(&s);
	slot_pass(&s, 999);
	slot_gets(&s, WE_GONE);
	assert_true(s.fx.down && s.fx.spawn);
}

static void who_was_ready_for_less_than_a_second_is_not(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_to_ready(&s);
	slot_pass(&s, 998);
	slot_gets(&s, WE_GONE);
	assert_true(s.fx.down && !s.fx.spawn);
	assert_slot(&s, "cooling");
}

/* So slow that they are never too many in the window. */
static void one_death_after_another(struct worker_story *s, void (*dies)(struct worker_story *))
{
	uint64_t longest = 0, top = s->r.restart_base;

	for (unsigned n = 0; n < 40; n++) {
		if (s->w.state == WS_COOLING)
			slot_time_comes(s);
		slot_pass(s, s->r.window);
		dies(s);
		assert_slot(s, "cooling");
		assert_false(s->fx.cooling);
		assert_in_range(s->w.timer_at - s->now, s->r.restart_base, top);
		longest = MAX_OF(longest, s->w.timer_at - s->now);
		top = MIN_OF(top * 2, s->r.restart_cap);
	}
	assert_true(longest > s->r.restart_cap / 2);
}

static void by_itself(struct worker_story *s)
{
	slot_gets(s, WE_GONE);
}

static void without_a_process(struct worker_story *s)
{
	slot_gets(s, WE_NOSPAWN);
}

static void after_its_hello(struct worker_story *s)
{
	slot_gets(s, WE_HELLO);
	slot_gets(s, WE_GONE);
}

static void killed_for_its_silence(struct worker_story *s)
{
	slot_time_comes(s);
	slot_gets(s, WE_GONE);
}

static void who_never_was_ready_is_started_slower_each_time(void **state)
{
	static void (*const deaths[])(struct worker_story *) = { by_itself, without_a_process,
								 after_its_hello,
								 killed_for_its_silence };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(deaths); i++) {
		struct worker_story s;

		slot_begin(&s);
		slot_gets(&s, WE_WANT);
		one_death_after_another(&s, deaths[i]);
	}
}

/* That the process before was ready says nothing about this one. */
static void who_never_was_ready_is_started_slower_also_after_one_that_was(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_to_ready(&s);
	slot_pass(&s, 3600000);
	slot_gets(&s, WE_GONE);
	assert_slot(&s, "spawned");
	slot_time_comes(&s); /* no hello */
	slot_gets(&s, WE_GONE);
	assert_slot(&s, "cooling");
}

static void a_minute_of_service_forgives_the_failures(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_gets(&s, WE_WANT);
	one_death_after_another(&s, by_itself);
	slot_time_comes(&s);
	slot_to_ready(&s);
	slot_time_comes(&s);
	slot_gets(&s, WE_PONG);
	assert_int_not_equal(s.w.fails, 0);
	slot_pass(&s, 60000);
	slot_time_comes(&s);
	slot_gets(&s, WE_PONG);
	assert_int_equal(s.w.fails, 0);
}

/* A worker that serves and dies, so many times and so fast. */
static void dies_serving(struct worker_story *s, unsigned times, uint64_t every_ms)
{
	for (unsigned n = 0; n < times; n++) {
		slot_to_ready(s);
		slot_pass(s, every_ms);
		slot_gets(s, WE_GONE);
	}
}

static void five_deaths_in_a_minute_cool_down(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	dies_serving(&s, 4, 10000);
	assert_slot(&s, "spawned");
	dies_serving(&s, 1, 10000);
	assert_true(s.fx.cooling && s.fx.down);
	assert_in_range(s.w.timer_at - s.now, s.r.cool, s.r.cool + s.r.cool / 10);
	slot_time_comes(&s);
	assert_true(s.fx.spawn);
	dies_serving(&s, 4, 10000); /* those before are forgotten by then */
	assert_slot(&s, "spawned");
}

static void slower_deaths_do_not_cool_down(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	dies_serving(&s, 100, 14997); /* one each 15 s: four in any minute */
	assert_slot(&s, "spawned");
}

static uint32_t largest_burst(void)
{
	static const struct {
		const char *path, *max;
	} keys[] = {
#define SECTION(path, text)
#define KEY(s, member, path, type, preset, min, max, ...) { path, max },
#include "conf/keys.def"
#undef KEY
#undef SECTION
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].path, "worker.restart_burst") == 0)
			return (uint32_t)strtoul(keys[i].max, NULL, 10);
	}
	return 0;
}

static void the_largest_burst_cools_down_too(void **state)
{
	struct worker_story s;
	bool cooled = false;

	(void)state;
	slot_begin(&s);
	s.r.burst = largest_burst();
	assert_int_not_equal(s.r.burst, 0);
	s.r.window = 24 * 3600000ull;
	for (unsigned n = 0; n < s.r.burst; n++) {
		assert_false(cooled);
		dies_serving(&s, 1, 2000);
		cooled = s.fx.cooling;
	}
	assert_true(cooled);
}

/* ---- refusals ---- */

static void who_is_misconfigured_is_held_without_a_process(void **state)
{
	static const bool by_exit[] = { true, false };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(by_exit); i++) {
		struct worker_story s;

		slot_begin(&s);
		slot_gets(&s, WE_WANT);
		if (by_exit[i]) {
			slot_dies_misconfigured(&s);
		} else {
			slot_gets(&s, WE_HELLO);
			slot_refuses(&s, true);
			assert_false(s.fx.held); /* its process runs */
			slot_gets(&s, WE_GONE);
		}
		assert_true(s.fx.held);
		assert_slot(&s, "held");
		slot_gets(&s, WE_WANT); /* a reload */
		assert_true(s.fx.spawn);
	}
}

/* What was wrong may be a file or a name that nobody reloads for. */
static void who_is_held_is_tried_again_after_a_while(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_gets(&s, WE_WANT);
	for (unsigned n = 0; n < 100; n++) {
		slot_gets(&s, WE_HELLO);
		slot_refuses(&s, true);
		slot_gets(&s, WE_GONE);
		assert_slot(&s, "held");
		assert_in_range(s.w.timer_at - s.now, s.r.cool, s.r.cool + s.r.cool / 10);
		slot_time_comes(&s);
		assert_true(s.fx.spawn);
	}
	slot_to_ready(&s);
	slot_pass(&s, 2000);
	slot_gets(&s, WE_GONE);
	assert_true(s.fx.spawn); /* nothing is left of the refusals */
}

static void refuses_for_now(struct worker_story *s)
{
	slot_gets(s, WE_HELLO);
	slot_refuses(s, false);
	slot_gets(s, WE_GONE);
	assert_false(s->fx.held);
}

static void who_refuses_for_another_reason_is_started_slower_each_time(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_gets(&s, WE_WANT);
	one_death_after_another(&s, refuses_for_now);
}

/* A provider that is down for a minute must not cost the long pause of those who keep dying. */
static void refusals_are_no_deaths(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_gets(&s, WE_WANT);
	s.r.window = 3600000;
	for (unsigned n = 0; n < 20; n++) {
		refuses_for_now(&s);
		assert_false(s.fx.cooling);
		slot_time_comes(&s);
	}
	assert_int_equal(s.w.deaths.n, 0);
}

static void who_refused_is_not_replaced_before_its_end(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_gets(&s, WE_WANT);
	slot_gets(&s, WE_HELLO);
	slot_refuses(&s, true);
	slot_gets(&s, WE_WANT); /* a reload: it may be right by now */
	assert_false(s.fx.spawn);
	slot_gets(&s, WE_GONE);
	assert_slot(&s, "cooling");
	assert_in_range(s.w.timer_at - s.now, s.r.restart_base, s.r.restart_cap);
}

static void who_refused_may_end_after_the_daemon_was_stopped(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_gets(&s, WE_WANT);
	slot_gets(&s, WE_HELLO);
	slot_refuses(&s, true);
	slot_gets(&s, WE_UNWANT);
	slot_gets(&s, WE_GONE);
	assert_slot(&s, "empty");
	assert_false(s.fx.held);
}

/* ---- the end ---- */

static void a_worker_that_does_not_stop_is_killed(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_to_ready(&s);
	slot_gets(&s, WE_UNWANT);
	assert_true(s.fx.stop && s.fx.down);
	assert_int_equal(s.w.timer_at, s.now + s.r.stop);
	slot_time_comes(&s);
	assert_true(s.fx.kill);
	slot_gets(&s, WE_GONE);
	assert_slot(&s, "empty");
}

static void wanted_again_while_it_stops_it_is_started_again(void **state)
{
	struct worker_story s;

	(void)state;
	slot_begin(&s);
	slot_to_ready(&s);
	slot_gets(&s, WE_UNWANT);
	slot_gets(&s, WE_WANT);
	assert_slot(&s, "stopping");
	slot_gets(&s, WE_GONE);
	assert_true(s.fx.spawn);
}

/* After a stop, a kill, or a refusal: what was wished last is what happens. */
static void the_last_wish_wins_while_it_ends(void **state)
{
	const struct slot_situation *from;
	unsigned ending = 0;

	(void)state;
	for (unsigned i = 0; (from = slot_situation(i)) != NULL; i++) {
		struct worker_story s;

		if (from->state != WS_STOPPING && from->state != WS_KILLED)
			continue;
		ending++;
		slot_make(&s, from);
		slot_gets(&s, WE_UNWANT);
		slot_gets(&s, WE_WANT);
		assert_false(s.fx.spawn);
		slot_gets(&s, WE_UNWANT);
		slot_gets(&s, WE_GONE);
		assert_slot(&s, "empty");
		slot_make(&s, from);
		slot_gets(&s, WE_WANT);
		slot_gets(&s, WE_UNWANT);
		slot_gets(&s, WE_WANT);
		slot_gets(&s, WE_GONE);
		assert_true(s.fx.spawn || s.w.state == WS_COOLING);
	}
	assert_int_equal(ending, 7);
}

static void unwanted_it_ends_from_everywhere_in_bounded_steps(void **state)
{
	const struct slot_situation *from;

	(void)state;
	for (unsigned i = 0; (from = slot_situation(i)) != NULL; i++) {
		struct worker_story s;
		unsigned n = 0;

		slot_make(&s, from);
		slot_gets(&s, WE_UNWANT);
		while (s.w.state != WS_EMPTY && n++ < 2) {
			if (s.w.timer_at != 0)
				slot_time_comes(&s); /* it never listens */
			else
				slot_gets(&s, WE_GONE);
			assert_false(s.fx.spawn);
		}
		assert_slot(&s, "empty");
		assert_false(s.w.want);
	}
}

/* Three pings in a row that tell too much, and not soon after the start. */
static void a_worker_that_grows_is_replaced(void **state)
{
	const struct worker_rules r = { .window = 60000 };
	struct worker w = { .state = WS_READY, .ready_at = 1000 };

	(void)state;
	assert_false(worker_weighs(&r, &w, 101, 0, 100000)); /* no limit */
	assert_false(worker_weighs(&r, &w, 101, 100, 100000));
	assert_false(worker_weighs(&r, &w, 101, 100, 103000));
	assert_false(worker_weighs(&r, &w, 100, 100, 106000)); /* it came down again */
	assert_false(worker_weighs(&r, &w, 101, 100, 109000));
	assert_false(worker_weighs(&r, &w, 101, 100, 112000));
	assert_true(worker_weighs(&r, &w, 101, 100, 115000));
	w.ready_at = 115000; /* the next one, just as large */
	w.heavy = 0;
	for (uint64_t now = 118000; now < 175000; now += 3000)
		assert_false(worker_weighs(&r, &w, 101, 100, now));
	assert_true(worker_weighs(&r, &w, 101, 100, 175000));
	w.state = WS_STOPPING;
	assert_false(worker_weighs(&r, &w, 101, 100, 178000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_keeps_the_rules),
		cmocka_unit_test(spawned_is_not_ready),
		cmocka_unit_test(silence_before_ready_ends_with_last_words),
		cmocka_unit_test(a_second_hello_is_killed),
		cmocka_unit_test(a_ping_follows_each_answer),
		cmocka_unit_test(three_missed_pings_in_a_row_end_it),
		cmocka_unit_test(who_has_no_last_words_is_killed),
		cmocka_unit_test(a_ping_that_cannot_be_sent_is_missed_when_its_time_comes),
		cmocka_unit_test(a_ping_that_can_be_sent_again_makes_up_for_those_that_could_not),
		cmocka_unit_test(who_was_ready_is_started_again_at_once),
		cmocka_unit_test(who_was_ready_for_less_than_a_second_is_not),
		cmocka_unit_test(who_never_was_ready_is_started_slower_each_time),
		cmocka_unit_test(who_never_was_ready_is_started_slower_also_after_one_that_was),
		cmocka_unit_test(a_minute_of_service_forgives_the_failures),
		cmocka_unit_test(five_deaths_in_a_minute_cool_down),
		cmocka_unit_test(slower_deaths_do_not_cool_down),
		cmocka_unit_test(the_largest_burst_cools_down_too),
		cmocka_unit_test(who_is_misconfigured_is_held_without_a_process),
		cmocka_unit_test(who_is_held_is_tried_again_after_a_while),
		cmocka_unit_test(who_refuses_for_another_reason_is_started_slower_each_time),
		cmocka_unit_test(refusals_are_no_deaths),
		cmocka_unit_test(who_refused_is_not_replaced_before_its_end),
		cmocka_unit_test(who_refused_may_end_after_the_daemon_was_stopped),
		cmocka_unit_test(a_worker_that_does_not_stop_is_killed),
		cmocka_unit_test(wanted_again_while_it_stops_it_is_started_again),
		cmocka_unit_test(the_last_wish_wins_while_it_ends),
		cmocka_unit_test(a_worker_that_grows_is_replaced),
		cmocka_unit_test(unwanted_it_ends_from_everywhere_in_bounded_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
