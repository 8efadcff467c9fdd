/*
 * auth.h - who may use the API: holders of the admin key.
 *
 * The key's text is in its file and in its owners' hands; here only its SHA-256 is kept.
 */
#ifndef RELINK_API_AUTH_H
#define RELINK_API_AUTH_H
#include <stdbool.h>
#include <stdint.h>

#include "api/digest.h"
#include "api/http.h"

/* "relink_", 8 hex digits of an id, "_", 256 bits as base64url. */
#define KEY_TEXT 59

struct auth {
	uint8_t digest[DIGEST_BYTES];
};

/* Keep the key's digest.  False when memory is out. */
bool auth_init(struct auth *, struct str key);

/* The token that the request carries in a header; p is NULL when there is none. */
struct str auth_token(const struct http_request *);
/* Is this the key?  Takes the same time for every wrong key of a length.  A NULL token is not. */
bool auth_is(const struct auth *, struct str token);
/* Does the request carry the key, as a Bearer token or in X-API-Key?  Takes the same time for every
 * wrong key of a length.  < 0 with *problem (unauthorized). */
int auth_check(const struct auth *, const struct http_request *, struct problem *);

#endif
