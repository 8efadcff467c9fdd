/* load_test.c - the file itself: found, readable, not too large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/tree.h"
#include "read.h"

static char dir[64], path[96];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/relink-conf-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/relink.yaml", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void put(const char *text, unsigned times)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	for (unsigned i = 0; i < times; i++)
		fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void assert_load_fails(const char *at, int code, const char *what)
{
	struct conf *c = NULL;
	char complaint[256];
	struct why why;

	snprintf(complaint, sizeof complaint, "%s%s", at, what);
	assert_int_equal(conf_load(&c, at, &why), code);
	assert_null(c);
	assert_string_equal(why.text, complaint);
}

static void a_file_is_read(void **state)
{
	struct conf *c = NULL;
	struct why why;

	(void)state;
	put("policy:\n  settle: 5s\n", 1);
	assert_int_equal(conf_load(&c, path, &why), 0);
	assert_string_equal(c->file, path);
	assert_int_equal(c->settle_ms, 5000);
	conf_free(&c);
}

static void a_file_of_many_reads_is_read_whole(void **state)
{
	struct conf *c = NULL;
	struct why why;
	FILE *f;

	(void)state;
	put("# 2345\n\n", 100000);
	f = fopen(path, "ab");
	assert_non_null(f);
	fputs("policy: {settle: 5s}\n", f);
	fclose(f);
	assert_int_equal(conf_load(&c, path, &why), 0);
	assert_int_equal(c->settle_ms, 5000);
	conf_free(&c);
}

static void a_complaint_names_the_file(void **state)
{
	(void)state;
	put("log: {}\npolicy:\n  settle: soon\n", 1);
	assert_load_fails(path, ERR_CONFIG,
			  ":3: policy.settle: \"soon\" is not a duration (write for example 2s or "
			  "5m)");
}

static void a_file_that_is_not_there_is_reported(void **state)
{
	(void)state;
	assert_load_fails(path, ERR_NOTFOUND,
			  ": there is no such configuration file: No such file or directory");
}

static void a_directory_is_no_file(void **state)
{
	(void)state;
	assert_load_fails(dir, ERR_IO, ": cannot be read: Is a directory");
}

static void a_file_that_may_not_be_read_is_reported(void **state)
{
	char complaint[64];

	(void)state;
	put("log: {}\n", 1);
	assert_int_equal(chmod(path, 0), 0);
	if (access(path, R_OK) == 0)
		skip(); /* root reads everything */
	snprintf(complaint, sizeof complaint, ": uid %u may not read it: Permission denied",
		 (unsigned)geteuid());
	assert_load_fails(path, ERR_DENIED, complaint);
}

static void a_link_that_leads_nowhere_is_reported(void **state)
{
	(void)state;
	assert_int_equal(symlink(path, path), 0);
	assert_load_fails(path, ERR_IO, ": cannot be opened: Too many levels of symbolic links");
}

static void a_file_that_is_too_large_is_refused(void **state)
{
	(void)state;
	put("# 2345\n\n", TREE_TEXT_MAX / 8 + 1);
	assert_load_fails(path, ERR_CONFIG,
			  ":1: larger than 1048576 bytes, which no configuration is");
}

/* It never ends, but reading does. */
static void a_device_without_an_end_is_refused(void **state)
{
	(void)state;
	assert_load_fails("/dev/zero", ERR_CONFIG,
			  ":1: larger than 1048576 bytes, which no configuration is");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_read),
		TEST(a_file_of_many_reads_is_read_whole),
		TEST(a_complaint_names_the_file),
		TEST(a_file_that_is_not_there_is_reported),
		TEST(a_directory_is_no_file),
		TEST(a_file_that_may_not_be_read_is_reported),
		TEST(a_link_that_leads_nowhere_is_reported),
		TEST(a_file_that_is_too_large_is_refused),
		TEST(a_device_without_an_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
