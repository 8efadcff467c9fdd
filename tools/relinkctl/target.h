/*
 * target.h - where the daemon is, and the key for it.
 *
 * On the unix socket the user is the credential and no key is needed; over the network a key comes
 * from a file or the environment, never from the command line.
 */
#ifndef RELINKCTL_TARGET_H
#define RELINKCTL_TARGET_H
#include <curl/curl.h>

#include "base/err.h"
#include "options.h"

#define KEY_MAX 512

struct target {
	char *socket;      /* path of the unix socket; NULL: `url` */
	char *url;         /* "http://host:port", without a slash at its end */
	char key[KEY_MAX]; /* "": none */
};

/* Choose by options, then environment, then the usual places.  ERR_CONFIG: the options don't fit
 * together; other errors: there is no daemon to be found. */
int target_find(struct target *ret_target, const struct options *, struct why *why);
void target_fini(struct target *);
/* For messages: the socket's path or the address. */
const char *target_name(const struct target *);
/* A curl handle that talks to the target and to nobody else (no proxy, no redirects); the key is
 * not set.  NULL when memory is out. */
CURL *target_curl(const struct target *);
/* What curl met, as a sentence with a remedy; `system` is the errno of connect, 0: none.
 * Returns ERR_UNAVAILABLE. */
int target_explain(const struct target *, CURLcode, long system, const char *detail,
		   struct why *why);

#endif
