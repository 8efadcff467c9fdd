/*
 * birth.c - see birth.h.
 *
 * Nobody tells us who our parent should be: the kernel wrote the core's pid into the socket pair
 * when the core made it, so a core that died before we could ask to die with it is noticed too.
 */
#include "worker/birth.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "worker/lastwords.h"

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
	die_with_core();
	keep_from_children(LINK_FD);
	keep_from_children(REPORT_FD);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGPIPE, SIG_IGN);
	snprintf(name, sizeof name, "relink-w%s", slot);
	prctl(PR_SET_NAME, name);
}
