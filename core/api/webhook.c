/*
 * webhook.c - what a provider's backend tells us by itself.
 *
 * No key: a webhook proves itself by its signature, which the plugin checks.  So nothing is read from
 * the body here, and only the headers that a signature needs are passed on; whatever else they claim
 * is not looked at.
 */
#include "api/answer.h"
#include "api/change.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "base/obj.h"

static const struct {
	enum http_header header;
	const char *name;
} passed_on[] = {
	{ HEADER_TIMESTAMP, "x-timestamp" },
	{ HEADER_HMAC_SIGNATURE, "x-hmac-signature" },
};
_Static_assert(ARRAY_LEN(passed_on) <= COMMAND_HEADERS_MAX, "they must fit into a command");

static bool copy(char **to, struct str s)
{
	*to = str_dup(s);
	return *to != NULL;
}

static bool take_headers(struct command *cmd, const struct http_request *r)
{
	for (size_t i = 0; i < ARRAY_LEN(passed_on); i++) {
		struct str value = r->header[passed_on[i].header];
		struct command_header *h = &cmd->headers[cmd->n_headers];

		if (value.p == NULL)
			continue;
		cmd->n_headers++;
		if (!copy(&h->name, str_of(passed_on[i].name)) || !copy(&h->value, value))
			return false;
	}
	return true;
}

static struct command *command_of(const struct exchange *x)
{
	struct command *cmd = command_new(COMMAND_WEBHOOK);

	if (cmd == NULL)
		return NULL;
	if (!take_headers(cmd, x->request) || !copy(&cmd->args, x->request->body) ||
	    !copy(&cmd->provider, x->match.provider) ||
	    (x->match.instance.n > 0 && !copy(&cmd->instance, x->match.instance)))
		command_free(&cmd);
	return cmd;
}

static void answer_taken(struct conn *c, const struct change_order *order,
			 const struct command_result *result)
{
	(void)order;
	(void)result;
	answer_success(c);
}

void post_webhook(struct exchange *x)
{
	const struct change_order order = { .status = 200, .answer = answer_taken };
	struct str body = x->request->body;
	struct command *cmd;

	if (body.n > LIMIT_WEBHOOK) {
		answer_failure(x->conn, PROBLEM_body_too_large,
			       "A webhook may have at most %u bytes.", LIMIT_WEBHOOK);
		return;
	}
	if (body.n > 0 && memchr(body.p, '\0', body.n) != NULL) {
		answer_failure(x->conn, PROBLEM_invalid_json,
			       "A webhook is JSON, which holds no NUL byte.");
		return;
	}
	cmd = command_of(x);
	change_submit(x, &cmd, &order);
}
