/*
 * fake_worker.c - a worker that does one thing, mostly wrong; which one is said in place of the
 * plugin's path.
 *
 * It uses blocking calls on fd 3, as a worker in another language might.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/obj.h"
#include "ipc/frame.h"
#include "ipc/msg.h"

#define LINK   3
#define REPORT 4

extern char **environ;

/* --- talking --- */

static void send_bytes(const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t sent = write(LINK, p, n);

		if (sent < 0)
			exit(3);
		p += sent;
		n -= (size_t)sent;
	}
}

static void send_frame(struct buf *b)
{
	must(b->failed == 0 && b->n > 0);
	send_bytes(b->p, b->n);
	buf_fini(b);
}

static void send_hello_as(uint64_t proto)
{
	struct msg_hello hello = { .proto = proto,
				   .nonce = STR("fake"),
				   .pid = (uint64_t)getpid(),
				   .plugin = STR("fake"),
				   .version = STR("1"),
				   .abi_major = 1,
				   .start_deadline = 1000 };
	struct buf b;

	buf_init(&b, LIMIT_FRAME);
	msg_pack_notification(&b, MSG_hello, &hello);
	send_frame(&b);
}

static void send_hello(void)
{
	send_hello_as(1);
}

static void pack_event(struct buf *b, uint64_t generation)
{
	struct msg_event event = { .instance = STR("i"),
				   .session = STR("fake_session"),
				   .generation = generation,
				   .state = 4 };

	must(msg_pack_notification(b, MSG_event, &event) == 0);
}

static void send_event(uint64_t generation)
{
	struct buf b;

	buf_init(&b, LIMIT_FRAME);
	pack_event(&b, generation);
	send_frame(&b);
}

static void read_bytes(char *to, size_t n)
{
	while (n > 0) {
		ssize_t got = read(LINK, to, n);

		if (got <= 0)
			exit(0);
		to += got;
		n -= (size_t)got;
	}
}

/* The next request's method and number; its parameters are not looked at. */
static enum msg_method read_request(uint32_t *ret_id)
{
	static char frame[FRAME_HEAD + LIMIT_FRAME];
	const unsigned char *head = (const unsigned char *)frame;
	enum msg_method method;
	struct str value;
	struct why why;
	struct msg m;

	read_bytes(frame, FRAME_HEAD);
	read_bytes(frame + FRAME_HEAD,
		   (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3]);
	must(frame_peek((struct str){ frame, sizeof frame }, &value) > 0);
	must(msg_open(&m, value, &why) == 0);
	*ret_id = m.id;
	method = m.method;
	msg_close(&m);
	return method;
}

static void send_pong(uint32_t id)
{
	struct msg_ping_reply reply = { .seq = id };
	struct buf b;

	buf_init(&b, LIMIT_FRAME);
	msg_pack_reply(&b, id, MSG_ping, NULL, &reply);
	send_frame(&b);
}

static _Noreturn void sleep_for_ever(void)
{
	for (;;)
		pause();
}

/* --- the things to do --- */

static void polite(void)
{
	uint32_t id;

	send_hello();
	for (;;) {
		if (read_request(&id) == MSG_ping)
			send_pong(id);
	}
}

static void silent(void)
{
	sleep_for_ever();
}

static void deaf(void)
{
	send_hello();
	sleep_for_ever();
}

static void leaves_with_7(void)
{
	send_hello();
	exit(7);
}

static void segfaults(void)
{
	must_report_to(REPORT);
	must_catch_signals();
	fprintf(stderr, "the last thing that I say\n");
	raise(SIGSEGV);
}

/* Leaves with the KiB that it could write. */
static void writes_a_long_report(void)
{
	static const char line[] = "0123456789abcde\n";
	int n = 0;

	while (n < 200 * 64 && write(REPORT, line, 16) == 16)
		n++;
	exit(n / 64);
}

static void talks_garbage(void)
{
	send_hello();
	send_bytes("\0\0\0\5hello", 9);
	sleep_for_ever();
}

static void sends_half_a_frame(void)
{
	send_hello();
	send_bytes("\0\0\1\0half", 8);
	sleep_for_ever();
}

static void dies_in_a_frame(void)
{
	send_hello();
	send_bytes("\0\0\1\0half", 8);
	raise(SIGKILL);
}

static void claims_a_huge_frame(void)
{
	send_hello();
	send_bytes("\x7f\xff\xff\xff", 4);
	sleep_for_ever();
}

static void sends_an_empty_frame(void)
{
	send_hello();
	send_bytes("\0\0\0\0", 4);
	sleep_for_ever();
}

static void says_hello_twice(void)
{
	send_hello();
	send_hello();
	sleep_for_ever();
}

static void speaks_protocol_0(void)
{
	send_hello_as(0);
	sleep_for_ever();
}

static void forgets_hello(void)
{
	send_event(1);
	sleep_for_ever();
}

static void asks_the_core(void)
{
	struct msg_ping ping = { .seq = 1 };
	struct buf b;

	send_hello();
	buf_init(&b, LIMIT_FRAME);
	msg_pack_request(&b, 1, MSG_ping, &ping);
	send_frame(&b);
	sleep_for_ever();
}

/* As an answer to ping, what is the answer to stop. */
static void answers_beside_the_point(void)
{
	struct msg_stop_reply reply = { .stopped = true };
	struct buf b;
	uint32_t id;

	send_hello();
	read_request(&id);
	buf_init(&b, LIMIT_FRAME);
	msg_pack_reply(&b, id, MSG_stop, NULL, &reply);
	send_frame(&b);
	sleep_for_ever();
}

/* Answers each request when the next one comes. */
static void answers_late(void)
{
	uint32_t id, before = 0;

	send_hello();
	for (;;) {
		read_request(&id);
		if (before != 0)
			send_pong(before);
		before = id;
	}
}

static void answers_twice(void)
{
	uint32_t id;

	send_hello();
	for (;;) {
		read_request(&id);
		send_pong(id);
		send_pong(id);
	}
}

static void send_error(uint32_t id, uint64_t cause, struct str text)
{
	struct msg_error error = { .cause = cause, .text = text, .unknown = true };
	struct buf b;

	buf_init(&b, LIMIT_FRAME);
	msg_pack_reply(&b, id, MSG_ping, &error, NULL);
	send_frame(&b);
}

static void answers_with_an_error(void)
{
	uint32_t id;

	send_hello();
	read_request(&id);
	send_error(id, 4, STR("no network"));
	sleep_for_ever();
}

static void lists(void)
{
	struct msg_session session = { .session = STR("mock_acme_1_00000000"), .state = 4 };
	struct msg_listed part = { .sessions = { &session, 1 } };
	struct msg_list_reply reply = { .complete = true, .total = 1 };
	struct buf b;
	uint32_t id;

	send_hello();
	read_request(&id);
	buf_init(&b, LIMIT_FRAME);
	part.call = id;
	msg_pack_notification(&b, MSG_listed, &part);
	part.call = id + 1; /* a list that nobody asked for */
	msg_pack_notification(&b, MSG_listed, &part);
	msg_pack_reply(&b, id, MSG_list, NULL, &reply);
	send_frame(&b);
	sleep_for_ever();
}

static void logs(void)
{
	struct msg_log line = { .level = 1, .instance = STR("i"), .text = STR("a line") };
	struct buf b;

	send_hello();
	buf_init(&b, LIMIT_FRAME);
	msg_pack_notification(&b, MSG_log, &line);
	send_frame(&b);
	exit(0);
}

/* More than any rate lets through, then polite. */
static void floods_stdout(void)
{
	for (int i = 0; i < 200000; i++)
		printf("line %d of a flood that no log should hold\n", i);
	fflush(stdout);
	polite();
}

static void prints_without_newline(void)
{
	static char long_line[5000];

	memset(long_line, 'x', sizeof long_line);
	if (write(1, long_line, sizeof long_line) < 0 || write(1, "\nshort\n", 7) < 0 ||
	    write(2, "unfinished", 10) < 0)
		exit(1);
	exit(0);
}

static void floods_events(void)
{
	uint64_t n = 0;

	send_hello();
	for (;;)
		send_event(++n);
}

/* In one piece, which the socket holds while nobody reads. */
static void sends_1000_events_and_leaves(void)
{
	struct buf b;

	send_hello();
	buf_init(&b, LIMIT_FRAME);
	for (uint64_t i = 1; i <= 1000; i++)
		pack_event(&b, i);
	send_frame(&b);
	exit(0);
}

/* The grandchild ends by itself, long after the test has lost patience with a pool that waits
 * for it. */
static void leaves_a_grandchild(void)
{
	send_hello();
	if (fork() == 0) {
		alarm(60);
		sleep_for_ever();
	}
	exit(0);
}

static void closes_its_link(void)
{
	send_hello();
	close(LINK);
	sleep_for_ever();
}

static void closes_its_output(void)
{
	close(1);
	close(2);
	polite();
}

static void lists_its_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	char own[16];

	must(d != NULL);
	snprintf(own, sizeof own, "%d", dirfd(d));
	while ((e = readdir(d)) != NULL) {
		char target[128], path[300];
		ssize_t n;

		if (e->d_name[0] == '.' || strcmp(e->d_name, own) == 0)
			continue;
		snprintf(path, sizeof path, "/proc/self/fd/%s", e->d_name);
		n = readlink(path, target, sizeof target - 1);
		printf("%s %.*s\n", e->d_name, (int)(n > 0 ? n : 0), target);
	}
	printf("flags of link: %s\n", (fcntl(LINK, F_GETFL) & O_NONBLOCK) != 0 ? "odd" : "plain");
	exit(0);
}

static void prints_its_environment(void)
{
	sigset_t blocked;
	struct sigaction sa;

	for (char **e = environ; *e != NULL; e++)
		printf("%s\n", *e);
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	sigaction(SIGPIPE, NULL, &sa);
	printf("signals: %s\n",
	       !sigismember(&blocked, SIGUSR1) && sa.sa_handler == SIG_DFL ? "plain" : "odd");
	printf("session leader: %s\n", getsid(0) == getpid() ? "yes" : "no");
	exit(0);
}

static void ignores_sigterm(void)
{
	signal(SIGTERM, SIG_IGN);
	polite();
}

#define THING(name)         \
	{                   \
#name, name \
	}
static const struct {
	const char *name;
	void (*run)(void);
} things[] = {
	THING(polite),
	THING(silent),
	THING(deaf),
	THING(leaves_with_7),
	THING(segfaults),
	THING(writes_a_long_report),
	THING(talks_garbage),
	THING(sends_half_a_frame),
	THING(dies_in_a_frame),
	THING(claims_a_huge_frame),
	THING(sends_an_empty_frame),
	THING(says_hello_twice),
	THING(speaks_protocol_0),
	THING(forgets_hello),
	THING(asks_the_core),
	THING(answers_beside_the_point),
	THING(answers_late),
	THING(answers_twice),
	THING(answers_with_an_error),
	THING(lists),
	THING(logs),
	THING(floods_stdout),
	THING(prints_without_newline),
	THING(floods_events),
	THING(sends_1000_events_and_leaves),
	THING(leaves_a_grandchild),
	THING(closes_its_link),
	THING(closes_its_output),
	THING(lists_its_descriptors),
	THING(prints_its_environment),
	THING(ignores_sigterm),
};

int main(int argc, char **argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nobody behind */
	for (size_t i = 0; argc == 4 && i < ARRAY_LEN(things); i++) {
		if (strcmp(argv[2], things[i].name) == 0)
			things[i].run();
	}
	fprintf(stderr, "fake_worker does not know how to do this\n");
	return 2;
}
