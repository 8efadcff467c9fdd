/*
 * cause_test.c - the table of causes, and the names of all small numbers.
 *
 * The retry rules are said here a second time, group by group, so that a changed cell is seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/obj.h"
#include "policy/account.h"
#include "policy/cause.h"
#include "policy/journal.h"
#include "policy/names.h"
#include "policy/worker.h"

#define CAUSES(...)             \
	(const int[])           \
	{                       \
		__VA_ARGS__, -1 \
	}

static bool in(const int *list, unsigned cause)
{
	while (*list >= 0 && *list != (int)cause)
		list++;
	return *list >= 0;
}

static void each_cause_has_the_rule_of_its_group(void **state)
{
	const struct {
		enum cause_then then;
		const int *causes;
	} groups[] = {
		{ THEN_NOTHING, CAUSES(RELINK_NONE, RELINK_BY_REQUEST) },
		{ THEN_RETRY, CAUSES(RELINK_GONE, RELINK_ENGINE_CRASH, RELINK_ENGINE_HANG,
				     RELINK_STALE, RELINK_UNKNOWN, RELINK_INTERNAL) },
		{ THEN_PROVIDER,
		  CAUSES(RELINK_NETWORK, RELINK_PROVIDER_DOWN, RELINK_CANCELLED, RELINK_CAPACITY) },
		{ THEN_SLOW, CAUSES(RELINK_THROTTLED, RELINK_REFUSED) },
		{ THEN_ONCE, CAUSES(RELINK_REPLACED) },
		{ THEN_PARK, CAUSES(RELINK_LOGGED_OUT, RELINK_UNPAIRED, RELINK_AUTH_CORRUPT,
				    RELINK_QR_EXPIRED) },
		{ THEN_HOLD, CAUSES(RELINK_BANNED, RELINK_TOS_BLOCK, RELINK_CLIENT_OUTDATED,
				    RELINK_MISCONFIGURED, RELINK_POISON) },
	};

	(void)state;
	for (unsigned cause = 0; cause < RELINK_CAUSE_COUNT; cause++) {
		unsigned n = 0;

		for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
			if (!in(groups[i].causes, cause))
				continue;
			n++;
			if (cause_rule(cause)->then != groups[i].then)
				fail_msg("%s is in another group", cause_name(cause));
		}
		assert_int_equal(n, 1);
	}
}

static void only_three_causes_prove_a_login_dead(void **state)
{
	const int *three = CAUSES(RELINK_LOGGED_OUT, RELINK_UNPAIRED, RELINK_AUTH_CORRUPT);

	(void)state;
	for (unsigned cause = 0; cause < RELINK_CAUSE_COUNT; cause++)
		assert_int_equal(cause_rule(cause)->login_dead, in(three, cause));
}

static void a_profile_is_blamed_for_what_an_engine_may_choke_on(void **state)
{
	const int *blaming = CAUSES(RELINK_GONE, RELINK_ENGINE_CRASH, RELINK_ENGINE_HANG);

	(void)state;
	for (unsigned cause = 0; cause < RELINK_CAUSE_COUNT; cause++)
		assert_int_equal(cause_rule(cause)->blames_profile, in(blaming, cause));
}

static void whoever_waits_for_a_person_says_what_to_do(void **state)
{
	const struct {
		enum user_action action;
		const int *causes;
	} others[] = {
		{ ACTION_NONE, CAUSES(RELINK_NONE, RELINK_BY_REQUEST) },
		{ ACTION_SCAN_QR, CAUSES(RELINK_LOGGED_OUT, RELINK_UNPAIRED, RELINK_AUTH_CORRUPT,
					 RELINK_QR_EXPIRED) },
		{ ACTION_UNBLOCK, CAUSES(RELINK_REPLACED, RELINK_BANNED, RELINK_TOS_BLOCK) },
		{ ACTION_FIX_CONFIG, CAUSES(RELINK_MISCONFIGURED) },
	};

	(void)state;
	for (unsigned cause = 0; cause < RELINK_CAUSE_COUNT; cause++) {
		unsigned action = ACTION_CHECK_PROVIDER;

		for (size_t i = 0; i < ARRAY_LEN(others); i++) {
			if (in(others[i].causes, cause))
				action = others[i].action;
		}
		assert_string_equal(action_name(cause_rule(cause)->action), action_name(action));
	}
}

static void a_cause_of_a_newer_plugin_is_an_unknown_one(void **state)
{
	static const unsigned newer[] = { RELINK_CAUSE_COUNT, 200, 255, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(newer); i++) {
		assert_ptr_equal(cause_rule(newer[i]), cause_rule(RELINK_UNKNOWN));
		assert_string_equal(cause_name(newer[i]), "?");
		assert_string_equal(cause_text(newer[i]), "?");
	}
}

static void causes_are_found_by_their_names(void **state)
{
	static const char *const nobody[] = { "", "?", "gon", "gone ", "GONE", "engine_crashed" };

	(void)state;
	for (unsigned cause = 0; cause < RELINK_CAUSE_COUNT; cause++)
		assert_int_equal(cause_of(cause_name(cause)), cause);
	for (size_t i = 0; i < ARRAY_LEN(nobody); i++)
		assert_int_equal(cause_of(nobody[i]), -1);
}

/* ---- what operators may choose ---- */

static void a_choice_stays_within_its_bounds(void **state)
{
	(void)state;
	for (unsigned cause = 0; cause < RELINK_CAUSE_COUNT; cause++) {
		const struct cause_rule *rule = cause_rule(cause);
		unsigned at_once = 1u << THEN_RETRY | 1u << THEN_PROVIDER | 1u << THEN_ONCE;

		assert_true(rule->may == 0 || (rule->may & 1u << rule->then) != 0);
		assert_true((rule->may & (1u << THEN_DEFAULT | 1u << THEN_NOTHING)) == 0);
		if (rule->login_dead)
			assert_int_equal(rule->may, 1u << THEN_PARK | 1u << THEN_HOLD);
		if (rule->then == THEN_PARK || rule->then == THEN_HOLD || rule->then == THEN_SLOW)
			assert_int_equal(rule->may & at_once, 0);
		if (rule->then == THEN_PROVIDER)
			assert_int_equal(rule->may & (1u << THEN_PARK | 1u << THEN_HOLD), 0);
	}
	assert_int_equal(cause_rule(RELINK_REPLACED)->may & 1u << THEN_RETRY, 0);
	assert_int_equal(cause_rule(RELINK_BY_REQUEST)->may, 0);
	assert_int_equal(cause_rule(RELINK_NONE)->may, 0);
	assert_int_equal(cause_rule(RELINK_POISON)->may, 0);
}

static void an_operator_s_word_goes_before_the_table_s(void **state)
{
	struct cause_choice choices[RELINK_CAUSE_COUNT] = { 0 };

	(void)state;
	for (unsigned cause = 0; cause < RELINK_CAUSE_COUNT; cause++) {
		assert_int_equal(cause_then(choices, cause), cause_rule(cause)->then);
		assert_int_equal(cause_attempts(choices, cause, 10), 10);
	}
	choices[RELINK_BANNED].then = THEN_SLOW;
	choices[RELINK_GONE].attempts = 3;
	choices[RELINK_UNKNOWN].attempts = 200;
	assert_int_equal(cause_then(choices, RELINK_BANNED), THEN_SLOW);
	assert_int_equal(cause_then(choices, RELINK_GONE), THEN_RETRY);
	assert_int_equal(cause_attempts(choices, RELINK_GONE, 10), 3);
	assert_int_equal(cause_attempts(choices, RELINK_GONE, 2), 2);
	assert_int_equal(cause_attempts(choices, RELINK_UNKNOWN, 10), 10);
	assert_int_equal(cause_attempts(choices, RELINK_CAUSE_COUNT, 10), 10);
	assert_int_equal(cause_then(choices, UINT32_MAX), THEN_RETRY);
}

/* ---- names ---- */

static const char *journal_name(unsigned kind)
{
	const char *name = journal_kind_name(kind);

	return name != NULL ? name : "?";
}

/* Names and numbers are stored and spoken; a change here breaks what was stored. */
static void names_are_what_they_always_were(void **state)
{
	const struct {
		const char *(*name)(unsigned);
		unsigned first;
		const char *const *names;
	} lists[] = {
		{ state_name, 0,
		  (const char *const[]){ "idle", "queued", "starting", "qr", "auth", "up",
					 "closing", "waiting", "parked", "held", "deleted",
					 NULL } },
		{ event_name, 0,
		  (const char *const[]){
		      "connect",  "reconnect", "regenerate", "disconnect", "delete",  "permit",
		      "timer",    "lost",      "created",    "refused",    "unknown", "closed",
		      "unclosed", "born",      "qr",         "auth",       "up",      "down",
		      "absent",   "leave",     "moved",      "excused",    NULL } },
		{ status_name, 0,
		  (const char *const[]){ "new", "connecting", "qr_scanning", "authenticated",
					 "connected", "reconnecting", "disconnected", "failed",
					 NULL } },
		{ action_name, 0,
		  (const char *const[]){ "none", "scan_qr", "open_phone", "check_provider",
					 "unblock", "fix_config", NULL } },
		{ cause_name, 0, (const char *const[]){ "none",
							"gone",
							"engine_crash",
							"engine_hang",
							"network",
							"provider_down",
							"throttled",
							"refused",
							"replaced",
							"logged_out",
							"unpaired",
							"auth_corrupt",
							"qr_expired",
							"banned",
							"tos_block",
							"client_outdated",
							"misconfigured",
							"cancelled",
							"stale",
							"capacity",
							"by_request",
							"unknown",
							"internal",
							"poison",
							NULL } },
		{ journal_name, 1,
		  (const char *const[]){ "account.step", "account.status", "account.qr",
					 "account.created", "account.changed", "account.deleted",
					 "session.orphan", "session.gone", "account.verb",
					 "message.received", "message.sent", "message.ack",
					 "message.failed", NULL } },
		{ journal_name, 16,
		  (const char *const[]){ "account.moved", "incident.changed", "incident.closed",
					 "account.flapping", "account.steady", NULL } },
		{ journal_name, 22,
		  (const char *const[]){ "account.health", "automation.paused",
					 "automation.resumed", "bulk.job", "instance.halted",
					 "webhook.changed", "webhook.disabled", NULL } },
		{ journal_name, 33,
		  (const char *const[]){ "alert.raised", "alert.cleared", NULL } },
		{ worker_state_name, 0,
		  (const char *const[]){ "empty", "spawned", "opening", "ready", "stopping",
					 "killed", "cooling", "held", NULL } },
		{ worker_event_name, 0,
		  (const char *const[]){ "want", "unwant", "timer", "nospawn", "hello", "opened",
					 "refused", "pong", "missed", "unsent", "gone", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		unsigned n = lists[i].first;

		for (const char *const *name = lists[i].names; *name != NULL; name++)
			assert_string_equal(lists[i].name(n++), *name);
		assert_string_equal(lists[i].name(n), "?");
		assert_string_equal(lists[i].name(UINT32_MAX), "?");
	}
	assert_string_equal(journal_name(40), "account.blamed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cause_has_the_rule_of_its_group),
		cmocka_unit_test(only_three_causes_prove_a_login_dead),
		cmocka_unit_test(a_profile_is_blamed_for_what_an_engine_may_choke_on),
		cmocka_unit_test(whoever_waits_for_a_person_says_what_to_do),
		cmocka_unit_test(a_cause_of_a_newer_plugin_is_an_unknown_one),
		cmocka_unit_test(causes_are_found_by_their_names),
		cmocka_unit_test(a_choice_stays_within_its_bounds),
		cmocka_unit_test(an_operator_s_word_goes_before_the_table_s),
		cmocka_unit_test(names_are_what_they_always_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
