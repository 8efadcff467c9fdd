/* reload_test.c - which changes a running daemon takes over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/obj.h"
#include "read.h"

#define P   "providers:\n  mock:\n"
#define TWO P "    instances: [{id: a, config: {k: 1}}, {id: b}]\n"

static int reload(const char *now_text, const char *next_text, struct why *why)
{
	struct conf *now = must_read(now_text), *next = must_read(next_text);
	int r = conf_can_reload(now, next, why);

	conf_free(&now);
	conf_free(&next);
	return r;
}

static void what_is_live_is_taken_over(void **state)
{
	static const struct {
		const char *now, *next;
	} cases[] = {
		{ "", "" },
		{ "", "log: {level: debug}" },
		{ "log: {format: json}", "log: {format: text, levels: {store: debug}}" },
		{ "", "store: {retention: 1d}" },
		{ "", "policy: {backoff_base: 1s, backoff_cap: 1m, max_attempts: 3, settle: 10s}" },
		{ "", "policy: {stable_after: 1m, start_deadline: 1m, qr_deadline: 1m}" },
		{ "", "policy: {list_interval: 1s, operation_deadline: 1s, join_window: 1s}" },
		{ P, P "    starts_per_minute: 5\n    start_burst: 1\n" },
		{ P, P "    instances: [{id: mock-1, capacity: 9, concurrent_starts: 1}]\n" },
		{ P, P "    plugin: mock\n    workers: 1\n    config: {}\n" },
		{ P "    config: {a: 1, b: 2}\n", P "    config: {b: 2, a: 1}\n" },
		/* written otherwise, but the same */
		{ "worker: {cool_down: 1h}", "worker: {cool_down: 60m}" },
		{ "state_dir: /var/lib/relink", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct why why = { 0 };

		if (reload(cases[i].now, cases[i].next, &why) != 0 ||
		    reload(cases[i].next, cases[i].now, &why) != 0)
			fail_msg("case %zu: %s", i, why.text);
	}
}

static void what_needs_a_restart_is_refused(void **state)
{
	// clang-format off
	static const struct {
		const char *now, *next, *complaint;
	} cases[] = {
		{ "", "state_dir: /srv",
		  "state_dir changed from \"/var/lib/relink\" to \"/srv\"" },
		{ "", "plugin_dir: /srv",
		  "plugin_dir changed from nothing to \"/srv\"" },
		{ "worker_path: /w", "",
		  "worker_path changed from \"/w\" to nothing" },
		{ "", "http: {listen: 127.0.0.1:1}",
		  "http.listen changed from \"127.0.0.1:8840\" to \"127.0.0.1:1\"" },
		{ "", "http: {allow_remote: true}",
		  "http.allow_remote changed from \"false\" to \"true\"" },
		{ "", "http: {idle_timeout: 2m}",
		  "http.idle_timeout changed from \"75s\" to \"2m\"" },
		{ "", "http: {body_limit: 1KiB}",
		  "http.body_limit changed from \"1MiB\" to \"1KiB\"" },
		{ P "dropin: {api_key: hunter2}", P "dropin: {api_key: hunter3}",
		  "dropin.api_key changed" },
		{ P "dropin: {api_key_file: /a}", P "dropin: {api_key_file: /b}",
		  "dropin.api_key_file changed from \"/a\" to \"/b\"" },
		{ P "dropin: {api_key: k, webhook_url: \"http://h/\", webhook_secret: hunter2}",
		  P "dropin: {api_key: k, webhook_url: \"http://h/\", webhook_secret: hunter3}",
		  "dropin.webhook_secret changed" },
		{ "", "dropin: {wait: 5s}",
		  "dropin.wait changed from \"25s\" to \"5s\"" },
		{ "", "store: {commit_window: 0}",
		  "store.commit_window changed from \"1ms\" to \"0\"" },
		{ "", "worker: {ping_interval: 1s}",
		  "worker.ping_interval changed from \"3s\" to \"1s\"" },
		/* live ones beside it change nothing: the reload is refused whole */
		{ "", "log: {level: debug}\nworker: {cool_down: 1s}",
		  "worker.cool_down changed from \"5m\" to \"1s\"" },
		{ "", P,
		  "providers: \"mock\" was added" },
		{ P, "",
		  "providers: \"mock\" was removed" },
		{ "providers: {a: , b: }", "providers: {b: , a: }",
		  "providers: \"a\" was moved" },
		{ "providers: {a: , b: , c: }", "providers: {a: , c: }",
		  "providers: \"b\" was removed" },
		{ "providers: {a: }", "providers: {a: , c: }",
		  "providers: \"c\" was added" },
		{ P, P "    sandbox: off\n",
		  "providers.mock.sandbox changed from \"auto\" to \"off\"" },
		{ P, P "    plugin: /p.so\n",
		  "providers.mock.plugin changed from \"mock\" to \"/p.so\"" },
		{ TWO, TWO "    workers: 2\n",
		  "providers.mock.workers changed from \"1\" to \"2\"" },
		{ P, TWO,
		  "providers.mock.instances: \"a\" was added" },
		{ TWO, P "    instances: [{id: b}]\n",
		  "providers.mock.instances: \"a\" was removed" },
		{ TWO, P "    instances: [{id: b}, {id: a, config: {k: 1}}]\n",
		  "providers.mock.instances: \"a\" was moved" },
		{ TWO, P "    instances: [{id: a, config: {k: 2}}, {id: b}]\n",
		  "providers.mock.instances[a].config changed" },
		{ TWO, P "    instances: [{id: a, config: {}}, {id: b}]\n",
		  "providers.mock.instances[a].config changed" },
		{ TWO, P "    instances: [{id: a, config: {k: 1, l: 1}}, {id: b}]\n",
		  "providers.mock.instances[a].config changed" },
		{ TWO, P "    instances: [{id: a, config: {l: 1}}, {id: b}]\n",
		  "providers.mock.instances[a].config changed" },
		{ P "    instances: [{id: a, command: [x, y]}]\n", P "    instances: [{id: a, command: [x, z]}]\n",
		  "providers.mock.instances[a].command changed" },
		{ P "    instances: [{id: a, command: [x]}]\n", P "    instances: [{id: a, command: [x, y]}]\n",
		  "providers.mock.instances[a].command changed" },
		{ P "    instances: [{id: a, command: [x], command_environment: {K: hunter2}}]\n",
		  P "    instances: [{id: a, command: [x], command_environment: {K: hunter3}}]\n",
		  "providers.mock.instances[a].command_environment changed" },
		{ P "    instances: [{id: a}]\n", P "    instances: [{id: a, command_ends_with_relinkd: true}]\n",
		  "providers.mock.instances[a].command_ends_with_relinkd changed from \"false\" to \"true\"" },
		{ P, P "    config: {api_key: hunter2}\n",
		  "providers.mock.config changed" },
	};
	// clang-format on

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct why why = { 0 };
		char whole[WHY_MAX + 64];

		assert_int_equal(reload(cases[i].now, cases[i].next, &why), ERR_STATE);
		assert_int_equal(why.code, ERR_STATE);
		snprintf(whole, sizeof whole, "%s: restart relinkd, or undo the change",
			 cases[i].complaint);
		assert_string_equal(why.text, whole);
	}
}

static void who_does_not_ask_why_is_refused_too(void **state)
{
	(void)state;
	assert_int_equal(reload("", P, NULL), ERR_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_live_is_taken_over),
		cmocka_unit_test(what_needs_a_restart_is_refused),
		cmocka_unit_test(who_does_not_ask_why_is_refused_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
