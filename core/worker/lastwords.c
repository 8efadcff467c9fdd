/* lastwords.c - see lastwords.h. */
#include "worker/lastwords.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static void (*dump)(void *ctx);
static void *dump_ctx;

void last_words_ask(void (*fn)(void *ctx), void *ctx)
{
	dump = fn;
	dump_ctx = ctx;
}

static void put(int fd, const char *text, size_t n)
{
	if (write(fd, text, n) < 0) {
		/* nobody is left to tell */
	}
}

void last_words_line(const char *text)
{
	static const int fds[] = { STDERR_FILENO, REPORT_FD };

	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
		put(fds[i], text, strlen(text));
		put(fds[i], "\n", 1);
	}
}

void last_words(int exit_code, const char *fmt, ...)
{
	char text[WHY_MAX + 64] = "relink-worker: ";
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof text - n, fmt, ap);
	va_end(ap);
	last_words_line(text);
	if (dump != NULL)
		dump(dump_ctx);
	_exit(exit_code);
}
