/* sandbox_test.c - the table of capabilities, the paths that come of it, and who is held by seccomp. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/obj.h"
#include "worker/places.h"
#include "worker/syscalls.h"

/* --- the table --- */

static void every_call_is_the_one_that_it_is_called(void **state)
{
	(void)state;
	for (const struct capability *c = capabilities; c->name != NULL; c++) {
		for (const struct barred_call *b = c->calls; b != NULL && b->name != NULL; b++) {
			char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, b->number);

			/* the library may not know it, or this machine not have it */
			if (name != NULL && b->number >= 0 && strcmp(name, b->name) != 0)
				fail_msg("%s is %s", b->name, name);
			assert_true(b->error == EPERM || b->error == ENOSYS);
			free(name);
		}
	}
}

static void a_capability_is_held_by_whom_it_says(void **state)
{
	(void)state;
	for (const struct capability *c = capabilities; c->name != NULL; c++) {
		assert_int_equal(capability_held(c, 0), c->holder == HELD_BY_ALL);
		if (c->holder == HELD_BY_NEED) {
			assert_true(capability_held(c, c->bit));
			assert_false(capability_held(c, ~c->bit));
		}
		if (c->holder == HELD_BY_NOBODY)
			assert_false(capability_held(c, UINT64_MAX));
		/* what nobody has is there to be refused */
		assert_true(c->holder != HELD_BY_NOBODY || (c->paths == NULL && c->calls != NULL));
	}
}

/* --- paths --- */

static const struct relink_key keys[] = {
	{ "dir", "", NULL, NULL, "", RELINK_TYPE_STRING, RELINK_KEY_WRITES, 0 },
	{ "file", "/by/default", NULL, NULL, "", RELINK_TYPE_STRING, RELINK_KEY_READS, 8 },
	{ "word", "/no/path", NULL, NULL, "", RELINK_TYPE_STRING, 0, 16 },
	{ 0 },
};
static const struct relink_plugin plugin = { .keys = keys, .conf_size = 24 };
static char folder[] = "/tmp/relink-sandbox-XXXXXX";

static const struct place *place_of(const struct places *all, const char *path)
{
	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->v[i].path, path) == 0)
			return &all->v[i];
	}
	return NULL;
}

static void paths_of_keys_are_free_and_no_others(void **state)
{
	struct msg_pair pairs[] = { { STR("dir"), STR("/a/dir") },
				    { STR("word"), STR("/a/word") } };
	struct msg_instance instances[] = { { .id = STR("one"), .config = { pairs, 2 } },
					    { .id = STR("two") } };
	const struct msg_config config = { .instances = { instances, 2 } };
	struct places all = { 0 };

	(void)state;
	assert_int_equal(places_gather(&all, &plugin, &config), 0);
	assert_int_equal(place_of(&all, "/a/dir")->right, RIGHT_WRITE);
	assert_int_equal(place_of(&all, "/by/default")->right, RIGHT_READ);
	assert_null(place_of(&all, "/a/word"));
	assert_null(place_of(&all, "/no/path"));
	assert_null(place_of(&all, "/proc"));
	assert_null(place_of(&all, "/etc"));
	places_free(&all);
}

static void a_missing_folder_is_made_and_one_that_cannot_be_is_told(void **state)
{
	char path[64], deep[64];
	struct msg_pair pair = { .key = STR("dir") };
	struct msg_instance in = { .id = STR("one"), .config = { &pair, 1 } };
	const struct msg_config config = { .instances = { &in, 1 } };
	struct why why;
	struct stat st;

	(void)state;
	snprintf(path, sizeof path, "%s/new", folder);
	snprintf(deep, sizeof deep, "%s/not/there", folder);
	pair.value = str_of(path);
	assert_int_equal(places_make(&plugin, &config, &why), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(places_make(&plugin, &config, &why), 0);
	pair.value = str_of(deep);
	assert_int_equal(places_make(&plugin, &config, &why), ERR_CONFIG);
	assert_non_null(strstr(why.text, "instance \"one\": dir: the folder \""));
	assert_non_null(
	    strstr(why.text, "/not/there\" cannot be made (No such file or directory); "));
	rmdir(path);
}

/* --- calls --- */

/* With arguments that none of them takes, should it not be refused; left out are those without any. */
static bool is_refused(const struct barred_call *b)
{
	if (b->n > 0 || b->number < 0 || strcmp(b->name, "fork") == 0 ||
	    strcmp(b->name, "vfork") == 0 || strcmp(b->name, "vhangup") == 0)
		return true;
	return syscall(b->number, -1l, -1l, -1l, -1l, -1l, -1l) == -1 && errno == b->error;
}

/* In a child; its exit status is that of the test. */
static int enter_and_try_all(void)
{
	struct why why;
	int failed = 0;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscalls_enter(0, &why) < 0)
		return 1;
	for (const struct capability *c = capabilities; c->name != NULL; c++) {
		for (const struct barred_call *b = c->calls; b != NULL && b->name != NULL; b++) {
			if (is_refused(b))
				continue;
			fprintf(stderr, "%s is not refused: %s\n", b->name, strerror(errno));
			failed = 1;
		}
	}
	return failed;
}

static void every_call_of_the_table_is_refused(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (!syscalls_can())
		skip(); /* nothing to show on this kernel */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(enter_and_try_all());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* --- threads --- */

static pthread_barrier_t entered;

static void *try_program(void *arg)
{
	int *came = arg;

	pthread_barrier_wait(&entered);
	*came = execve("/not/there", (char *[]){ NULL }, (char *[]){ NULL }) < 0 ? errno : 0;
	return NULL;
}

/* In a child, since there is no way back.  0: both threads were refused. */
static int enter_with_a_thread(uint64_t needs, int expected)
{
	pthread_t thread;
	struct why why;
	int came = 0;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	pthread_barrier_init(&entered, NULL, 2);
	if (pthread_create(&thread, NULL, try_program, &came) != 0 ||
	    syscalls_enter(needs, &why) < 0)
		return 1;
	pthread_barrier_wait(&entered);
	pthread_join(thread, NULL);
	if (came != expected)
		return 2;
	return execve("/not/there", (char *[]){ NULL }, (char *[]){ NULL }) < 0 && errno == expected
		   ? 0
		   : 3;
}

static void seccomp_holds_threads_that_ran_before(void **state)
{
	static const struct {
		uint64_t needs;
		int expected;
	} cases[] = { { 0, EPERM }, { RELINK_NEED_PROGRAMS, ENOENT } };

	(void)state;
	if (!syscalls_can())
		skip(); /* nothing to show on this kernel */
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int status;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			_exit(enter_with_a_thread(cases[i].needs, cases[i].expected));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_is_the_one_that_it_is_called),
		cmocka_unit_test(a_capability_is_held_by_whom_it_says),
		cmocka_unit_test(paths_of_keys_are_free_and_no_others),
		cmocka_unit_test(a_missing_folder_is_made_and_one_that_cannot_be_is_told),
		cmocka_unit_test(every_call_of_the_table_is_refused),
		cmocka_unit_test(seccomp_holds_threads_that_ran_before),
	};
	int failed;

	if (mkdtemp(folder) == NULL)
		return 2;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
