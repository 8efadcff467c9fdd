/*
 * plugin_test.c - the mock as a worker sees it: what it is, what it says, how it opens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "folder.h"
#include "stories.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const plugins[] = { [FENCED] = MOCK_SO, [LISTABLE] = MOCK_LISTABLE_SO };

static void both_plugins_describe_themselves(void **state)
{
	static const struct {
		enum story_class class;
		const char *name;
		bool fenced;
	} cases[] = { { FENCED, "mock", true }, { LISTABLE, "mock-listable", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct relink_plugin *p = host_load(plugins[cases[i].class]);

		assert_non_null(p);
		assert_int_equal(p->abi_major, RELINK_ABI_MAJOR);
		assert_int_equal(p->abi_minor, RELINK_ABI_MINOR);
		assert_int_equal(p->size, sizeof *p);
		assert_string_equal(p->name, cases[i].name);
		assert_int_equal(!!(p->caps & RELINK_CAP_FENCED), cases[i].fenced);
		assert_int_equal(p->caps & ~RELINK_CAP_FENCED,
				 RELINK_CAP_LIST | RELINK_CAP_PROFILES | RELINK_CAP_CONTROL |
				     RELINK_CAP_PUSH | RELINK_CAP_SEND);
		for (const struct relink_key *k = p->keys; k->name != NULL; k++) {
			assert_true(k->doc != NULL && k->doc[strlen(k->doc) - 1] == '.');
			assert_true(k->offset < p->conf_size);
		}
	}
}

/* --- stories --- */

static void tell_in(const struct story *s, enum story_class class, enum story_mode mode)
{
	const char *folder = mode != IN_MEMORY ? folder_make() : "";
	struct rig r;

	story_tell(&r, s, plugins[class], mode, folder);
	if (strcmp(r.said, s->said) != 0)
		fail_msg("%s (%s):\n  said %s\n  want %s", s->name, r.plugin->name, r.said,
			 s->said);
	if (r.self != NULL)
		host_close(&r);
	if (mode != IN_MEMORY)
		folder_remove();
}

static void each_story_is_told_in_memory_and_in_a_folder(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_stories; i++) {
		for (enum story_class c = FENCED; c <= LISTABLE; c++) {
			if (stories[i].class & c) {
				tell_in(&stories[i], c, IN_MEMORY);
				tell_in(&stories[i], c, IN_FOLDER);
			}
		}
	}
}

/* --- what the answers say to people --- */

static const char *last_text;
static void (*real_done)(const struct relink_host *, relink_op, const struct relink_result *);

static void keep_text(const struct relink_host *h, relink_op op, const struct relink_result *r)
{
	static char text[512];

	snprintf(text, sizeof text, "%.*s", (int)r->text.n, r->text.n > 0 ? r->text.p : "");
	last_text = text;
	real_done(h, op, r);
}

static void refusals_name_the_remedy(void **state)
{
	static const struct {
		const char *verb, *args, *text;
	} cases[] = {
		{ "jump", "",
		  "the mock has no verb \"jump\"; it has: scan drop logout forget behave reboot "
		  "down up wreck "
		  "state" },
		{ "scan", "",
		  "no QR code is on show; connect the account first, or wait until it has one "
		  "(qr_ms)" },
		{ "drop", "", "no session is alive; connect the account first" },
		{ "drop", "{\"cause\":\"rain\"}",
		  "\"cause\" must be the name of a cause, such as \"network\"" },
		{ "drop", "{\"how\":1}", "\"how\" must be \"vanish\", \"down\" or \"silent\"" },
		{ "drop", "[]", "the arguments must be a JSON object" },
		{ "drop", "{", "the arguments must be a JSON object" },
		{ "drop", "{\"scope\":1}", "\"scope\" can only be \"instance\"" },
		{ "logout", "", "no device is linked; connect and scan first" },
		{ "down", "{\"ms\":0}",
		  "\"ms\" must be from 1 to 2592000000, or -1 for until `up`" },
		{ "behave", "{\"create\":{\"fial\":1}}",
		  "\"create.fial\" is not a behaviour (plugins/mock/README.md lists them)" },
		{ "behave", "{\"list\":{\"partial\":1}}",
		  "\"list.partial\" is a behaviour of the whole instance; set it with {\"scope\": "
		  "\"instance\", ...}" },
		{ "behave", "{\"jitter\":101}", "\"jitter\" must be a number from 0 to 100" },
		{ "behave", "{\"create\":1}",
		  "\"create\" must be an object such as {\"create\": {\"times\": 1}}" },
	};
	struct rig r = { 0 };

	(void)state;
	assert_int_equal(host_open(&r, MOCK_SO, ""), RELINK_NONE);
	real_done = r.host.done;
	r.host.done = keep_text;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		host_control(&r, "a", "", cases[i].verb, cases[i].args);
		assert_string_equal(last_text, cases[i].text);
	}
	host_create(&r, "a", "s1", 1, "p1", false, "");
	host_create(&r, "b", "s2", 1, "p1", false, "");
	host_run(100);
	assert_string_equal(last_text, "The browser is already running for profile p1");
	host_close(&r);
}

static void state_tells_what_the_service_knows(void **state)
{
	struct rig r = { 0 };

	(void)state;
	host_rewind();
	assert_int_equal(host_open(&r, MOCK_SO, "scan_ms=100ms,auth_ms=100ms"), RELINK_NONE);
	host_control(&r, "a", "", "state", "");
	assert_string_equal(r.last_body,
			    "{\"account\":\"a\",\"known\":false,\"highest\":0,\"phone\":\"\","
			    "\"logins\":[],\"sessions\":[],\"script\":{}}");
	host_create(&r, "a", "s1", 3, "p1", false, "{\"mock\":{\"phone\":\"49\"}}");
	host_run(1000);
	host_control(&r, "a", "s1", "state", "");
	assert_string_equal(
	    r.last_body, "{\"account\":\"a\",\"known\":true,\"highest\":3,\"phone\":\"49\","
			 "\"logins\":[\"p1\"],\"sessions\":[{\"session\":\"s1\",\"generation\":3,"
			 "\"state\":\"connected\",\"profile\":\"p1\",\"alive\":true,"
			 "\"listed\":true,\"since\":1763287200500}],"
			 "\"script\":{\"phone\":\"49\"}}");
	host_control(&r, "a", "s1", "state", "{\"scope\":\"instance\"}");
	assert_non_null(strstr(r.last_body, "\"class\":\"fenced\""));
	assert_non_null(strstr(r.last_body, "\"accounts\":1"));
	assert_non_null(strstr(r.last_body, "\"connected\":1"));
	host_close(&r);
}

/* --- opening --- */

static void a_wrong_configuration_is_refused_with_the_remedy(void **state)
{
	static const struct {
		const char *config, *why;
	} cases[] = {
		{ "dir=/dev/null",
		  "cannot open \"/dev/null/journal\": Not a directory (set `dir` to "
		  "a directory that the worker may write to)" },
		{ "dir=/nowhere/else", "cannot open \"/nowhere/else/journal\": No such file or "
				       "directory (set `dir` to a directory that the worker may "
				       "write to)" },
		{ "script={\"create\":{\"fial\":1}}",
		  "\"create.fial\" is not a behaviour (plugins/mock/README.md lists them)" },
		{ "script={\"qr_ms\":",
		  "script: line 1, column 9: unexpected token near end of file" },
	};
	struct rig r = { 0 };
	char why[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(host_open_why(&r, MOCK_SO, cases[i].config, why, sizeof why),
				 RELINK_MISCONFIGURED);
		if (strncmp(cases[i].why, why, strlen(cases[i].why)) != 0)
			fail_msg("said %s\n  want %s", why, cases[i].why);
	}
}

static void the_two_classes_do_not_share_a_folder(void **state)
{
	char config[256], why[256];
	struct rig r = { 0 };

	(void)state;
	snprintf(config, sizeof config, "dir=%s", folder_make());
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	host_close(&r);
	assert_int_equal(host_open_why(&r, MOCK_LISTABLE_SO, config, why, sizeof why),
			 RELINK_MISCONFIGURED);
	assert_non_null(strstr(why, "holds sessions of a fenced backend; give each plugin a "
				    "directory of its own"));
	folder_remove();
}

static void a_file_that_is_no_journal_is_left_alone(void **state)
{
	static const char text[] = "-- Logs begin at Mon --\nnothing for us\n";
	char config[256], why[256], *now;
	struct rig r = { 0 };

	(void)state;
	snprintf(config, sizeof config, "dir=%s", folder_make());
	folder_write(text);
	assert_int_equal(host_open_why(&r, MOCK_SO, config, why, sizeof why), RELINK_MISCONFIGURED);
	assert_non_null(strstr(why, "is not a journal of the mock"));
	now = folder_journal();
	assert_string_equal(now, text);
	free(now);
	folder_remove();
}

/* --- chance --- */

static void jitter_stays_in_its_bounds_and_a_seed_repeats_it(void **state)
{
	char first[sizeof(((struct rig *)0)->said)];
	struct rig r = { 0 };
	unsigned n_different = 0;

	(void)state;
	for (int run = 0; run < 2; run++) {
		host_rewind();
		assert_int_equal(host_open(&r, MOCK_SO, "jitter=50,seed=7,create_ms=1s,qr_ms=10s"),
				 RELINK_NONE);
		for (char account = 'a'; account <= 'z'; account++)
			host_create(&r, (char[]){ account, '\0' }, (char[]){ 's', account, '\0' },
				    1, (char[]){ 'p', account, '\0' }, false, "");
		host_run(499);
		assert_string_equal(r.said, "");
		host_run(1001);
		assert_int_equal(host_open_ops(&r), 0);
		n_different +=
		    strstr(r.said, "1000 create") == NULL || strstr(r.said, "; 900 create") == NULL;
		if (run == 0)
			memcpy(first, r.said, sizeof first);
		else
			assert_string_equal(r.said, first);
		host_close(&r);
	}
	assert_true(n_different > 0);
}

static void withheld_answers_have_a_bound(void **state)
{
	struct rig r = { 0 };

	(void)state;
	assert_int_equal(host_open(&r, MOCK_SO, ""), RELINK_NONE);
	r.quiet = true;
	host_control(&r, "", "", "behave", "{\"list\":{\"never_answer\":true}}");
	for (int i = 0; i < 10500; i++)
		host_list(&r);
	assert_int_equal(host_open_ops(&r), 10000);
	host_close(&r);
}

static void dump_counts_sessions_and_open_operations(void **state)
{
	char text[256] = "";
	struct rig r = { 0 };

	(void)state;
	assert_int_equal(host_open(&r, MOCK_SO, ""), RELINK_NONE);
	host_create(&r, "a", "s1", 1, "p1", false, "");
	host_dump(&r, text, sizeof text);
	assert_string_equal(
	    text, "mock-1: 1 sessions (1 alive) of 1 accounts, 1 answers on their way, 0 withheld, "
		  "journal 0 bytes, 0 lines skipped");
	host_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_plugins_describe_themselves),
		cmocka_unit_test(each_story_is_told_in_memory_and_in_a_folder),
		cmocka_unit_test(refusals_name_the_remedy),
		cmocka_unit_test(state_tells_what_the_service_knows),
		cmocka_unit_test(a_wrong_configuration_is_refused_with_the_remedy),
		cmocka_unit_test(the_two_classes_do_not_share_a_folder),
		cmocka_unit_test(a_file_that_is_no_journal_is_left_alone),
		cmocka_unit_test(jitter_stays_in_its_bounds_and_a_seed_repeats_it),
		cmocka_unit_test(withheld_answers_have_a_bound),
		cmocka_unit_test(dump_counts_sessions_and_open_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
