/* say.c - see say.h. */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "text.h"

#define SENTENCE_MAX (64u << 10)

static void print_str(const struct term *t, FILE *out, struct str text)
{
	struct buf harmless;

	buf_init(&harmless, SENTENCE_MAX);
	text_add(&harmless, text, t->utf8);
	text_put(out, buf_all(&harmless));
	buf_fini(&harmless);
}

__attribute__((format(printf, 3, 0))) static void print(const struct term *t, FILE *out,
							const char *fmt, va_list ap)
{
	struct buf raw;

	buf_init(&raw, SENTENCE_MAX);
	buf_vprintf(&raw, fmt, ap);
	print_str(t, out, buf_all(&raw));
	buf_fini(&raw);
}

/* What was printed so far comes first where both outputs are one terminal. */
static void begin_saying(void)
{
	fflush(stdout);
	fputs("relinkctl: ", stderr);
}

void say(const struct term *t, const char *fmt, ...)
{
	va_list ap;

	begin_saying();
	va_start(ap, fmt);
	print(t, stderr, fmt, ap);
	va_end(ap);
	putc('\n', stderr);
}

void say_str(const struct term *t, struct str text)
{
	begin_saying();
	print_str(t, stderr, text);
	putc('\n', stderr);
}

void tell(const struct term *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(t, stdout, fmt, ap);
	va_end(ap);
	putchar('\n');
}

void tell_str(const struct term *t, struct str text)
{
	print_str(t, stdout, text);
	putchar('\n');
}

bool ask(const struct term *t, const char *fmt, ...)
{
	char answer[16] = "";
	va_list ap;

	va_start(ap, fmt);
	print(t, stderr, fmt, ap);
	va_end(ap);
	fflush(stderr);
	return fgets(answer, sizeof answer, stdin) != NULL &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}
