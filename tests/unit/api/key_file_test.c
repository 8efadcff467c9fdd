/* key_file_test.c - the admin key's file: made once, kept, and refused when others can touch it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/key_file.h"
#include "api/key_text.h"
#include "base/obj.h"

static char dir[64], path[96], temporary[104];

static int open_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/relink-key-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/admin.key", dir);
	snprintf(temporary, sizeof temporary, "%s.new", path);
	return 0;
}

static int close_dir(void **state)
{
	(void)state;
	unlink(path);
	unlink(temporary);
	return rmdir(dir);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void read_file(char text[128])
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, 127, f);
	text[n] = '\0';
	fclose(f);
}

static void expect_refused(int code, const char *text)
{
	struct auth auth;
	struct why why = { .code = 0 };

	assert_int_equal(key_file_load(&auth, path, &why), code);
	if (strstr(why.text, text) == NULL)
		fail_msg("\"%s\" is not in: %s", text, why.text);
}

static int admits(const struct auth *auth, const char *key)
{
	return auth_is(auth, str_of(key)) ? 0 : -1;
}

static void a_key_is_made_at_first_and_kept(void **state)
{
	char first[128], again[128];
	struct auth auth = { { 0 } };
	struct stat st;

	(void)state;
	assert_int_equal(key_file_load(&auth, path, NULL), 0);
	read_file(first);
	assert_int_equal(strlen(first), KEY_TEXT + 1);
	assert_memory_equal(first, "relink_", 7);
	assert_int_equal(first[15], '_');
	assert_int_equal(first[KEY_TEXT], '\n');
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(access(temporary, F_OK), -1);
	first[KEY_TEXT] = '\0';
	assert_int_equal(admits(&auth, first), 0);
	auth = (struct auth){ { 0 } };
	assert_int_equal(key_file_load(&auth, path, NULL), 0);
	read_file(again);
	again[KEY_TEXT] = '\0';
	assert_string_equal(first, again);
	assert_int_equal(admits(&auth, first), 0);
}

static void every_key_is_another(void **state)
{
	char first[128], second[128];
	struct auth auth;

	(void)state;
	assert_int_equal(key_file_load(&auth, path, NULL), 0);
	read_file(first);
	unlink(path);
	assert_int_equal(key_file_load(&auth, path, NULL), 0);
	read_file(second);
	assert_string_not_equal(first, second);
	first[KEY_TEXT] = '\0';
	assert_true(admits(&auth, first) < 0);
}

static void a_half_made_key_is_made_again(void **state)
{
	struct auth auth;
	char text[128];

	(void)state;
	write_file(temporary, "relink_0123", 0644);
	assert_int_equal(key_file_load(&auth, path, NULL), 0);
	read_file(text);
	assert_int_equal(strlen(text), KEY_TEXT + 1);
	assert_int_equal(access(temporary, F_OK), -1);
}

#define GOOD "relink_0123abcd_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop-"

static void files_of_the_wrong_kind_are_refused(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		int code;
		const char *why;
	} cases[] = {
		{ GOOD, 0600, 0, "" },
		{ GOOD "\n", 0400, 0, "" },
		{ GOOD "\r\n", 0600, 0, "" },
		{ GOOD "\n", 0640, ERR_DENIED, "chmod 600" },
		{ GOOD "\n", 0604, ERR_DENIED, "mode 0604" },
		{ GOOD "\n", 0620, ERR_DENIED, "others can read" },
		{ "", 0600, ERR_FORMAT, "remove it and a new one is made" },
		{ "relink_0123abcd_short\n", 0600, ERR_FORMAT, "does not hold an admin key" },
		{ GOOD "x\n", 0600, ERR_FORMAT, "does not hold an admin key" },
		{ GOOD "\nmore", 0600, ERR_FORMAT, "does not hold an admin key" },
		{ "relink_0123ABCD_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop-", 0600, ERR_FORMAT,
		  "does not hold an admin key" },
		{ "relink_0123abcd_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop ", 0600, ERR_FORMAT,
		  "does not hold an admin key" },
	};
	struct auth auth;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		write_file(path, cases[i].text, cases[i].mode);
		if (cases[i].code == 0) {
			assert_int_equal(key_file_load(&auth, path, NULL), 0);
			assert_int_equal(admits(&auth, GOOD), 0);
		} else {
			expect_refused(cases[i].code, cases[i].why);
		}
		unlink(path);
	}
}

static void links_and_folders_are_refused(void **state)
{
	(void)state;
	write_file(temporary, GOOD "\n", 0600);
	assert_int_equal(symlink(temporary, path), 0);
	expect_refused(ERR_IO, "cannot be read");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_refused(ERR_DENIED, "is not a file");
	rmdir(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_refused(ERR_DENIED, "is not a file");
}

static void files_of_others_are_refused(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		skip();
		return;
	}
	write_file(path, GOOD "\n", 0600);
	assert_int_equal(chown(path, 65534, 65534), 0);
	expect_refused(ERR_DENIED, "chown it");
}

static void a_missing_folder_is_said(void **state)
{
	struct auth auth;
	struct why why;

	(void)state;
	assert_int_equal(key_file_load(&auth, "/nonexistent/admin.key", &why), ERR_IO);
	assert_non_null(strstr(why.text, "No such file or directory"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_dir, close_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_is_made_at_first_and_kept), TEST(every_key_is_another),
		TEST(a_half_made_key_is_made_again),   TEST(files_of_the_wrong_kind_are_refused),
		TEST(links_and_folders_are_refused),   TEST(files_of_others_are_refused),
		TEST(a_missing_folder_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
