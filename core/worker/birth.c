/*
 * birth.c - see birth.h.
 *
 * Nobody tells us who our parent should be: the kernel wrote the core's pid into the socket pair
 * when the core made it, so a core that died before we could ask to die with it is noticed too.
 */
#include "worker/birth.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "worker/lastwords.h"

/* Sanitizers reserve terabytes of addresses and open what they like. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMITED 0
#else
#define LIMITED 1
#endif

static void limit(int what, unsigned long long most)
{
	struct rlimit now, new = { most, most };

	if (!LIMITED || most == 0 || getrlimit(what, &now) < 0)
		return;
	if (new.rlim_max > now.rlim_max)
		new.rlim_max = new.rlim_cur = now.rlim_max; /* only root may have more */
	setrlimit(what, &new);
}

static void become(gid_t gid, uid_t uid)
{
	if (uid == 0)
		return;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		last_words(EXIT_CONFIG, "cannot become user %u (%s); correct worker.user",
			   (unsigned)uid, strerror(errno));
}

/* "OPEN_FILES ADDRESS_SPACE UID GID", 0 where nothing is asked for. */
static void take_limits(void)
{
	enum { FILES, ADDRESSES, UID, GID, COUNT };
	const char *text = getenv("RELINK_LIMITS");
	unsigned long long v[COUNT];
	char *end = (char *)text;

	if (text == NULL)
		return;
	for (int i = 0; i < COUNT; i++) {
		const char *from = end;

		v[i] = strtoull(from, &end, 10);
		if (end == from)
			last_words(EXIT_USAGE,
				   "RELINK_LIMITS is \"%s\", which relinkd would not say", text);
	}
	limit(RLIMIT_NOFILE, v[FILES]);
	limit(RLIMIT_AS, v[ADDRESSES]);
	become((gid_t)v[GID], (uid_t)v[UID]);
	unsetenv("RELINK_LIMITS");
}

static void die_with_core(void)
{
	struct ucred core;
	socklen_t n = sizeof core;

	if (getsockopt(LINK_FD, SOL_SOCKET, SO_PEERCRED, &core, &n) < 0)
		last_words(EXIT_USAGE,
			   "descriptor %d is no socket; this program is started by "
			   "relinkd and is of no use alone",
			   LINK_FD);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != core.pid)
		last_words(EXIT_USAGE, "the core (process %d) is gone", (int)core.pid);
}

/* What a plugin may start must not keep our link open after we are gone. */
static void keep_from_children(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags >= 0)
		fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

void birth(const char *slot)
{
	const struct rlimit no_core = { 0, 0 };
	char name[16];

	close_range(REPORT_FD + 1, ~0u, 0);
	if (fcntl(REPORT_FD, F_GETFD) >= 0)
		must_report_to(REPORT_FD);
	must_catch_signals();
	take_limits(); /* a change of user forgets who we die with, so it comes first */
	die_with_core();
	keep_from_children(LINK_FD);
	keep_from_children(REPORT_FD);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* libuv 1.45 would make a ring now, and the sandbox refuses it later */
	setenv("UV_USE_IO_URING", "0", 1);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGPIPE, SIG_IGN);
	snprintf(name, sizeof name, "relink-w%s", slot);
	prctl(PR_SET_NAME, name);
}
