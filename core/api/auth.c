/* auth.c - the check of a key. */
#include "api/auth.h"

#include <strings.h>

bool auth_init(struct auth *a, struct str key)
{
	return digest_of(a->digest, &key, 1);
}

struct str auth_token(const struct http_request *r)
{
	struct str t = r->header[HEADER_AUTHORIZATION];

	/* What is there in another scheme may be a proxy's, and is not for us. */
	if (t.p == NULL || t.n < 7 || strncasecmp(t.p, "bearer ", 7) != 0)
		return r->header[HEADER_API_KEY];
	t.p += 7;
	t.n -= 7;
	while (t.n > 0 && t.p[0] == ' ') {
		t.p++;
		t.n--;
	}
	return t;
}

bool auth_same(const uint8_t a[DIGEST_BYTES], const uint8_t b[DIGEST_BYTES])
{
	return str_eq_secret((struct str){ (const char *)a, DIGEST_BYTES },
			     (struct str){ (const char *)b, DIGEST_BYTES });
}

bool auth_is(const struct auth *a, struct str token)
{
	uint8_t digest[DIGEST_BYTES];

	return token.p != NULL && digest_of(digest, &token, 1) && auth_same(digest, a->digest);
}
