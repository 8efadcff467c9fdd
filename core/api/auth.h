/*
 * auth.h - a secret that callers show: the admin key, the drop-in face's key.
 *
 * The text is in its file and in its owners' hands; here only its SHA-256 is kept.
 */
#ifndef RELINK_API_AUTH_H
#define RELINK_API_AUTH_H
#include <stdbool.h>
#include <stdint.h>

#include "api/digest.h"
#include "api/http.h"

struct auth {
	uint8_t digest[DIGEST_BYTES];
};

/* Keep the key's digest.  False when memory is out. */
bool auth_init(struct auth *, struct str key);

/* The token that the request carries in a header; p is NULL when there is none. */
struct str auth_token(const struct http_request *);
/* Is this the key?  Takes the same time for every wrong key of a length.  A NULL token is not. */
bool auth_is(const struct auth *, struct str token);
/* Are these the same digests?  Takes the same time for all that differ. */
bool auth_same(const uint8_t a[DIGEST_BYTES], const uint8_t b[DIGEST_BYTES]);

#endif
