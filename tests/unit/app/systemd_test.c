/*
 * systemd_test.c - what relinkd tells systemd, heard on a socket of the test's own.
 *
 * The real program runs; this is the only test of its talk with systemd, since the tests from outside
 * are Node.js, which has no datagram sockets of this kind.
 */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"

#define HANG_S 30

static char dir[64], socket_path[96], config_path[96];
static int ear = -1;
static pid_t relinkd = -1;
static FILE *said; /* its standard output */

static void put(const char *text)
{
	FILE *f = fopen(config_path, "wb");

	assert_non_null(f);
	fprintf(f, "state_dir: %s\nhttp: {listen: '127.0.0.1:0'}\n%s", dir, text);
	assert_int_equal(fclose(f), 0);
}

static void set_patience(time_t s, suseconds_t us)
{
	struct timeval hang = { s, us };

	setsockopt(ear, SOL_SOCKET, SO_RCVTIMEO, &hang, sizeof hang);
}

static int setup(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)state;
	snprintf(dir, sizeof dir, "/tmp/relink-systemd-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(socket_path, sizeof socket_path, "%s/notify", dir);
	snprintf(config_path, sizeof config_path, "%s/relink.yaml", dir);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", socket_path);
	ear = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	set_patience(HANG_S, 0);
	put("");
	return bind(ear, (struct sockaddr *)&at, sizeof at);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	if (relinkd > 0) {
		kill(relinkd, SIGKILL);
		waitpid(relinkd, NULL, 0);
	}
	relinkd = -1;
	if (said != NULL)
		fclose(said);
	said = NULL;
	close(ear);
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void run(const char *watchdog_us)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	relinkd = fork();
	assert_true(relinkd >= 0);
	if (relinkd > 0) {
		close(ends[1]);
		said = fdopen(ends[0], "r");
		assert_non_null(said);
		return;
	}
	setenv("NOTIFY_SOCKET", socket_path, 1);
	if (watchdog_us != NULL)
		setenv("WATCHDOG_USEC", watchdog_us, 1);
	if (dup2(ends[1], STDOUT_FILENO) < 0 || freopen("/dev/null", "w", stderr) == NULL)
		_exit(126);
	execl(RELINKD, RELINKD, "--config", config_path, (char *)NULL);
	_exit(127);
}

/* The next message that is not the watchdog's (or, with `watchdog`, that is). */
static const char *hear(bool watchdog)
{
	static char text[1024];
	ssize_t n;

	do {
		n = recv(ear, text, sizeof text - 1, 0);
		assert_true(n > 0); /* else nothing came in HANG_S */
		text[n] = '\0';
	} while ((strcmp(text, "WATCHDOG=1") == 0) != watchdog);
	return text;
}

static void assert_begins(const char *text, const char *with)
{
	if (strncmp(text, with, strlen(with)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", text, with);
}

static void a_whole_life_is_told(void **state)
{
	int status;

	(void)state;
	run(NULL);
	assert_begins(hear(false), "READY=1\nSTATUS=Listening on http://127.0.0.1:");
	put("log: {level: debug}\n");
	assert_int_equal(kill(relinkd, SIGHUP), 0);
	assert_begins(hear(false), "RELOADING=1\n");
	assert_begins(hear(false), "READY=1\n");
	assert_int_equal(kill(relinkd, SIGTERM), 0);
	assert_begins(hear(false), "STOPPING=1\nSTATUS=Stopping (SIGTERM)");
	assert_int_equal(waitpid(relinkd, &status, 0), relinkd);
	relinkd = -1;
	assert_int_equal(status, 0);
}

static void a_reload_that_is_refused_ends_ready_too(void **state)
{
	(void)state;
	run(NULL);
	assert_begins(hear(false), "READY=1\n");
	put("nonsense: 1\n");
	assert_int_equal(kill(relinkd, SIGHUP), 0);
	assert_begins(hear(false), "RELOADING=1\n");
	assert_begins(hear(false), "READY=1\n");
}

static void the_watchdog_is_fed_while_the_loop_turns(void **state)
{
	(void)state;
	run("300000");
	for (int i = 0; i < 5; i++)
		hear(true);
}

/* A process that was stopped is one whose loop does not turn. */
static void a_loop_that_stands_is_silent(void **state)
{
	char text[64];
	int status;

	(void)state;
	run("150000");
	hear(true);
	assert_int_equal(kill(relinkd, SIGSTOP), 0);
	assert_int_equal(waitpid(relinkd, &status, WUNTRACED), relinkd);
	while (recv(ear, text, sizeof text, MSG_DONTWAIT) > 0) {
		/* what was on its way */
	}
	set_patience(0, 450000); /* three times what the unit would allow */
	assert_true(recv(ear, text, sizeof text, 0) < 0);
	set_patience(HANG_S, 0);
	assert_int_equal(kill(relinkd, SIGCONT), 0);
	hear(true);
}

static void nothing_is_told_without_a_socket(void **state)
{
	char line[128];

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	socket_path[strlen(socket_path) - 1] = '\0'; /* nobody listens there */
	run(NULL);
	assert_non_null(fgets(line, sizeof line, said)); /* it runs nevertheless */
	assert_begins(line, "relinkd: listening on ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_whole_life_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reload_that_is_refused_ends_ready_too, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_watchdog_is_fed_while_the_loop_turns, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_loop_that_stands_is_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_told_without_a_socket, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
