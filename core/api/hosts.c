/* hosts.c - the check of Host. */
#include "api/hosts.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>

/* Without port, brackets and the dot at the end of a full name. */
static struct str name_of(struct str host)
{
	const char *colon;

	if (host.n > 0 && host.p[0] == '[') {
		const char *end = memchr(host.p, ']', host.n);

		return (struct str){ host.p + 1, end != NULL ? (size_t)(end - host.p) - 1 : 0 };
	}
	colon = memchr(host.p, ':', host.n);
	if (colon != NULL)
		host.n = (size_t)(colon - host.p);
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	return host;
}

static bool same(struct str a, struct str b)
{
	return a.n == b.n && a.n > 0 && strncasecmp(a.p, b.p, a.n) == 0;
}

static bool is_local(struct str name)
{
	static const struct str suffix = { ".localhost", 10 };
	char text[INET6_ADDRSTRLEN];
	struct in_addr v4;

	if (same(name, STR("localhost")) || same(name, STR("::1")))
		return true;
	if (name.n > suffix.n && same((struct str){ name.p + name.n - suffix.n, suffix.n }, suffix))
		return true;
	return str_copy(text, sizeof text, name) && inet_pton(AF_INET, text, &v4) == 1 &&
	       ntohl(v4.s_addr) >> 24 == 127;
}

bool hosts_init(struct hosts *h, const char *names, const char *url, bool any)
{
	*h = (struct hosts){ .any = any };
	str_copy(h->listen, sizeof h->listen, name_of(str_of(url + sizeof "http://" - 1)));
	if (names == NULL || names[0] == '\0')
		return true;
	h->names = str_dup(str_of(names));
	return h->names != NULL;
}

void hosts_fini(struct hosts *h)
{
	free(h->names);
	h->names = NULL;
}

bool hosts_allow(const struct hosts *h, struct str host)
{
	const char *at = h->names;
	struct str name;

	if (h->any || host.p == NULL)
		return true;
	name = name_of(host);
	if (is_local(name) || same(name, str_of(h->listen)))
		return true;
	while (at != NULL && *at != '\0') {
		size_t n = strcspn(at, " ");

		if (same(name, (struct str){ at, n }))
			return true;
		at += n + strspn(at + n, " ");
	}
	return false;
}
