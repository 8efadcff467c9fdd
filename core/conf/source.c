/*
 * source.c - complaints with their place in front.
 *
 * A sentence has WHY_MAX bytes.  So that the remedy at its end survives, a long file name loses its
 * beginning and what somebody wrote loses its end.
 */
#include "conf/source.h"

#include <stdio.h>

#include "base/obj.h"
#include "conf/tree.h"

#define NAME_SHOWN  80
#define PATH_SHOWN  136
#define PLAIN_SHOWN 64

struct quoted quote(struct str s)
{
	static const char hex[] = "0123456789abcdef";
	struct quoted q;
	char *to = q.text, *end = q.text + sizeof q.text - 6; /* room for `..."` and the NUL */
	size_t i = 0;

	*to++ = '"';
	for (; i < s.n && to < end - 4; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7f) {
			*to++ = '\\';
			*to++ = 'x';
			*to++ = hex[c >> 4];
			*to++ = hex[c & 15];
		} else {
			*to++ = (char)c;
		}
	}
	if (i < s.n) {
		/* never half a character: the cut moves back to where one begins */
		for (; (s.p[i] & 0xc0) == 0x80 && to > q.text + 1; i--)
			to--;
		memcpy(to, "...", 3);
		to += 3;
	}
	*to++ = '"';
	*to = '\0';
	return q;
}

static bool is_plain(struct str key)
{
	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '-')
			return false;
	}
	return key.n > 0 && key.n <= PLAIN_SHOWN;
}

/* "providers.mock.instances[0].id" into `to`, as many whole keys as fit; returns the length, or
 * `size` when there were more. */
static size_t put_path(char *to, size_t size, const struct node *n)
{
	size_t at, more;

	if (n->parent == NULL)
		return 0;
	at = put_path(to, size, n->parent);
	if (at == size)
		return size;
	if (n->parent->kind == NODE_LIST)
		more = (size_t)snprintf(to + at, size - at, "[%u]", n->index);
	else
		more = (size_t)snprintf(to + at, size - at, "%s%s", at > 0 ? "." : "",
					is_plain(n->key) ? n->key.p : quote(n->key).text);
	if (more < size - at)
		return at + more;
	to[at] = '\0';
	return size;
}

/* The end of a name, which is what tells files apart. */
static const char *tail(const char *name)
{
	size_t n = strlen(name);

	if (n <= NAME_SHOWN)
		return name;
	for (name += n - NAME_SHOWN; (*name & 0xc0) == 0x80;)
		name++; /* begin with a whole character */
	return name;
}

static int __attribute__((format(printf, 4, 0)))
complain(const struct source *src, size_t line, const char *path, const char *fmt, va_list ap)
{
	const char *name = src->name != NULL ? src->name : "configuration";
	const char *shown = tail(name);
	char text[WHY_MAX];

	vsnprintf(text, sizeof text, fmt, ap);
	return why_set(src->why, ERR_CONFIG, "%s%s:%zu: %s%s%s", shown != name ? "..." : "", shown,
		       line, path, path[0] != '\0' ? ": " : "", text);
}

int source_complain(const struct source *src, const struct node *at, const char *fmt, ...)
{
	char path[PATH_SHOWN + 1] = "";
	va_list ap;
	int r;

	put_path(path, sizeof path, at);
	va_start(ap, fmt);
	r = complain(src, at->line, path, fmt, ap);
	va_end(ap);
	return r;
}

int source_complain_line(const struct source *src, size_t line, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = complain(src, line, "", fmt, ap);
	va_end(ap);
	return r;
}

int source_no_memory(const struct source *src)
{
	return why_set(src->why, ERR_NOMEM, "no memory for the configuration");
}
