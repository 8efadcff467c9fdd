/* browsers_test.c - Chromiums of sessions, from a /proc of our own. */
#include "browsers.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NODE 50 /* the process of the service */

static char root[64];
static void (*timer_fn)(void *arg);
static void *timer_arg;
static unsigned n_turns, n_logged, n_over;
static struct browsers *b;

static relink_timer timer_start(const struct relink_host *h, uint64_t ms, void (*fn)(void *arg),
				void *arg)
{
	(void)h, (void)ms;
	assert_null(timer_fn);
	timer_fn = fn;
	timer_arg = arg;
	return 1;
}

static void timer_stop(const struct relink_host *h, relink_timer id)
{
	(void)h;
	if (id != 0)
		timer_fn = NULL;
}

static void on_log(const struct relink_host *h, enum relink_level level, const char *fmt, ...)
    RELINK_PRINTF(3, 4);
static void on_log(const struct relink_host *h, enum relink_level level, const char *fmt, ...)
{
	(void)h, (void)level, (void)fmt;
	n_logged++;
}

static const struct relink_host host = {
	.size = sizeof host, .timer_start = timer_start, .timer_stop = timer_stop, .log = on_log
};

static void put(long pid, const char *name, const char *text, size_t n)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%ld", root, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/%ld/%s", root, pid, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
}

/* A process with that command line, whose words are parted by blanks here. */
static void process(long pid, long parent, unsigned start, const char *line)
{
	char text[4096];
	size_t n = strlen(line);

	memcpy(text, line, n + 1);
	for (size_t i = 0; i < n; i++)
		text[i] = text[i] == ' ' ? '\0' : text[i];
	put(pid, "cmdline", text, n + 1);
	n = (size_t)snprintf(text, sizeof text,
			     "%ld (a) name (x) S %ld 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %u 0 0\n",
			     pid, parent, start);
	put(pid, "stat", text, n);
}

static void chromium(long pid, const char *session)
{
	char line[512];

	snprintf(line, sizeof line,
		 "/usr/lib/chromium/chromium --headless --user-data-dir=/srv/sessions/"
		 "workspace_w1/session-%s about:blank",
		 session);
	process(pid, NODE, 7000, line);
}

static void gone(long pid)
{
	char path[128];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%ld/%s", root, pid, i > 0 ? "stat" : "cmdline");
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/%ld", root, pid);
	rmdir(path);
}

static void on_over(void *arg)
{
	(void)arg;
	n_over++;
}

static void look(void)
{
	struct browsers_wait w = { 0 };
	unsigned before = n_over;

	browsers_look(b, &w, on_over, NULL);
	for (n_turns = 1; timer_fn != NULL; n_turns++) {
		void (*fn)(void *arg) = timer_fn;

		timer_fn = NULL;
		fn(timer_arg);
	}
	assert_int_equal(n_over, before + 1);
}

static struct relink_str str(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

/* A list of these sessions, each connected: those that are dead by it, as a text. */
static const char *list(const char *sessions)
{
	static char dead[256];
	char text[256], *at, *one;

	dead[0] = '\0';
	look();
	browsers_list_begin(b);
	snprintf(text, sizeof text, "%s", sessions);
	for (at = text; (one = strtok_r(at, " ", &at)) != NULL;)
		browsers_listed(b, str(one));
	snprintf(text, sizeof text, "%s", sessions);
	for (at = text; (one = strtok_r(at, " ", &at)) != NULL;) {
		if (browsers_missed(b, str(one), one[0] != 'q'))
			snprintf(dead + strlen(dead), sizeof dead - strlen(dead), "%s ", one);
	}
	browsers_list_end(b, true);
	return dead;
}

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof root, "/tmp/relink-proc-XXXXXX");
	assert_non_null(mkdtemp(root));
	process(NODE, 1, 100, "node server.js");
	n_logged = 0;
	b = browsers_new(&host, root);
	assert_non_null(b);
	return 0;
}

static int tear_down(void **state)
{
	DIR *dir = opendir(root);
	const struct dirent *entry;

	(void)state;
	browsers_free(b);
	assert_null(timer_fn);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		gone(strtol(entry->d_name, NULL, 10));
	closedir(dir);
	return rmdir(root);
}

/* ---- */

static void a_browser_is_known_by_its_profile(void **state)
{
	(void)state;
	chromium(60, "s1");
	process(61, 60, 7000,
		"/usr/lib/chromium/chromium --type=renderer --user-data-dir=/srv/session-s2");
	process(62, 60, 7000, "grep session-s3");
	process(63, 60, 7000, "chromium --user-data-dir=/srv/sessions/s4");
	process(64, 60, 7000, "chromium --user-data-dir=session-s5 --type=zygote");
	process(65, 60, 7000, "chromium --user-data-dir=session-s6");
	process(66, 60, 7000, "chromium --user-data-dir=/srv/session-");
	put(67, "cmdline", "", 0); /* a zombie, or a thread of the kernel */
	put(68, "cmdline", "--user-data-dir=/x/session-cut",
	    strlen("--user-data-dir=/x/session-cut"));
	look();
	assert_int_equal(browsers_pid(b, str("s1")), 60);
	for (unsigned i = 2; i <= 5; i++) {
		char name[3] = { 's', (char)('0' + i), '\0' };

		assert_int_equal(browsers_pid(b, str(name)), 0);
	}
	assert_int_equal(browsers_pid(b, str("s6")), 65);
	assert_int_equal(browsers_pid(b, str("")), 0);
	assert_int_equal(browsers_pid(b, str("cut")), 68);
	gone(60);
	look();
	assert_int_equal(browsers_pid(b, str("s1")), 0);
}

static void who_is_missed_in_two_lists_is_dead(void **state)
{
	(void)state;
	chromium(60, "s1");
	chromium(61, "s2");
	assert_string_equal(list("s1 s2"), "");
	gone(61);
	assert_string_equal(list("s1 s2"), "");
	assert_false(browsers_is_dead(b, str("s2")));
	assert_string_equal(list("s1 s2"), "s2 ");
	assert_true(browsers_is_dead(b, str("s2")));
	assert_string_equal(list("s1 s2"), "s2 ");
	chromium(62, "s2");
	assert_string_equal(list("s1 s2"), "");
	assert_false(browsers_is_dead(b, str("s2")));
	gone(62);
	assert_string_equal(list("s1 s2"), ""); /* it counts anew */
	chromium(62, "s2");
	assert_string_equal(list("s1 s2"), "");
	gone(62);
	assert_string_equal(list("s1 s2"), "");
	assert_int_equal(n_logged, 0);
}

static void who_was_never_seen_is_missed_when_others_are(void **state)
{
	(void)state;
	chromium(60, "s1");
	assert_string_equal(list("s1 s2 q3"), "");
	assert_string_equal(list("s1 s2 q3"),
			    "s2 "); /* a q is not connected and may not have one yet */
	assert_string_equal(list("s1 s2 q3"), "s2 ");
	chromium(61, "q3");
	assert_string_equal(list("s1 s2 q3"), "s2 ");
	gone(61);
	assert_string_equal(list("s1 s2 q3"), "s2 ");
	assert_string_equal(list("s1 s2 q3"), "s2 q3 ");
}

static void without_any_browser_in_sight_nothing_is_concluded(void **state)
{
	(void)state;
	chromium(60, "of-another-service");
	for (unsigned i = 0; i < 5; i++)
		assert_string_equal(list("s1 s2"), "");
	assert_int_equal(n_logged, 1); /* once */
}

static void the_last_one_is_missed_while_the_service_is_in_sight(void **state)
{
	(void)state;
	chromium(60, "s1");
	assert_string_equal(list("s1"), "");
	gone(60);
	assert_string_equal(list("s1"), "");
	assert_string_equal(list("s1"), "s1 ");
	assert_int_equal(n_logged, 0);
}

static void a_service_that_moved_out_of_sight_proves_nothing(void **state)
{
	(void)state;
	chromium(60, "s1");
	chromium(61, "s2");
	assert_string_equal(list("s1 s2"), "");
	gone(60);
	gone(61);
	process(NODE, 1, 101, "another process with that number");
	for (unsigned i = 0; i < 4; i++)
		assert_string_equal(list("s1 s2"), "");
	gone(NODE);
	assert_string_equal(list("s1 s2"), "");
	assert_int_equal(n_logged, 1);
}

static void orphans_prove_no_sight_later(void **state)
{
	(void)state;
	process(60, 1, 7000, "chromium --user-data-dir=/x/session-s1");
	process(1, 0, 1, "init");
	assert_string_equal(list("s1"), "");
	gone(60);
	for (unsigned i = 0; i < 4; i++)
		assert_string_equal(list("s1"), "");
}

static void a_new_life_begins_without_a_past(void **state)
{
	(void)state;
	chromium(60, "s1");
	chromium(61, "s2");
	list("s1 s2");
	gone(61);
	list("s1 s2");
	assert_string_equal(list("s1 s2"), "s2 ");
	browsers_forget(b, str("s2"));
	browsers_forget(b, str("s2"));
	assert_false(browsers_is_dead(b, str("s2")));
	assert_string_equal(list("s1 s2"), "");
	assert_string_equal(list("s1 s2"), "s2 ");
	list("s1"); /* it was not in that one */
	assert_false(browsers_is_dead(b, str("s2")));
}

static void without_a_proc_nothing_is_concluded(void **state)
{
	(void)state;
	browsers_free(b);
	b = browsers_new(&host, "/tmp/relink-no-proc-here");
	look();
	assert_int_equal(browsers_pid(b, str("s1")), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_string_equal(list("s1"), "");
	assert_int_equal(n_logged, 1);
}

static void many_processes_take_many_turns(void **state)
{
	struct browsers_wait first = { 0 }, second = { 0 }, third = { 0 };
	unsigned before = n_over;

	(void)state;
	for (long pid = 1000; pid < 2000; pid++)
		process(pid, 1, 1, "sleep 1");
	chromium(3000, "s1");
	look();
	assert_in_range(n_turns, 4, 5);
	assert_int_equal(browsers_pid(b, str("s1")), 3000);
	/* Who asks meanwhile gets the next look, together. */
	before = n_over;
	browsers_look(b, &first, on_over, NULL);
	assert_non_null(timer_fn);
	browsers_look(b, &second, on_over, NULL);
	browsers_look(b, &third, on_over, NULL);
	browsers_drop(b, &third);
	browsers_drop(b, &third);
	for (n_turns = 1; timer_fn != NULL; n_turns++) {
		void (*fn)(void *arg) = timer_fn;

		timer_fn = NULL;
		fn(timer_arg);
	}
	assert_int_equal(n_over, before + 2);
	assert_in_range(n_turns, 8, 11);
	/* And one that is closed in the middle leaves nothing behind. */
	browsers_look(b, &first, on_over, NULL);
	assert_non_null(timer_fn);
	browsers_drop(b, &first);
}

static void the_real_proc_is_quick(void **state)
{
	struct timespec from, to;
	double us;

	(void)state;
	browsers_free(b);
	b = browsers_new(&host, "/proc");
	look();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	look();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	us = (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
	print_message("a look at this machine's /proc: %.0f us of CPU in %u turns\n", us, n_turns);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_browser_is_known_by_its_profile),
		T(who_is_missed_in_two_lists_is_dead),
		T(who_was_never_seen_is_missed_when_others_are),
		T(without_any_browser_in_sight_nothing_is_concluded),
		T(the_last_one_is_missed_while_the_service_is_in_sight),
		T(a_service_that_moved_out_of_sight_proves_nothing),
		T(orphans_prove_no_sight_later),
		T(a_new_life_begins_without_a_past),
		T(without_a_proc_nothing_is_concluded),
		T(many_processes_take_many_turns),
		T(the_real_proc_is_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
