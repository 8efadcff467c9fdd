/* peer.c - addresses of clients. */
#include "api/peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool is_v4(const struct peer *p)
{
	return memcmp(p->ip, v4_prefix, sizeof v4_prefix) == 0;
}

static bool is_v6_loopback(const uint8_t ip[16])
{
	static const uint8_t one[16] = { [15] = 1 };

	return memcmp(ip, one, sizeof one) == 0;
}

struct peer peer_of(const struct sockaddr *a)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct peer p = { { 0 } };

	if (a->sa_family == AF_INET) {
		memcpy(&v4, a, sizeof v4);
		memcpy(p.ip, v4_prefix, sizeof v4_prefix);
		memcpy(p.ip + 12, &v4.sin_addr, 4);
	} else if (a->sa_family == AF_INET6) {
		memcpy(&v6, a, sizeof v6);
		memcpy(p.ip, &v6.sin6_addr, 16);
		if (!is_v4(&p) && !is_v6_loopback(p.ip))
			memset(p.ip + 8, 0, 8);
	}
	return p;
}

bool peer_is_local(const struct peer *p)
{
	static const uint8_t none[16];

	if (is_v4(p))
		return p->ip[12] == 127;
	return is_v6_loopback(p->ip) || memcmp(p->ip, none, sizeof none) == 0;
}

void peer_text(const struct peer *p, char to[PEER_TEXT])
{
	char text[INET6_ADDRSTRLEN] = "";

	if (is_v4(p)) {
		inet_ntop(AF_INET, p->ip + 12, text, sizeof text);
		snprintf(to, PEER_TEXT, "%s", text);
	} else {
		inet_ntop(AF_INET6, p->ip, text, sizeof text);
		snprintf(to, PEER_TEXT, "%s%s", text, is_v6_loopback(p->ip) ? "" : "/64");
	}
}
