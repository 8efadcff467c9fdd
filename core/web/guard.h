/*
 * guard.h - which servers a URL of somebody else's may lead to.
 *
 * Who may name a URL for us to call could have us call what only we can reach: this machine, its network, the
 * metadata service of a cloud.  So such a URL is looked at twice: its text when it is named, and the address
 * that is really connected to, each time (a name may lead elsewhere by then).  Public addresses are allowed by
 * https only.
 */
#ifndef RELINK_WEB_GUARD_H
#define RELINK_WEB_GUARD_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/str.h"

#define GUARD_URL_MAX  2048
#define GUARD_TEXT_MAX 256

struct guard;

/* `allowed` (NULL: nothing): what is allowed although it is not public, with spaces between: "host:port", as
 * the URL has it and wherever it leads to, or addresses, "10.1.0.0/16", "fd00::/8", "127.0.0.1".  These may be
 * asked by http, too; `allow_http`: public ones also.  ERR_CONFIG, ERR_NOMEM. */
int guard_new(struct guard **ret_guard, const char *allowed, bool allow_http, struct why *why);
/* NULL inside is fine. */
void guard_free(struct guard **);

/* By its text alone.  ERR_FORMAT: it is no URL that requests can be sent to, or leads to what is not allowed;
 * `why` says what, and names the key of the configuration. */
int guard_check_url(const struct guard *, struct str url, struct why *why);
/* May we connect to this address for `server` ("https://NAME:PORT", lower case)?  False: `text` says why not. */
bool guard_allows(const struct guard *, const char *server, const struct sockaddr *,
		  char text[GUARD_TEXT_MAX]);

/* "a private address"; NULL: it is public.  Only IPv4 and IPv6 can be. */
const char *guard_kind(const struct sockaddr *);

#endif
