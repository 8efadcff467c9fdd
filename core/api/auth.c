/* auth.c - the check of a key. */
#include "api/auth.h"

#include <strings.h>

bool auth_init(struct auth *a, struct str key)
{
	return digest_of(a->digest, &key, 1);
}

/* The token that the request carries; p is NULL when there is none. */
static struct str token_of(const struct http_request *r)
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

int auth_check(const struct auth *a, const struct http_request *r, struct problem *problem)
{
	struct str token = token_of(r);
	uint8_t digest[DIGEST_BYTES];

	if (token.p == NULL)
		return problem_set(problem, PROBLEM_unauthorized,
				   "A key is needed: send \"Authorization: Bearer KEY\" or "
				   "\"X-API-Key: KEY\". The admin key is in the file admin.key of "
				   "the daemon's state directory.");
	if (!digest_of(digest, &token, 1))
		return problem_set(problem, PROBLEM_overloaded, "Out of memory. Try again later.");
	if (!str_eq_secret((struct str){ (const char *)digest, sizeof digest },
			   (struct str){ (const char *)a->digest, sizeof a->digest }))
		return problem_set(problem, PROBLEM_unauthorized,
				   "This key is not valid. Compare it with the file admin.key of "
				   "the daemon's state directory.");
	return 0;
}
