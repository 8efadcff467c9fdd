/* outside_test.c - values that lie in files of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/outside.h"
#include "read.h"

static char dir[64], path[96];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/relink-conf-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/api.key", dir);
	unsetenv("CREDENTIALS_DIRECTORY");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void put(const char *bytes, size_t n, mode_t mode)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static const char *text_with(const char *value)
{
	static char text[256];

	snprintf(text, sizeof text, "providers:\n  mock:\n    config:\n      key: %s\n", value);
	return text;
}

static const char *by_file(void)
{
	char value[128];

	snprintf(value, sizeof value, "!file %s", path);
	return text_with(value);
}

static void assert_value(const char *text, const char *wanted)
{
	struct conf *c = must_read(text);

	assert_int_equal(c->providers[0].config.n, 1);
	assert_string_equal(c->providers[0].config.v[0].value, wanted);
	conf_free(&c);
}

static void assert_refused(const char *complaint)
{
	const struct why *why = must_refuse(str_of(by_file()));
	char wanted[256];

	snprintf(wanted, sizeof wanted, "relink.yaml:4: providers.mock.config.key: %s%s", path,
		 complaint);
	assert_string_equal(why->text, wanted);
}

static void a_line_is_the_value(void **state)
{
	(void)state;
	put("s3cret key\n", 11, 0600);
	assert_value(by_file(), "s3cret key");
	put("s3cret key\r\n", 12, 0640);
	assert_value(by_file(), "s3cret key");
	put("~", 1, 0600); /* not YAML's nothing: bytes of a file mean themselves */
	assert_value(by_file(), "~");
}

static void a_credential_is_a_file_in_its_folder(void **state)
{
	(void)state;
	put("k\n", 2, 0400);
	assert_string_equal(
	    must_refuse(str_of(text_with("!credential api.key")))->text,
	    "relink.yaml:4: providers.mock.config.key: !credential \"api.key\": no "
	    "credentials were passed (set LoadCredential= in the unit, or use !file)");
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	assert_value(text_with("!credential api.key"), "k");
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_longest_value_is_taken_and_a_longer_one_not(void **state)
{
	char big[OUTSIDE_MAX + 4];

	(void)state;
	memset(big, 'x', sizeof big);
	put(big, OUTSIDE_MAX, 0600);
	big[OUTSIDE_MAX] = '\0';
	assert_value(by_file(), big);
	big[OUTSIDE_MAX] = 'x';
	put(big, OUTSIDE_MAX + 1, 0600);
	assert_refused(" holds more than one line of at most 4096 bytes");
	put(big, sizeof big, 0600);
	assert_refused(" holds more than one line of at most 4096 bytes");
}

static void what_cannot_be_a_value_is_refused(void **state)
{
	(void)state;
	put("a\nb\n", 4, 0600);
	assert_refused(" holds more than one line of at most 4096 bytes");
	put("", 0, 0600);
	assert_refused(" is empty");
	put("\n", 1, 0600);
	assert_refused(" is empty");
	put("k\n", 2, 0644);
	assert_refused(" may be read or changed by everybody (chmod 640 it)");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(" is not a regular file");
}

static void a_nul_byte_is_refused_and_not_shown(void **state)
{
	(void)state;
	put("se\0cret", 7, 0600);
	assert_string_equal(must_refuse(str_of(by_file()))->text,
			    "relink.yaml:4: providers.mock.config.key: the text holds a NUL byte "
			    "(leave out the \"\\0\")");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_is_the_value, setup, teardown),
		cmocka_unit_test_setup_teardown(a_credential_is_a_file_in_its_folder, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_longest_value_is_taken_and_a_longer_one_not,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_a_value_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_nul_byte_is_refused_and_not_shown, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
