/* term.c - asks the environment about the terminal, once. */
#include "term.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/str.h"

static const char *const paints[] = {
	[PAINT_NONE] = "",         [PAINT_GOOD] = "\033[32m",   [PAINT_BAD] = "\033[31m",
	[PAINT_BUSY] = "\033[36m", [PAINT_PERSON] = "\033[33m", [PAINT_DIM] = "\033[2m",
	[PAINT_HEAD] = "\033[1m",
};

static bool is_set(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && *v != '\0';
}

static bool names_utf8(const char *locale)
{
	const char *charset = locale != NULL ? strchr(locale, '.') : NULL;

	return charset != NULL &&
	       (strncasecmp(charset, ".utf-8", 6) == 0 || strncasecmp(charset, ".utf8", 5) == 0);
}

/* A bare container has LANG=en_US.UTF-8 but no such locale; its terminal still shows UTF-8. */
static bool use_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	if (setlocale(LC_CTYPE, "") == NULL) {
		for (unsigned i = 0; i < 3; i++) {
			if (!is_set(names[i]))
				continue;
			if (names_utf8(getenv(names[i])))
				setlocale(LC_CTYPE, "C.UTF-8");
			break;
		}
	}
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void term_measure(struct term *t)
{
	struct winsize size = { 0 };
	const char *columns = getenv("COLUMNS");
	uint64_t n = 0;

	if (columns != NULL)
		str_to_u64(str_of(columns), 10000, &n);
	t->width = (unsigned)n;
	if (!t->out_tty)
		return;
	t->rows = 24;
	t->columns = n > 0 ? (unsigned)n : 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		t->columns = size.ws_col;
		t->rows = size.ws_row > 0 ? size.ws_row : 24;
	}
	t->width = t->columns;
}

void term_init(struct term *t)
{
	const char *kind = getenv("TERM");

	*t = (struct term){
		.in_tty = isatty(STDIN_FILENO) == 1,
		.out_tty = isatty(STDOUT_FILENO) == 1,
		.err_tty = isatty(STDERR_FILENO) == 1,
		.utf8 = use_locale(),
	};
	t->moves = t->out_tty && kind != NULL && strcmp(kind, "dumb") != 0;
	t->colour = t->moves && !is_set("NO_COLOR");
	term_measure(t);
}

void term_colour(struct term *t, const char *when)
{
	if (strcmp(when, "auto") != 0)
		t->colour = strcmp(when, "always") == 0;
}

const char *term_paint(const struct term *t, enum paint paint)
{
	return t->colour ? paints[paint] : "";
}

const char *term_plain(const struct term *t)
{
	return t->colour ? "\033[0m" : "";
}
