/* metrics_text_test.c - figures as text: escaping, numbers, histograms; and what the table must keep to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "out/metrics_text.h"

static struct buf out;
static struct metrics m;

static int begin(void **state)
{
	(void)state;
	buf_init(&out, 1 << 16);
	metrics_init(&m, &out);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_fini(&out);
	return 0;
}

static void expect(const char *text)
{
	buf_byte(&out, '\0');
	assert_int_equal(out.failed, 0);
	assert_string_equal(out.p, text);
}

static void the_head_comes_once_and_values_are_labelled_in_order(void **state)
{
	(void)state;
	metrics_u64(&m, METRIC_accounts, LABELS("mock", "connected"), 3);
	metrics_u64(&m, METRIC_accounts, LABELS("mock", "failed"), 0);
	metrics_u64(&m, METRIC_moves, NO_LABELS, 18446744073709551615ull);
	expect("# HELP relink_accounts Accounts, each with the status of its session; provider "
	       "\"\" is one that is not configured.\n"
	       "# TYPE relink_accounts gauge\n"
	       "relink_accounts{provider=\"mock\",status=\"connected\"} 3\n"
	       "relink_accounts{provider=\"mock\",status=\"failed\"} 0\n"
	       "# HELP relink_account_moves_total Accounts that went to another instance.\n"
	       "# TYPE relink_account_moves_total counter\n"
	       "relink_account_moves_total 18446744073709551615\n");
}

static void what_would_end_a_label_early_is_escaped(void **state)
{
	(void)state;
	metrics_u64(&m, METRIC_build, LABELS("a\"b\\c\nd"), 1);
	expect("# HELP relink_build_info 1; the version is the label.\n"
	       "# TYPE relink_build_info gauge\n"
	       "relink_build_info{version=\"a\\\"b\\\\c\\nd\"} 1\n");
}

static void parts_are_written_exactly(void **state)
{
	static const struct {
		uint64_t v, per_unit;
		const char *text;
	} samples[] = {
		{ 0, 1000, " 0\n" },           { 5, 1000, " 0.005\n" },
		{ 1500, 1000, " 1.5\n" },      { 1000, 1000, " 1\n" },
		{ 120, 1000, " 0.12\n" },      { 100, 1000000, " 0.0001\n" },
		{ 1, 1000000, " 0.000001\n" }, { 10010, 1000, " 10.01\n" },
	};

	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		begin(state);
		metrics_parts(&m, METRIC_process_cpu, NO_LABELS, samples[i].v, samples[i].per_unit);
		buf_byte(&out, '\0');
		assert_string_equal(strrchr(out.p, ' '), samples[i].text);
		end(state);
	}
	begin(state);
}

static void a_histogram_tells_all_that_is_at_most_as_large(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	histogram_add(&h, &steps_size, 1);
	histogram_add(&h, &steps_size, 2);
	histogram_add(&h, &steps_size, 3);
	histogram_add(&h, &steps_size, 4);
	histogram_add(&h, &steps_size, 5000);
	assert_int_equal(histogram_count(&h), 5);
	metrics_histogram(&m, METRIC_group_size, NO_LABELS, &steps_size, &h);
	expect("# HELP relink_store_group_commits Commits in a group that shared one write.\n"
	       "# TYPE relink_store_group_commits histogram\n"
	       "relink_store_group_commits_bucket{le=\"1\"} 1\n"
	       "relink_store_group_commits_bucket{le=\"2\"} 2\n"
	       "relink_store_group_commits_bucket{le=\"4\"} 4\n"
	       "relink_store_group_commits_bucket{le=\"8\"} 4\n"
	       "relink_store_group_commits_bucket{le=\"16\"} 4\n"
	       "relink_store_group_commits_bucket{le=\"32\"} 4\n"
	       "relink_store_group_commits_bucket{le=\"64\"} 4\n"
	       "relink_store_group_commits_bucket{le=\"128\"} 4\n"
	       "relink_store_group_commits_bucket{le=\"256\"} 4\n"
	       "relink_store_group_commits_bucket{le=\"512\"} 4\n"
	       "relink_store_group_commits_bucket{le=\"1024\"} 4\n"
	       "relink_store_group_commits_bucket{le=\"2048\"} 4\n"
	       "relink_store_group_commits_bucket{le=\"4096\"} 4\n"
	       "relink_store_group_commits_bucket{le=\"+Inf\"} 5\n"
	       "relink_store_group_commits_count 5\n"
	       "relink_store_group_commits_sum 5010\n");
}

static void steps_are_told_in_seconds_with_their_labels(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	histogram_add(&h, &steps_call_ms, 5);
	histogram_add(&h, &steps_call_ms, 6);
	metrics_histogram(&m, METRIC_operation_time, LABELS("mock", "create"), &steps_call_ms, &h);
	buf_byte(&out, '\0');
	assert_non_null(strstr(
	    out.p,
	    "_bucket{provider=\"mock\",method=\"create\",le=\"0.005\"} 1\n"
	    "relink_operation_duration_seconds_bucket{provider=\"mock\",method=\"create\",le=\"0."
	    "01\"} 2\n"));
	assert_non_null(strstr(out.p, "_sum{provider=\"mock\",method=\"create\"} 0.011\n"));
}

static void all_steps_ascend(void **state)
{
	const struct histogram_steps *all[] = { &steps_call_ms, &steps_state_ms, &steps_disk_us,
						&steps_size };

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		assert_in_range(all[i]->n, 1, HISTOGRAM_STEPS);
		for (unsigned n = 1; n < all[i]->n; n++)
			assert_true(all[i]->upto[n] > all[i]->upto[n - 1]);
	}
}

static bool ends_in(const char *name, const char *end_of_it)
{
	size_t n = strlen(name), e = strlen(end_of_it);

	return n > e && strcmp(name + n - e, end_of_it) == 0;
}

/* What no figure may be split by, since there is no end to it. */
static void names_and_labels_keep_to_the_conventions(void **state)
{
	static const char *const endless[] = { "account", "workspace", "session", "id", "phone" };

	(void)state;
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_info *info = metric_info(i);

		assert_true(strncmp(info->name, "relink_", 7) == 0 ||
			    strncmp(info->name, "process_", 8) == 0);
		assert_int_equal(strspn(info->name, "abcdefghijklmnopqrstuvwxyz_"),
				 strlen(info->name));
		assert_int_equal(ends_in(info->name, "_total"), info->type == METRIC_COUNTER);
		assert_true(ends_in(info->help, ".") || strchr(info->help, '.') != NULL);
		for (size_t n = 0; n < sizeof endless / sizeof endless[0]; n++) {
			char word[64], labels[128];

			snprintf(word, sizeof word, " %s ", endless[n]);
			snprintf(labels, sizeof labels, " %s ", info->labels);
			assert_null(strstr(labels, word));
		}
		for (unsigned other = 0; other < i; other++)
			assert_string_not_equal(info->name, metric_info(other)->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
		TEST(the_head_comes_once_and_values_are_labelled_in_order),
		TEST(what_would_end_a_label_early_is_escaped),
		TEST(parts_are_written_exactly),
		TEST(a_histogram_tells_all_that_is_at_most_as_large),
		TEST(steps_are_told_in_seconds_with_their_labels),
		cmocka_unit_test(all_steps_ascend),
		cmocka_unit_test(names_and_labels_keep_to_the_conventions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
