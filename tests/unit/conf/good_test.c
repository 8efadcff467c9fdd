/* good_test.c - what a file says, and what holds where it says nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "read.h"

static void assert_pair(const struct conf_pairs *pairs, const char *key, const char *value,
			unsigned line)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->v[i].key, key) == 0) {
			assert_string_equal(pairs->v[i].value, value);
			assert_int_equal(pairs->v[i].line, line);
			return;
		}
	}
	fail_msg("there is no key %s", key);
}

static void a_file_that_says_nothing_gives_the_defaults(void **state)
{
	static const char *const nothings[] = {
		"", "\n", "# only a comment\n", "---\n", "{}", "~", "http:\nlog: {}\nproviders:\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nothings); i++) {
		struct conf *c = must_read(nothings[i]);

		assert_string_equal(c->file, "relink.yaml");
		assert_string_equal(c->state_dir, "/var/lib/relink");
		assert_null(c->plugin_dir);
		assert_null(c->worker_path);
		assert_string_equal(c->http_listen, "127.0.0.1:8840");
		assert_false(c->http_allow_remote);
		assert_null(c->http_socket);
		assert_int_equal(c->http_header_ms, 10000);
		assert_int_equal(c->http_body_ms, 30000);
		assert_int_equal(c->http_write_ms, 30000);
		assert_int_equal(c->http_idle_ms, 75000);
		assert_int_equal(c->http_connections, 1000);
		assert_int_equal(c->http_body_bytes, 1048576);
		assert_null(c->dropin_key);
		assert_null(c->dropin_key_file);
		assert_null(c->dropin_provider);
		assert_null(c->dropin_workspace_prefix);
		assert_int_equal(c->dropin_wait_ms, 25000);
		assert_null(c->dropin_webhook_url);
		assert_null(c->dropin_webhook_secret);
		assert_int_equal(c->log_level, LOG_INFO);
		assert_false(c->log_json);
		for (unsigned s = 0; s < LOG_SUB_COUNT; s++)
			assert_int_equal(c->log_levels[s], LOG_INFO);
		assert_int_equal(c->store_window_us, 1000);
		assert_int_equal(c->store_retention_ms, 30ull * 86400000);
		assert_int_equal(c->store_journal_rows, 10000000);
		assert_int_equal(c->backoff_base_ms, 2000);
		assert_int_equal(c->backoff_cap_ms, 300000);
		assert_int_equal(c->max_attempts, 10);
		assert_int_equal(c->stable_ms, 300000);
		assert_int_equal(c->start_deadline_ms, 0);
		assert_int_equal(c->qr_deadline_ms, 300000);
		assert_int_equal(c->settle_ms, 30000);
		assert_int_equal(c->list_interval_ms, 15000);
		assert_int_equal(c->op_deadline_ms, 30000);
		assert_int_equal(c->join_ms, 5000);
		assert_int_equal(c->ping_interval_ms, 3000);
		assert_int_equal(c->ping_misses, 3);
		assert_int_equal(c->hello_ms, 10000);
		assert_int_equal(c->ready_ms, 10000);
		assert_int_equal(c->stop_ms, 10000);
		assert_int_equal(c->restart_base_ms, 1000);
		assert_int_equal(c->restart_cap_ms, 60000);
		assert_int_equal(c->restart_burst, 5);
		assert_int_equal(c->restart_window_ms, 60000);
		assert_int_equal(c->cool_ms, 300000);
		assert_int_equal(c->n_providers, 0);
		assert_null(c->providers);
		conf_free(&c);
		assert_null(c);
	}
}

static void without_a_file_the_defaults_hold(void **state)
{
	struct conf *c = NULL;

	(void)state;
	assert_int_equal(conf_parse(&c, NULL, STR_NONE, NULL), 0);
	assert_null(c->file);
	assert_string_equal(c->state_dir, "/var/lib/relink");
	conf_free(&c);
	conf_free(&c);
}

static void what_the_file_says_replaces_the_default(void **state)
{
	struct conf *c =
	    must_read("state_dir: ./state\n"
		      "worker_path: 'bin/relink-worker'\n"
		      "http:\n"
		      "  socket: /run/relink.sock\n"
		      "  listen: \"[::1]:0\"\n"
		      "  body_limit: 64KiB\n"
		      "log: {format: json}\n"
		      "store:\n"
		      "  commit_window: 250us\n"
		      "  retention: 0\n"
		      "dropin: {api_key: \" k#y: \", workspace_prefix: shop-, wait: 1s,\n"
		      "  webhook_url: \"https://[::1]:8000/a?b=c\", webhook_secret_file: /s}\n"
		      "providers: {mock: }\n"
		      "policy: {backoff_base: 250ms, backoff_cap: 1d, max_attempts: \"3\",\n"
		      "  start_deadline: 1h, settle: 600s, join_window: 0}\n");

	(void)state;
	assert_string_equal(c->state_dir, "./state");
	assert_string_equal(c->worker_path, "bin/relink-worker");
	assert_string_equal(c->http_socket, "/run/relink.sock");
	assert_string_equal(c->http_listen, "[::1]:0");
	assert_int_equal(c->http_body_bytes, 65536);
	assert_string_equal(c->dropin_key, " k#y: ");
	assert_string_equal(c->dropin_workspace_prefix, "shop-");
	assert_int_equal(c->dropin_wait_ms, 1000);
	assert_string_equal(c->dropin_webhook_url, "https://[::1]:8000/a?b=c");
	assert_string_equal(c->dropin_webhook_secret_file, "/s");
	assert_int_equal(c->dropin_webhook_ms, 10000);
	assert_true(c->log_json);
	assert_int_equal(c->store_window_us, 250);
	assert_int_equal(c->store_retention_ms, 0);
	assert_int_equal(c->backoff_base_ms, 250);
	assert_int_equal(c->backoff_cap_ms, 86400000);
	assert_int_equal(c->max_attempts, 3);
	assert_int_equal(c->start_deadline_ms, 3600000);
	assert_int_equal(c->settle_ms, 600000);
	assert_int_equal(c->join_ms, 0);
	assert_int_equal(c->qr_deadline_ms, 300000);
	conf_free(&c);
}

static void a_byte_order_mark_and_foreign_line_ends_are_fine(void **state)
{
	struct conf *c = must_read("\xef\xbb\xbfpolicy:\r\n  settle: 5s\r\n");

	(void)state;
	assert_int_equal(c->settle_ms, 5000);
	conf_free(&c);
}

static void a_subsystem_without_a_level_has_the_general_one(void **state)
{
	/* the order in the file does not matter */
	struct conf *c = must_read("log: {levels: {engine: debug, store: error}, level: warn}\n");

	(void)state;
	assert_int_equal(c->log_levels[LOG_SUB_ENGINE], LOG_DEBUG);
	assert_int_equal(c->log_levels[LOG_SUB_STORE], LOG_ERROR);
	assert_int_equal(c->log_levels[LOG_SUB_API], LOG_WARN);
	conf_free(&c);
}

static void a_provider_that_says_nothing_has_one_instance(void **state)
{
	struct conf *c = must_read("providers:\n  mock:\n");
	const struct conf_provider *p = &c->providers[0];

	(void)state;
	assert_int_equal(c->n_providers, 1);
	assert_string_equal(p->name, "mock");
	assert_string_equal(p->plugin, "mock");
	assert_int_equal(p->workers, 1);
	assert_int_equal(p->starts_per_minute, 120);
	assert_int_equal(p->start_burst, 20);
	assert_int_equal(p->config.n, 0);
	assert_int_equal(p->n_instances, 1);
	assert_string_equal(p->instances[0].id, "mock-1");
	assert_int_equal(p->instances[0].capacity, 500);
	assert_int_equal(p->instances[0].concurrent_starts, 4);
	assert_int_equal(p->instances[0].starts_at_first, 2);
	assert_int_equal(p->instances[0].max_qr_waiting, 50);
	assert_int_equal(p->instances[0].config.n, 0);
	conf_free(&c);
}

static void the_only_instance_of_a_provider_has_its_keys(void **state)
{
	struct conf *c =
	    must_read("providers:\n  mock:\n    config: {seed: 7}\n    instances: []\n");

	(void)state;
	assert_pair(&c->providers[0].instances[0].config, "seed", "7", 3);
	conf_free(&c);
}

static void providers_and_instances_keep_the_order_of_the_file(void **state)
{
	struct conf *c = must_read("providers:\n"
				   "  webjs:\n"
				   "    plugin: /opt/relink/webjs.so\n"
				   "    instances:\n"
				   "      - {id: z, capacity: 7}\n"
				   "      - id: a\n"
				   "        concurrent_starts: 2\n"
				   "    workers: 2\n"
				   "    start_burst: 1\n"
				   "  mock: {plugin: mock_2}\n");
	const struct conf_provider *p = c->providers;

	(void)state;
	assert_int_equal(c->n_providers, 2);
	assert_string_equal(p[0].name, "webjs");
	assert_string_equal(p[0].plugin, "/opt/relink/webjs.so");
	assert_int_equal(p[0].workers, 2);
	assert_int_equal(p[0].start_burst, 1);
	assert_int_equal(p[0].n_instances, 2);
	assert_string_equal(p[0].instances[0].id, "z");
	assert_int_equal(p[0].instances[0].capacity, 7);
	assert_int_equal(p[0].instances[0].concurrent_starts, 4);
	assert_string_equal(p[0].instances[1].id, "a");
	assert_int_equal(p[0].instances[1].capacity, 500);
	assert_int_equal(p[0].instances[1].concurrent_starts, 2);
	assert_string_equal(p[1].name, "mock");
	assert_string_equal(p[1].plugin, "mock_2");
	conf_free(&c);
}

static void an_instance_overrides_its_provider_key_by_key(void **state)
{
	struct conf *c = must_read("providers:\n"
				   "  mock:\n"
				   "    instances:\n"
				   "      - id: a\n"
				   "        config:\n"
				   "          seed: 2\n"
				   "          only_here: 'yes'\n"
				   "      - id: b\n"
				   "    config:\n"
				   "      seed: 1\n"
				   "      latency: 20ms\n"
				   "      empty: \"\"\n"
				   "      text: |\n"
				   "        two\n"
				   "        lines\n");
	const struct conf_provider *p = &c->providers[0];

	(void)state;
	assert_int_equal(p->config.n, 4);
	assert_pair(&p->config, "text", "two\nlines\n", 13);
	assert_int_equal(p->instances[0].config.n, 5);
	assert_pair(&p->instances[0].config, "seed", "2", 6);
	assert_pair(&p->instances[0].config, "only_here", "yes", 7);
	assert_pair(&p->instances[0].config, "latency", "20ms", 11);
	assert_pair(&p->instances[0].config, "empty", "", 12);
	assert_int_equal(p->instances[1].config.n, 4);
	assert_pair(&p->instances[1].config, "seed", "1", 10);
	conf_free(&c);
}

static void an_instance_may_have_a_command(void **state)
{
	struct conf *c = must_read("providers:\n"
				   "  mock:\n"
				   "    instances:\n"
				   "      - id: a\n"
				   "        command: [/usr/bin/node, '', a b]\n"
				   "        command_environment: {KEY: hunter2, _x1: ''}\n"
				   "        command_directory: /srv\n"
				   "        command_hang_timeout: 0\n"
				   "      - id: b\n");
	const struct conf_instance *in = c->providers[0].instances;

	(void)state;
	assert_int_equal(in[0].command.n, 3);
	assert_string_equal(in[0].command.v[0], "/usr/bin/node");
	assert_string_equal(in[0].command.v[1], "");
	assert_string_equal(in[0].command.v[2], "a b");
	assert_null(in[0].command.v[3]);
	assert_pair(&in[0].command_environment, "KEY", "hunter2", 6);
	assert_pair(&in[0].command_environment, "_x1", "", 6);
	assert_string_equal(in[0].command_directory, "/srv");
	assert_null(in[0].command_user);
	assert_int_equal(in[0].command_hang_ms, 0);
	assert_int_equal(in[1].command.n, 0);
	assert_int_equal(in[1].command_start_ms, 60000);
	assert_int_equal(in[1].command_stop_ms, 15000);
	assert_int_equal(in[1].command_hang_ms, 120000);
	assert_false(in[1].command_ends_with_relinkd);
	conf_free(&c);
}

static void who_listens_to_the_world_says_so_twice(void **state)
{
	struct conf *c = must_read("http: {listen: \"0.0.0.0:80\", allow_remote: true}\n");

	(void)state;
	assert_string_equal(c->http_listen, "0.0.0.0:80");
	assert_true(c->http_allow_remote);
	conf_free(&c);
	c = must_read("http: {listen: 127.8.9.10:80}\n"); /* all of 127/8 is this machine */
	conf_free(&c);
}

static void a_long_state_dir_needs_a_socket_elsewhere(void **state)
{
	struct conf *c =
	    must_read("http: {socket: /run/relink.sock}\n"
		      "state_dir: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n");

	(void)state;
	conf_free(&c);
}

static void causes_are_chosen_one_by_one(void **state)
{
	struct conf *c = must_read("policy:\n"
				   "  causes:\n"
				   "    banned: slow\n"
				   "    engine_crash: {attempts: 3}\n"
				   "    throttled: {then: hold}\n"
				   "providers: {mock: {causes: {banned: park}}}\n");

	(void)state;
	assert_int_equal(c->causes.of[RELINK_BANNED].then, THEN_SLOW);
	assert_int_equal(c->causes.of[RELINK_ENGINE_CRASH].then, THEN_DEFAULT);
	assert_int_equal(c->causes.of[RELINK_ENGINE_CRASH].attempts, 3);
	assert_int_equal(c->causes.of[RELINK_THROTTLED].then, THEN_HOLD);
	assert_int_equal(c->causes.of[RELINK_GONE].then, THEN_DEFAULT);
	assert_int_equal(c->providers[0].causes.of[RELINK_BANNED].then, THEN_PARK);
	assert_int_equal(c->providers[0].causes.of[RELINK_THROTTLED].then, THEN_DEFAULT);
	conf_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_says_nothing_gives_the_defaults),
		cmocka_unit_test(without_a_file_the_defaults_hold),
		cmocka_unit_test(what_the_file_says_replaces_the_default),
		cmocka_unit_test(a_byte_order_mark_and_foreign_line_ends_are_fine),
		cmocka_unit_test(a_subsystem_without_a_level_has_the_general_one),
		cmocka_unit_test(a_provider_that_says_nothing_has_one_instance),
		cmocka_unit_test(the_only_instance_of_a_provider_has_its_keys),
		cmocka_unit_test(providers_and_instances_keep_the_order_of_the_file),
		cmocka_unit_test(an_instance_overrides_its_provider_key_by_key),
		cmocka_unit_test(an_instance_may_have_a_command),
		cmocka_unit_test(who_listens_to_the_world_says_so_twice),
		cmocka_unit_test(a_long_state_dir_needs_a_socket_elsewhere),
		cmocka_unit_test(causes_are_chosen_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
