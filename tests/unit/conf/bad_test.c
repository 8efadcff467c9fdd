/*
 * bad_test.c - wrong files, and the whole sentence that an operator gets for each.
 *
 * A sentence names file, line and key, and says what to write instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/obj.h"
#include "read.h"

struct bad {
	const char *text, *complaint;
};

static void refuse_each(const struct bad *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct why *why = must_refuse(str_of(cases[i].text));

		if (strcmp(why->text, cases[i].complaint) != 0)
			fail_msg("case %zu\n%s\nis refused with\n  %s\nand not with\n  %s", i,
				 cases[i].text, why->text, cases[i].complaint);
		assert_int_equal(why->code, ERR_CONFIG);
	}
}

#define AT(line) "relink.yaml:" #line ": "
#define CMD      "providers: {mock: {instances: [{id: a, command: "
#define WEBHOOK(secret, url) \
	"providers: {mock: }\ndropin:\n  api_key: k\n  " secret "\n  webhook_url: \"" url "\"\n"
#define NO_URL                                                                                    \
	"dropin.webhook_url: not a URL that events can be sent to (write http:// or https://, a " \
	"host and a path; no user and no #)"

static void what_is_not_yaml_is_refused(void **state)
{
	// clang-format off
	static const struct bad cases[] = {
		{ "log:\n\tlevel: info\n",
		  AT(2) "not valid YAML: found character that cannot start any token (indent with spaces, not tabs)" },
		{ "log:\n  level: info\n   format: text\n",
		  AT(3) "not valid YAML: mapping values are not allowed in this context" },
		{ "state_dir: \"/var/lib\nlog: {}\n",
		  AT(3) "not valid YAML: found unexpected end of stream, while scanning a quoted scalar that begins on line 1" },
		{ "http: {listen: 127.0.0.1:1\nlog: {}\n",
		  AT(2) "not valid YAML: did not find expected ',' or '}', while parsing a flow mapping that begins on line 1" },
		{ "log: [info\n",
		  AT(2) "not valid YAML: did not find expected ',' or ']', while parsing a flow sequence that begins on line 1" },
		{ "\n\n@log\n",
		  AT(3) "not valid YAML: found character that cannot start any token, while scanning for the next token that begins on line 3" },
		{ "state_dir: /a\nlog\n",
		  AT(3) "not valid YAML: could not find expected ':', while scanning a simple key that begins on line 2" },
		{ "log: \"\\q\"\n",
		  AT(1) "not valid YAML: found unknown escape character, while parsing a quoted scalar that begins on line 1" },
		{ "log: {}\n- x\n",
		  AT(2) "not valid YAML: did not find expected key, while parsing a block mapping that begins on line 1" },
	};
	// clang-format on

	(void)state;
	refuse_each(cases, ARRAY_LEN(cases));
}

static void yaml_that_no_configuration_needs_is_refused(void **state)
{
	// clang-format off
	static const struct bad cases[] = {
		{ "log: &a {level: info}\n",
		  AT(1) "anchors (&name) are not allowed: leave it out, or put a text that begins with & into quotes" },
		{ "state_dir: /a\n&k http: {}\n",
		  AT(2) "anchors (&name) are not allowed: leave it out, or put a text that begins with & into quotes" },
		{ "state_dir: *a\n",
		  AT(1) "aliases (*name) are not allowed: write the value out, or put a text that begins with * into quotes" },
		{ "log:\n  <<: *base\n",
		  AT(2) "aliases (*name) are not allowed: write the value out, or put a text that begins with * into quotes" },
		{ "state_dir: !!str /a\n",
		  AT(1) "tags other than !file and !credential are not allowed: leave it out, or put a text that begins with ! into quotes" },
		{ "providers: !map {}\n",
		  AT(1) "tags other than !file and !credential are not allowed: leave it out, or put a text that begins with ! into quotes" },
		{ "providers: {mock: {instances: !list []}}\n",
		  AT(1) "tags other than !file and !credential are not allowed: leave it out, or put a text that begins with ! into quotes" },
		{ "!file /x: /a\n",
		  AT(1) "a key cannot lie in a file" },
		{ "state_dir: !file x\n",
		  AT(1) "state_dir: !file \"x\" is no absolute path (write for example !file /etc/relink/api.key)" },
		{ "state_dir: !file \"/a\\nb\"\n",
		  AT(1) "state_dir: !file \"/a\\x0ab\" holds a control character (rename the file)" },
		{ "state_dir: !file /\n",
		  AT(1) "state_dir: / is not a regular file" },
		{ "state_dir: !file /nowhere/at/all\n",
		  AT(1) "state_dir: /nowhere/at/all cannot be opened: No such file or directory" },
		{ "state_dir: !credential a/b\n",
		  AT(1) "state_dir: !credential \"a/b\" is no name of a credential (letters, digits, - _ and .)" },
		{ "log: !file {}\n",
		  AT(1) "tags other than !file and !credential are not allowed: leave it out, or put a text that begins with ! into quotes" },
		{ "log: {}\n---\nhttp: {}\n",
		  AT(2) "a second document begins here (keep one, and leave out the \"---\")" },
		{ "? [log, http]\n: info\n",
		  AT(1) "a key must be one word" },
		{ "log: {{a: b}: c}\n",
		  AT(1) "a key must be one word" },
		{ "state_dir: /a\nlog: {}\nstate_dir: /b\n",
		  AT(3) "the key \"state_dir\" stands on line 1 already (keep one)" },
		{ "log:\n  level: info\n  format: text\n  \"level\": debug\n",
		  AT(4) "the key \"level\" stands on line 2 already (keep one)" },
		{ "providers:\n  mock:\n    config:\n      url: a\n      url: b\n",
		  AT(5) "the key \"url\" stands on line 4 already (keep one)" },
		{ "state_dir: \"/a\\0b\"\n",
		  AT(1) "state_dir: the text holds a NUL byte (leave out the \"\\0\")" },
		{ "\"a\\0b\": 1\n",
		  AT(1) "a key holds a NUL byte" },
		{ "- log\n- http\n",
		  AT(1) "a configuration is made of keys, for example \"log:\"" },
		{ "hello\n",
		  AT(1) "a configuration is made of keys, for example \"log:\"" },
	};
	// clang-format on

	(void)state;
	refuse_each(cases, ARRAY_LEN(cases));
}

static void unknown_keys_are_refused_with_what_was_meant(void **state)
{
	// clang-format off
	static const struct bad cases[] = {
		{ "# a comment\nstatedir: /a\n",
		  AT(2) "statedir: unknown key (did you mean state_dir?)" },
		{ "policy:\n  bakcoff_base: 2s\n",
		  AT(2) "policy.bakcoff_base: unknown key (did you mean backoff_base?)" },
		{ "http:\n  listen: 127.0.0.1:1\n  conections: 10\n",
		  AT(3) "http.conections: unknown key (did you mean connections?)" },
		{ "lgo: {}\n",
		  AT(1) "lgo: unknown key (did you mean log?)" },
		{ "polcy:\n  settle: 5s\n",
		  AT(1) "polcy: unknown key (did you mean policy?)" },
		{ "listen: 127.0.0.1:1\n",
		  AT(1) "listen: unknown key here (did you mean http.listen?)" },
		{ "http.listen: 127.0.0.1:1\n",
		  AT(1) "\"http.listen\": unknown key here (did you mean http.listen?)" },
		{ "instances: []\n",
		  AT(1) "instances: unknown key here (did you mean providers.*.instances?)" },
		{ "log:\n  colour: red\n",
		  AT(2) "log.colour: unknown key (etc/relink.full.yaml has all keys with their meaning)" },
		{ "providers:\n  mock:\n    worker: 1\n",
		  AT(3) "providers.mock.worker: unknown key (did you mean workers?)" },
		{ "providers:\n  mock:\n    instances:\n      - id: a\n      - id: b\n        capcity: 5\n",
		  AT(6) "providers.mock.instances[1].capcity: unknown key (did you mean capacity?)" },
		{ "log:\n  levels:\n    engin: debug\n",
		  AT(3) "log.levels.engin: no such subsystem (did you mean engine?)" },
		{ "log:\n  levels: {kitchen: debug}\n",
		  AT(2) "log.levels.kitchen: no such subsystem" },
		{ "\"\": 1\n",
		  AT(1) "\"\": unknown key (etc/relink.full.yaml has all keys with their meaning)" },
		{ "\"*\": 1\n",
		  AT(1) "\"*\": unknown key (etc/relink.full.yaml has all keys with their meaning)" },
		{ "\"tab\\there\\e[31m\": 1\n",
		  AT(1) "\"tab\\x09here\\x1b[31m\": unknown key (etc/relink.full.yaml has all keys with their meaning)" },
		{ "a_key_that_goes_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on: 1\n",
		  AT(1) "\"a_key_that_goes_on_and_on_and_on_and_on_and_on_and_on...\": unknown key "
			"(etc/relink.full.yaml has all keys with their meaning)" },
	};
	// clang-format on

	(void)state;
	refuse_each(cases, ARRAY_LEN(cases));
}

static void values_of_the_wrong_shape_are_refused(void **state)
{
	// clang-format off
	static const struct bad cases[] = {
		{ "http: 8840\n",
		  AT(1) "http: needs keys under it, not a single value" },
		{ "http:\n  - listen\n",
		  AT(1) "http: needs keys under it, not a list" },
		{ "state_dir: [/a]\n",
		  AT(1) "state_dir: needs a path, not a list" },
		{ "policy:\n  settle:\n    seconds: 5\n",
		  AT(2) "policy.settle: needs a duration, not keys" },
		{ "policy:\n  settle:\n",
		  AT(2) "policy.settle: has no value (write one, or remove the line)" },
		{ "log: {level: ~}\n",
		  AT(1) "log.level: has no value (write one, or remove the line)" },
		{ "log: {levels: debug}\n",
		  AT(1) "log.levels: needs subsystems and levels, not a single value" },
		{ "log: {levels: {engine: }}\n",
		  AT(1) "log.levels.engine: has no value (write one, or remove the line)" },
		{ "providers: mock\n",
		  AT(1) "providers: needs providers by name, not a single value" },
		{ "providers:\n  - mock\n",
		  AT(1) "providers: needs providers by name, not a list" },
		{ "providers:\n  mock: mock.so\n",
		  AT(2) "providers.mock: needs keys under it, for example \"plugin: mock\"" },
		{ "providers:\n  mock:\n    instances:\n      mock-1: {}\n",
		  AT(3) "providers.mock.instances: needs a list of instances, not keys" },
		{ "providers:\n  mock:\n    instances:\n      - mock-1\n",
		  AT(4) "providers.mock.instances[0]: needs keys: an instance is written \"- id: name\"" },
		{ "providers:\n  mock:\n    config: [a]\n",
		  AT(3) "providers.mock.config: needs keys and values, not a list" },
	};
	// clang-format on

	(void)state;
	refuse_each(cases, ARRAY_LEN(cases));
}

static void values_that_are_not_of_their_type_are_refused(void **state)
{
	// clang-format off
	static const struct bad cases[] = {
		{ "policy:\n  # how long\n  backoff_base: 1x\n",
		  AT(3) "policy.backoff_base: \"1x\" is not a duration (write for example 2s or 5m)" },
		{ "policy: {settle: 30}\n",
		  AT(1) "policy.settle: \"30\" is not a duration (write for example 2s or 5m)" },
		{ "policy: {settle: 1.5s}\n",
		  AT(1) "policy.settle: \"1.5s\" is not a duration (write for example 2s or 5m)" },
		{ "policy: {settle: 10 s}\n",
		  AT(1) "policy.settle: \"10 s\" is not a duration (write for example 2s or 5m)" },
		{ "policy: {settle: -5s}\n",
		  AT(1) "policy.settle: \"-5s\" is not a duration (write for example 2s or 5m)" },
		{ "policy: {settle: s}\n",
		  AT(1) "policy.settle: \"s\" is not a duration (write for example 2s or 5m)" },
		{ "policy: {settle: 500us}\n",
		  AT(1) "policy.settle: \"500us\" is not a duration (write for example 2s or 5m)" },
		{ "policy: {settle: \"\"}\n",
		  AT(1) "policy.settle: \"\" is not a duration (write for example 2s or 5m)" },
		{ "store: {commit_window: 1}\n",
		  AT(1) "store.commit_window: \"1\" is not a duration (write for example 500us or 2ms)" },
		{ "policy: {max_attempts: ten}\n",
		  AT(1) "policy.max_attempts: \"ten\" is not a whole number (write for example 10)" },
		{ "policy: {max_attempts: 0x10}\n",
		  AT(1) "policy.max_attempts: \"0x10\" is not a whole number (write for example 10)" },
		{ "policy: {max_attempts: +3}\n",
		  AT(1) "policy.max_attempts: \"+3\" is not a whole number (write for example 10)" },
		{ "http: {body_limit: 64KB}\n",
		  AT(1) "http.body_limit: \"64KB\" is not a size (write for example 64KiB or 1MiB)" },
		{ "http: {body_limit: 65536}\n",
		  AT(1) "http.body_limit: \"65536\" is not a size (write for example 64KiB or 1MiB)" },
		{ "dropin: {api_key: \"hunter\\n2\"}\n",
		  AT(1) "dropin.api_key: the value is not a line of text (write one without control characters)" },
		{ "http: {allow_remote: yes}\n",
		  AT(1) "http.allow_remote: \"yes\" is not a boolean (write true or false)" },
		{ "log: {level: verbose}\n",
		  AT(1) "log.level: \"verbose\" is not a log level (write error, warn, info or debug)" },
		{ "log: {levels: {engine: INFO}}\n",
		  AT(1) "log.levels.engine: \"INFO\" is not a log level (write error, warn, info or debug)" },
		{ "providers: {mock: {sandbox: maybe}}\n",
		  AT(1) "providers.mock.sandbox: \"maybe\" is not a kind of sandbox (write auto, require or off)" },
		{ "log: {format: xml}\n",
		  AT(1) "log.format: \"xml\" is not a log format (write text or json)" },
		{ "state_dir: \"\"\n",
		  AT(1) "state_dir: \"\" is not a path (write for example /var/lib/relink)" },
		{ "state_dir: \"/a\\nb\"\n",
		  AT(1) "state_dir: \"/a\\x0ab\" is not a path (write for example /var/lib/relink)" },
		{ "http: {listen: 8840}\n",
		  AT(1) "http.listen: \"8840\" is not an address and port (write for example 127.0.0.1:8840)" },
		{ "http: {listen: \"127.0.0.1\"}\n",
		  AT(1) "http.listen: \"127.0.0.1\" is not an address and port (write for example 127.0.0.1:8840)" },
		{ "http: {listen: \"127.0.0.1:\"}\n",
		  AT(1) "http.listen: \"127.0.0.1:\" is not an address and port (write for example 127.0.0.1:8840)" },
		{ "http: {listen: \"127.0.0.1:65536\"}\n",
		  AT(1) "http.listen: \"127.0.0.1:65536\" is not an address and port (write for example 127.0.0.1:8840)" },
		{ "http: {listen: \"localhost:8840\"}\n",
		  AT(1) "http.listen: \"localhost:8840\" is not an address and port (write for example 127.0.0.1:8840)" },
		{ "http: {listen: \":8840\"}\n",
		  AT(1) "http.listen: \":8840\" is not an address and port (write for example 127.0.0.1:8840)" },
		{ "http: {listen: \"::1:8840\"}\n",
		  AT(1) "http.listen: \"::1:8840\" is not an address and port (write for example 127.0.0.1:8840)" },
		{ "http: {listen: \"[127.0.0.1]:8840\"}\n",
		  AT(1) "http.listen: \"[127.0.0.1]:8840\" is not an address and port (write for example 127.0.0.1:8840)" },
		{ "http: {listen: \"an.address.of.more.letters.than.one.of.ipv6.has:8840\"}\n",
		  AT(1) "http.listen: \"an.address.of.more.letters.than.one.of.ipv6.has:8840\" is not an address and port "
			"(write for example 127.0.0.1:8840)" },
		{ "http: {listen: \"999.0.0.1:8840\"}\n",
		  AT(1) "http.listen: \"999.0.0.1:8840\" is not an address and port (write for example 127.0.0.1:8840)" },
		{ "providers: {mock: {plugin: mock.so}}\n",
		  AT(1) "providers.mock.plugin: \"mock.so\" is not a plugin (write a name without .so, or a path)" },
	};
	// clang-format on

	(void)state;
	refuse_each(cases, ARRAY_LEN(cases));
}

static void values_out_of_bounds_are_refused(void **state)
{
	// clang-format off
	static const struct bad cases[] = {
		{ "policy: {settle: 11m}\n",
		  AT(1) "policy.settle: \"11m\" is outside its bounds, 100ms to 10m" },
		{ "policy: {settle: 99ms}\n",
		  AT(1) "policy.settle: \"99ms\" is outside its bounds, 100ms to 10m" },
		{ "policy: {settle: 0}\n",
		  AT(1) "policy.settle: \"0\" is outside its bounds, 100ms to 10m" },
		{ "policy: {start_deadline: 5ms}\n",
		  AT(1) "policy.start_deadline: \"5ms\" is outside its bounds, 0 or 100ms to 1h" },
		{ "policy: {stable_after: 213503982335d}\n", /* 2^64 ms and ten hours */
		  AT(1) "policy.stable_after: \"213503982335d\" is outside its bounds, 100ms to 1d" },
		{ "policy: {max_attempts: 0}\n",
		  AT(1) "policy.max_attempts: \"0\" is outside its bounds, 1 to 200" },
		{ "policy: {max_attempts: 201}\n",
		  AT(1) "policy.max_attempts: \"201\" is outside its bounds, 1 to 200" },
		{ "policy: {max_attempts: 18446744073709551617}\n", /* 2^64 + 1 */
		  AT(1) "policy.max_attempts: \"18446744073709551617\" is outside its bounds, 1 to 200" },
		{ "http: {body_limit: 2MiB}\n",
		  AT(1) "http.body_limit: \"2MiB\" is outside its bounds, 1KiB to 1MiB" },
		{ "http: {body_limit: 1023B}\n",
		  AT(1) "http.body_limit: \"1023B\" is outside its bounds, 1KiB to 1MiB" },
		{ "store: {commit_window: 101ms}\n",
		  AT(1) "store.commit_window: \"101ms\" is outside its bounds, 0 to 100ms" },
		{ "http: {socket: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n",
		  AT(1) "http.socket: it has 108 bytes, at most 107 are allowed" },
	};
	// clang-format on

	(void)state;
	refuse_each(cases, ARRAY_LEN(cases));
}

static void providers_that_cannot_be_are_refused(void **state)
{
	// clang-format off
	static const struct bad cases[] = {
		{ "providers:\n  Mock: {}\n",
		  AT(2) "providers.Mock: a provider's name has 1 to 32 of a-z, 0-9 and -" },
		{ "providers:\n  my_mock: {}\n",
		  AT(2) "providers.my_mock: a provider's name has 1 to 32 of a-z, 0-9 and -" },
		{ "providers:\n  -mock: {}\n",
		  AT(2) "providers.-mock: a provider's name has 1 to 32 of a-z, 0-9 and -" },
		{ "providers:\n  a-name-of-thirty-three-letters-xx: {}\n",
		  AT(2) "providers.a-name-of-thirty-three-letters-xx: a provider's name has 1 to 32 of a-z, 0-9 and -" },
		{ "providers:\n  \"\": {}\n",
		  AT(2) "providers.\"\": a provider's name has 1 to 32 of a-z, 0-9 and -" },
		{ "providers:\n  mock:\n    instances:\n      - capacity: 5\n",
		  AT(4) "providers.mock.instances[0]: the key id is missing (Name of the instance, used once over all "
			"providers. Accounts remember it: do not rename it.)" },
		{ CMD "[node, [main.mjs]]}]}}\n",
		  AT(1) "providers.mock.instances[0].command[1]: needs single words: [program, argument, ...]" },
		{ CMD "node main.mjs}]}}\n",
		  AT(1) "providers.mock.instances[0].command: needs a program and its arguments, not a single value" },
		{ CMD "[bin/node]}]}}\n",
		  AT(1) "providers.mock.instances[0].command[0]: \"bin/node\" is no program (write an absolute path, or a name that is looked for in PATH)" },
		{ CMD "[\"\"]}]}}\n",
		  AT(1) "providers.mock.instances[0].command[0]: \"\" is no program (write an absolute path, or a name that is looked for in PATH)" },
		{ CMD "[a], command_user: no such user}]}}\n",
		  AT(1) "providers.mock.instances[0].command_user: there is no user \"no such user\" on this machine" },
		{ CMD "[a], command_directory: srv}]}}\n",
		  AT(1) "providers.mock.instances[0].command_directory: \"srv\" is not an absolute path (write one, for example /srv/webjs)" },
		{ CMD "[a], command_environment: {A-B: hunter2}}]}}\n",
		  AT(1) "providers.mock.instances[0].command_environment.A-B: is no name of a variable (write one of A-Z, a-z, 0-9 and _)" },
		{ CMD "[a], command_environment: {AB: {C: hunter2}}}]}}\n",
		  AT(1) "providers.mock.instances[0].command_environment.AB: needs a single value: variables cannot be nested" },
		{ CMD "[], command_environment: {A: hunter2}}]}}\n",
		  AT(1) "providers.mock.instances[0].command_environment: there is no command (write one, or remove the line)" },
		{ CMD "[a], command_start_timeout: 0}]}}\n",
		  AT(1) "providers.mock.instances[0].command_start_timeout: \"0\" is outside its bounds, 100ms to 1h" },
		{ "providers:\n  mock:\n    instances:\n      - id: Mock 1\n",
		  AT(4) "providers.mock.instances[0].id: \"Mock 1\" is not a name of a-z, 0-9 and - (write for example mock-1)" },
		{ "providers:\n  mock:\n    instances:\n      - id: a\n      - id: b\n      - id: a\n",
		  AT(4) "providers.mock.instances[0]: the id \"a\" names an instance of provider \"mock\" already "
			"(give each instance an id of its own)" },
		{ "providers:\n  a:\n    instances:\n      - id: x\n  b:\n    instances:\n      - id: y\n      - id: x\n",
		  AT(8) "providers.b.instances[1]: the id \"x\" names an instance of provider \"a\" already "
			"(give each instance an id of its own)" },
		{ "providers:\n  a:\n    instances:\n      - id: b-1\n  b: {}\n",
		  AT(5) "providers.b: the id \"b-1\" names an instance of provider \"a\" already "
			"(give each instance an id of its own)" },
		{ "providers:\n  mock:\n    workers: 2\n",
		  AT(3) "providers.mock.workers: 2 workers for 1 instance: lower workers, or add instances" },
		{ "providers:\n  mock:\n    instances: [{id: a}, {id: b}]\n    workers: 3\n",
		  AT(4) "providers.mock.workers: 3 workers for 2 instances: lower workers, or add instances" },
		{ "providers:\n  mock:\n    instances:\n      - id: a\n        capacity: 0\n",
		  AT(5) "providers.mock.instances[0].capacity: \"0\" is outside its bounds, 1 to 1000000" },
		{ "providers:\n  mock:\n    starts_per_minute: 0\n",
		  AT(3) "providers.mock.starts_per_minute: \"0\" is outside its bounds, 1 to 1000000" },
	};
	// clang-format on

	(void)state;
	refuse_each(cases, ARRAY_LEN(cases));
}

static void keys_of_plugins_that_cannot_be_sent_are_refused(void **state)
{
	// clang-format off
	static const struct bad cases[] = {
		{ "providers:\n  mock:\n    config:\n      retry:\n        times: 3\n",
		  AT(4) "providers.mock.config.retry: needs a single value: a plugin's keys cannot be nested" },
		{ "providers:\n  mock:\n    config:\n      urls: [a, b]\n",
		  AT(4) "providers.mock.config.urls: needs a single value: a plugin's keys cannot be nested" },
		{ "providers:\n  mock:\n    config:\n      url:\n",
		  AT(4) "providers.mock.config.url: has no value (write \"\" for an empty text)" },
		{ "providers:\n  mock:\n    instances:\n      - id: a\n        config:\n          api_key: {secret: hunter2}\n",
		  AT(6) "providers.mock.instances[0].config.api_key: needs a single value: a plugin's keys cannot be nested" },
		{ "providers: {mock: {config: {\"\": x}}}\n",
		  AT(1) "providers.mock.config.\"\": a key has 1 to 64 bytes" },
		{ "providers: {mock: {config: {aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: x}}}\n",
		  AT(1) "providers.mock.config.\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\": a key has 1 to 64 bytes" },
		{ "providers:\n  mock:\n    config: hunter2\n",
		  AT(3) "providers.mock.config: needs keys and values, not a single value" },
	};
	// clang-format on

	(void)state;
	refuse_each(cases, ARRAY_LEN(cases));
}

static void keys_that_contradict_each_other_are_refused(void **state)
{
	// clang-format off
	static const struct bad cases[] = {
		{ "policy:\n  backoff_cap: 1m\n  backoff_base: 90s\n",
		  AT(3) "policy.backoff_base (90s) must not be longer than policy.backoff_cap (1m)" },
		{ "policy:\n  backoff_base: 10m\n",
		  AT(2) "policy.backoff_base (10m) must not be longer than policy.backoff_cap (5m)" },
		{ "policy:\n  settle: 5s\n  backoff_cap: 1s\n",
		  AT(3) "policy.backoff_base (2s) must not be longer than policy.backoff_cap (1s)" },
		{ "worker:\n  restart_base: 2m\n",
		  AT(2) "worker.restart_base (2m) must not be longer than worker.restart_cap (1m)" },
		{ "http:\n  listen: 0.0.0.0:8840\n",
		  AT(2) "http.listen: other machines can reach 0.0.0.0:8840: set http.allow_remote to true, or listen on 127.0.0.1" },
		{ "http:\n  allow_remote: false\n  listen: \"[::]:8840\"\n",
		  AT(3) "http.listen: other machines can reach [::]:8840: set http.allow_remote to true, or listen on 127.0.0.1" },
		{ "http:\n  listen: 192.168.1.5:8840\n",
		  AT(2) "http.listen: other machines can reach 192.168.1.5:8840: set http.allow_remote to true, or listen on 127.0.0.1" },
		{ "providers: {mock: }\ndropin:\n  api_key: hunter2\n  api_key_file: /k\n",
		  AT(4) "dropin.api_key_file: dropin.api_key is set too (keep one of the two)" },
		{ "providers: {mock: }\ndropin:\n  provider: moc\n",
		  AT(3) "dropin.provider: there is no provider \"moc\" under providers" },
		{ "dropin:\n  api_key: hunter2\n",
		  AT(2) "dropin.api_key: accounts need a provider (write one under providers)" },
		{ "dropin:\n  wait: 3s\n  api_key_file: /k\n",
		  AT(3) "dropin.api_key_file: accounts need a provider (write one under providers)" },
		{ "providers: {mock: }\ndropin:\n  api_key: k\n  webhook_url: http://h/\n",
		  AT(4) "dropin.webhook_url: events are signed: set dropin.webhook_secret or dropin.webhook_secret_file, too" },
		{ "dropin:\n  webhook_secret_file: /s\n  webhook_url: http://h/\n",
		  AT(3) "dropin.webhook_url: only accounts of the drop-in face have such events: set dropin.api_key, too" },
		{ "dropin:\n  webhook_secret: hunter2\n  webhook_secret_file: /s\n",
		  AT(3) "dropin.webhook_secret_file: dropin.webhook_secret is set too (keep one of the two)" },
		{ "dropin:\n  webhook_secret: hunter2\n",
		  AT(2) "dropin.webhook_secret: nothing is sent that it would sign: set dropin.webhook_url, too, or leave the secret out" },
		{ "dropin:\n  webhook_secret_file: /s\n",
		  AT(2) "dropin.webhook_secret_file: nothing is sent that it would sign: set dropin.webhook_url, too, or leave the secret out" },
		{ "dropin: {webhook_secret: \"hunter\\n2\"}\n",
		  AT(1) "dropin.webhook_secret: the value is not a line of text (write one without control characters)" },
		{ WEBHOOK("webhook_secret: s", "ftp://127.0.0.1/x"),
		  AT(5) NO_URL },
		{ WEBHOOK("webhook_secret: s", "127.0.0.1:8000/hook"),
		  AT(5) NO_URL },
		{ WEBHOOK("webhook_secret: s", "http://"),
		  AT(5) NO_URL },
		{ WEBHOOK("webhook_secret: s", "http:///hook"),
		  AT(5) NO_URL },
		{ WEBHOOK("webhook_secret: s", "https://user:hunter2@host/"),
		  AT(5) NO_URL },
		{ WEBHOOK("webhook_secret: s", "http://host/a b"),
		  AT(5) NO_URL },
		{ WEBHOOK("webhook_secret: s", "http://host/#x"),
		  AT(5) NO_URL },
		{ WEBHOOK("webhook_secret: s", "http://host:0/"),
		  AT(5) NO_URL },
		{ WEBHOOK("webhook_secret: s", "http://host:65536/"),
		  AT(5) NO_URL },
		{ WEBHOOK("webhook_secret: s", "http://host:80x/"),
		  AT(5) NO_URL },
		{ WEBHOOK("webhook_secret: s", "http://:80/"),
		  AT(5) NO_URL },
		{ "log: {}\nstate_dir: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		  AT(2) "state_dir: too long for the unix socket relink.sock in it (set http.socket, of at most 107 bytes)" },
	};
	// clang-format on

	(void)state;
	refuse_each(cases, ARRAY_LEN(cases));
}

/* Each is told with what may follow instead. */
static void what_may_not_follow_from_a_cause_is_refused(void **state)
{
	// clang-format off
	static const struct bad cases[] = {
		{ "policy: {causes: {logged_out: retry}}\n",
		  AT(1) "policy.causes.logged_out: \"retry\" cannot follow from logged_out (write park or hold)" },
		{ "policy: {causes: {banned: retry}}\n",
		  AT(1) "policy.causes.banned: \"retry\" cannot follow from banned (write slow, park or hold)" },
		{ "policy: {causes: {replaced: {then: provider}}}\n",
		  AT(1) "policy.causes.replaced.then: \"provider\" cannot follow from replaced (write slow, once, park or hold)" },
		{ "policy: {causes: {gone: nothing}}\n",
		  AT(1) "policy.causes.gone: \"nothing\" cannot follow from gone (write retry, slow, once, park or hold)" },
		{ "policy: {causes: {gone: default}}\n",
		  AT(1) "policy.causes.gone: \"default\" cannot follow from gone (write retry, slow, once, park or hold)" },
		{ "policy:\n  causes:\n    by_request: hold\n",
		  AT(3) "policy.causes.by_request: what follows from this cause cannot be changed (remove the line)" },
		{ "policy: {causes: {poison: park}}\n",
		  AT(1) "policy.causes.poison: what follows from this cause cannot be changed (remove the line)" },
		{ "policy: {causes: {loged_out: park}}\n",
		  AT(1) "policy.causes.loged_out: there is no such cause (did you mean logged_out?)" },
		{ "policy: {causes: {gone: {attempts: 0}}}\n",
		  AT(1) "policy.causes.gone.attempts: is not a number of attempts (write 1 to 200, at most policy.max_attempts)" },
		{ "policy: {causes: {gone: {attempts: 11}}}\n",
		  AT(1) "policy.causes.gone: 11 attempts, and policy.max_attempts ends them at 10 (lower the one or raise the other)" },
		{ "policy: {causes: {gone: {then: slow, attempts: 3}}}\n",
		  AT(1) "policy.causes.gone.attempts: only retry has a number of attempts (write then: retry where that may be, or remove the line)" },
		{ "policy: {causes: {gone: {tries: 3}}}\n",
		  AT(1) "policy.causes.gone.tries: unknown key (a cause has then and attempts)" },
		{ "policy: {causes: {gone: [retry]}}\n",
		  AT(1) "policy.causes.gone: needs one word, for example slow" },
		{ "policy: {causes: slow}\n",
		  AT(1) "policy.causes: needs causes and what follows, not a single value" },
		{ "providers:\n  mock:\n    causes:\n      unpaired: once\n",
		  AT(4) "providers.mock.causes.unpaired: \"once\" cannot follow from unpaired (write park or hold)" },
		{ "providers:\n  mock:\n    causes:\n      gone: {attempts: 200}\n",
		  AT(4) "providers.mock.causes.gone: 200 attempts, and policy.max_attempts ends them at 10 (lower the one or raise the other)" },
		{ "policy: {slow_first: 1h, slow_second: 30m}\n",
		  AT(1) "policy.slow_first (1h) must not be longer than policy.slow_second (30m)" },
	};
	// clang-format on

	(void)state;
	refuse_each(cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_yaml_is_refused),
		cmocka_unit_test(yaml_that_no_configuration_needs_is_refused),
		cmocka_unit_test(unknown_keys_are_refused_with_what_was_meant),
		cmocka_unit_test(values_of_the_wrong_shape_are_refused),
		cmocka_unit_test(values_that_are_not_of_their_type_are_refused),
		cmocka_unit_test(values_out_of_bounds_are_refused),
		cmocka_unit_test(providers_that_cannot_be_are_refused),
		cmocka_unit_test(keys_of_plugins_that_cannot_be_sent_are_refused),
		cmocka_unit_test(keys_that_contradict_each_other_are_refused),
		cmocka_unit_test(what_may_not_follow_from_a_cause_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
