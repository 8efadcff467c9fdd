/* guard.c - see guard.h. */
#include "web/guard.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/obj.h"

#define KEY_PRIVATE "webhooks.allow_private"
#define KEY_HTTP    "webhooks.allow_http"

#define HOST_MAX    253
#define ENTRIES_MAX 64

/* An address as 16 bytes; IPv4 ones in their last four, so that no IPv6 one is the same by chance. */
struct address {
	bool v6;
	uint8_t bytes[16];
	uint16_t port;
};

/* What is allowed: a host and port, or a network. */
struct entry {
	char host[HOST_MAX + 1]; /* "": a network */
	uint16_t port;
	struct address network;
	unsigned bits;
};

struct guard {
	bool allow_http;
	size_t n_entries;
	struct entry entries[ENTRIES_MAX];
};

/* --- networks --- */

/* Not public, or of no use to who is reached through them.  The first that fits counts. */
static const struct network {
	const char *text;
	unsigned bits;
	const char *kind;
} networks[] = {
	{ "0.0.0.0", 8, "an address of this network" },
	{ "10.0.0.0", 8, "a private address" },
	{ "100.64.0.0", 10, "a shared address of a provider" },
	{ "127.0.0.0", 8, "an address of this machine" },
	{ "169.254.0.0", 16, "a link-local address, where clouds have their metadata" },
	{ "172.16.0.0", 12, "a private address" },
	{ "192.0.0.0", 24, "a reserved address" },
	{ "192.0.2.0", 24, "an address for documentation" },
	{ "192.88.99.0", 24, "a relay of 6to4" },
	{ "192.168.0.0", 16, "a private address" },
	{ "198.18.0.0", 15, "an address for benchmarks" },
	{ "198.51.100.0", 24, "an address for documentation" },
	{ "203.0.113.0", 24, "an address for documentation" },
	{ "224.0.0.0", 4, "a multicast address" },
	{ "240.0.0.0", 4, "a reserved address" },
	{ "::", 128, "the unspecified address" },
	{ "::1", 128, "an address of this machine" },
	{ "::ffff:0:0", 96, "an IPv4 address inside of IPv6" },
	{ "::ffff:0:0:0", 96, "a translated IPv4 address" },
	{ "::", 96, "an IPv4 address inside of IPv6" },
	{ "64:ff9b::", 96, "a NAT64 address" },
	{ "64:ff9b:1::", 48, "a NAT64 address" },
	{ "2001::", 23, "a reserved address" }, /* Teredo, ORCHID and others */
	{ "2001:db8::", 32, "an address for documentation" },
	{ "2002::", 16, "a 6to4 address" },
	{ "3fff::", 20, "an address for documentation" },
	{ "fc00::", 7, "a private address" },
	{ "fe80::", 10, "a link-local address" },
	{ "fec0::", 10, "a private address" },
	{ "ff00::", 8, "a multicast address" },
};

static bool parse_ip(struct address *a, const char *text)
{
	*a = (struct address){ .v6 = strchr(text, ':') != NULL };
	return inet_pton(a->v6 ? AF_INET6 : AF_INET, text, a->bytes + (a->v6 ? 0 : 12)) == 1;
}

static bool is_in(const struct address *a, const struct address *network, unsigned bits)
{
	unsigned from = network->v6 ? 0 : 12;

	if (a->v6 != network->v6)
		return false;
	for (unsigned i = 0; i < bits; i++) {
		unsigned mask = 0x80u >> i % 8;

		if ((a->bytes[from + i / 8] & mask) != (network->bytes[from + i / 8] & mask))
			return false;
	}
	return true;
}

static const char *kind_of(const struct address *a)
{
	struct address network, global;

	for (size_t i = 0; i < ARRAY_LEN(networks); i++) {
		must(parse_ip(&network, networks[i].text));
		if (is_in(a, &network, networks[i].bits))
			return networks[i].kind;
	}
	must(parse_ip(&global, "2000::"));
	return a->v6 && !is_in(a, &global, 3) ? "a reserved address" : NULL;
}

static bool read_sockaddr(struct address *to, const struct sockaddr *sa)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	*to = (struct address){ .v6 = sa->sa_family == AF_INET6 };
	if (sa->sa_family == AF_INET)
		memcpy(to->bytes + 12, &in->sin_addr, 4);
	else if (sa->sa_family == AF_INET6)
		memcpy(to->bytes, &in6->sin6_addr, 16);
	else
		return false;
	return true;
}

const char *guard_kind(const struct sockaddr *sa)
{
	struct address a;

	return read_sockaddr(&a, sa) ? kind_of(&a) : "no address of the internet";
}

static void print_ip(const struct address *a, char text[INET6_ADDRSTRLEN])
{
	text[0] = '\0';
	inet_ntop(a->v6 ? AF_INET6 : AF_INET, a->bytes + (a->v6 ? 0 : 12), text, INET6_ADDRSTRLEN);
}

/* --- what is allowed --- */

static bool allows_address(const struct guard *g, const struct address *a)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		const struct entry *e = &g->entries[i];

		if (e->host[0] == '\0' && is_in(a, &e->network, e->bits))
			return true;
	}
	return false;
}

static bool allows_host(const struct guard *g, const char *host, uint64_t port)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		if (g->entries[i].host[0] != '\0' && g->entries[i].port == port &&
		    strcmp(g->entries[i].host, host) == 0)
			return true;
	}
	return false;
}

static bool allows_some_address(const struct guard *g)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		if (g->entries[i].host[0] == '\0')
			return true;
	}
	return false;
}

static bool read_network(struct entry *e, char *text)
{
	char *slash = strchr(text, '/');
	uint64_t bits;

	if (slash != NULL)
		*slash = '\0';
	if (!parse_ip(&e->network, text))
		return false;
	e->bits = e->network.v6 ? 128 : 32;
	if (slash != NULL) {
		if (!str_to_u64(str_of(slash + 1), e->bits, &bits))
			return false;
		e->bits = (unsigned)bits;
	}
	return true;
}

static bool read_host(struct entry *e, char *text)
{
	char *colon = strrchr(text, ':');
	uint64_t port;

	if (colon == NULL || colon == text || !str_to_u64(str_of(colon + 1), UINT16_MAX, &port) ||
	    port == 0)
		return false;
	*colon = '\0';
	for (char *c = text; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
	e->port = (uint16_t)port;
	return str_copy(e->host, sizeof e->host, str_of(text));
}

static int read_entry(struct guard *g, struct str word, struct why *why)
{
	struct entry *e = &g->entries[g->n_entries];
	char text[HOST_MAX + 8], again[HOST_MAX + 8];

	if (g->n_entries == ENTRIES_MAX)
		return why_set(why, ERR_CONFIG, KEY_PRIVATE ": keep it to %d entries", ENTRIES_MAX);
	if (str_copy(text, sizeof text, word) && str_copy(again, sizeof again, word) &&
	    (read_network(e, text) || read_host(e, again))) {
		g->n_entries++;
		return 0;
	}
	return why_set(why, ERR_CONFIG,
		       KEY_PRIVATE ": \"%.*s\" is neither host:port nor an address or network; "
				   "write for example receiver.lan:8080 or 10.1.0.0/16",
		       STR_ARG(word));
}

int guard_new(struct guard **ret_guard, const char *allowed, bool allow_http, struct why *why)
{
	struct guard *g = calloc(1, sizeof *g);
	const char *at = allowed != NULL ? allowed : "";
	int r = 0;

	if (g == NULL)
		return why_set(why, ERR_NOMEM, "out of memory");
	g->allow_http = allow_http;
	for (at += strspn(at, " "); *at != '\0' && r == 0; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		r = read_entry(g, (struct str){ at, n }, why);
		at += n;
	}
	if (r == 0)
		*ret_guard = TAKE(g);
	guard_free(&g);
	return r;
}

void guard_free(struct guard **g)
{
	free(TAKE(*g));
}

/* --- a URL by its text --- */

#define REFUSE(...) why_set(why, ERR_FORMAT, __VA_ARGS__)

static int check_form(struct str url, struct why *why)
{
	static const char http[] = "http://", https[] = "https://";
	size_t at = 0;

	if (url.n > GUARD_URL_MAX)
		return REFUSE("it is over %d bytes", GUARD_URL_MAX);
	if (url.n >= sizeof http && strncasecmp(url.p, http, sizeof http - 1) == 0)
		at = sizeof http - 1;
	else if (url.n >= sizeof https && strncasecmp(url.p, https, sizeof https - 1) == 0)
		at = sizeof https - 1;
	else
		return REFUSE("it must begin with https:// and a host");
	for (size_t i = 0; i < url.n; i++) {
		if (url.p[i] <= ' ' || url.p[i] > '~' || url.p[i] == '\\' || url.p[i] == '#')
			return REFUSE("it has a character in it that must be escaped as %%XX");
	}
	for (; at < url.n && strchr("/?", url.p[at]) == NULL; at++) {
		if (url.p[at] == '@')
			return REFUSE("no user or password may be in it");
		if (url.p[at] == '%')
			return REFUSE("no escapes and no zones may be in its host");
	}
	return 0;
}

/* "localhost", "printer", "db.internal": what means something here only. */
static bool is_local_name(const char *host)
{
	static const char *const tails[] = { ".localhost", ".localdomain", ".local",    ".internal",
					     ".lan",       ".intranet",    ".home.arpa" };
	size_t n = strlen(host);

	if (strchr(host, '.') == NULL)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		size_t tail = strlen(tails[i]);

		if (n > tail && strcmp(host + n - tail, tails[i]) == 0)
			return true;
	}
	return false;
}

/* The last label of a name begins with a letter; what does not is an address, well written or not. */
static bool is_name(const char *host)
{
	const char *dot = strrchr(host, '.'), *last = dot != NULL ? dot + 1 : host;

	return strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(host) &&
	       strstr(host, "..") == NULL && *host != '.' && *last >= 'a' && *last <= 'z';
}

static int check_address(const struct guard *g, const struct address *a, bool https,
			 struct why *why)
{
	const char *kind = kind_of(a);
	char text[INET6_ADDRSTRLEN];

	if (allows_address(g, a))
		return 0;
	print_ip(a, text);
	if (kind != NULL)
		return REFUSE("%s is %s; list it in " KEY_PRIVATE " if that is meant", text, kind);
	if (!https && !g->allow_http)
		return REFUSE("it is plain http; use https, or set " KEY_HTTP);
	return 0;
}

static int check_name(const struct guard *g, const char *host, uint64_t port, bool https,
		      struct why *why)
{
	if (!is_name(host))
		return REFUSE("its host is neither a name nor an address in its usual form");
	if (is_local_name(host))
		return REFUSE("\"%s\" is a name of this machine or its network; list \"%s:%llu\" "
			      "in " KEY_PRIVATE " if that is meant",
			      host, host, (unsigned long long)port);
	if (!https && !g->allow_http && !allows_some_address(g))
		return REFUSE("it is plain http; use https, set " KEY_HTTP
			      ", or list \"%s:%llu\" in " KEY_PRIVATE,
			      host, (unsigned long long)port);
	return 0;
}

/* `host` is lower case, without the dot that ends a full name. */
static int check_host(const struct guard *g, char *host, uint64_t port, bool https, struct why *why)
{
	size_t n = strlen(host);
	struct in_addr in;
	struct address a;

	if (port == 0)
		return REFUSE("there is no port 0");
	if (allows_host(g, host, port))
		return 0;
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		if (!parse_ip(&a, host + 1) || !a.v6)
			return REFUSE("its host is no address");
		return check_address(g, &a, https, why);
	}
	if (inet_aton(host, &in) != 0) { /* also 127.1, 0x7f000001 and 017700000001 */
		a = (struct address){ .v6 = false };
		memcpy(a.bytes + 12, &in, 4);
		return check_address(g, &a, https, why);
	}
	return check_name(g, host, port, https, why);
}

static int check_parts(const struct guard *g, CURLU *u, struct why *why)
{
	char *scheme = NULL, *host = NULL, *port = NULL, name[HOST_MAX + 3];
	uint64_t number = 0;
	size_t n;
	int r;

	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK) {
		r = why_set(why, ERR_NOMEM, "out of memory");
	} else if (!str_copy(name, sizeof name, str_of(host)) ||
		   !str_to_u64(str_of(port), UINT16_MAX, &number)) {
		r = REFUSE("its host is too long");
	} else {
		for (char *c = name; *c != '\0'; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
		n = strlen(name);
		if (n > 1 && name[n - 1] == '.')
			name[n - 1] = '\0';
		r = check_host(g, name, number, strcasecmp(scheme, "https") == 0, why);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	return r;
}

int guard_check_url(const struct guard *g, struct str url, struct why *why)
{
	CURLU *u = curl_url();
	char *z = str_dup(url);
	int r = check_form(url, why);

	if (r == 0 && (u == NULL || z == NULL))
		r = why_set(why, ERR_NOMEM, "out of memory");
	if (r == 0 && curl_url_set(u, CURLUPART_URL, z, CURLU_DISALLOW_USER) != CURLUE_OK)
		r = REFUSE("it is malformed");
	if (r == 0)
		r = check_parts(g, u, why);
	curl_url_cleanup(u);
	free(z);
	return r;
}

/* --- the address that is connected to --- */

bool guard_allows(const struct guard *g, const char *server, const struct sockaddr *sa,
		  char text[GUARD_TEXT_MAX])
{
	bool https = strncmp(server, "https:", 6) == 0;
	const char *host = strstr(server, "://"), *colon = strrchr(server, ':');
	char name[HOST_MAX + 3];
	struct why why = { 0 };
	uint64_t port = 0;
	struct address a;
	int r;

	must(host != NULL && colon > host);
	host += 3;
	(void)str_to_u64(str_of(colon + 1), UINT16_MAX, &port);
	if (str_copy(name, sizeof name, (struct str){ host, (size_t)(colon - host) })) {
		size_t n = strlen(name);

		if (n > 1 && name[n - 1] == '.')
			name[n - 1] = '\0';
		if (allows_host(g, name, port))
			return true;
	}
	if (read_sockaddr(&a, sa))
		r = check_address(g, &a, https, &why);
	else
		r = why_set(&why, ERR_FORMAT, "it leads to no address of the internet");
	str_copy(text, GUARD_TEXT_MAX, str_of(why.text));
	return r == 0;
}
