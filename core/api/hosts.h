/*
 * hosts.h - the names that the API answers to.
 *
 * A page in somebody's browser can have its own name point at this machine (DNS rebinding), and then
 * talks to us as if we were its server.  Its Host header gives it away.
 */
#ifndef RELINK_API_HOSTS_H
#define RELINK_API_HOSTS_H
#include <stdbool.h>

#include "base/str.h"

struct hosts {
	char *names;     /* separated by spaces; NULL: only those below */
	char listen[64]; /* the address that we listen at */
	bool any;
};

/* `names` is copied; NULL or "": none.  `url`: where we listen.  False when memory is out. */
bool hosts_init(struct hosts *, const char *names, const char *url, bool any);
void hosts_fini(struct hosts *);
/* Is `host` (a Host header, perhaps with a port; p NULL: there was none) one of ours?  Names of this
 * machine for itself and the address that we listen at always are. */
bool hosts_allow(const struct hosts *, struct str host);

#endif
