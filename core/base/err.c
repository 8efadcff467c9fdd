/* err.c - names of error codes and the one-sentence explanation that travels with them. */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *err_name(int code)
{
	switch (code) {
#define E(name, n, text) \
	case ERR_##name: \
		return #name;
		ERR_MAP(E)
#undef E
	default:
		return code >= 0 ? "OK" : "UNKNOWN";
	}
}

const char *err_text(int code)
{
	switch (code) {
#define E(name, n, text) \
	case ERR_##name: \
		return text;
		ERR_MAP(E)
#undef E
	default:
		return code >= 0 ? "no error" : "unknown error";
	}
}

struct why *why_fill(struct why *why, int code, const char *fmt, ...)
{
	va_list ap;

	if (why != NULL) {
		why->code = code;
		va_start(ap, fmt);
		vsnprintf(why->text, sizeof why->text, fmt, ap);
		va_end(ap);
	}
	return why;
}

struct why *why_fill_errno(struct why *why, int code, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t n;

	if (why != NULL) {
		why->code = code;
		va_start(ap, fmt);
		vsnprintf(why->text, sizeof why->text, fmt, ap);
		va_end(ap);
		n = strlen(why->text);
		snprintf(why->text + n, sizeof why->text - n, ": %s", strerror(saved));
	}
	errno = saved;
	return why;
}

int why_prefix(struct why *why, const char *fmt, ...)
{
	char old[WHY_MAX];
	va_list ap;
	size_t n;

	if (why == NULL)
		return ERR_IO;
	memcpy(old, why->text, sizeof old);
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof why->text, fmt, ap);
	va_end(ap);
	n = strlen(why->text);
	snprintf(why->text + n, sizeof why->text - n, ": %s", old);
	return why->code;
}
