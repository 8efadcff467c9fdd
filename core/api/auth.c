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

	if (t.p == NULL)
		return r->header[HEADER_API_KEY];
	if (t.n < 7 || strncasecmp(t.p, "bearer ", 7) != 0)
		return STR_NONE;
	t.p += 7;
	t.n -= 7;
	while (t.n > 0 && t.p[0] == ' ') {
		t.p++;
		t.n--;
	}
	return t;
}

bool auth_is(const struct auth *a, struct str token)
{
	uint8_t digest[DIGEST_BYTES];

	return token.p != NULL && digest_of(digest, &token, 1) &&
	       str_eq_secret((struct str){ (const char *)digest, sizeof digest },
			     (struct str){ (const char *)a->digest, sizeof a->digest });
}

int auth_check(const struct auth *a, const struct http_request *r, struct problem *problem)
{
	struct str token = auth_token(r);

	if (token.p == NULL)
		return problem_set(problem, PROBLEM_unauthorized,
				   "A key is needed: send \"Authorization: Bearer KEY\" or "
				   "\"X-API-Key: KEY\". The admin key is in the file admin.key of "
				   "the daemon's state directory.");
	if (!auth_is(a, token))
		return problem_set(problem, PROBLEM_unauthorized,
				   "This key is not valid. Compare it with the file admin.key of "
				   "the daemon's state directory.");
	return 0;
}
