/*
 * access.h - may this request come in?  Host, key, role, workspace; in this order.
 */
#ifndef RELINK_API_ACCESS_H
#define RELINK_API_ACCESS_H
#include "api/exchange.h"

/* Is the request for a name that is ours?  < 0 with x->problem. */
int access_check_host(struct exchange *);
/* Who asks (then in x->conn->who), and is its role enough for the route?  < 0 with x->problem:
 * unauthorized, too_many_wrong_keys, forbidden. */
int access_check_key(struct exchange *);
/* Whose key is this text?  < 0 with x->problem, and the wrong key is counted. */
int access_identify(struct exchange *, struct str token, struct who *ret_who);
/* Is the account in the path one that it sees?  The ids in the path were checked. */
int access_check_account(struct exchange *);
/* A wrong key came: count it, and say what becomes of it. */
int access_wrong_key(struct exchange *, const char *text);

#endif
