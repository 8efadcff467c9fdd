/* place_test.c - the least loaded instance with room; and who may leave the one it belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "base/rng.h"
#include "policy/account.h"
#include "policy/place.h"

static void the_least_loaded_with_room_is_chosen(void **state)
{
	static const struct {
		const char *name;
		struct place_candidate c[4];
		int chosen;
	} cases[] = {
		{ "the empty one", { { 5, 10 }, { 0, 10 }, { 1, 10 } }, 1 },
		{ "by share, not by number", { { 40, 100 }, { 5, 10 }, { 3, 10 } }, 2 },
		{ "the first of equals", { { 1, 2 }, { 5, 10 }, { 50, 100 } }, 0 },
		{ "the first of empty ones", { { 0, 1 }, { 0, 100 } }, 0 },
		{ "not the full one", { { 10, 10 }, { 9, 10 } }, 1 },
		{ "not one over its capacity", { { 12, 10 }, { 99, 100 } }, 1 },
		{ "not one without capacity", { { 0, 0 }, { 3, 4 } }, 1 },
		{ "none when all are full", { { 10, 10 }, { 1, 1 } }, -1 },
		{ "sessions weigh more than who has none",
		  { { 4, 10, 4, 0 }, { 6, 10, 0, 0 } },
		  1 },
		{ "who waits for one does, too", { { 4, 10, 0, 3 }, { 6, 10, 0, 0 } }, 1 },
		{ "not the drained one", { { 0, 10, .closed = true }, { 9, 10 } }, 1 },
		{ "none when all are drained", { { 0, 10, .closed = true } }, -1 },
		{ "not the one that is down", { { 0, 10, .down = true }, { 9, 10 } }, 1 },
		{ "one that is down before none", { { 2, 10, .down = true }, { 10, 10 } }, 0 },
		{ "of those that are down the least loaded",
		  { { 2, 10, .down = true }, { 1, 10, .down = true } },
		  1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int chosen = place_choose(cases[i].c, 4);

		if (chosen != cases[i].chosen)
			fail_msg("%s: %d instead of %d", cases[i].name, chosen, cases[i].chosen);
	}
}

static void without_instances_there_is_no_place(void **state)
{
	(void)state;
	assert_int_equal(place_choose(NULL, 0), -1);
}

static void the_largest_numbers_compare_right(void **state)
{
	static const struct place_candidate c[] = { { 999999, 1000000 }, { 999998, 1000000 } };

	(void)state;
	assert_int_equal(place_choose(c, 2), 1);
}

/* One by one, whatever the capacities: the shares stay together until everything is full. */
static void many_accounts_fill_all_instances_evenly(void **state)
{
	struct place_candidate c[16];
	uint64_t rng = 1, room = 0;
	int n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		c[i] = (struct place_candidate){ 0, 1 + rng_next(&rng) % 500 };
		room += c[i].capacity;
	}
	while ((n = place_choose(c, ARRAY_LEN(c))) >= 0) {
		for (size_t i = 0; i < ARRAY_LEN(c); i++)
			assert_true(c[n].accounts * c[i].capacity <=
					c[i].accounts * c[n].capacity ||
				    c[i].accounts >= c[i].capacity);
		c[n].accounts++;
		room--;
	}
	assert_int_equal(room, 0);
}

/* ---- who may leave ---- */

enum login { NEVER, SHOWN_A_QR, SCANNED, DEAD_ONE, ASKED_ANEW, SHOWN_AND_ASKED };

static struct account an_account(unsigned state, enum login login)
{
	static const uint8_t profiles[] = {
		[NEVER] = PROFILE_NONE,      [SHOWN_A_QR] = PROFILE_NEW,
		[SCANNED] = PROFILE_GOOD,    [DEAD_ONE] = PROFILE_DEAD,
		[ASKED_ANEW] = PROFILE_GOOD, [SHOWN_AND_ASKED] = PROFILE_NEW
	};

	return (struct account){ .state = (uint8_t)state,
				 .profile = profiles[login],
				 .fresh_next = login == ASKED_ANEW,
				 .person = login == SHOWN_AND_ASKED,
				 .open = state >= ST_STARTING && state <= ST_UP,
				 .after = AFTER_START };
}

static void a_login_ties_to_its_instance(void **state)
{
	static const bool tied[] = {
		[NEVER] = false,    [SHOWN_A_QR] = true,  [SCANNED] = true,
		[DEAD_ONE] = false, [ASKED_ANEW] = false, [SHOWN_AND_ASKED] = false
	};

	(void)state;
	for (unsigned login = NEVER; login <= SHOWN_AND_ASKED; login++) {
		struct account a = an_account(ST_QUEUED, (enum login)login);

		assert_int_equal(place_tied(&a), tied[login]);
	}
}

static void who_may_leave_is_decided(void **state)
{
	static const struct place_rules alone = { .apart = true };
	static const struct place_rules shared = { .apart = true, .shared = true };
	static const struct place_rules unproven = { .apart = true,
						     .shared = true,
						     .unproven = true };
	static const struct place_rules one_id = { .shared = true, .unproven = true };
	static const struct place_rules one_id_proven = { .shared = true };
	static const struct {
		const char *name;
		unsigned state;
		enum login login;
		enum place_fault fault;
		const struct place_rules *rules;
		enum place_do expected;
	} cases[] = {
		{ "no reason", ST_QUEUED, NEVER, PLACE_OK, &shared, PLACE_STAY },
		{ "full, nothing to lose", ST_QUEUED, NEVER, PLACE_FULL, &alone, PLACE_MOVE },
		{ "full, a login", ST_QUEUED, SCANNED, PLACE_FULL, &alone, PLACE_STAY },
		{ "full, a shared login", ST_QUEUED, SCANNED, PLACE_FULL, &shared, PLACE_MOVE },
		{ "full, connected", ST_UP, SCANNED, PLACE_FULL, &shared, PLACE_STAY },
		{ "drained, connected", ST_UP, SCANNED, PLACE_DRAINED, &alone, PLACE_STAY },
		{ "drained, shared", ST_UP, SCANNED, PLACE_DRAINED, &shared, PLACE_LEAVE },
		{ "drained, one id", ST_UP, SCANNED, PLACE_DRAINED, &one_id, PLACE_LEAVE },
		{ "drained, starting", ST_STARTING, SCANNED, PLACE_DRAINED, &shared, PLACE_STAY },
		{ "drained, a QR on show", ST_QR, SHOWN_A_QR, PLACE_DRAINED, &shared, PLACE_STAY },
		{ "drained, closing", ST_CLOSING, SCANNED, PLACE_DRAINED, &shared, PLACE_STAY },
		{ "drained, waits", ST_QUEUED, SCANNED, PLACE_DRAINED, &alone, PLACE_STAY },
		{ "drained, new QR", ST_QUEUED, ASKED_ANEW, PLACE_DRAINED, &alone, PLACE_MOVE },
		{ "drained, idle", ST_IDLE, SCANNED, PLACE_DRAINED, &shared, PLACE_STAY },
		{ "down, nothing to lose", ST_QUEUED, DEAD_ONE, PLACE_DOWN, &alone, PLACE_MOVE },
		{ "down, shared", ST_QUEUED, SCANNED, PLACE_DOWN, &shared, PLACE_STAY },
		{ "down, connected", ST_UP, SCANNED, PLACE_DOWN, &shared, PLACE_STAY },
		{ "given up, connected", ST_UP, SCANNED, PLACE_GIVEN_UP, &unproven, PLACE_FLEE },
		{ "given up, not shared", ST_UP, SCANNED, PLACE_GIVEN_UP, &alone, PLACE_STAY },
		{ "given up, one id", ST_UP, SCANNED, PLACE_GIVEN_UP, &one_id, PLACE_STAY },
		{ "given up, closing", ST_CLOSING, SCANNED, PLACE_GIVEN_UP, &unproven, PLACE_FLEE },
		{ "given up, closing, new QR", ST_CLOSING, ASKED_ANEW, PLACE_GIVEN_UP, &alone,
		  PLACE_FLEE },
		{ "given up, closing, not shared", ST_CLOSING, SCANNED, PLACE_GIVEN_UP, &alone,
		  PLACE_STAY },
		{ "given up, waits", ST_WAITING, SCANNED, PLACE_GIVEN_UP, &shared, PLACE_MOVE },
		{ "given up, waits, not shared", ST_WAITING, SCANNED, PLACE_GIVEN_UP, &alone,
		  PLACE_STAY },
		{ "given up, nothing to lose", ST_WAITING, NEVER, PLACE_GIVEN_UP, &alone,
		  PLACE_MOVE },
		{ "given up, a QR once", ST_WAITING, SHOWN_A_QR, PLACE_GIVEN_UP, &alone,
		  PLACE_STAY },
		{ "given up, one id", ST_QUEUED, SCANNED, PLACE_GIVEN_UP, &one_id, PLACE_STAY },
		{ "given up, one id that is gone", ST_QUEUED, SCANNED, PLACE_GIVEN_UP,
		  &one_id_proven, PLACE_MOVE },
		{ "given up, parked", ST_PARKED, DEAD_ONE, PLACE_GIVEN_UP, &alone, PLACE_STAY },
		{ "nowhere, connected", ST_UP, SCANNED, PLACE_NOWHERE, &unproven, PLACE_FLEE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct account a = an_account(cases[i].state, cases[i].login);
		enum place_do what = place_decide(&a, cases[i].fault, cases[i].rules);

		if (what != cases[i].expected)
			fail_msg("%s: %d instead of %d", cases[i].name, what, cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_loaded_with_room_is_chosen),
		cmocka_unit_test(without_instances_there_is_no_place),
		cmocka_unit_test(the_largest_numbers_compare_right),
		cmocka_unit_test(many_accounts_fill_all_instances_evenly),
		cmocka_unit_test(a_login_ties_to_its_instance),
		cmocka_unit_test(who_may_leave_is_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
