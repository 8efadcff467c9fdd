/*
 * accounts.c - making, reading, changing and deleting accounts.  Their list is in account_list.c.
 */
#include <stddef.h>
#include <stdio.h>

#include "api/answer.h"
#include "api/body.h"
#include "api/change.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/metadata.h"
#include "api/texts.h"
#include "api/view_json.h"
#include "base/limits.h"
#include "base/obj.h"
#include "policy/account.h"

/* --- what texts may look like --- */

static bool is_account_id(struct str s)
{
	return str_is_id(s, LIMIT_ACCOUNT_ID, "_-");
}

static bool is_priority(struct str s)
{
	return str_is(s, "high") || str_is(s, "normal") || str_is(s, "low");
}

#define AN_ID      "1 to 64 characters of a-z, 0-9, _ and -, the first a letter or digit"
#define AN_OBJECT  "an object of at most 4096 bytes"
#define A_PRIORITY "high, normal or low"
#define A_BOOL     "true or false"

#define AT(member) offsetof(struct command, member)
#define TEXT(name, member, most, check, what, absent)                   \
	{                                                               \
		name, FIELD_TEXT, AT(member), most, check, what, absent \
	}
#define OBJECT(name, member, most, what, absent)                         \
	{                                                                \
		name, FIELD_OBJECT, AT(member), most, NULL, what, absent \
	}
#define BOOL(name, member, what)                                  \
	{                                                         \
		name, FIELD_BOOL, AT(member), 0, NULL, what, NULL \
	}

// clang-format off
static const struct field create_fields[] = {
	/*   name        member     most bytes        check          must be      when absent */
	TEXT("provider",  provider,  LIMIT_PROVIDER,   is_provider,   A_PROVIDER,  FIELD_REQUIRED),
	TEXT("id",        account,   LIMIT_ACCOUNT_ID, is_account_id, AN_ID,       NULL),
	TEXT("workspace", workspace, LIMIT_WORKSPACE,  is_workspace,  A_WORKSPACE, "default"),
	TEXT("label",     label,     LIMIT_LABEL,      is_label,      A_LABEL,     ""),
	TEXT("priority",  priority,  sizeof "normal",  is_priority,   A_PRIORITY,  "normal"),
	OBJECT("metadata", metadata, LIMIT_METADATA, AN_OBJECT, "{}"),
	BOOL("connect", connect, A_BOOL),
};
static const struct field patch_fields[] = {
	TEXT("label",     label,     LIMIT_LABEL,      is_label,      A_LABEL,     NULL),
	TEXT("priority",  priority,  sizeof "normal",  is_priority,   A_PRIORITY,  NULL),
	OBJECT("metadata", metadata, LIMIT_METADATA, AN_OBJECT, NULL),
};
// clang-format on

const struct field *fields_of_account(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(create_fields);
	return create_fields;
}

const struct field *fields_of_patch(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(patch_fields);
	return patch_fields;
}

/* --- changes --- */

/* The account as it is now, behind a command. */
static void answer_account(struct conn *c, const struct change_order *order,
			   const struct command_result *result)
{
	struct response r = { .status = order->status };
	struct api_port *port = &c->face->port;
	char location[sizeof "/v1/accounts/" + LIMIT_ACCOUNT_ID];
	struct account_view view;
	struct jw j;

	if (!port->account(port->ctx, result->account, &view) ||
	    !who_sees(&c->who, view.workspace)) {
		answer_failure(c, PROBLEM_account_not_found,
			       "The account \"%.*s\" has been deleted since.",
			       STR_ARG(result->account));
		return;
	}
	j = answer_json(c);
	account_json(&j, NULL, &view);
	snprintf(location, sizeof location, "/v1/accounts/%.*s", STR_ARG(view.id));
	if (order->status == 201)
		response_header(&r, "Location", str_of(location));
	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	answer_send(c, &r);
}

static void answer_deleted(struct conn *c, const struct change_order *order,
			   const struct command_result *result)
{
	struct response r = { .status = order->status };

	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	conn_answer(c, &r);
}

/* Make a command of `kind`, read the body into it by `fields`, and submit it. */
static void change_account(struct exchange *x, enum command_kind kind, const struct field *fields,
			   size_t n_fields, const struct change_order *order)
{
	struct command *cmd = command_new(kind);

	if (cmd != NULL && (body_read(x->request->body, fields, n_fields, cmd, &x->problem) != 0 ||
			    metadata_settle(x, cmd) != 0)) {
		answer_problem(x->conn, &x->problem, NULL);
		command_free(&cmd);
		return;
	}
	change_submit(x, &cmd, order);
}

/* A key of one workspace makes accounts there. */
static int check_workspace(struct exchange *x, const struct command *cmd)
{
	const struct who *w = &x->conn->who;

	if (who_sees(w, str_of(cmd->workspace)))
		return 0;
	return problem_set(&x->problem, PROBLEM_forbidden,
			   "The key %s is for the workspace \"%s\" only: leave \"workspace\" out.",
			   w->key, w->workspace);
}

void post_accounts(struct exchange *x)
{
	const struct change_order order = { .status = 201, .answer = answer_account };
	struct command *cmd = command_new(COMMAND_CREATE);
	struct field fields[ARRAY_LEN(create_fields)];

	memcpy(fields, create_fields, sizeof fields);
	for (size_t i = 0; i < ARRAY_LEN(fields) && who_is_scoped(&x->conn->who); i++) {
		if (fields[i].offset == AT(workspace))
			fields[i].absent = x->conn->who.workspace;
	}
	if (cmd != NULL &&
	    (body_read(x->request->body, fields, ARRAY_LEN(fields), cmd, &x->problem) != 0 ||
	     check_workspace(x, cmd) != 0 || metadata_settle(x, cmd) != 0)) {
		answer_problem(x->conn, &x->problem, NULL);
		command_free(&cmd);
		return;
	}
	change_submit(x, &cmd, &order);
}

void patch_account(struct exchange *x)
{
	const struct change_order order = { .status = 200, .answer = answer_account };

	change_account(x, COMMAND_PATCH, patch_fields, ARRAY_LEN(patch_fields), &order);
}

void delete_account(struct exchange *x)
{
	const struct change_order order = { .status = 204, .answer = answer_deleted };

	change_account(x, COMMAND_DELETE, NULL, 0, &order);
}

/* --- reads --- */

void get_account(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct account_view view;
	struct jw j;

	if (!x->face->port.account(x->face->port.ctx, x->match.id, &view)) {
		answer_failure(x->conn, PROBLEM_account_not_found, NO_ACCOUNT,
			       STR_ARG(x->match.id));
		return;
	}
	j = answer_json(x->conn);
	account_json(&j, NULL, &view);
	answer_send(x->conn, &r);
}
