/*
 * links.c - making and revoking the link that shows an account's QR code to somebody without a key.
 *
 * The token is made here and shown once, in the answer that comes when the link is durable; to the
 * engine only its digest goes.  So a copy of the database opens no page, and no key has to be guarded
 * that could sign any; that a token can be revoked and used once must be remembered anyway.
 */
#include <stddef.h>
#include <stdio.h>

#include "api/answer.h"
#include "api/body.h"
#include "api/change.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/link/link.h"
#include "base/clock.h"
#include "base/obj.h"

#define LIFE_S     900
#define LIFE_MAX_S 86400

struct wish {
	uint64_t expires_in;
};

static const struct field fields[] = {
	{ "expires_in", FIELD_NUMBER, offsetof(struct wish, expires_in), LIFE_MAX_S, NULL,
	  "a number of seconds from 1 to 86400", NULL },
};

const struct field *fields_of_link(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(fields);
	return fields;
}

static void answer_made(struct conn *c, const struct change_order *order,
			const struct command_result *result)
{
	struct response r = { .status = order->status };
	struct api_port *port = &c->face->port;
	struct buf *content = &c->face->content;
	char url[sizeof LINK_ROOT + LINK_TOKEN];
	uint8_t digest[DIGEST_BYTES];
	struct str token = str_of(order->secret);
	struct qr_link_view v;
	struct jw j;

	(void)result;
	if (!digest_of(digest, &token, 1) || !port->qr_link(port->ctx, digest, &v)) {
		answer_failure(
		    c, PROBLEM_overloaded,
		    "The link has ended already: another one has taken its place, or the "
		    "account is connected or being deleted. Look at the account first.");
		return;
	}
	snprintf(url, sizeof url, LINK_ROOT "%.*s", LINK_TOKEN, order->secret);
	j = answer_json(c);
	jw_object(&j, NULL);
	jw_text(&j, "url", url);
	jw_time(&j, "expires_at", v.expires_at);
	jw_object_end(&j);
	answer_send(c, &r);
	if (content->p != NULL)
		explicit_bzero(content->p, content->n);
	explicit_bzero(url, sizeof url);
}

void post_qr_link(struct exchange *x)
{
	struct change_order order = { .status = 201, .answer = answer_made };
	struct command *cmd;
	struct wish wish = { .expires_in = LIFE_S };
	struct str token;

	if (body_read(x->request->body, fields, ARRAY_LEN(fields), &wish, &x->problem) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	cmd = command_new(COMMAND_LINK_CREATE);
	key_text_secret(order.secret);
	token = str_of(order.secret);
	if (cmd != NULL && !digest_of(cmd->key_digest, &token, 1))
		command_free(&cmd); /* change_submit says that memory is out */
	if (cmd != NULL)
		cmd->key_expires_at = clock_ms() + wish.expires_in * 1000;
	change_submit(x, &cmd, &order);
	explicit_bzero(order.secret, sizeof order.secret);
}

static void answer_revoked(struct conn *c, const struct change_order *order,
			   const struct command_result *result)
{
	struct response r = { .status = order->status };

	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	conn_answer(c, &r);
}

void delete_qr_link(struct exchange *x)
{
	const struct change_order order = { .status = 204, .answer = answer_revoked };
	struct command *cmd = command_new(COMMAND_LINK_REVOKE);

	change_submit(x, &cmd, &order);
}
