/*
 * spawn.c - a worker is killed: how long until the next one speaks?  Against a loop of posix_spawn and
 * waitpid that starts the same program again.
 *
 * Also for 200 at once, and from a process that holds 512 MiB, as a core with many accounts does.
 */
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
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

#define MANY    200
#define KILLS   50
#define BALLAST (512u << 20)

extern char **environ;
static unsigned n_children;

/* ---- the limit ---- */

static struct {
	pid_t pid;
	int fd;
} raw[MANY];

static void raw_start(unsigned i)
{
	static char name[] = "bench", slot[] = "0", plugin[] = ECHO_PLUGIN;
	char *argv[] = { name, slot, plugin, name, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 3);
	must(posix_spawn(&raw[i].pid, "/proc/self/exe", &actions, NULL, argv, environ) == 0);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	raw[i].fd = ends[0];
}

static void raw_hear(unsigned i)
{
	char bytes[512];

	must(read(raw[i].fd, bytes, sizeof bytes) > 0);
}

/* Kill all, start each again when it is reaped, hear each; in ms. */
static double raw_round(void)
{
	uint64_t began = clock_mono_ns();

	for (unsigned i = 0; i < n_children; i++)
		kill(raw[i].pid, SIGKILL);
	for (unsigned left = n_children; left > 0; left--) {
		pid_t pid = wait(NULL);

		for (unsigned i = 0; i < n_children; i++) {
			if (raw[i].pid == pid) {
				close(raw[i].fd);
				raw_start(i);
				break;
			}
		}
	}
	for (unsigned i = 0; i < n_children; i++)
		raw_hear(i);
	return bench_since(began) * 1e3;
}

static double measure(double (*round)(void))
{
	double ms[KILLS];
	unsigned n = n_children == 1 ? KILLS : 3;

	for (unsigned i = 0; i < n; i++)
		ms[i] = round();
	return bench_median(ms, n);
}

static double raw_respawn(void)
{
	double ms;

	for (unsigned i = 0; i < n_children; i++)
		raw_start(i);
	for (unsigned i = 0; i < n_children; i++)
		raw_hear(i);
	ms = measure(raw_round);
	for (unsigned i = 0; i < n_children; i++) {
		kill(raw[i].pid, SIGKILL);
		waitpid(raw[i].pid, NULL, 0);
		close(raw[i].fd);
	}
	return ms;
}

/* ---- ours ---- */

static uv_loop_t loop;
static struct pool *pool;
static unsigned n_ready;

static void start(unsigned slot)
{
	struct why why;

	must(pool_spawn(pool, slot, ECHO_PLUGIN, "bench", &why) == 0);
}

static void on_hello(void *ctx, unsigned slot, const struct msg_hello *m)
{
	(void)ctx;
	(void)slot;
	(void)m;
	n_ready++;
}

static void on_gone(void *ctx, unsigned slot, const struct obituary *o)
{
	(void)ctx;
	(void)o;
	start(slot);
}

static void until_ready(void)
{
	while (n_ready < n_children)
		uv_run(&loop, UV_RUN_ONCE);
}

static double our_round(void)
{
	uint64_t began = clock_mono_ns();

	n_ready = 0;
	for (unsigned i = 0; i < n_children; i++)
		kill((pid_t)pool_pid(pool, i), SIGKILL);
	until_ready();
	return bench_since(began) * 1e3;
}

static double our_respawn(void)
{
	static const struct pool_port port = { .hello = on_hello, .gone = on_gone };
	const struct pool_options options = { .worker_path = "/proc/self/exe",
					      .slots = n_children };
	struct why why;
	double ms;

	n_ready = 0;
	must(uv_loop_init(&loop) == 0);
	must(pool_new(&pool, &loop, &options, &port, &why) == 0);
	for (unsigned i = 0; i < n_children; i++)
		start(i);
	until_ready();
	ms = measure(our_round);
	pool_free(&pool);
	while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
	}
	must(uv_loop_close(&loop) == 0);
	return ms;
}

int main(int argc, char **argv)
{
	char *ballast;

	if (echo_is(argc, argv))
		return echo_run();
	n_children = 1;
	bench_run(&(struct bench){ "a killed worker speaks again", "ms", raw_respawn, our_respawn,
				   2, true });
	n_children = MANY;
	bench_run(&(struct bench){ "200 killed at once speak again", "ms", raw_respawn, our_respawn,
				   1.2, true });
	ballast = malloc(BALLAST);
	must(ballast != NULL);
	memset(ballast, 1, BALLAST);
	n_children = 1;
	bench_run(&(struct bench){ "a killed worker of a core of 512 MiB", "ms", raw_respawn,
				   our_respawn, 2, true });
	n_children = MANY;
	bench_run(&(struct bench){ "200 of a core of 512 MiB", "ms", raw_respawn, our_respawn, 1.2,
				   true });
	free(ballast);
	return 0;
}
