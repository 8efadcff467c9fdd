/* idempotency.c - the key's check and the request's hash. */
#include "api/idempotency.h"

#include <stdio.h>

#include "api/digest.h"
#include "base/limits.h"
#include "base/obj.h"

/* Keys of different API keys must not meet: "key_0a1b2c3d:". */
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

int idempotency_read(const struct http_request *r, const struct who *who, unsigned status,
		     struct command *cmd, struct problem *problem)
{
	struct str key = r->header[HEADER_IDEMPOTENCY_KEY];
	char scoped[SCOPE_MAX + LIMIT_IDEMPOTENCY_KEY];

	if (key.p == NULL)
		return 0;
	if (key.n == 0 || key.n > LIMIT_IDEMPOTENCY_KEY || !is_visible(key))
		return problem_set(problem, PROBLEM_invalid_field,
				   "\"Idempotency-Key\" must be 1 to %d visible ASCII characters.",
				   LIMIT_IDEMPOTENCY_KEY);
	snprintf(scoped, sizeof scoped, "%s%s:%.*s", who->key[0] != '\0' ? "key_" : "admin",
		 who->key, STR_ARG(key));
	cmd->idem_key = str_dup(str_of(scoped));
	cmd->idem_status = status;
	if (cmd->idem_key == NULL || !hash(r, cmd->idem_hash))
		return problem_set(problem, PROBLEM_overloaded, "Out of memory. Try again later.");
	return 0;
}
