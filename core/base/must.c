/*
 * must.c - last words.
 *
 * Everything here may run inside a signal handler of a process that is already broken: no malloc,
 * no stdio, fixed buffers.  backtrace() is called once at start so that its lazy loading of libgcc
 * has happened before we need it.
 */
#include "base/must.h"

#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int report_fd = -1;
static const char *note;
static volatile sig_atomic_t reported; /* must_fail has said it all before it aborts */
static char handler_stack[64 * 1024];  /* a stack overflow leaves none to die on */

static void put(const char *text)
{
	size_t n = strlen(text);

	if (write(STDERR_FILENO, text, n) < 0) {
		/* nobody is left to tell */
	}
	if (report_fd >= 0 && write(report_fd, text, n) < 0) {
		/* as above */
	}
}

static void put_number(int v)
{
	char digits[16];
	size_t at = sizeof digits;
	unsigned u = v < 0 ? 0u - (unsigned)v : (unsigned)v;

	digits[--at] = '\0';
	do {
		digits[--at] = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (v < 0)
		digits[--at] = '-';
	put(digits + at);
}

static void put_backtrace(void)
{
	void *frames[48];
	int n = backtrace(frames, 48);

	if (note != NULL)
		put(note);
	backtrace_symbols_fd(frames, n, STDERR_FILENO);
	if (report_fd >= 0)
		backtrace_symbols_fd(frames, n, report_fd);
}

void must_fail(const char *cond, const char *file, int line, const char *func)
{
	put("relink: bug: ");
	put(cond);
	put(" does not hold in ");
	put(func);
	put(" (");
	put(file);
	put(":");
	put_number(line);
	put("); please report this with the lines below\n");
	put_backtrace();
	reported = 1;
	abort();
}

void must_note(const char *line)
{
	note = line;
}

void must_report_to(int fd)
{
	report_fd = fd;
}

static void on_fatal_signal(int sig)
{
	if (!reported) {
		put("relink: died of signal ");
		put_number(sig);
		put("\n");
		put_backtrace();
	}
	signal(sig, SIG_DFL);
	raise(sig);
}

void must_catch_signals(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	const stack_t own = { .ss_sp = handler_stack, .ss_size = sizeof handler_stack };
	void *warm[1];

	backtrace(warm, 1);
	sigaltstack(&own, NULL);
	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++) {
		struct sigaction sa;

		memset(&sa, 0, sizeof sa);
		sa.sa_handler = on_fatal_signal;
		sa.sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK);
		sigaction(fatal[i], &sa, NULL);
	}
}
