/*
 * origin.h - does one of our own pages ask?
 *
 * Browsers send cookies along with requests that other people's pages make.  SameSite=Strict keeps them
 * from most, but not from pages of another port of this machine, which count as the same site.
 */
#ifndef RELINK_API_ORIGIN_H
#define RELINK_API_ORIGIN_H
#include "api/exchange.h"

/* Of a request whose right is a cookie: nothing that says another page asks, and for changes also
 * what only a page of ours can say.  < 0 with x->problem: forbidden. */
int origin_check(struct exchange *);
/* The same for a request that changes something, whatever its method is. */
int origin_check_change(struct exchange *);
/* Did the browser load the asking page over TLS?  For who sets a cookie. */
bool origin_is_secure(const struct http_request *);

#endif
