/* forward_test.c - the forwarder in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/obj.h"
#include "base/rng.h"
#include "forward_world.h"

static void what_happened_before_is_not_told(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		write_line(1, true);
	start_at(5, "", true);
	assert_int_equal(w.n_saves, 1); /* at once: else a crash would begin later still */
	assert_int_equal(w.place, 5);
	happen(1);
	happen(2);
	assert_int_equal(w.n_taken, 2);
	assert_int_equal(w.taken[0], 6);
	assert_int_equal(w.taken[1], 7);
}

static void lines_of_no_interest_are_passed_over(void **state)
{
	(void)state;
	start_at(0, "", true);
	for (unsigned i = 0; i < 100; i++)
		write_line(i % 7, i % 10 == 3);
	forward_wake(w.f, w.n_lines);
	settle();
	assert_int_equal(w.n_taken, 10);
	all_taken(0, 0);
	pass(2000);
	assert_int_equal(w.place, 100);
	assert_string_equal(w.behind, "");
	assert_int_equal(w.wake_at, UINT64_MAX);
}

static void nothing_is_done_before_the_start(void **state)
{
	(void)state;
	assert_int_equal(forward_new(&w.f, &port, 1), 0);
	write_line(1, true);
	forward_wake(w.f, 1);
	forward_due(w.f);
	assert_int_equal(w.n_reads, 0);
	assert_int_equal(forward_start(w.f, &(struct forward_place){ 0 }, true), 0);
	settle();
	assert_int_equal(w.n_taken, 1);
}

static void a_sick_account_delays_nobody_and_is_tried_again(void **state)
{
	uint64_t before = 0;

	(void)state;
	start_at(0, "", true);
	w.sick_row = 1;
	for (unsigned i = 0; i < 2000; i++)
		happen(1 + i % 4);
	assert_int_equal(w.n_taken, 1500);
	assert_int_equal(stats().accounts, 1);
	assert_int_equal(stats().events, 1); /* it gives the memory to others */
	pass(4 * 3600000ull);
	assert_int_equal(w.n_taken, 1500);
	assert_string_equal(w.behind, "1:0");
	for (unsigned i = 0, n = 0; i < w.n_sent; i++) {
		uint64_t wait = w.sent[i].at - before, most;

		if (w.sent[i].row != 1)
			continue;
		assert_int_equal(w.sent[i].seq, 1); /* nothing goes before it */
		most =
		    n < 20 ? MIN_OF(FORWARD_RETRY_MS << n, FORWARD_RETRY_CAP) : FORWARD_RETRY_CAP;
		if (n++ > 0)
			assert_true(wait >= FORWARD_RETRY_MS && wait <= most);
		before = w.sent[i].at;
	}
	assert_true(stats().failed > 20);
	w.sick_row = UINT64_MAX;
	pass(FORWARD_RETRY_CAP);
	all_taken(0, 0);
	assert_int_equal(stats().accounts, 0);
	pass(2000);
	assert_string_equal(w.behind, "");
}

static void the_receiver_may_say_when(void **state)
{
	(void)state;
	start_at(0, "", true);
	w.sick_row = 1;
	w.retry_after = 120000;
	happen(1);
	pass(119000);
	assert_int_equal(w.n_sent, 1);
	w.retry_after = 3600000; /* not for ever */
	pass(2000);
	assert_int_equal(w.n_sent, 2);
	pass(FORWARD_RETRY_CAP + 1000);
	assert_int_equal(w.n_sent, 3);
}

static void a_poison_event_is_given_up_after_three_days(void **state)
{
	(void)state;
	start_at(0, "", true);
	w.sick_row = 1;
	happen(1);
	pass(FORWARD_GIVE_UP - 1000);
	assert_int_equal(stats().given_up, 0);
	happen(1);
	pass(FORWARD_RETRY_CAP + 2000);
	assert_int_equal(stats().given_up, 1);
	w.sick_row = UINT64_MAX;
	pass(FORWARD_RETRY_CAP);
	assert_int_equal(w.n_taken, 1);
	assert_int_equal(w.taken[0], 2);
	assert_int_equal(stats().accounts, 0);
}

/* After days of being down itself it does not throw away what it never tried. */
static void an_old_event_has_its_tries(void **state)
{
	(void)state;
	start_at(0, "", true);
	write_line(1, true);
	pass(5 * 86400000ull);
	w.sick_row = 1;
	forward_wake(w.f, w.n_lines);
	settle();
	for (unsigned tries = 1; tries < FORWARD_TRIES; tries++) {
		assert_int_equal(stats().given_up, 0);
		assert_int_equal(stats().failed, tries);
		while (stats().failed == tries)
			assert_true(step_to(UINT64_MAX));
	}
	assert_int_equal(stats().given_up, 1);
}

/* From a line on everything comes again; who was behind that line still is. */
static void it_can_be_told_again_from_a_line_on(void **state)
{
	(void)state;
	start_at(0, "", true);
	w.sick_row = 1;
	for (unsigned i = 0; i < 8; i++)
		happen(1 + i % 4);
	assert_int_equal(w.n_taken, 6);
	w.read.fn = NULL; /* the port drops what it was asked */
	w.done = NULL;
	forward_rewind(w.f, 6);
	assert_int_equal(w.place, 5);
	assert_string_equal(w.behind, "1:0");
	w.sick_row = UINT64_MAX;
	settle();
	pass(FORWARD_RETRY_CAP);
	assert_int_equal(w.n_taken, 6 + 2 + 3); /* 1 and 5, and 6 to 8 again */
	pass(2000);
	assert_int_equal(w.place, 8);
	assert_string_equal(w.behind, "");
	forward_rewind(w.f, 100); /* nothing is passed over */
	assert_int_equal(w.place, 8);
}

static void what_is_gone_is_done_with(void **state)
{
	(void)state;
	start_at(0, "", true);
	w.gone_row = 1;
	happen(1);
	happen(2);
	happen(1);
	assert_int_equal(stats().skipped, 2);
	assert_int_equal(w.n_taken, 1);
	pass(1000);
	assert_int_equal(w.place, 3);
}

static void what_cannot_be_sent_is_tried_again(void **state)
{
	(void)state;
	start_at(0, "", true);
	w.refuses = true;
	happen(1);
	pass(60000);
	assert_true(stats().failed > 3);
	w.refuses = false;
	pass(FORWARD_RETRY_CAP);
	all_taken(0, 0);
}

/* Full: no account more than there is room for, and then on from where it stopped. */
static void a_receiver_that_is_away_costs_bounded_memory(void **state)
{
	(void)state;
	start_at(0, "", true);
	w.refuses = true;
	for (unsigned i = 0; i < 5000; i++)
		write_line(1 + i % 600, true);
	forward_wake(w.f, w.n_lines);
	settle();
	pass(3600000);
	assert_int_equal(stats().accounts, FORWARD_ACCOUNTS);
	assert_true(stats().events <= FORWARD_EVENTS);
	assert_true(strlen(w.behind) < 16384);
	restart();
	assert_true(stats().accounts <= FORWARD_ACCOUNTS);
	pass(600000);
	w.refuses = false;
	pass(2ull * FORWARD_RETRY_CAP);
	all_taken(0, 0);
	assert_int_equal(stats().accounts, 0);
	pass(2000);
	assert_int_equal(w.place, 5000);
}

/* Killed at any moment: everything comes, in order, and at most what came since the last save twice. */
static void nothing_is_lost_by_a_crash(void **state)
{
	uint64_t seed = 7;
	unsigned twice = 0;

	(void)state;
	start_at(0, "", true);
	for (unsigned round = 0; round < 300; round++) {
		uint64_t dice = rng_next(&seed);

		write_line(1 + rng_next(&seed) % 12, rng_next(&seed) % 4 != 0);
		forward_wake(w.f, w.n_lines);
		w.sick_row = dice % 3 == 0 ? 1 + dice / 8 % 12 : UINT64_MAX;
		switch (dice >> 20 & 7) {
		case 0:
			answer_read();
			break;
		case 1:
			answer_sent();
			break;
		case 2:
			answer_saves();
			break;
		case 3:
			pass(rng_next(&seed) % 5000);
			break;
		default:
			settle();
			break;
		}
		if (dice >> 30 & 1) {
			twice += (unsigned)stats().delivered;
			restart();
		}
	}
	w.sick_row = UINT64_MAX;
	settle();
	pass(2ull * FORWARD_RETRY_CAP);
	all_taken(0, twice);
	pass(2000);
	assert_int_equal(w.place, w.n_lines);
	assert_string_equal(w.behind, "");
}

/* The account's own lines beyond the scan fill the page that it reads: they are the scan's to pass on,
 * and no reason to read that page again. */
static void who_is_behind_does_not_hold_up_the_scan(void **state)
{
	unsigned reads;

	(void)state;
	write_line(1, false);
	for (unsigned i = 0; i < 3 * FORWARD_PAGE; i++)
		write_line(1, i % 100 == 0);
	write_line(2, true);
	start_paused_at(1, "1:0");
	for (reads = 0; reads < 100 && answer_read(); reads++)
		answer_saves();
	assert_true(reads < 10);
	settle();
	all_taken(0, 0);
	assert_int_equal(w.n_taken, 8 + 1);
	assert_int_equal(stats().accounts, 0);
}

static void the_place_is_kept_once_a_second(void **state)
{
	(void)state;
	start_at(0, "", true);
	for (unsigned i = 0; i < 1000; i++) {
		happen(1 + i % 50);
		pass(10);
	}
	assert_true(w.n_saves >= 9 && w.n_saves <= 12);
	pass(1000);
	assert_int_equal(w.place, 1000);
	w.saves_fail = true;
	happen(1);
	pass(5000);
	assert_int_equal(w.place, 1000);
	w.saves_fail = false;
	pass(1000);
	assert_int_equal(w.place, 1001);
}

static void a_stop_keeps_the_place(void **state)
{
	(void)state;
	start_at(0, "", true);
	happen(1);
	happen(2);
	write_line(2, true);
	forward_wake(w.f, w.n_lines);
	answer_read(); /* and is under way */
	forward_stop(w.f);
	assert_int_equal(w.place, 3);
	assert_string_equal(w.behind, "2:2");
	assert_int_equal(w.wake_at, UINT64_MAX);
	restart();
	all_taken(0, 0);
}

static void lines_that_were_forgotten_are_a_gap(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++)
		write_line(1, true);
	for (unsigned i = 0; i < 4; i++)
		w.lines[i].pruned = true;
	start_at(1, "", false);
	assert_int_equal(stats().gaps, 1);
	assert_int_equal(stats().lost, 3);
	assert_int_equal(w.n_taken, 6);
	for (unsigned i = 0; i < 3; i++) {
		write_line(1, true);
		w.lines[w.n_lines - 1].pruned = true;
	}
	forward_wake(w.f, w.n_lines);
	settle();
	assert_int_equal(stats().gaps, 2);
	assert_int_equal(stats().lost, 6);
	happen(1);
	assert_int_equal(w.n_taken, 7);
}

static void a_damaged_line_costs_itself_only(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 600; i++)
		write_line(1 + i % 60, true);
	w.lines[77].damaged = true;
	w.lines[400].damaged = true;
	start_at(0, "", true);
	pass(60000);
	assert_int_equal(w.n_taken, 598);
	assert_int_equal(stats().lost, 2);
}

/* It loses at most what it is behind, and goes on. */
static void a_damaged_line_of_an_account_that_is_behind(void **state)
{
	(void)state;
	start_at(0, "", true);
	w.sick_row = 1;
	for (unsigned i = 0; i < 100; i++)
		happen(1);
	w.lines[50].damaged = true;
	w.sick_row = UINT64_MAX;
	pass(FORWARD_RETRY_CAP);
	assert_int_equal(w.n_taken, 50);
	assert_int_equal(stats().lost, 50);
	happen(1);
	assert_int_equal(w.n_taken, 51);
}

static void a_busy_store_is_asked_again(void **state)
{
	(void)state;
	w.busy = true;
	start_at(0, "", true);
	happen(1);
	assert_int_equal(w.n_taken, 0);
	w.busy = false;
	pass(1000);
	assert_int_equal(w.n_taken, 1);
	w.busy = true;
	restart(); /* also of an account that is behind */
	forward_free(&w.f);
	start_at(1, "1:0", false);
	w.busy = false;
	pass(1000);
	assert_int_equal(w.n_taken, 2);
}

static void nobody_can_read_such_a_place(void **state)
{
	static const char *const bad[] = { "1",
					   "1:",
					   ":1",
					   "1:2,",
					   "1:2,3",
					   "1:2;3:4",
					   "x:1",
					   "1:x",
					   "1:2,1:3",
					   "-1:2",
					   "1:99999999999999999999" };

	(void)state;
	assert_int_equal(forward_new(&w.f, &port, 1), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct forward_place place = { .seq = 1, .behind = str_of(bad[i]) };

		if (forward_start(w.f, &place, false) != ERR_FORMAT)
			fail_msg("\"%s\" was read", bad[i]);
	}
	assert_int_equal(forward_start(w.f, &(struct forward_place){ 1, STR("1:0,23:1") }, false),
			 0);
	assert_int_equal(stats().accounts, 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
	const struct CMUnitTest tests[] = {
		T(what_happened_before_is_not_told),
		T(lines_of_no_interest_are_passed_over),
		T(nothing_is_done_before_the_start),
		T(a_sick_account_delays_nobody_and_is_tried_again),
		T(the_receiver_may_say_when),
		T(a_poison_event_is_given_up_after_three_days),
		T(an_old_event_has_its_tries),
		T(it_can_be_told_again_from_a_line_on),
		T(what_is_gone_is_done_with),
		T(what_cannot_be_sent_is_tried_again),
		T(a_receiver_that_is_away_costs_bounded_memory),
		T(nothing_is_lost_by_a_crash),
		T(who_is_behind_does_not_hold_up_the_scan),
		T(the_place_is_kept_once_a_second),
		T(a_stop_keeps_the_place),
		T(lines_that_were_forgotten_are_a_gap),
		T(a_damaged_line_costs_itself_only),
		T(a_damaged_line_of_an_account_that_is_behind),
		T(a_busy_store_is_asked_again),
		T(nobody_can_read_such_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
