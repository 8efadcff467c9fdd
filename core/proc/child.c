/*
 * child.c - see child.h.
 *
 * posix_spawn and not uv_spawn: libuv 1.44 forks, and a fork copies the page tables of a core
 * with a hundred thousand accounts, while glibc's posix_spawn borrows the memory until exec.
 */
#include "proc/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/killpoint.h"
#include "base/obj.h"

#define CHILD_MAGIC  0xa1a12004u
#define CHILD_FDS    5          /* 0 to 4 */
#define REPORT_BYTES (64 << 10) /* the memfd cannot grow beyond */
#define ENV_MAX      16

/* --- environment: these and no more --- */

static const char *const handed_on[] = {
	"PATH",
	"LANG",
	"TZ",
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#ifdef SANITIZED
	"ASAN_OPTIONS",
	"LSAN_OPTIONS",
	"TSAN_OPTIONS",
	"UBSAN_OPTIONS",
#endif
#ifdef RELINK_KILLPOINTS
	"RELINK_KILL_TRACE",
#endif
};

struct environment {
	char *v[ENV_MAX + 1];
	size_t n;
};

static bool env_add(struct environment *env, const char *name, const char *value)
{
	must(env->n < ENV_MAX);
	if (value == NULL)
		return true;
	if (asprintf(&env->v[env->n], "%s=%s", name, value) < 0) {
		env->v[env->n] = NULL;
		return false;
	}
	env->n++;
	return true;
}

static bool env_fill(struct environment *env, const struct child_spec *spec)
{
	bool ok = true;

	for (size_t i = 0; i < ARRAY_LEN(handed_on); i++)
		ok = ok && env_add(env, handed_on[i], getenv(handed_on[i]));
	ok = ok && env_add(env, "RELINK_LIMITS", spec->limits);
#ifdef RELINK_KILLPOINTS
	if (spec->may_be_killed)
		ok = ok && env_add(env, "RELINK_KILL", getenv("RELINK_KILL_WORKER"));
#endif
	return ok;
}

static void env_free(struct environment *env)
{
	for (size_t i = 0; i < env->n; i++)
		free(env->v[i]);
}

/* --- descriptors --- */

/* Both sides of what connects us; [0] is ours, [1] the child's.  -1 is none. */
struct descriptors {
	int link[2], out[2], err[2], report[2];
};

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void descriptors_close(struct descriptors *d)
{
	for (int i = 0; i < 2; i++) {
		fd_close(&d->link[i]);
		fd_close(&d->out[i]);
		fd_close(&d->err[i]);
		fd_close(&d->report[i]);
	}
}

/* Away from 0 to 4.  A core that was started with closed standard descriptors gets its first
 * ones there: its own prints would go to a worker, and laying out the child's would overwrite
 * one with the other. */
static bool fd_lift(int *fd)
{
	int up;

	if (*fd >= CHILD_FDS)
		return true;
	up = fcntl(*fd, F_DUPFD_CLOEXEC, CHILD_FDS);
	if (up < 0)
		return false;
	close(*fd);
	*fd = up;
	return true;
}

static bool pair_lift(int fd[2])
{
	return fd_lift(&fd[0]) && fd_lift(&fd[1]);
}

static bool make_report(int fd[2])
{
	fd[0] = memfd_create("relink-report", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd[0] < 0 || ftruncate(fd[0], REPORT_BYTES) < 0 ||
	    fcntl(fd[0], F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return false;
	fd[1] = fcntl(fd[0], F_DUPFD_CLOEXEC, 0);
	return fd[1] >= 0;
}

static bool not_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

/* Only our ends are non-blocking: the child's are as a program expects them. */
static bool descriptors_make(struct descriptors *d)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, d->link) < 0 ||
	    pipe2(d->out, O_CLOEXEC) < 0 || pipe2(d->err, O_CLOEXEC) < 0 || !make_report(d->report))
		return false;
	return pair_lift(d->link) && pair_lift(d->out) && pair_lift(d->err) &&
	       pair_lift(d->report) && not_blocking(d->link[0]) && not_blocking(d->out[0]) &&
	       not_blocking(d->err[0]);
}

/* --- the start --- */

static int spawn(pid_t *ret_pid, const struct child_spec *spec, const struct descriptors *d,
		 char *const env[])
{
	char *const argv[] = { (char *)"relink-worker", (char *)spec->args[0],
			       (char *)spec->args[1], (char *)spec->args[2], NULL };
	posix_spawn_file_actions_t acts;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	if (posix_spawn_file_actions_init(&acts) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&acts);
		return ENOMEM;
	}
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
					    POSIX_SPAWN_SETSID);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	r = posix_spawn_file_actions_addopen(&acts, 0, "/dev/null", O_RDONLY, 0);
	r = r != 0 ? r : posix_spawn_file_actions_adddup2(&acts, d->out[1], 1);
	r = r != 0 ? r : posix_spawn_file_actions_adddup2(&acts, d->err[1], 2);
	r = r != 0 ? r : posix_spawn_file_actions_adddup2(&acts, d->link[1], 3);
	r = r != 0 ? r : posix_spawn_file_actions_adddup2(&acts, d->report[1], 4);
	r = r != 0 ? r : posix_spawn_file_actions_addclosefrom_np(&acts, CHILD_FDS);
	r = r != 0 ? r : posix_spawn(ret_pid, spec->program, &acts, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&acts);
	return r;
}

static void on_exit_seen(uv_poll_t *poll, int status, int events)
{
	struct child *c;
	siginfo_t si = { 0 };
	bool exited;

	(void)status, (void)events;
	OBJ_CAST(c, poll->data, CHILD_MAGIC);
	if (waitid(P_PIDFD, (id_t)c->pidfd, &si, WEXITED | WNOHANG) < 0 || si.si_pid == 0)
		return;
	uv_poll_stop(&c->poll);
	c->reaped = true;
	exited = si.si_code == CLD_EXITED;
	c->exited(c->ctx, exited ? si.si_status : 0, exited ? 0 : si.si_status);
}

/* The child runs, but cannot be watched: it must not stay. */
static void take_back(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool watch(struct child *c, uv_loop_t *loop)
{
	c->pidfd = pidfd_open(c->pid, 0);
	if (c->pidfd < 0)
		return false;
	if (uv_poll_init(loop, &c->poll, c->pidfd) < 0) {
		close(c->pidfd);
		return false;
	}
	OBJ_INIT(c, CHILD_MAGIC);
	c->poll.data = c;
	uv_poll_start(&c->poll, UV_READABLE, on_exit_seen);
	return true;
}

static int start(struct child *c, uv_loop_t *loop, const struct child_spec *spec,
		 struct descriptors *d, struct environment *env, struct why *why)
{
	int r;

	if (!env_fill(env, spec))
		return why_set(why, ERR_UNAVAILABLE, "no memory to start %s", spec->program);
	if (!descriptors_make(d))
		return why_errno(why, ERR_UNAVAILABLE, "no descriptors to start %s", spec->program);
	KP("proc.spawn.before");
	r = spawn(&c->pid, spec, d, env->v);
	if (r != 0) {
		errno = r;
		return why_errno(why, ERR_UNAVAILABLE, "cannot start %s", spec->program);
	}
	KP("proc.spawn.after");
	if (!watch(c, loop)) {
		why_errno(why, ERR_UNAVAILABLE, "cannot watch %s", spec->program);
		take_back(c->pid);
		return ERR_UNAVAILABLE;
	}
	return 0;
}

int child_start(struct child *c, uv_loop_t *loop, const struct child_spec *spec,
		void (*exited)(void *ctx, int status, int signal), void *ctx,
		struct child_ends *ret_ends, struct why *why)
{
	struct descriptors d = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	struct environment env = { 0 };
	int r;

	*c = (struct child){ .exited = exited, .ctx = ctx };
	r = start(c, loop, spec, &d, &env, why);
	if (r == 0) {
		*ret_ends = (struct child_ends){ d.link[0], d.out[0], d.err[0], d.report[0] };
		d.link[0] = d.out[0] = d.err[0] = d.report[0] = -1;
	}
	descriptors_close(&d);
	env_free(&env);
	return r;
}

bool child_runs(const struct child *c)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	OBJ_CHECK(c, CHILD_MAGIC);
	return !c->reaped && poll(&p, 1, 0) == 0;
}

void child_signal(struct child *c, int sig)
{
	OBJ_CHECK(c, CHILD_MAGIC);
	if (!c->reaped)
		pidfd_send_signal(c->pidfd, sig, NULL, 0);
}

static void on_closed(uv_handle_t *handle)
{
	struct child *c;

	OBJ_CAST(c, handle->data, CHILD_MAGIC);
	OBJ_FINI(c);
	c->closed(c->ctx);
}

void child_close(struct child *c, void (*closed)(void *ctx))
{
	OBJ_CHECK(c, CHILD_MAGIC);
	c->closed = closed;
	uv_close((uv_handle_t *)&c->poll, on_closed);
	close(c->pidfd);
}
