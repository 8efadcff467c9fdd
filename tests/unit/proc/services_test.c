/*
 * services_test.c - processes that outlive us: started, found again, gone; and what they print.
 *
 * A core that is killed is another process: this program itself, with the argument "core".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/obj.h"
#include "proc/identity.h"
#include "proc/services.h"
#include "proc/tail.h"

#define PATIENCE_MS 30000
#define N           2

struct ended {
	bool gone, status_known;
	int exit_status, signal, fault;
	uint64_t pid;
	char why[512], last_lines[4096];
};

static uv_loop_t loop;
static uv_timer_t patience, look_again;
static struct services *all;
static struct ended ended[N];
static char dir[256], log_path[300];
static int log_fd;
static uint64_t started[64];
static unsigned n_started;

static void on_gone(void *ctx, unsigned number, const struct service_end *end)
{
	struct ended *e = &ended[number];

	(void)ctx;
	*e = (struct ended){ .gone = true,
			     .status_known = end->status_known,
			     .exit_status = end->exit_status,
			     .signal = end->signal,
			     .fault = end->fault,
			     .pid = end->pid };
	str_copy(e->why, sizeof e->why, end->why);
	str_copy(e->last_lines, sizeof e->last_lines, end->last_lines);
}

static void on_patience(uv_timer_t *t)
{
	(void)t;
	fail_msg("waited too long");
}

static void on_look(uv_timer_t *t)
{
	(void)t;
}

static void open_core(void)
{
	struct services_port port = { .gone = on_gone };
	struct why why = { 0 };

	if (services_new(&all, &loop, dir, N, &port, &why) < 0)
		fail_msg("%s", why.text);
}

/* Conditions outside of the loop, such as files, are looked at every few milliseconds. */
#define await(cond)                                                     \
	do {                                                            \
		uv_timer_start(&patience, on_patience, PATIENCE_MS, 0); \
		uv_timer_start(&look_again, on_look, 5, 5);             \
		while (!(cond))                                         \
			uv_run(&loop, UV_RUN_ONCE);                     \
		uv_timer_stop(&patience);                               \
		uv_timer_stop(&look_again);                             \
	} while (0)

static int open_all(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "%s/relink-services-XXXXXX",
		 getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0711), 0);
	snprintf(log_path, sizeof log_path, "%s/log", dir);
	log_fd = open(log_path, O_RDWR | O_CREAT | O_APPEND, 0600);
	log_to_fd(log_fd);
	memset(ended, 0, sizeof ended);
	n_started = 0;
	assert_int_equal(uv_loop_init(&loop), 0);
	uv_timer_init(&loop, &patience);
	uv_timer_init(&loop, &look_again);
	open_core();
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int close_all(void **state)
{
	(void)state;
	for (unsigned i = 0; i < n_started; i++)
		kill((pid_t)started[i], SIGKILL); /* no-op for those that are gone */
	services_free(&all);
	uv_close((uv_handle_t *)&patience, NULL);
	uv_close((uv_handle_t *)&look_again, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	while (waitpid(-1, NULL, 0) > 0) {
		/* those that were left */
	}
	log_to_fd(2);
	close(log_fd);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}

/* ---- helpers ---- */

static const char *in_dir(const char *name)
{
	static char paths[8][400];
	static unsigned turn;
	char *p = paths[turn++ % 8];

	snprintf(p, sizeof paths[0], "%s/%s", dir, name);
	return p;
}

static const char *said(const char *what, const char *of)
{
	static char texts[8][800];
	static unsigned turn;
	char *p = texts[turn++ % 8];

	snprintf(p, sizeof texts[0], "%s%s", what, of);
	return p;
}

static char *content(const char *path)
{
	static char text[64 << 10];
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;

	if (f != NULL)
		fclose(f);
	text[n] = '\0';
	return text;
}

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void touch(const char *path)
{
	close(open(path, O_CREAT | O_WRONLY, 0600));
}

static int start_spec(unsigned number, struct service_spec *spec, struct why *why)
{
	int r;

	if (spec->instance == NULL)
		spec->instance = number == 0 ? "svc-0" : "svc-1";
	r = services_start(all, number, spec, why);
	if (r == 0)
		started[n_started++] = services_pid(all, number);
	return r;
}

#define START(number, ...)                                                       \
	do {                                                                     \
		const char *const argv_[] = { FAKE_SERVICE, __VA_ARGS__, NULL }; \
		struct service_spec spec_ = { .argv = argv_ };                   \
		struct why why_ = { 0 };                                         \
		if (start_spec((number), &spec_, &why_) < 0)                     \
			fail_msg("%s", why_.text);                               \
	} while (0)

static int find_again(unsigned number, const struct service_spec *or_null, bool *ret_changed)
{
	static const char *const argv[] = { FAKE_SERVICE, "wait", NULL };
	struct service_spec spec = { .instance = number == 0 ? "svc-0" : "svc-1", .argv = argv };
	struct why why = { 0 };
	uint64_t at = 0;
	bool changed = false;
	int r = services_find(all, number, or_null != NULL ? or_null : &spec, &changed, &at, &why);

	if (ret_changed != NULL)
		*ret_changed = changed;
	assert_true(r == 0 || r == ERR_NOTFOUND);
	assert_true((at != 0) == (r == 0));
	return r;
}

static bool is_alive(uint64_t pid)
{
	struct identity id;

	return identity_of(pid, &id) == 0;
}

static uint64_t recorded_pid(void)
{
	struct identity id;

	return identity_read(&id, in_dir("services/svc-0.process")) == 0 ? id.pid : 0;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

/* ---- a start ---- */

static void it_finds_an_orderly_place(void **state)
{
	const char *facts = in_dir("facts");
	const struct service_var vars[] = { { "SECRET_KEY", "hunter2" }, { "LANG", "C" } };
	const char *const argv[] = { FAKE_SERVICE, said("facts:", facts), "wait", NULL };
	struct service_spec spec = { .argv = argv, .vars = vars, .n_vars = 2, .directory = dir };
	struct why why = { 0 };
	char *text;

	(void)state;
	signal(SIGUSR2, SIG_IGN);
	setenv("NOT_FOR_IT", "1", 1);
	assert_int_equal(start_spec(0, &spec, &why), 0);
	await(there(facts));
	text = content(facts);
	assert_non_null(strstr(text, "stdin=/dev/null\n"));
	assert_non_null(strstr(text, "fds=3\n"));
	assert_non_null(strstr(text, "blocked=0\nignored=0\nleader=1\n"));
	assert_non_null(strstr(text, said("cwd=", dir)));
	assert_non_null(strstr(text, "env SECRET_KEY=hunter2\n"));
	assert_non_null(strstr(text, "env LANG=C\n"));
	assert_non_null(strstr(text, "env HOME="));
	assert_non_null(strstr(text, "env PATH="));
	assert_null(strstr(text, "NOT_FOR_IT"));
	assert_null(strstr(content(log_path), "hunter2"));
	assert_null(strstr(content(in_dir("services/svc-0.process")), "hunter2"));
	signal(SIGUSR2, SIG_DFL);
	unsetenv("NOT_FOR_IT");
}

static void who_it_is_stands_on_disk_before_it_begins(void **state)
{
	char both[800];

	(void)state;
	snprintf(both, sizeof both, "copy:%s:%s", in_dir("services/svc-0.process"), in_dir("copy"));
	START(0, both, "wait");
	await(there(in_dir("copy")));
	snprintf(both, sizeof both, "%llu pid %llu start ",
		 (unsigned long long)services_pid(all, 0),
		 (unsigned long long)services_pid(all, 0));
	assert_non_null(strstr(content(in_dir("copy")), both));
}

static void it_may_run_as_somebody_else(void **state)
{
	const char *facts = in_dir("open/facts");
	const char *const argv[] = { FAKE_SERVICE, said("facts:", facts), "wait", NULL };
	struct service_spec spec = { .argv = argv, .user = "nobody" };
	struct why why = { 0 };

	(void)state;
	if (geteuid() != 0 || access(FAKE_SERVICE, X_OK) != 0)
		skip();
	assert_int_equal(mkdir(in_dir("open"), 0700), 0);
	assert_int_equal(chmod(in_dir("open"), 0777), 0);
	assert_int_equal(start_spec(0, &spec, &why), 0);
	await(there(facts) || ended[0].gone);
	if (ended[0].gone)
		fail_msg("%s %s", ended[0].why, ended[0].last_lines);
	assert_non_null(strstr(content(facts), "uid=65534\ngid=65534\ngroups=1\ncwd=/\n"));
	assert_non_null(strstr(content(facts), "env USER=nobody\n"));
}

static void a_program_is_looked_for_in_the_path(void **state)
{
	const char *const argv[] = { "fake_service", "exit:7", NULL };
	char folder[400] = FAKE_SERVICE;
	struct service_var path = { "PATH", folder };
	struct service_spec spec = { .argv = argv, .vars = &path, .n_vars = 1 };
	struct why why = { 0 };

	(void)state;
	*strrchr(folder, '/') = '\0';
	assert_int_equal(start_spec(0, &spec, &why), 0);
	await(ended[0].gone);
	assert_int_equal(ended[0].exit_status, 7);
}

static void what_is_no_program_is_told(void **state)
{
	const char *const absent[] = { "/nowhere/node", NULL }, *const unknown[] = { "no-such",
										     NULL };
	const char *const text[] = { in_dir("text"), NULL };
	const char *const good[] = { FAKE_SERVICE, "wait", NULL };
	struct service_var path = { "PATH", "/a:/b" };
	struct service_spec spec = { .argv = absent };
	struct why why = { 0 };

	(void)state;
	assert_int_equal(start_spec(0, &spec, &why), ERR_CONFIG);
	assert_string_equal(
	    why.text, "there is no program /nowhere/node; install it, or correct the command");
	spec = (struct service_spec){ .argv = unknown, .vars = &path, .n_vars = 1 };
	assert_int_equal(start_spec(0, &spec, &why), ERR_CONFIG);
	assert_string_equal(why.text, "there is no program \"no-such\" in /a:/b; install it, or "
				      "write its whole path");
	spec = (struct service_spec){ .argv = good, .user = "no-such-user" };
	assert_int_equal(start_spec(0, &spec, &why), ERR_CONFIG);
	assert_int_equal(services_pid(all, 0), 0);

	touch(in_dir("text"));
	spec = (struct service_spec){ .argv = text };
	assert_int_equal(start_spec(0, &spec, &why), 0);
	await(ended[0].gone);
	assert_int_equal(ended[0].fault, ERR_CONFIG);
	assert_non_null(strstr(ended[0].why, "cannot run the program: Permission denied"));

	ended[0].gone = false;
	spec = (struct service_spec){ .argv = good, .directory = "/nowhere" };
	assert_int_equal(start_spec(0, &spec, &why), 0);
	await(ended[0].gone);
	assert_int_equal(ended[0].fault, ERR_CONFIG);
	assert_non_null(strstr(ended[0].why, "cannot use command_directory: No such file"));
}

/* ---- an end ---- */

static void its_end_is_told_with_its_last_lines(void **state)
{
	(void)state;
	START(0, "print:first", "print:second", "part:no end", "exit:3");
	START(1, "raise:9");
	await(ended[0].gone && ended[1].gone);
	assert_true(ended[0].status_known);
	assert_int_equal(ended[0].exit_status, 3);
	assert_int_equal(ended[0].signal, 0);
	assert_string_equal(ended[0].last_lines, "first\nsecond\nno end\n");
	assert_int_equal(ended[1].signal, SIGKILL);
	assert_int_equal(services_pid(all, 0), 0);
	assert_int_equal(find_again(0, NULL, NULL), ERR_NOTFOUND);
}

static void a_stopped_one_hears_that_it_shall_end(void **state)
{
	(void)state;
	START(0, "print:here", "wait");
	await(strstr(content(log_path), "here") != NULL);
	services_signal(all, 0, SIGSTOP);
	services_signal(all, 0, SIGTERM);
	await(ended[0].gone);
	assert_int_equal(ended[0].signal, SIGTERM);
}

/* ---- it outlives us ---- */

static void the_next_core_finds_it_and_starts_no_second(void **state)
{
	uint64_t pid;

	(void)state;
	START(0, "wait");
	pid = services_pid(all, 0);
	services_free(&all);
	assert_true(is_alive(pid));
	open_core();
	assert_int_equal(find_again(0, NULL, NULL), 0);
	assert_int_equal(services_pid(all, 0), pid);
	services_signal(all, 0, SIGKILL);
	await(ended[0].gone);
	assert_int_equal(ended[0].pid, pid);
}

static void other_settings_are_noticed(void **state)
{
	const char *const argv[] = { FAKE_SERVICE, "wait", NULL };
	struct service_var vars[] = { { "KEY", "old" } };
	struct service_spec spec = { .instance = "svc-0", .argv = argv, .vars = vars, .n_vars = 1 };
	struct why why = { 0 };
	bool changed;

	(void)state;
	assert_int_equal(start_spec(0, &spec, &why), 0);
	for (unsigned n = 0; n < 2; n++) {
		services_leave(all, 0);
		assert_int_equal(services_pid(all, 0), 0);
		vars[0].value = n == 0 ? "old" : "new";
		assert_int_equal(find_again(0, &spec, &changed), 0);
		assert_int_equal(changed, n);
	}
	assert_false(ended[0].gone);
}

static void a_number_that_is_somebody_elses_by_now_is_not_it(void **state)
{
	struct identity id;
	struct why why;

	(void)state;
	assert_int_equal(identity_of((uint64_t)getpid(), &id), 0);
	assert_int_not_equal(id.start, 0);
	assert_int_not_equal(id.boot[0], '\0');
	for (unsigned n = 0; n < 3; n++) {
		struct identity other = id;

		if (n == 0)
			other.start--;
		else if (n == 1)
			other.boot[0] ^= 1;
		else
			other.pid = 0x7ffffff0;
		assert_int_equal(identity_open(&other), ERR_NOTFOUND);
		assert_int_equal(identity_write(&other, in_dir("services/svc-0.process"), &why), 0);
		assert_int_equal(find_again(0, NULL, NULL), ERR_NOTFOUND);
		assert_false(there(in_dir("services/svc-0.process")));
	}
	assert_true(identity_open(&id) >= 0);
}

static void only_an_exit_status_is_no_process(void **state)
{
	struct identity id;
	siginfo_t si;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	assert_int_equal(identity_of((uint64_t)pid, &id), ERR_NOTFOUND);
	waitpid(pid, NULL, 0);
}

static void a_damaged_record_is_told_and_is_none(void **state)
{
	static const char *const texts[] = { "x", "pid 1 start",
					     "pid 1 start 2 settings 3 at 4 boot ",
					     "pid -1 start 2 settings 3 at 4 boot b" };
	struct identity id;

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(texts); n++) {
		FILE *f = fopen(in_dir("services/svc-0.process"), "w");

		assert_non_null(f);
		fputs(texts[n], f);
		fclose(f);
		assert_int_equal(identity_read(&id, in_dir("services/svc-0.process")), ERR_FORMAT);
		assert_int_equal(find_again(0, NULL, NULL), ERR_NOTFOUND);
	}
	log_flush();
	assert_non_null(strstr(content(log_path), "service.record_unreadable"));
}

static void note_other(void *ctx, const char *instance, uint64_t pid)
{
	(void)ctx;
	assert_string_equal(instance, "svc-0");
	assert_int_equal(pid, started[0]);
	started[63]++;
}

static void what_is_configured_no_more_is_known(void **state)
{
	static const char *const ids[] = { "svc-1", "svc-0" };

	(void)state;
	started[63] = 0;
	START(0, "wait");
	START(1, "wait");
	services_others(all, ids, 1, note_other, NULL);
	assert_int_equal(started[63], 1);
	services_others(all, ids, 2, note_other, NULL);
	assert_int_equal(started[63], 1);
}

/* A core that starts a service and is killed at a point of the start. */
static void run_core(const char *point)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setenv("RELINK_KILL", point, 1);
		execl("/proc/self/exe", "services_test", "core", dir, NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("%s was not reached: status %x", point, status);
}

static int core_main(const char *folder)
{
	const char *const argv[] = { FAKE_SERVICE, "print:begun", "wait", NULL };
	const struct service_spec spec = { .instance = "svc-0", .argv = argv };
	struct services_port port = { .gone = on_gone };
	struct why why;
	uint64_t at;
	bool changed;

	uv_loop_init(&loop);
	if (services_new(&all, &loop, folder, N, &port, &why) < 0)
		return 1;
	if (services_find(all, 0, &spec, &changed, &at, &why) == ERR_NOTFOUND &&
	    services_start(all, 0, &spec, &why) < 0)
		return 2;
	return 3; /* the kill point was not there */
}

static void a_kill_at_any_point_of_the_start_leaves_none_or_one_that_is_found(void **state)
{
	static const struct {
		const char *point;
		bool recorded, begun;
	} cases[] = {
		{ "proc.service.before", false, false },  { "proc.service.forked", false, false },
		{ "proc.service.recorded", true, false }, { "proc.service.started", true, true },
		{ "proc.service.found", true, true },
	};

	(void)state;
#ifndef RELINK_KILLPOINTS
	skip();
#endif
	for (size_t n = 0; n < ARRAY_LEN(cases); n++) {
		const char *log = in_dir("services/svc-0.log");
		uint64_t pid;

		run_core(cases[n].point);
		pid = recorded_pid();
		assert_int_equal(pid != 0, cases[n].recorded);
		if (cases[n].begun) {
			await(strstr(content(log), "begun") != NULL);
			started[n_started++] = pid;
			assert_int_equal(find_again(0, NULL, NULL), 0);
			assert_int_equal(services_pid(all, 0), pid);
			services_leave(all, 0);
		} else {
			/* it ends by itself, and has done nothing */
			if (pid != 0)
				await(!is_alive(pid));
			assert_int_equal(find_again(0, NULL, NULL), ERR_NOTFOUND);
			assert_string_equal(content(log), "");
		}
	}
	/* what "started" began, "found" found: there was never a second */
	assert_int_equal(started[0], started[1]);
	assert_int_equal(count(content(in_dir("services/svc-0.log")), "begun"), 1);
}

/* ---- what it prints ---- */

static void what_it_prints_while_nobody_reads_is_said_later_and_once(void **state)
{
	(void)state;
	START(0, "print:one", said("await:", in_dir("go")), "print:two",
	      said("await:", in_dir("on")), "print:three", "wait");
	await(strstr(content(log_path), "text=one") != NULL);
	services_free(&all);
	touch(in_dir("go"));
	await(strstr(content(in_dir("services/svc-0.log")), "two") != NULL);
	assert_null(strstr(content(log_path), "text=two"));
	open_core();
	assert_int_equal(find_again(0, NULL, NULL), 0);
	touch(in_dir("on"));
	await(strstr(content(log_path), "text=three") != NULL);
	assert_int_equal(count(content(log_path), "text=one"), 1);
	assert_int_equal(count(content(log_path), "text=two"), 1);
	assert_non_null(strstr(content(log_path), "service.says instance=svc-0 text=two"));
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

static void its_file_is_bounded_and_the_last_word_is_heard(void **state)
{
	(void)state;
	START(0, "flood:200000", said("await:", in_dir("go")), "print:after", "wait");
	await(size_of(in_dir("services/svc-0.log")) > (off_t)TAIL_FILE_MAX);
	await(size_of(in_dir("services/svc-0.log")) < (off_t)TAIL_FILE_MAX);
	await(strstr(content(log_path), "service.log_cut instance=svc-0 bytes_not_read=") != NULL);
	touch(in_dir("go"));
	services_signal(all, 0, SIGTERM);
	await(ended[0].gone);
	assert_true(size_of(in_dir("services/svc-0.log")) <= 20000000);
	assert_true(size_of(log_path) < 1000000);
}

static unsigned descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Each of its two files in turn is a folder. */
static void a_tail_that_cannot_be_opened_holds_nothing(void **state)
{
	static const char *const folders[] = { "a", "b.read" }, *const files[] = { "a", "b" };
	struct why why = { 0 };
	struct tail t;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		unsigned before = descriptors();

		assert_int_equal(mkdir(in_dir(folders[i]), 0700), 0);
		assert_int_equal(tail_open(&t, in_dir(files[i]), &why), ERR_IO);
		assert_non_null(strstr(why.text, in_dir(folders[i])));
		assert_int_equal(descriptors(), before);
		assert_int_equal(t.fd, -1); /* so that nobody closes them again */
		assert_int_equal(t.mark, -1);
	}
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)
	const struct CMUnitTest tests[] = {
		TEST(it_finds_an_orderly_place),
		TEST(who_it_is_stands_on_disk_before_it_begins),
		TEST(it_may_run_as_somebody_else),
		TEST(a_program_is_looked_for_in_the_path),
		TEST(what_is_no_program_is_told),
		TEST(its_end_is_told_with_its_last_lines),
		TEST(a_stopped_one_hears_that_it_shall_end),
		TEST(the_next_core_finds_it_and_starts_no_second),
		TEST(other_settings_are_noticed),
		TEST(a_number_that_is_somebody_elses_by_now_is_not_it),
		TEST(only_an_exit_status_is_no_process),
		TEST(a_damaged_record_is_told_and_is_none),
		TEST(what_is_configured_no_more_is_known),
		TEST(a_kill_at_any_point_of_the_start_leaves_none_or_one_that_is_found),
		TEST(what_it_prints_while_nobody_reads_is_said_later_and_once),
		TEST(its_file_is_bounded_and_the_last_word_is_heard),
		TEST(a_tail_that_cannot_be_opened_holds_nothing),
	};

	if (argc == 3 && strcmp(argv[1], "core") == 0)
		return core_main(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
