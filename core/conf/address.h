/*
 * address.h - "127.0.0.1:8840" and "[::1]:8840".
 *
 * IP addresses only: a name could mean another machine tomorrow, and asking what it means blocks.
 */
#ifndef RELINK_CONF_ADDRESS_H
#define RELINK_CONF_ADDRESS_H
#include <stdbool.h>

#include "base/str.h"

struct address {
	bool loopback; /* only this machine can reach it */
	unsigned port; /* 0: any free one */
};

/* False when `text` is anything but an IP address and a port. */
bool address_read(struct str text, struct address *ret_address);

#endif
