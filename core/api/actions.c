/*
 * actions.c - what people want of an account: connect, disconnect, reconnect, a new QR code, a check,
 * a verb.
 *
 * An answer that waits looks at the account only after the command is durable, so a reconnect of a
 * connected account is not answered with the "connected" of before.
 */
#include <stddef.h>

#include "api/answer.h"
#include "api/body.h"
#include "api/change.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/view_json.h"
#include "base/limits.h"
#include "base/obj.h"

/* --- connect, disconnect, reconnect, POST qr --- */

static void answer_action(struct conn *c, const struct wait_order *order,
			  const struct account_view *view)
{
	struct response r = { .status = order->seconds > 0 ? 200 : 202 };
	char waited[WAIT_TEXT];
	struct jw j;

	if (view == NULL) {
		answer_failure(c, PROBLEM_account_not_found,
			       "The account has been deleted meanwhile.");
		return;
	}
	j = answer_json(c);
	jw_object(&j, NULL);
	account_json(&j, "account", view);
	qr_json(&j, "qr", view);
	jw_object_end(&j);
	wait_say(&r, order, waited);
	if (order->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	answer_send(c, &r);
}

static void after_action(struct conn *c, const struct change_order *order,
			 const struct command_result *result)
{
	struct wait_order wait = order->wait;

	wait.replayed = result->replayed;
	wait_start(c, result->account, &wait);
}

static const struct field qr_fields[] = {
	{ "force", FIELD_BOOL, offsetof(struct command, force), 0, NULL, "true or false", NULL },
};

const struct field *fields_of_qr(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(qr_fields);
	return qr_fields;
}

static void act(struct exchange *x, enum command_kind kind, enum wait_for what,
		const struct field *fields, size_t n_fields)
{
	unsigned seconds = wait_wish(x->request);
	const struct change_order order = {
		.status = seconds > 0 ? 200 : 202,
		.answer = after_action,
		.wait = { .what = what, .seconds = seconds, .answer = answer_action },
	};
	struct command *cmd = command_new(kind);

	if (cmd != NULL && body_read(x->request->body, fields, n_fields, cmd, &x->problem) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		command_free(&cmd);
		return;
	}
	change_submit(x, &cmd, &order);
}

void post_connect(struct exchange *x)
{
	act(x, COMMAND_CONNECT, WAIT_SETTLED, NULL, 0);
}

void post_disconnect(struct exchange *x)
{
	act(x, COMMAND_DISCONNECT, WAIT_ENDED, NULL, 0);
}

void post_reconnect(struct exchange *x)
{
	act(x, COMMAND_RECONNECT, WAIT_SETTLED, NULL, 0);
}

void post_qr(struct exchange *x)
{
	act(x, COMMAND_REGENERATE, WAIT_SETTLED, qr_fields, ARRAY_LEN(qr_fields));
}

/* --- check and verbs --- */

/* What the provider said is only passed on when it is JSON. */
static bool is_json(struct str body, struct problem *p)
{
	return body.n == 0 || body_check(body, p) == 0;
}

static void answer_said(struct conn *c, const char *key, const struct command_result *result)
{
	struct response r = { .status = 200 };
	struct problem p;
	struct jw j;

	if (!is_json(result->body, &p)) {
		answer_failure(c, PROBLEM_provider_error,
			       "The provider's plugin answered with something that is not JSON.");
		return;
	}
	j = answer_json(c);
	if (key != NULL)
		jw_object(&j, NULL);
	jw_raw(&j, key, result->body.n > 0 ? result->body : STR("null"));
	if (key != NULL)
		jw_object_end(&j);
	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	answer_send(c, &r);
}

static void answer_check(struct conn *c, const struct change_order *order,
			 const struct command_result *result)
{
	(void)order;
	answer_said(c, NULL, result);
}

static void answer_verb(struct conn *c, const struct change_order *order,
			const struct command_result *result)
{
	(void)order;
	answer_said(c, "result", result);
}

void post_check(struct exchange *x)
{
	const struct change_order order = { .status = 200, .answer = answer_check };
	struct command *cmd;

	if (body_read(x->request->body, NULL, 0, NULL, &x->problem) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	cmd = command_new(COMMAND_CHECK);
	change_submit(x, &cmd, &order);
}

static int read_args(struct exchange *x, struct command *cmd)
{
	struct str body = x->request->body;

	if (body.n > LIMIT_VERB_ARGS)
		return problem_set(&x->problem, PROBLEM_body_too_large,
				   "The arguments of a verb may have at most %d bytes.",
				   LIMIT_VERB_ARGS);
	if (body.n > 0 && body_check(body, &x->problem) != 0)
		return ERR_FORMAT;
	cmd->verb = str_dup(x->match.verb);
	cmd->args = body.n > 0 ? str_dup(body) : NULL;
	if (cmd->verb == NULL || (body.n > 0 && cmd->args == NULL))
		return problem_set(&x->problem, PROBLEM_overloaded,
				   "Out of memory. Try again later.");
	return 0;
}

void post_verb(struct exchange *x)
{
	const struct change_order order = { .status = 200, .answer = answer_verb };
	struct command *cmd = command_new(COMMAND_VERB);

	if (cmd != NULL && read_args(x, cmd) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		command_free(&cmd);
		return;
	}
	change_submit(x, &cmd, &order);
}
