/* gate.c - see gate.h. */
#include "proc/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/obj.h"

#define WORD_FD  3
#define FAULT_FD 4
#define OWN_FDS  5 /* 0 to 4 are laid out anew in the child */

enum step { STEP_USER, STEP_DIRECTORY, STEP_PROGRAM };
struct fault {
	int step, error;
};

/* ---- behind the fork: safe calls only, and none that takes a lock ---- */

static void default_signals(void)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig <= SIGRTMAX; sig++)
		sigaction(sig, &usual,
			  NULL); /* those that cannot be changed are as they should be */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void give_up(enum step step)
{
	const struct fault f = { step, errno };

	if (write(FAULT_FD, &f, sizeof f) != (ssize_t)sizeof f)
		_exit(126);
	_exit(127);
}

/* The wrappers of glibc would ask all threads, of which there is one here. */
static int become(const struct gate_user *u)
{
	if (syscall(SYS_setgroups, u->n_groups, u->groups) < 0 ||
	    syscall(SYS_setresgid, u->gid, u->gid, u->gid) < 0 ||
	    syscall(SYS_setresuid, u->uid, u->uid, u->uid) < 0)
		return -1;
	return 0;
}

_Noreturn static void child(const struct gate_spec *s, int null, int word, int fault)
{
	char c;
	ssize_t n;

	setsid();
	if (dup2(null, 0) < 0 || dup2(s->out, 1) < 0 || dup2(s->out, 2) < 0 ||
	    dup3(word, WORD_FD, O_CLOEXEC) < 0 || dup3(fault, FAULT_FD, O_CLOEXEC) < 0 ||
	    close_range(OWN_FDS, ~0u, 0) < 0)
		_exit(126);
	default_signals();
	do
		n = read(WORD_FD, &c, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(0); /* nobody has written down who we are */
	if (s->user != NULL && become(s->user) < 0)
		give_up(STEP_USER);
	if (chdir(s->directory) < 0)
		give_up(STEP_DIRECTORY);
	execve(s->program, s->argv, s->envp);
	give_up(STEP_PROGRAM);
}

/* ---- before it ---- */

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Away from the numbers that the child lays out. */
static bool fd_lift(int *fd)
{
	int up;

	if (*fd < 0 || *fd >= OWN_FDS)
		return *fd >= 0;
	up = fcntl(*fd, F_DUPFD_CLOEXEC, OWN_FDS);
	if (up < 0)
		return false;
	close(*fd);
	*fd = up;
	return true;
}

struct ends {
	int null, out, word[2], fault[2]; /* pipes: [0] is for reading */
};

static void ends_close(struct ends *e)
{
	fd_close(&e->null);
	fd_close(&e->out);
	for (int i = 0; i < 2; i++) {
		fd_close(&e->word[i]);
		fd_close(&e->fault[i]);
	}
}

static bool ends_make(struct ends *e, int out)
{
	e->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	e->out = fcntl(out, F_DUPFD_CLOEXEC, OWN_FDS);
	if (pipe2(e->word, O_CLOEXEC) < 0 || pipe2(e->fault, O_CLOEXEC | O_NONBLOCK) < 0)
		return false;
	return fd_lift(&e->null) && e->out >= 0 && fd_lift(&e->word[0]) && fd_lift(&e->word[1]) &&
	       fd_lift(&e->fault[0]) && fd_lift(&e->fault[1]);
}

/* With all signals blocked: a handler of ours that ran in the child would write into our pipes. */
static pid_t quiet_fork(void)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid != 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL); /* our own child, not reaped: the number is still its own */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
		/* again */
	}
}

int gate_start(struct gate *g, const struct gate_spec *spec, struct why *why)
{
	struct ends e = { -1, -1, { -1, -1 }, { -1, -1 } };
	struct gate_spec mine = *spec;

	*g = (struct gate){ .pid = -1, .pidfd = -1, .word = -1, .fault = -1 };
	if (!ends_make(&e, spec->out)) {
		why_errno(why, ERR_UNAVAILABLE, "no descriptors to start %s", spec->program);
		ends_close(&e);
		return ERR_UNAVAILABLE;
	}
	mine.out = e.out;
	g->pid = quiet_fork();
	if (g->pid == 0)
		child(&mine, e.null, e.word[0], e.fault[1]);
	if (g->pid < 0) {
		why_errno(why, ERR_UNAVAILABLE, "cannot start %s", spec->program);
	} else {
		g->pidfd = pidfd_open(g->pid, 0);
		if (g->pidfd < 0) {
			why_errno(why, ERR_UNAVAILABLE, "cannot watch %s", spec->program);
			reap(g->pid);
		}
	}
	if (g->pidfd >= 0) {
		g->word = e.word[1];
		g->fault = e.fault[0];
		e.word[1] = e.fault[0] = -1;
	}
	ends_close(&e);
	return g->pidfd >= 0 ? 0 : ERR_UNAVAILABLE;
}

void gate_open(struct gate *g)
{
	ssize_t n;

	do
		n = write(g->word, "g", 1);
	while (n < 0 && errno == EINTR);
	fd_close(&g->word); /* when the word did not get there, it ends */
}

void gate_break(struct gate *g)
{
	reap(g->pid);
	fd_close(&g->pidfd);
	gate_close(g);
}

int gate_fault(struct gate *g, struct why *why)
{
	static const char *const what[] = {
		[STEP_USER] = "cannot become the user of command_user",
		[STEP_DIRECTORY] = "cannot use command_directory",
		[STEP_PROGRAM] = "cannot run the program",
	};
	struct fault f;
	bool passing;

	if (g->fault < 0 || read(g->fault, &f, sizeof f) != (ssize_t)sizeof f)
		return 0;
	must(f.step >= STEP_USER && f.step <= STEP_PROGRAM);
	passing = f.error == EAGAIN || f.error == ENOMEM || f.error == ETXTBSY ||
		  f.error == EMFILE || f.error == ENFILE || f.error == EIO;
	errno = f.error;
	return why_errno(why, passing ? ERR_UNAVAILABLE : ERR_CONFIG, "%s", what[f.step]);
}

void gate_close(struct gate *g)
{
	fd_close(&g->word);
	fd_close(&g->fault);
}
