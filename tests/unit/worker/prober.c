/*
 * prober.c - a plugin that tries what it should not, and says what came of it.
 *
 * A verb is one attempt, its args a JSON string, for example a path; the answer is {"came": "ok"} or the
 * name of an errno.  "thread_" before the verb does it in a thread.  PROBER_NEEDS are the plugin's needs;
 * with PROBER_EARLY a thread runs from its load on.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <relink/plugin.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PROBER_NEEDS
#define PROBER_NEEDS 0
#endif

#ifdef PROBER_EARLY
static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

__attribute__((constructor)) static void at_load(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_for_ever, NULL);
}
#endif

struct conf {
	const char *dir, *file;
};

static struct relink_str text(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

/* --- attempts: 0, or what errno was --- */

/* Of something that gives a descriptor. */
static int opened(int fd)
{
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int came(long r)
{
	return r < 0 ? errno : 0;
}

static int try_read(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC), failed;

	if (fd < 0)
		return errno;
	failed = came(read(fd, &byte, 1));
	close(fd);
	return failed;
}

static int try_list(const char *path)
{
	DIR *d = opendir(path);

	return d == NULL ? errno : came(closedir(d));
}

static int try_write(const char *path)
{
	return opened(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int try_truncate(const char *path)
{
	return came(truncate(path, 0));
}

/* All that a plugin does with files in a folder of its own. */
static int try_keep(const char *folder)
{
	char sub[4096], a[4096], b[4096];
	int r = 0;

	snprintf(sub, sizeof sub, "%s/sub", folder);
	snprintf(a, sizeof a, "%s/sub/a", folder);
	snprintf(b, sizeof b, "%s/b", folder);
	r = r == 0 ? came(mkdir(sub, 0700)) : r;
	r = r == 0 ? try_write(a) : r;
	r = r == 0 ? try_truncate(a) : r;
	r = r == 0 ? came(rename(a, b)) : r;
	r = r == 0 ? try_read(b) : r;
	r = r == 0 ? came(unlink(b)) : r;
	return r == 0 ? came(rmdir(sub)) : r;
}

static int try_link(const char *path)
{
	return came(symlink("/etc/passwd", path));
}

static int try_mode(const char *path)
{
	return came(chmod(path, 0600));
}

static int try_fork(const char *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : came(waitpid(pid, NULL, 0));
}

/* Without a fork before it, so of a program that is not there. */
static int try_exec(const char *path)
{
	char *const words[] = { NULL };

	return came(execve(path, words, words));
}

static int try_spawn(const char *path)
{
	char *const words[] = { NULL };
	pid_t pid;
	int status, r = posix_spawn(&pid, path, NULL, NULL, words, words);

	if (r != 0)
		return r;
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : ECHILD;
}

static pid_t pid_of(const char *arg)
{
	return (pid_t)strtol(arg, NULL, 10);
}

static int try_kill(const char *pid)
{
	return came(kill(pid_of(pid), 0));
}

static int try_tgkill(const char *pid)
{
	return came(syscall(SYS_tgkill, pid_of(pid), pid_of(pid), 0));
}

static int try_raise(const char *arg)
{
	(void)arg;
	return came(kill(getpid(), 0));
}

static int try_trace(const char *pid)
{
	pid_t p = pid_of(pid);

	if (ptrace(PTRACE_SEIZE, p, NULL, NULL) < 0)
		return errno;
	ptrace(PTRACE_INTERRUPT, p, NULL, NULL);
	waitpid(p, NULL, __WALL);
	return came(ptrace(PTRACE_DETACH, p, NULL, NULL));
}

static int try_limit(const char *pid)
{
	struct rlimit now;

	return came(prlimit(pid_of(pid), RLIMIT_NOFILE, NULL, &now));
}

static int try_own_limit(const char *arg)
{
	struct rlimit now;

	(void)arg;
	return came(getrlimit(RLIMIT_NOFILE, &now));
}

static int try_connect(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), failed;

	if (fd < 0)
		return errno;
	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	failed = came(connect(fd, (struct sockaddr *)&to, sizeof to));
	close(fd);
	return failed;
}

static int try_pair(const char *arg)
{
	int fds[2];

	if (socketpair(AF_UNIX,
		       (strcmp(arg, "dgram") == 0 ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0,
		       fds) < 0)
		return errno;
	close(fds[0]);
	close(fds[1]);
	return 0;
}

static int try_raw(const char *arg)
{
	(void)arg;
	return opened(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
}

static int try_packet(const char *arg)
{
	(void)arg;
	return opened(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

/* The upper half of a number that only the kernel ignores. */
static int try_odd_family(const char *arg)
{
	(void)arg;
	return opened((int)syscall(SYS_socket, 0x100000000l + AF_UNIX, SOCK_STREAM, 0));
}

static int try_udp(const char *arg)
{
	(void)arg;
	return opened(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int try_serve(const char *arg)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), failed;

	(void)arg;
	if (fd < 0)
		return errno;
	failed = came(bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ? -1 : listen(fd, 1));
	close(fd);
	return failed;
}

static int try_unshare(const char *arg)
{
	(void)arg;
	return came(unshare(CLONE_NEWUTS));
}

static int try_user(const char *arg)
{
	(void)arg;
	return came(setuid(getuid()));
}

static int try_kernel(const char *arg)
{
	(void)arg;
	return opened((int)syscall(SYS_userfaultfd, O_CLOEXEC));
}

static int try_resolve(const char *name)
{
	struct addrinfo *found = NULL;
	int r = getaddrinfo(name, NULL, NULL, &found);

	if (r != 0)
		return r == EAI_SYSTEM ? errno : ENOENT;
	freeaddrinfo(found);
	return 0;
}

static const struct attempt {
	const char *name;
	int (*run)(const char *arg);
} attempts[] = {
	{ "read", try_read },
	{ "list", try_list },
	{ "write", try_write },
	{ "truncate", try_truncate },
	{ "keep", try_keep },
	{ "link", try_link },
	{ "mode", try_mode },
	{ "fork", try_fork },
	{ "exec", try_exec },
	{ "spawn", try_spawn },
	{ "kill", try_kill },
	{ "tgkill", try_tgkill },
	{ "raise", try_raise },
	{ "trace", try_trace },
	{ "limit", try_limit },
	{ "own_limit", try_own_limit },
	{ "connect", try_connect },
	{ "pair", try_pair },
	{ "raw", try_raw },
	{ "packet", try_packet },
	{ "odd_family", try_odd_family },
	{ "udp", try_udp },
	{ "serve", try_serve },
	{ "unshare", try_unshare },
	{ "user", try_user },
	{ "kernel", try_kernel },
	{ "resolve", try_resolve },
};

/* --- the verbs --- */

struct trial {
	const struct attempt *attempt;
	const char *arg;
	int came;
};

static void *run(void *ctx)
{
	struct trial *t = ctx;

	t->came = t->attempt->run(t->arg);
	return NULL;
}

static void run_in_thread(struct trial *t)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, run, t);

	if (r != 0)
		t->came = r;
	else
		pthread_join(thread, NULL);
}

static void answer(const struct relink_host *host, relink_op op, const char *word)
{
	char body[128];
	struct relink_result r = { .size = sizeof r };

	snprintf(body, sizeof body, "{\"came\":\"%s\"}", word);
	r.body = text(body);
	host->done(host, op, &r);
}

struct question {
	const struct relink_host *host;
	relink_op op;
};

static void on_reply(void *arg, const struct relink_http_reply *a)
{
	struct question *q = arg;
	char word[32];

	snprintf(word, sizeof word, "cause %d, status %u", (int)a->cause, a->status);
	answer(q->host, q->op, word);
	free(q);
}

static void fetch(const struct relink_host *host, relink_op op, const char *url)
{
	const struct relink_http_request request = { .size = sizeof request, .url = text(url) };
	struct question *q = calloc(1, sizeof *q);

	if (q == NULL)
		abort();
	*q = (struct question){ host, op };
	host->http(host, &request, on_reply, q);
}

static void control(void *self, const struct relink_request *r)
{
	static const char in_thread[] = "thread_";
	const struct relink_host *host = self;
	struct trial t = { 0 };
	char verb[64], arg[4096];
	const char *name = verb;
	bool thread;

	snprintf(verb, sizeof verb, "%.*s", (int)r->verb.n, r->verb.p);
	snprintf(arg, sizeof arg, "%.*s", r->args.n > 2 ? (int)r->args.n - 2 : 0, r->args.p + 1);
	thread = strncmp(verb, in_thread, strlen(in_thread)) == 0;
	if (thread)
		name += strlen(in_thread);
	if (strcmp(name, "fetch") == 0) {
		fetch(host, r->op, arg);
		return;
	}
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
		if (strcmp(attempts[i].name, name) == 0)
			t.attempt = &attempts[i];
	}
	t.arg = arg;
	if (t.attempt == NULL)
		t.came = ENOSYS;
	else if (thread)
		run_in_thread(&t);
	else
		run(&t);
	answer(host, r->op, t.came == 0 ? "ok" : strerrorname_np(t.came));
}

/* --- the rest of a plugin --- */

static enum relink_cause open_instance(const struct relink_host *host, const void *conf,
				       void **ret_self, char *why, size_t n)
{
	(void)conf, (void)why, (void)n;
	*ret_self = (void *)(uintptr_t)host;
	return RELINK_NONE;
}

static void done(void *self, relink_op op)
{
	const struct relink_host *host = self;

	host->done(host, op, &(struct relink_result){ .size = sizeof(struct relink_result) });
}

static void operation(void *self, const struct relink_request *r)
{
	done(self, r->op);
}

static void health(void *self, const struct relink_request *r)
{
	const struct relink_host *host = self;
	struct relink_result result = { .size = sizeof result, .cause = RELINK_GONE };

	host->done(host, r->op, &result);
}

static const struct relink_key keys[] = {
	{ "dir", "", NULL, NULL, "a folder of its own", RELINK_TYPE_STRING, RELINK_KEY_WRITES,
	  offsetof(struct conf, dir) },
	{ "file", "", NULL, NULL, "a file to read", RELINK_TYPE_STRING, RELINK_KEY_READS,
	  offsetof(struct conf, file) },
	{ 0 },
};

RELINK_PLUGIN(.name = "prober", .version = "1", .summary = "tries what it should not",
	      .caps = RELINK_CAP_CONTROL, .keys = keys, .conf_size = sizeof(struct conf),
	      .open = open_instance, .create = operation, .disconnect = operation, .health = health,
	      .control = control, .close = done, .needs = PROBER_NEEDS, );
