/* address.c - reads IP address and port. */
#include "conf/address.h"

#include <arpa/inet.h>

static bool read_host(struct str host, bool bracketed, bool *ret_loopback)
{
	char z[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;

	if (host.n >= sizeof z || memchr(host.p, '\0', host.n) != NULL)
		return false;
	str_copy(z, sizeof z, host);
	if (bracketed) {
		if (inet_pton(AF_INET6, z, &six) != 1)
			return false;
		*ret_loopback = IN6_IS_ADDR_LOOPBACK(&six);
		return true;
	}
	if (inet_pton(AF_INET, z, &four) != 1)
		return false;
	*ret_loopback = (ntohl(four.s_addr) >> 24) == IN_LOOPBACKNET;
	return true;
}

bool address_read(struct str text, struct address *ret_address)
{
	const char *colon = text.n > 0 ? memrchr(text.p, ':', text.n) : NULL;
	struct str host, port_text;
	struct address a;
	uint64_t port;
	bool bracketed;

	if (colon == NULL)
		return false;
	host = (struct str){ text.p, (size_t)(colon - text.p) };
	port_text = (struct str){ colon + 1, text.n - host.n - 1 };
	bracketed = host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
	if (bracketed)
		host = (struct str){ host.p + 1, host.n - 2 };
	if (!str_to_u64(port_text, UINT16_MAX, &port) || !read_host(host, bracketed, &a.loopback))
		return false;
	a.port = (unsigned)port;
	*ret_address = a;
	return true;
}
