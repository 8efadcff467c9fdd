/* idempotency.c - the key's check and the request's hash. */
#include "api/idempotency.h"

#include <stdio.h>

#include "api/digest.h"
#include "base/limits.h"
#include "base/obj.h"

/* Keys of different clients must not meet: "key_0a1b2c3d:", "admin:", and "dropin:" for the drop-in face,
 * which has one key of its own. */
#define SCOPE_MAX (sizeof "key_:" + KEY_ID)

static bool is_visible(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	}
	return true;
}

/* Of "METHOD path\n" and the body: no two requests that differ share it. */
static bool hash(const struct http_request *r, uint8_t to[DIGEST_BYTES])
{
	const struct str parts[] = {
		str_of(http_method_name(r->method)), STR(" "), r->path, STR("\n"), r->body,
	};

	return digest_of(to, parts, ARRAY_LEN(parts));
}

static const char *client_of(const struct exchange *x)
{
	if (route_is_dropin(x->match.route))
		return "dropin";
	return x->conn->who.key[0] != '\0' ? "key_" : "admin";
}

int idempotency_read(struct exchange *x, unsigned status, struct command *cmd)
{
	const struct http_request *r = x->request;
	struct problem *problem = &x->problem;
	struct str key = r->header[HEADER_IDEMPOTENCY_KEY];
	char scoped[SCOPE_MAX + LIMIT_IDEMPOTENCY_KEY];

	if (key.p == NULL)
		return 0;
	if (key.n == 0 || key.n > LIMIT_IDEMPOTENCY_KEY || !is_visible(key))
		return problem_set(problem, PROBLEM_invalid_field,
				   "\"Idempotency-Key\" must be 1 to %d visible ASCII characters.",
				   LIMIT_IDEMPOTENCY_KEY);
	snprintf(scoped, sizeof scoped, "%s%s:%.*s", client_of(x), x->conn->who.key, STR_ARG(key));
	cmd->idem_key = str_dup(str_of(scoped));
	cmd->idem_status = status;
	if (cmd->idem_key == NULL || !hash(r, cmd->idem_hash))
		return problem_set(problem, PROBLEM_overloaded, "Out of memory. Try again later.");
	return 0;
}
