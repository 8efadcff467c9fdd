/* web_tls_test.c - certificates: which server is believed, and that nothing is told to the others.
 *
 * The server and its certificate are made by the openssl command; without it there is nothing to
 * test with, and the tests say that they were skipped. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/obj.h"
#include "surf.h"

#define PATIENCE_MS 30000

static char folder[] = "/tmp/relink-tls-XXXXXX";
static char key[64], cert[64], other_key[64], other_cert[64];

/* --- the openssl command --- */

static pid_t spawn(const char *const *argv, int out)
{
	posix_spawn_file_actions_t files;
	extern char **environ;
	pid_t pid = -1;
	int r;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&files, out, 1);
	else
		posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	r = posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return r == 0 ? pid : -1;
}

static bool make_cert(const char *name, const char *key_file, const char *cert_file)
{
	char subject[64], alternative[100];
	const char *const argv[] = { "openssl",
				     "req",
				     "-x509",
				     "-newkey",
				     "ec",
				     "-pkeyopt",
				     "ec_paramgen_curve:P-256",
				     "-nodes",
				     "-days",
				     "2",
				     "-subj",
				     subject,
				     "-addext",
				     alternative,
				     "-keyout",
				     key_file,
				     "-out",
				     cert_file,
				     NULL };
	int status = -1;
	pid_t pid;

	snprintf(subject, sizeof subject, "/CN=%s", name);
	snprintf(alternative, sizeof alternative, "subjectAltName=DNS:%s", name);
	pid = spawn(argv, -1);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int make_certs(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(key, sizeof key, "%s/key", folder);
	snprintf(cert, sizeof cert, "%s/cert", folder);
	snprintf(other_key, sizeof other_key, "%s/other-key", folder);
	snprintf(other_cert, sizeof other_cert, "%s/other-cert", folder);
	if (!make_cert("localhost", key, cert) || !make_cert("other.test", other_key, other_cert))
		cert[0] = '\0';
	return 0;
}

static int remove_certs(void **state)
{
	(void)state;
	unlink(key);
	unlink(cert);
	unlink(other_key);
	unlink(other_cert);
	return rmdir(folder);
}

/* --- a server --- */

static struct {
	pid_t pid;
	int out; /* open, or what it prints would end it */
	unsigned port;
} server;

/* "ACCEPT 127.0.0.1:PORT" is among its first lines. */
static unsigned read_port(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[500] = "", *accept = NULL;
	size_t n = 0;
	ssize_t got = 1;

	while (got > 0 && n < sizeof text - 1 && (accept == NULL || strchr(accept, '\n') == NULL)) {
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		got = read(fd, text + n, sizeof text - 1 - n);
		n += (size_t)MAX_OF(got, (ssize_t)0);
		text[n] = '\0';
		accept = strstr(text, "ACCEPT ");
	}
	assert_non_null(accept);
	return (unsigned)strtoul(strrchr(accept, ':') + 1, NULL, 10);
}

static void serve(const char *key_file, const char *cert_file)
{
	const char *const argv[] = { "openssl", "s_server", "-accept", "127.0.0.1:0", "-www",
				     "-key",    key_file,   "-cert",   cert_file,     NULL };
	int out[2];

	if (cert[0] == '\0')
		skip();
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	server.pid = spawn(argv, out[1]);
	assert_true(server.pid > 0);
	close(out[1]);
	server.out = out[0];
	server.port = read_port(out[0]);
}

static int close_all(void **state)
{
	if (server.pid > 0) {
		kill(server.pid, SIGKILL);
		waitpid(server.pid, NULL, 0);
		close(server.out);
		server.pid = 0;
	}
	return surf_close(state);
}

static const struct got *fetch_tls(const char *ca_file)
{
	struct relink_http_request r = to("GET", "/");
	char url[64];

	snprintf(url, sizeof url, "https://localhost:%u/hunter2", server.port);
	r.url = rs(url);
	r.ca_file = rs(ca_file);
	return fetch(&r);
}

/* --- tests --- */

static void a_server_is_believed_when_the_ca_file_knows_it(void **state)
{
	const struct got *g;

	(void)state;
	serve(key, cert);
	g = fetch_tls(cert);
	assert_got(g, RELINK_NONE, 1, "");
	assert_int_equal(g->status, 200);
	assert_non_null(strstr(g->body, "s_server"));
}

static void a_server_that_nobody_vouches_for_hears_nothing(void **state)
{
	const struct got *g;

	(void)state;
	serve(key, cert);
	g = fetch_tls("");
	assert_got(g, RELINK_MISCONFIGURED, 0, "certificate");
	assert_null(strstr(g->text, "hunter2"));
	assert_got(fetch_tls(other_cert), RELINK_MISCONFIGURED, 0, "certificate");
}

static void a_certificate_for_another_name_is_wrong(void **state)
{
	(void)state;
	serve(other_key, other_cert);
	assert_got(fetch_tls(other_cert), RELINK_MISCONFIGURED, 0, "localhost");
}

static void a_connection_that_one_ca_file_vouched_for_is_not_anothers(void **state)
{
	(void)state;
	serve(key, cert);
	assert_got(fetch_tls(cert), RELINK_NONE, 1, "");
	assert_got(fetch_tls(other_cert), RELINK_MISCONFIGURED, 0, "certificate");
	assert_got(fetch_tls(""), RELINK_MISCONFIGURED, 0, "certificate");
	assert_got(fetch_tls(cert), RELINK_NONE, 1, "");
}

static void a_ca_file_that_is_not_there_is_told(void **state)
{
	(void)state;
	serve(key, cert);
	assert_got(fetch_tls("/nowhere/ca.pem"), RELINK_MISCONFIGURED, 0, "CA file");
	assert_got(fetch_tls(key), RELINK_MISCONFIGURED, 0, "CA file"); /* holds none */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, surf_open, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_server_is_believed_when_the_ca_file_knows_it),
		TEST(a_server_that_nobody_vouches_for_hears_nothing),
		TEST(a_certificate_for_another_name_is_wrong),
		TEST(a_connection_that_one_ca_file_vouched_for_is_not_anothers),
		TEST(a_ca_file_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, make_certs, remove_certs);
}
