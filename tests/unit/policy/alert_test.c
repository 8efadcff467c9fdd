/* alert_test.c - when an account is worth waking somebody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "policy/alert.h"
static struct account linked(void)
{
	struct account a = { 0 };

	account_init(&a, 1, 1000);
	a.want = 1;
	a.was_up = 1;
	a.profile = PROFILE_GOOD;
	a.state = ST_PARKED;
	a.status = STATUS_DISCONNECTED;
	return a;
}

static void who_was_linked_and_waits_for_somebody_needs_a_person(void **state)
{
	struct account a = linked();

	(void)state;
	assert_int_equal(alert_of(&a, ALERT_NEEDS_PERSON), ALERT_KEEP);
	for (unsigned action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		a.action = (uint8_t)action;
		assert_int_equal(alert_of(&a, ALERT_NEEDS_PERSON), ALERT_RAISE);
	}
	assert_int_equal(alert_of(&a, ALERT_RECONNECT_LOOP), ALERT_CLEAR);
}

static void who_was_never_linked_is_no_alert_until_something_else_is_wrong(void **state)
{
	struct account a = linked();

	(void)state;
	a.was_up = 0;
	a.action = ACTION_SCAN_QR;
	for (unsigned p = PROFILE_NONE; p <= PROFILE_DEAD; p++) {
		a.profile = (uint8_t)p;
		assert_int_equal(alert_of(&a, ALERT_NEEDS_PERSON),
				 p == PROFILE_NONE || p == PROFILE_NEW ? ALERT_KEEP : ALERT_RAISE);
	}
	a.profile = PROFILE_NEW;
	a.action = ACTION_FIX_CONFIG;
	assert_int_equal(alert_of(&a, ALERT_NEEDS_PERSON), ALERT_RAISE);
}

static void it_ends_when_it_is_connected_or_nobody_wants_it(void **state)
{
	static const uint8_t kinds[] = { ALERT_NEEDS_PERSON, ALERT_RECONNECT_LOOP };
	struct account a = linked();

	(void)state;
	a.status = STATUS_CONNECTED;
	assert_int_equal(alert_of(&a, ALERT_NEEDS_PERSON), ALERT_CLEAR);
	for (size_t n = 0; n < ARRAY_LEN(kinds); n++) {
		a = linked();
		a.action = ACTION_SCAN_QR;
		a.waits = ALERT_LOOP_WAITS;
		assert_int_equal(alert_of(&a, kinds[n]), ALERT_RAISE);
		a.want = 0;
		assert_int_equal(alert_of(&a, kinds[n]), ALERT_CLEAR);
		a.want = 1;
		a.state = ST_DELETED;
		assert_int_equal(alert_of(&a, kinds[n]), ALERT_CLEAR);
		a.state = ST_CLOSING;
		a.after = AFTER_DELETE;
		assert_int_equal(alert_of(&a, kinds[n]), ALERT_CLEAR);
	}
}

static void a_loop_lasts_until_it_is_stable(void **state)
{
	struct account a = linked();

	(void)state;
	a.waits = ALERT_LOOP_WAITS - 1;
	assert_int_equal(alert_of(&a, ALERT_RECONNECT_LOOP), ALERT_KEEP);
	a.waits = ALERT_LOOP_WAITS;
	assert_int_equal(alert_of(&a, ALERT_RECONNECT_LOOP), ALERT_RAISE);
	a.waits = 0;
	a.flap.step = 1;
	assert_int_equal(alert_of(&a, ALERT_RECONNECT_LOOP), ALERT_RAISE);
	a.flap.step = 0;
	assert_int_equal(alert_of(&a, ALERT_RECONNECT_LOOP), ALERT_CLEAR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_was_linked_and_waits_for_somebody_needs_a_person),
		cmocka_unit_test(who_was_never_linked_is_no_alert_until_something_else_is_wrong),
		cmocka_unit_test(it_ends_when_it_is_connected_or_nobody_wants_it),
		cmocka_unit_test(a_loop_lasts_until_it_is_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
