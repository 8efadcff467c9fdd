/*
 * peer.h - where a client comes from, as far as limits go.
 */
#ifndef RELINK_API_PEER_H
#define RELINK_API_PEER_H
#include <stdbool.h>
#include <stdint.h>

struct sockaddr;

#define PEER_TEXT 52 /* "2001:db8:1:2::/64" and longer, and a NUL */

/* An IPv6 client counts as its /64, which is what one customer gets. */
struct peer {
	uint8_t ip[16]; /* IPv4 as ::ffff:a.b.c.d; zeros: not from the network */
};

struct peer peer_of(const struct sockaddr *);
/* On this machine: the unix socket, 127.0.0.0/8 and ::1.  A reverse proxy is there, too, and brings
 * everybody else along. */
bool peer_is_local(const struct peer *);
void peer_text(const struct peer *, char to[PEER_TEXT]);

#endif
