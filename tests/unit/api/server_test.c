/*
 * server_test.c - sockets: addresses, the unix socket and its peers, limits, deadlines on a real
 * clock, stopping.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/obj.h"
#include "world.h"

#define HEALTH STR("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")

static struct world w;
static struct reply r;

/* --- addresses --- */

/* api_new with these options fails; what it says contains `text`. */
static void expect_refused(const struct api_options *o, int code, const char *text)
{
	struct api_port port;
	struct fake fake;
	struct why why = { .code = 0 };
	struct api *api = NULL;
	uv_loop_t loop;

	uv_loop_init(&loop);
	fake_open(&fake, 4);
	port = fake_port(&fake);
	assert_int_equal(api_new(&api, &loop, o, &port, fake.bus, &why), code);
	assert_null(api);
	if (strstr(why.text, text) == NULL)
		fail_msg("\"%s\" is not in: %s", text, why.text);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	fake_close(&fake);
}

static void bad_addresses_are_refused_with_a_remedy(void **state)
{
	static const char *const bad[] = {
		"",      "localhost:80", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536",
		":8840", "1.2.3:80",     "[::1:80"
	};
	struct api_options o = world_options(&w);

	(void)state;
	o.socket_path = NULL;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		o.listen = bad[i];
		expect_refused(&o, ERR_CONFIG, "write 127.0.0.1:8840");
	}
	unlink(w.key_file);
	rmdir(w.dir);
}

static void an_address_in_use_is_refused(void **state)
{
	struct api_options o;
	struct world other;
	char address[64];

	(void)state;
	world_open(&other);
	o = world_options(&w);
	snprintf(address, sizeof address, "127.0.0.1:%u", other.port);
	o.listen = address;
	o.socket_path = NULL;
	expect_refused(&o, ERR_BUSY, "is in use by another program");
	unlink(w.key_file);
	rmdir(w.dir);
	world_close(&other);
}

static void ipv6_is_an_address(void **state)
{
	struct api_options o = world_options(&w);

	(void)state;
	o.listen = "[::1]:0";
	world_open_with(&w, &o, 4);
	assert_memory_equal(api_address(w.api), "http://[::1]:", 13);
	world_close(&w);
}

/* --- the unix socket --- */

static void our_own_user_needs_no_key_there(void **state)
{
	struct client c;
	struct stat st;

	(void)state;
	world_open(&w);
	assert_int_equal(stat(w.socket, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	client_open_unix(&c, &w);
	client_send(&c, STR("GET /v1/workers HTTP/1.1\r\nHost: x\r\n\r\n"));
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 200);
	client_close(&c);
	client_open(&c, &w);
	client_send(&c, STR("GET /v1/workers HTTP/1.1\r\nHost: x\r\n\r\n"));
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 401);
	client_close(&c);
	world_close(&w);
}

/* Only root can become somebody else; elsewhere the mode 0600 is all that can be seen. */
static void other_users_need_a_key_there(void **state)
{
	int pipe_fds[2];
	char status[4] = "";
	pid_t pid;

	(void)state;
	if (geteuid() != 0) {
		skip();
		return;
	}
	world_open(&w);
	assert_int_equal(chmod(w.dir, 0711), 0);
	assert_int_equal(chmod(w.socket, 0666), 0);
	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	if (pid == 0) {
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		char text[64] = "";

		snprintf(a.sun_path, sizeof a.sun_path, "%s", w.socket);
		if (setresuid(65534, 65534, 65534) != 0 ||
		    connect(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
		    write(fd, "GET /v1/workers HTTP/1.1\r\nHost: x\r\n\r\n", 37) != 37 ||
		    read(fd, text, sizeof text) < 12 || write(pipe_fds[1], text + 9, 3) != 3)
			_exit(1);
		_exit(0);
	}
	close(pipe_fds[1]);
	fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	for (uint64_t end = clock_ms() + WORLD_PATIENCE_MS; clock_ms() < end;) {
		ssize_t n = read(pipe_fds[0], status, 3);

		if (n >= 0 || errno != EAGAIN)
			break;
		world_turn(&w);
	}
	assert_string_equal(status, "401");
	waitpid(pid, NULL, 0);
	close(pipe_fds[0]);
	world_close(&w);
}

static void a_socket_that_a_dead_process_left_is_replaced(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct api_options o = world_options(&w);
	struct client c;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	snprintf(a.sun_path, sizeof a.sun_path, "%s", w.socket);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	close(fd);
	world_open_with(&w, &o, 4);
	client_open_unix(&c, &w);
	client_send(&c, HEALTH);
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 200);
	client_close(&c);
	world_close(&w);
}

static void a_socket_that_is_alive_is_left_alone(void **state)
{
	struct api_options o;
	char socket_path[sizeof w.socket];
	struct client c;

	(void)state;
	world_open(&w);
	snprintf(socket_path, sizeof socket_path, "%s", w.socket);
	o = (struct api_options){ .listen = "127.0.0.1:0",
				  .socket_path = socket_path,
				  .key_file = w.key_file,
				  .connections = 10 };
	expect_refused(&o, ERR_BUSY, "another process listens at");
	client_open_unix(&c, &w);
	client_send(&c, HEALTH);
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 200);
	client_close(&c);
	world_close(&w);
}

static void a_file_in_the_place_of_the_socket_is_refused(void **state)
{
	static char name[200];
	struct api_options o = world_options(&w);
	int fd = open(w.socket, O_CREAT | O_WRONLY, 0600);

	(void)state;
	close(fd);
	expect_refused(&o, ERR_EXISTS, "is there and not a socket");
	unlink(w.socket);
	memset(name, 'x', sizeof name - 1);
	o.socket_path = name;
	expect_refused(&o, ERR_CONFIG, "is longer than 107 bytes");
	unlink(w.key_file);
	rmdir(w.dir);
}

/* --- limits and deadlines --- */

static void connections_over_the_limit_are_told(void **state)
{
	struct api_options o = world_options(&w);
	struct client c[3];

	(void)state;
	o.connections = 2;
	world_open_with(&w, &o, 4);
	for (int i = 0; i < 2; i++) {
		client_open(&c[i], &w);
		client_send(&c[i], HEALTH);
		client_reply(&c[i], &r, false);
		assert_int_equal(r.status, 200);
	}
	client_open(&c[2], &w);
	client_reply(&c[2], &r, false);
	assert_int_equal(r.status, 503);
	assert_non_null(strstr(r.body, "too_many_connections"));
	client_close(&c[2]);
	client_send(&c[0], HEALTH); /* the others go on */
	client_reply(&c[0], &r, false);
	assert_int_equal(r.status, 200);
	client_close(&c[1]);
	world_until_connections(&w, 1);
	client_open(&c[1], &w);
	client_send(&c[1], HEALTH);
	client_reply(&c[1], &r, false);
	assert_int_equal(r.status, 200);
	client_close(&c[0]);
	client_close(&c[1]);
	world_close(&w);
}

/* No descriptor left: clients are told so with the spare one, and served when there are some again. */
static void running_out_of_descriptors_is_survived(void **state)
{
	struct rlimit old, few;
	int taken[64], n = 0;
	struct pollfd loop;
	struct client c;

	(void)state;
	world_open(&w);
	loop = (struct pollfd){ .fd = uv_backend_fd(&w.loop), .events = POLLIN };
	client_open(&c, &w);
	client_send(&c, HEALTH);
	getrlimit(RLIMIT_NOFILE, &old);
	few = (struct rlimit){ ARRAY_LEN(taken), old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while ((taken[n] = open("/dev/null", O_RDONLY)) >= 0)
		n++;
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 503);
	assert_non_null(strstr(r.body, "too_many_connections"));
	assert_true(client_is_closed(&c));
	assert_int_equal(world_stats(&w).connections, 0);
	assert_int_equal(world_stats(&w).exhausted, 1);
	assert_int_equal(poll(&loop, 1, 0), 0); /* and the loop does not spin */
	while (n > 0)
		close(taken[--n]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	client_close(&c);
	client_open(&c, &w);
	client_send(&c, HEALTH);
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 200);
	client_close(&c);
	world_close(&w);
}

static void deadlines_run_on_a_real_clock(void **state)
{
	struct api_options o = world_options(&w);
	struct client slow_head, slow_body, idle, silent;

	(void)state;
	o.header_ms = o.body_ms = o.idle_ms = 100;
	world_open_with(&w, &o, 4);
	client_open(&silent, &w);
	client_open(&slow_head, &w);
	client_send(&slow_head, STR("GET / HT"));
	client_open(&slow_body, &w);
	client_request(&slow_body, "POST", "/v1/accounts",
		       "Content-Type: application/json\r\nContent-Length: 5\r\n", NULL);
	client_open(&idle, &w);
	client_send(&idle, HEALTH);
	client_reply(&idle, &r, false);
	client_reply(&slow_head, &r, false);
	assert_int_equal(r.status, 408);
	client_reply(&slow_body, &r, false);
	assert_int_equal(r.status, 408);
	assert_true(client_is_closed(&idle));
	assert_true(client_is_closed(&silent));
	assert_true(client_is_closed(&slow_head));
	assert_true(client_is_closed(&slow_body));
	client_close(&silent);
	client_close(&slow_head);
	client_close(&slow_body);
	client_close(&idle);
	world_close(&w);
}

/* A page of some megabytes to a client that reads nothing: the socket takes a part, then time runs
 * out.  Another client is served meanwhile. */
static void a_client_that_reads_nothing_is_let_go(void **state)
{
	struct api_options o = world_options(&w);
	struct client c, other;
	int small = 4096;

	(void)state;
	o.write_ms = 100;
	world_open_with(&w, &o, 4);
	for (int i = 0; i < 1000; i++) {
		struct fake_account *a = fake_add(&w.fake, "a");

		a->metadata = calloc(1, 4097);
		memset(a->metadata, ' ', 4096);
		a->metadata[0] = '1';
	}
	client_open(&c, &w);
	setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	for (int i = 0; i < 4; i++)
		client_request(&c, "GET", "/v1/accounts?limit=1000", "", NULL);
	world_until_connections(&w, 1);
	client_open(&other, &w);
	client_send(&other, HEALTH);
	client_reply(&other, &r, false);
	assert_int_equal(r.status, 200);
	client_close(&other);
	world_until_connections(&w, 0);
	client_close(&c);
	world_close(&w);
}

static void a_large_page_arrives_whole(void **state)
{
	struct client c;

	(void)state;
	world_open(&w);
	for (int i = 0; i < 100000; i++)
		fake_add(&w.fake, "a");
	client_open(&c, &w);
	client_request(&c, "GET", "/v1/accounts?limit=1000&cursor=98999", "Connection: close\r\n",
		       NULL);
	client_until(&c, "\"next_cursor\":\"99999\"}");
	assert_true(client_is_closed(&c));
	client_close(&c);
	world_close(&w);
}

static void a_client_that_breaks_off_leaves_nothing(void **state)
{
	struct linger now = { .l_onoff = 1 };
	struct client c[20];

	(void)state;
	world_open(&w);
	w.fake.hold = true;
	fake_add(&w.fake, "a1");
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		client_open(&c[i], &w);
		client_request(&c[i], "POST", "/v1/accounts/a1/reconnect", "", NULL);
	}
	while (w.fake.n_commands < ARRAY_LEN(c))
		world_turn(&w);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		setsockopt(c[i].fd, SOL_SOCKET, SO_LINGER, &now, sizeof now); /* RST */
		client_close(&c[i]);
	}
	world_until_connections(&w, 0);
	w.fake.hold = false;
	world_turn(&w);
	assert_int_equal(fake_find(&w.fake, "a1")->generation, ARRAY_LEN(c));
	world_close(&w);
}

/* --- stopping --- */

static void on_stopped(void *ctx)
{
	*(bool *)ctx = true;
}

static bool is_true(void *arg)
{
	return *(bool *)arg;
}

static void stopping_answers_what_is_under_way(void **state)
{
	struct client idle, working, waiting, stream, late;
	bool stopped = false;

	(void)state;
	world_open(&w);
	fake_add(&w.fake, "a1");
	client_open(&stream, &w);
	client_request(&stream, "GET", "/v1/events", "", NULL);
	client_open(&waiting, &w);
	client_request(&waiting, "GET", "/v1/accounts/a1/qr", "Prefer: wait=100\r\n", NULL);
	client_open(&idle, &w);
	w.fake.hold = true;
	client_open(&working, &w);
	client_request(&working, "POST", "/v1/accounts/a1/connect", "Prefer: wait=100\r\n", NULL);
	while (w.fake.n_commands == 0)
		world_turn(&w);
	world_until_connections(&w, 4);
	api_stop(w.api, 60000, on_stopped, &stopped);
	assert_true(client_is_closed(&idle));
	client_until(&stream, "retry: 1000\n\n");
	assert_true(client_is_closed(&stream));
	client_reply(&waiting, &r, false);
	assert_int_equal(r.status, 404);
	assert_string_equal(reply_header(&r, "Connection"), "close");
	assert_false(stopped);
	late.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(access(w.socket, F_OK), -1);
	close(late.fd);
	w.fake.hold = false;
	client_reply(&working, &r, false);
	assert_int_equal(r.status, 200);
	client_close(&idle);
	client_close(&working);
	client_close(&waiting);
	client_close(&stream);
	world_until(&w, is_true, &stopped, "stopped");
	world_close(&w);
}

static void stopping_is_patient_for_so_long(void **state)
{
	struct client c;
	bool stopped = false;

	(void)state;
	world_open(&w);
	w.fake.hold = true;
	fake_add(&w.fake, "a1");
	client_open(&c, &w);
	client_request(&c, "POST", "/v1/accounts/a1/connect", "", NULL);
	while (w.fake.n_commands == 0)
		world_turn(&w);
	api_stop(w.api, 50, on_stopped, &stopped);
	world_until(&w, is_true, &stopped, "stopped");
	assert_true(client_is_closed(&c));
	client_close(&c);
	world_close(&w);
}

static void stopping_without_clients_is_quick(void **state)
{
	bool stopped = false;

	(void)state;
	world_open(&w);
	api_stop(w.api, 60000, on_stopped, &stopped);
	world_until(&w, is_true, &stopped, "stopped");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_addresses_are_refused_with_a_remedy),
		cmocka_unit_test(an_address_in_use_is_refused),
		cmocka_unit_test(ipv6_is_an_address),
		cmocka_unit_test(our_own_user_needs_no_key_there),
		cmocka_unit_test(other_users_need_a_key_there),
		cmocka_unit_test(a_socket_that_a_dead_process_left_is_replaced),
		cmocka_unit_test(a_socket_that_is_alive_is_left_alone),
		cmocka_unit_test(a_file_in_the_place_of_the_socket_is_refused),
		cmocka_unit_test(connections_over_the_limit_are_told),
		cmocka_unit_test(running_out_of_descriptors_is_survived),
		cmocka_unit_test(deadlines_run_on_a_real_clock),
		cmocka_unit_test(a_client_that_reads_nothing_is_let_go),
		cmocka_unit_test(a_large_page_arrives_whole),
		cmocka_unit_test(a_client_that_breaks_off_leaves_nothing),
		cmocka_unit_test(stopping_answers_what_is_under_way),
		cmocka_unit_test(stopping_is_patient_for_so_long),
		cmocka_unit_test(stopping_without_clients_is_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
