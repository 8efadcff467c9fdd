/*
 * listen.h - the sockets that clients come to.
 */
#ifndef RELINK_API_LISTEN_H
#define RELINK_API_LISTEN_H
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* "http://[::1]:65535" and a NUL. */
#define LISTEN_URL 80

/* Listen at "127.0.0.1:8840" or "[::1]:8840"; port 0 takes a free one.  Returns the descriptor and
 * fills `url` with where it really listens.  ERR_CONFIG, ERR_BUSY, ERR_IO. */
int listen_tcp(const char *address, char url[LISTEN_URL], struct why *why);

/* Listen at a unix socket of mode 0600.  A socket that a dead process left is replaced; one that
 * somebody answers at is ERR_BUSY. */
int listen_unix(const char *path, struct why *why);

/* Does the process at the other end of a unix socket run as root or as we do? */
bool listen_peer_is_us(int fd);

#endif
