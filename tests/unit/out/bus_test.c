/* bus_test.c - the ring, places in it, and who is woken when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/obj.h"
#include "out/bus.h"

struct listener {
	struct bus_subscriber sub;
	unsigned wakes;
	struct bus *leave;           /* unsubscribe from it when woken ... */
	struct bus_subscriber *take; /* ... this one */
};

static void on_wake(struct bus_subscriber *sub)
{
	struct listener *l = (struct listener *)sub;

	l->wakes++;
	if (l->leave != NULL)
		bus_unsubscribe(l->leave, l->take);
}

static struct listener listener_at(uint64_t seq)
{
	return (struct listener){ .sub = { .seq = seq, .wake = on_wake } };
}

static void publish(struct bus *b, uint64_t seq, bool tell)
{
	char account[16];
	struct journal_record r = { .seq = seq, .kind = JOURNAL_STATUS, .tell = tell };

	snprintf(account, sizeof account, "a%llu", (unsigned long long)seq);
	r.account = str_of(account);
	bus_publish(b, &r);
}

static void publish_all(struct bus *b, uint64_t from, uint64_t to)
{
	for (uint64_t seq = from; seq <= to; seq++)
		publish(b, seq, true);
}

/* Read to the end; the sequence numbers as text. */
static const char *read_all(struct bus *b, struct listener *l)
{
	static char text[512];
	struct bus_event e;
	size_t n = 0;
	int r;

	text[0] = '\0';
	while ((r = bus_next(b, &l->sub, &e)) == 1)
		n +=
		    (size_t)snprintf(text + n, sizeof text - n, "%llu ", (unsigned long long)e.seq);
	if (r < 0)
		snprintf(text + n, sizeof text - n, "lost");
	return text;
}

static void events_are_read_in_order(void **state)
{
	struct listener l = listener_at(0);
	struct bus_event e;
	struct bus *b;

	(void)state;
	assert_int_equal(bus_new(&b, 8, 0), 0);
	publish_all(b, 1, 3);
	assert_int_equal(bus_next(b, &l.sub, &e), 1);
	assert_int_equal(e.seq, 1);
	assert_string_equal(e.type, "account.status");
	assert_true(str_is(e.account, "a1"));
	assert_memory_equal(e.json.p, "{\"seq\":1,", 9);
	assert_int_equal(e.json.p[e.json.n - 1], '}');
	assert_string_equal(read_all(b, &l), "2 3 ");
	assert_string_equal(read_all(b, &l), "");
	bus_free(&b);
}

static void lines_that_are_not_told_are_passed_over(void **state)
{
	struct listener l = listener_at(0);
	struct bus *b;

	(void)state;
	assert_int_equal(bus_new(&b, 4, 0), 0);
	for (uint64_t seq = 1; seq <= 100; seq++)
		publish(b, seq, seq % 25 == 0);
	assert_string_equal(read_all(b, &l), "25 50 75 100 ");
	for (uint64_t seq = 101; seq <= 1000; seq++)
		publish(b, seq, false);
	assert_string_equal(read_all(b, &l), "");
	assert_int_equal(l.sub.seq, 1000);
	assert_int_equal(bus_newest(b), 1000);
	publish_all(b, 1001, 1004);
	assert_string_equal(read_all(b, &l), "1001 1002 1003 1004 ");
	bus_free(&b);
}

static void who_falls_behind_the_ring_is_told(void **state)
{
	struct listener l = listener_at(0), at_floor = listener_at(6), above = listener_at(8);
	struct bus *b;

	(void)state;
	assert_int_equal(bus_new(&b, 4, 0), 0);
	publish_all(b, 1, 10);
	assert_int_equal(bus_oldest(b), 7);
	assert_string_equal(read_all(b, &l), "lost");
	assert_int_equal(l.sub.seq, 0);
	assert_string_equal(read_all(b, &at_floor), "7 8 9 10 ");
	assert_string_equal(read_all(b, &above), "9 10 ");
	l.sub.seq = bus_oldest(b) - 1;
	assert_string_equal(read_all(b, &l), "7 8 9 10 ");
	bus_free(&b);
}

/* After a start the ring is empty, and what came before is in the store. */
static void a_new_bus_goes_on_from_the_journal(void **state)
{
	struct listener behind = listener_at(499), at_end = listener_at(500);
	struct bus *b;

	(void)state;
	assert_int_equal(bus_new(&b, 4, 500), 0);
	assert_int_equal(bus_newest(b), 500);
	assert_int_equal(bus_oldest(b), 501);
	assert_string_equal(read_all(b, &behind), "lost");
	assert_string_equal(read_all(b, &at_end), "");
	publish_all(b, 501, 502);
	assert_string_equal(read_all(b, &at_end), "501 502 ");
	bus_free(&b);
}

/* A reader may have read on in the store, beyond what was published. */
static void a_reader_ahead_of_the_bus_waits(void **state)
{
	struct listener l = listener_at(5);
	struct bus *b;

	(void)state;
	assert_int_equal(bus_new(&b, 4, 0), 0);
	publish_all(b, 1, 3);
	assert_string_equal(read_all(b, &l), "");
	assert_int_equal(l.sub.seq, 5);
	publish_all(b, 4, 6);
	assert_string_equal(read_all(b, &l), "6 ");
	bus_free(&b);
}

static void subscribers_are_woken_once_until_they_have_read(void **state)
{
	struct listener l = listener_at(0);
	struct bus *b;

	(void)state;
	assert_int_equal(bus_new(&b, 8, 0), 0);
	bus_subscribe(b, &l.sub);
	bus_wake(b);
	assert_int_equal(l.wakes, 0);
	publish_all(b, 1, 3);
	bus_wake(b);
	bus_wake(b);
	assert_int_equal(l.wakes, 1);
	publish(b, 4, true);
	bus_wake(b);
	assert_int_equal(l.wakes, 1); /* it has not read yet */
	read_all(b, &l);
	publish(b, 5, false);
	bus_wake(b);
	assert_int_equal(l.wakes, 1); /* nothing to tell */
	publish(b, 6, true);
	bus_wake(b);
	assert_int_equal(l.wakes, 2);
	bus_unsubscribe(b, &l.sub);
	bus_free(&b);
}

/* Whoever is woken may take any subscriber away, itself and the next one included. */
static void subscribers_may_leave_in_a_wake(void **state)
{
	for (int victim = 0; victim < 3; victim++) {
		struct listener l[3];
		struct bus *b;

		(void)state;
		assert_int_equal(bus_new(&b, 8, 0), 0);
		for (int i = 0; i < 3; i++) {
			l[i] = listener_at(0);
			bus_subscribe(b, &l[i].sub);
		}
		l[0].leave = b;
		l[0].take = &l[victim].sub;
		publish(b, 1, true);
		bus_wake(b);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(l[i].wakes, i == 0 || i != victim);
			if (i != victim)
				bus_unsubscribe(b, &l[i].sub);
		}
		bus_free(&b);
	}
}

/* An event that cannot be kept is in the store: who needs it is sent there. */
static void an_event_that_is_too_large_is_left_to_the_store(void **state)
{
	static char text[70000];
	struct journal_record r = { .seq = 3, .kind = JOURNAL_VERB, .tell = true };
	struct listener l = listener_at(0), after = listener_at(3);
	struct bus *b;

	(void)state;
	assert_int_equal(bus_new(&b, 8, 0), 0);
	publish_all(b, 1, 2);
	memset(text, 'x', sizeof text);
	r.text = (struct str){ text, sizeof text };
	bus_publish(b, &r);
	assert_string_equal(read_all(b, &l), "lost");
	publish(b, 4, true);
	assert_string_equal(read_all(b, &after), "4 ");
	bus_free(&b);
}

static void the_ring_turns_for_long(void **state)
{
	struct listener l = listener_at(0);
	struct bus_event e;
	struct bus *b;

	(void)state;
	assert_int_equal(bus_new(&b, 7, 0), 0);
	for (uint64_t seq = 1; seq <= 10000; seq++) {
		publish(b, seq, true);
		if (seq % 3 != 0)
			continue;
		for (int i = 0; i < 3; i++) {
			assert_int_equal(bus_next(b, &l.sub, &e), 1);
			assert_int_equal(e.seq, seq - 2 + (uint64_t)i);
		}
	}
	bus_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_read_in_order),
		cmocka_unit_test(lines_that_are_not_told_are_passed_over),
		cmocka_unit_test(who_falls_behind_the_ring_is_told),
		cmocka_unit_test(a_new_bus_goes_on_from_the_journal),
		cmocka_unit_test(a_reader_ahead_of_the_bus_waits),
		cmocka_unit_test(subscribers_are_woken_once_until_they_have_read),
		cmocka_unit_test(subscribers_may_leave_in_a_wake),
		cmocka_unit_test(an_event_that_is_too_large_is_left_to_the_store),
		cmocka_unit_test(the_ring_turns_for_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
