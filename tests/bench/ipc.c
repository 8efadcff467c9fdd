/*
 * ipc.c - a question to a worker and its answer, against bare bytes of the same sizes over a socketpair.
 *
 * Ours is the whole way: pool_call, packing, frame, the checks of both ends, reply callback, deadlines
 * kept.  The limit is two processes with blocking reads and writes and no idea what the bytes mean.
 * Either way each process has a CPU of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/must.h"
#include "bench.h"
#include "echo.h"
#include "proc/pool.h"

#define PINGS    20000
#define FLOOD    400000
#define WINDOW   64
#define ASKED    110 /* bytes of the question and of the answer, as below */
#define ANSWERED 16

/* ---- the limit ---- */

static void read_whole(int fd, char *to, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, to, n);

		must(got > 0);
		to += got;
		n -= (size_t)got;
	}
}

static void write_whole(int fd, const char *from, size_t n)
{
	while (n > 0) {
		ssize_t sent = write(fd, from, n);

		must(sent > 0);
		from += sent;
		n -= (size_t)sent;
	}
}

static _Noreturn void echo_bytes(int fd)
{
	static char in[65536], out[65536];
	size_t have = 0;
	ssize_t n;

	bench_pin(1);
	while ((n = read(fd, in, sizeof in)) > 0) {
		size_t whole = (have + (size_t)n) / ASKED;

		have = (have + (size_t)n) % ASKED;
		if (whole > 0)
			write_whole(fd, out, whole * ANSWERED);
	}
	_exit(0);
}

static int start_raw(pid_t *ret_child)
{
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	*ret_child = fork();
	must(*ret_child >= 0);
	if (*ret_child == 0) {
		close(ends[0]);
		echo_bytes(ends[1]);
	}
	close(ends[1]);
	return ends[0];
}

static void stop_raw(int fd, pid_t child)
{
	close(fd);
	waitpid(child, NULL, 0);
}

static double raw_latency(void)
{
	static double us[PINGS];
	char bytes[ASKED] = { 0 };
	pid_t child;
	int fd = start_raw(&child);

	for (int i = 0; i < PINGS; i++) {
		uint64_t began = clock_mono_ns();

		write_whole(fd, bytes, ASKED);
		read_whole(fd, bytes, ANSWERED);
		us[i] = bench_since(began) * 1e6;
	}
	stop_raw(fd, child);
	return bench_median(us, PINGS);
}

static double raw_flood(void)
{
	static char bytes[WINDOW * ASKED];
	size_t open = 0, asked = 0, got = 0, rest = 0;
	pid_t child;
	int fd = start_raw(&child);
	uint64_t began = clock_mono_ns();

	while (got < FLOOD) {
		ssize_t n;
		size_t more = WINDOW - open < FLOOD - asked ? WINDOW - open : FLOOD - asked;

		write_whole(fd, bytes, more * ASKED);
		asked += more;
		open += more;
		n = read(fd, bytes, sizeof bytes);
		must(n > 0);
		rest += (size_t)n;
		got += rest / ANSWERED;
		open -= rest / ANSWERED;
		rest %= ANSWERED;
	}
	stop_raw(fd, child);
	return FLOOD / bench_since(began);
}

/* ---- ours ---- */

static uv_loop_t loop;
static struct pool *pool;
static uint64_t wanted, answered, asked_ns;
static bool ready, flood;
static double took_us[PINGS];

static void question(void)
{
	static const struct msg_health params = { .instance = STR("webjs-1"),
						  .account = STR("acc_0123456789abcdef"),
						  .session =
						      STR("webjs_default_1763287200_1a2b3c4d"),
						  .generation = 7,
						  .timeout = 30000 };

	asked_ns = clock_mono_ns();
	wanted++;
	must(pool_call(pool, 0, MSG_health, &params, wanted, clock_ms() + 30000) == 0);
}

static void on_hello(void *ctx, unsigned slot, const struct msg_hello *m)
{
	(void)ctx;
	(void)slot;
	(void)m;
	ready = true;
}

static void on_reply(void *ctx, unsigned slot, enum msg_method method, uint64_t tag, int result,
		     const void *reply, const struct msg_error *error)
{
	(void)ctx;
	(void)slot;
	(void)method;
	(void)tag;
	(void)reply;
	(void)error;
	must(result == 0);
	if (!flood)
		took_us[answered] = bench_since(asked_ns) * 1e6;
	answered++;
}

static void on_gone(void *ctx, unsigned slot, const struct obituary *o)
{
	(void)ctx;
	(void)slot;
	(void)o;
	must_not_reach("the echo ended by itself");
}

static void start_ours(void)
{
	static const struct pool_port port = { .hello = on_hello,
					       .reply = on_reply,
					       .gone = on_gone };
	const struct pool_options options = { .worker_path = "/proc/self/exe", .slots = 1 };
	struct why why;

	ready = false;
	wanted = answered = 0;
	must(uv_loop_init(&loop) == 0);
	must(pool_new(&pool, &loop, &options, &port, &why) == 0);
	must(pool_spawn(pool, 0, ECHO_PLUGIN, "bench", &why) == 0);
	while (!ready)
		uv_run(&loop, UV_RUN_ONCE);
}

static void stop_ours(void)
{
	pool_free(&pool);
	while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
	}
	must(uv_loop_close(&loop) == 0);
}

static double our_latency(void)
{
	flood = false;
	start_ours();
	for (int i = 0; i < PINGS; i++) {
		question();
		while (answered < wanted)
			uv_run(&loop, UV_RUN_ONCE);
	}
	stop_ours();
	return bench_median(took_us, PINGS);
}

static double our_flood(void)
{
	uint64_t began;
	double s;

	flood = true;
	start_ours();
	began = clock_mono_ns();
	while (answered < FLOOD) {
		while (wanted < FLOOD && wanted - answered < WINDOW)
			question();
		uv_run(&loop, UV_RUN_ONCE);
	}
	s = bench_since(began);
	stop_ours();
	return FLOOD / s;
}

int main(int argc, char **argv)
{
	if (echo_is(argc, argv)) {
		bench_pin(1);
		return echo_run();
	}
	bench_pin(0);
	bench_run(&(struct bench){ "a question to a worker and its answer, one at a time", "us",
				   raw_latency, our_latency, 1.4, true });
	bench_run(
	    &(struct bench){ "the same, 64 in flight", "1/s", raw_flood, our_flood, 0.7, false });
	return 0;
}
