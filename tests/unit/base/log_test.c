/* log_test.c - one event is one line, safe to read, and a slow reader costs lines, not time. */
#include "base/log.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/rng.h"

#define STAMP "2025-11-16T10:00:00.000Z"

static const uint64_t start_ms = 1763287200000;

static int ends[2]; /* of the pipe that is the log's reader */
static char text[1 << 17];

/* Everything that was logged since the last call. */
static const char *logged(void)
{
	ssize_t n = read(ends[0], text, sizeof text - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static int set_up(void **state)
{
	(void)state;
	clock_virtual(start_ms);
	if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
		return -1;
	log_to_fd(ends[1]);
	log_as_json(false);
	log_program("test");
	log_set_level(LOG_INFO);
	alarm(60);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_flush();
	log_to_fd(STDERR_FILENO);
	close(ends[0]);
	close(ends[1]);
	clock_virtual(0);
	return 0;
}

static void a_line_has_time_level_program_event_and_fields(void **state)
{
	(void)state;
	LOG(WARN, ENGINE, "account.state", f_text("account", "acc_1"), f_u64("n", 7),
	    f_i64("i", -7), f_bool("up", true), f_bool("down", false), f_u64("most", UINT64_MAX),
	    f_i64("least", INT64_MIN));
	assert_string_equal(logged(),
			    STAMP " warn  test account.state account=acc_1 n=7 i=-7 up=yes "
				  "down=no most=18446744073709551615 "
				  "least=-9223372036854775808\n");
	LOG(ERROR, APP, "no.fields");
	assert_string_equal(logged(), STAMP " error test no.fields\n");
}

static void text_that_is_not_plain_stands_in_quotes(void **state)
{
	static const struct {
		const char *name;
		struct str in;
		const char *out;
	} cases[] = {
		{ "plain", STR("a-b/c:d"), "a-b/c:d" },
		{ "nothing", STR(""), "\"\"" },
		{ "no pointer", STR_NONE, "\"\"" },
		{ "a space", STR("a b"), "\"a b\"" },
		{ "what looks like a field", STR("x level=error"), "\"x level=error\"" },
		{ "an equals sign", STR("a=b"), "\"a=b\"" },
		{ "a quote", STR("a\"b"), "\"a\\\"b\"" },
		{ "a backslash", STR("a\\b"), "\"a\\\\b\"" },
		{ "a new line", STR("a\nb"), "\"a\\nb\"" },
		{ "controls", STR("\r\t\0\x1b[31m\x7f"), "\"\\x0d\\x09\\x00\\x1b[31m\\x7f\"" },
		{ "UTF-8", STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
		  "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "a control in UTF-8",
		  STR("\xc2\x9b"
		      "31m"),
		  "\"\\xc2\\x9b31m\"" },
		{ "the last of those", STR("\xc2\x9f"), "\"\\xc2\\x9f\"" },
		{ "the first after those", STR("\xc2\xa0"), "\"\xc2\xa0\"" },
		{ "no UTF-8", STR("a\xff\xc3"), "\"a\\xff\\xc3\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char expected[200];

		snprintf(expected, sizeof expected, STAMP " info  test x.y v=%s\n", cases[i].out);
		LOG(INFO, APP, "x.y", f_str("v", cases[i].in));
		if (strcmp(logged(), expected) != 0)
			fail_msg("%s: %s", cases[i].name, text);
		log_flush();
	}
}

static void any_bytes_make_one_line_of_text(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		char bytes[40];
		size_t n = rng_next(&seed) % sizeof bytes;
		const char *line;

		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)rng_next(&seed);
		LOG(INFO, APP, "x.y", f_u64("round", (uint64_t)round),
		    f_str("v", (struct str){ bytes, n }));
		line = logged();
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
		assert_true(str_is_utf8(str_of(line)));
		for (const char *c = line; *c != '\n'; c++)
			assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	}
}

static void a_json_line_is_an_object_that_parses(void **state)
{
	uint64_t seed = 2;

	(void)state;
	log_as_json(true);
	log_program("a \"test\"");
	for (int round = 0; round < 5000; round++) {
		char bytes[40];
		size_t n = rng_next(&seed) % sizeof bytes;
		json_error_t error;
		json_t *root;

		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)rng_next(&seed);
		LOG(INFO, STORE, "x.y", f_u64("round", (uint64_t)round), f_i64("i", -1),
		    f_bool("b", true), f_str("v", (struct str){ bytes, n }));
		root = json_loads(logged(), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
		if (root == NULL)
			fail_msg("%s: %s", error.text, text);
		assert_int_equal(json_integer_value(json_object_get(root, "round")), round);
		if (round == 0) {
			assert_int_equal(json_object_size(root), 9);
			assert_string_equal(json_string_value(json_object_get(root, "time")),
					    STAMP);
			assert_string_equal(json_string_value(json_object_get(root, "level")),
					    "info");
			assert_string_equal(json_string_value(json_object_get(root, "program")),
					    "a \"test\"");
			assert_string_equal(json_string_value(json_object_get(root, "subsystem")),
					    "store");
			assert_string_equal(json_string_value(json_object_get(root, "event")),
					    "x.y");
			assert_int_equal(json_integer_value(json_object_get(root, "i")), -1);
			assert_true(json_is_true(json_object_get(root, "b")));
		}
		json_decref(root);
	}
}

static void a_program_name_cannot_break_the_line(void **state)
{
	(void)state;
	log_program("a\nb\x1b\xff and a name that is much longer than there is room for");
	LOG(INFO, APP, "x.y");
	assert_string_equal(logged(), STAMP " info  a?b?? and a name that is much l x.y\n");
}

static void levels_are_per_subsystem(void **state)
{
	(void)state;
	LOG(DEBUG, STORE, "not.wanted");
	log_set_subsystem_level(LOG_SUB_STORE, LOG_DEBUG);
	LOG(DEBUG, STORE, "wanted.now");
	LOG(DEBUG, API, "not.wanted");
	assert_string_equal(logged(), STAMP " debug test wanted.now\n");
	log_set_level(LOG_ERROR);
	LOG(WARN, STORE, "not.wanted");
	LOG(ERROR, STORE, "always.wanted");
	assert_string_equal(logged(), STAMP " error test always.wanted\n");
}

static void names_of_levels_and_subsystems_go_both_ways(void **state)
{
	enum log_subsystem sub;
	enum log_level level;

	(void)state;
	for (unsigned i = 0; i < LOG_LEVELS; i++) {
		assert_true(log_level_of(str_of(log_level_name((enum log_level)i)), &level));
		assert_int_equal(level, i);
	}
#define S(id, name)                                        \
	assert_true(log_subsystem_of(str_of(name), &sub)); \
	assert_int_equal(sub, LOG_SUB_##id);
	LOG_SUBSYSTEMS(S)
#undef S
	assert_false(log_level_of(STR("inf"), &level));
	assert_false(log_level_of(STR("information"), &level));
	assert_false(log_level_of(STR_NONE, &level));
	assert_false(log_subsystem_of(STR("APP"), &sub));
}

static void a_repeated_line_is_counted_and_not_repeated(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		LOG(WARN, APP, "disk.full", f_u64("left", 0));
	assert_string_equal(logged(), STAMP " warn  test disk.full left=0\n");
	LOG(WARN, APP, "disk.full", f_u64("left", 1)); /* another field is another line */
	assert_string_equal(logged(), STAMP " warn  test disk.full left=1\n");
	log_flush();
	assert_string_equal(logged(), STAMP " info  test log.repeated what=disk.full count=4\n");
	log_flush();
	assert_string_equal(logged(), "");
}

static void after_ten_seconds_it_is_printed_again_behind_its_count(void **state)
{
	(void)state;
	LOG(WARN, APP, "disk.full");
	clock_virtual(start_ms + 9999);
	LOG(WARN, APP, "disk.full");
	LOG(WARN, APP, "disk.full");
	assert_string_equal(logged(), STAMP " warn  test disk.full\n");
	clock_virtual(start_ms + 10000);
	LOG(WARN, APP, "disk.full");
	assert_string_equal(
	    logged(), "2025-11-16T10:00:10.000Z info  test log.repeated what=disk.full count=2\n"
		      "2025-11-16T10:00:10.000Z warn  test disk.full\n");
}

static void a_count_is_not_forgotten_when_many_other_lines_come(void **state)
{
	const char *line;

	(void)state;
	LOG(INFO, APP, "the.one");
	LOG(INFO, APP, "the.one");
	for (uint64_t i = 0; i < 100; i++)
		LOG(INFO, APP, "other.line", f_u64("i", i));
	line = logged();
	assert_non_null(strstr(line, "log.repeated what=the.one count=1\n"));
	assert_null(strstr(line, "what=other.line"));
}

/* A pipe of two pages: after one page there is room, as poll says, for PIPE_BUF bytes and no more. */
static void fill_pipe_up_to(size_t n)
{
	char bytes[PIPE_BUF] = { 0 };

	assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 2 * PIPE_BUF), 2 * PIPE_BUF);
	for (; n > 0; n -= PIPE_BUF)
		assert_int_equal(write(ends[1], bytes, PIPE_BUF), PIPE_BUF);
}

static void a_reader_that_does_not_read_costs_lines_and_no_time(void **state)
{
	uint64_t before = log_dropped();

	(void)state;
	fill_pipe_up_to(2 * PIPE_BUF);
	for (uint64_t i = 0; i < 100; i++)
		LOG(INFO, APP, "x.y", f_u64("i", i)); /* the alarm ends a test that hangs here */
	assert_int_equal(log_dropped() - before, 100);
	logged();
	LOG(INFO, APP, "back.again");
	assert_string_equal(logged(), STAMP " info  test back.again\n");
	assert_int_equal(log_dropped() - before, 100);
}

static void the_longest_line_fits_where_poll_says_there_is_room(void **state)
{
	static char much[1 << 16];
	size_t longest = 0;

	(void)state;
	memset(much, 'x', sizeof much);
	for (size_t n = PIPE_BUF - 400; n < sizeof much; n += n < PIPE_BUF ? 1 : n) {
		bool has_v, has_after;
		int waiting;

		fill_pipe_up_to(PIPE_BUF);
		LOG(INFO, APP, "x.y", f_u64("before", n), f_str("v", (struct str){ much, n }),
		    f_u64("after", n));
		assert_int_equal(read(ends[0], text, PIPE_BUF), PIPE_BUF);
		waiting = (int)strlen(logged());
		longest = (size_t)waiting > longest ? (size_t)waiting : longest;
		assert_in_range(waiting, 1, PIPE_BUF);
		assert_int_equal(text[waiting - 1], '\n');
		/* what did not fit was left out whole, what came before and after it was not */
		has_v = strstr(text, " v=xxx") != NULL;
		has_after = strstr(text, " after=") != NULL;
		assert_non_null(strstr(text, " before="));
		assert_true(has_v || has_after);
		assert_true(!has_v || (size_t)waiting > n);
		assert_int_equal(strstr(text, " cut=yes\n") != NULL, !has_v || !has_after);
	}
	assert_true(longest > PIPE_BUF - 400);
}

static void a_cut_json_line_still_parses(void **state)
{
	static char controls[1 << 16]; /* each becomes six bytes */
	json_t *root;

	(void)state;
	log_as_json(true);
	LOG(INFO, APP, "x.y", f_str("v", (struct str){ controls, sizeof controls }), f_u64("n", 1));
	root = json_loads(logged(), 0, NULL);
	assert_non_null(root);
	assert_true(json_is_true(json_object_get(root, "cut")));
	assert_int_equal(json_integer_value(json_object_get(root, "n")), 1);
	assert_null(json_object_get(root, "v"));
	json_decref(root);
}

enum { THREADS = 4, LINES = 500 };

static void *log_many(void *arg)
{
	uint64_t me = *(uint64_t *)arg;

	for (uint64_t i = 0; i < LINES; i++) {
		LOG(INFO, STORE, "from.thread", f_u64("thread", me), f_u64("i", i));
		log_set_subsystem_level(LOG_SUB_STORE, i % 2 == 0 ? LOG_DEBUG : LOG_INFO);
	}
	return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
	pthread_t threads[THREADS];
	uint64_t ids[THREADS], next[THREADS] = { 0 };
	const char *line;

	(void)state;
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 18) >= 1 << 18);
	for (uint64_t t = 0; t < THREADS; t++) {
		ids[t] = t;
		assert_int_equal(pthread_create(&threads[t], NULL, log_many, &ids[t]), 0);
	}
	for (unsigned t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	for (line = logged(); *line != '\0'; line = strchr(line, '\n') + 1) {
		unsigned long long thread, i;

		assert_int_equal(
		    sscanf(line, STAMP " info test from.thread thread=%llu i=%llu\n", &thread, &i),
		    2);
		assert_true(thread < THREADS);
		assert_int_equal(i, next[thread]++);
	}
	for (unsigned t = 0; t < THREADS; t++)
		assert_int_equal(next[t], LINES);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_has_time_level_program_event_and_fields),
		TEST(text_that_is_not_plain_stands_in_quotes),
		TEST(any_bytes_make_one_line_of_text),
		TEST(a_json_line_is_an_object_that_parses),
		TEST(a_program_name_cannot_break_the_line),
		TEST(levels_are_per_subsystem),
		TEST(names_of_levels_and_subsystems_go_both_ways),
		TEST(a_repeated_line_is_counted_and_not_repeated),
		TEST(after_ten_seconds_it_is_printed_again_behind_its_count),
		TEST(a_count_is_not_forgotten_when_many_other_lines_come),
		TEST(a_reader_that_does_not_read_costs_lines_and_no_time),
		TEST(the_longest_line_fits_where_poll_says_there_is_room),
		TEST(a_cut_json_line_still_parses),
		TEST(threads_do_not_mix_their_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
