/*
 * pauses.c - hands off: where automation is paused, and pausing and resuming it.
 *
 * A key of one workspace pauses that workspace and its accounts, and sees no other pause than those and
 * what covers it.
 */
#include <stddef.h>
#include <stdlib.h>

#include "api/answer.h"
#include "api/body.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/texts.h"
#include "api/view_json.h"
#include "base/clock.h"
#include "base/obj.h"
#include "policy/pause.h"

#define LONGEST_S (365ull * 24 * 60 * 60)
#define A_REASON  "text of 1 to 128 bytes without control characters: why"
#define A_SPAN    "a number of seconds from 1 to 31536000"

struct wish {
	char *reason;
	uint64_t for_seconds;
};

static bool is_reason(struct str s)
{
	return s.n > 0 && is_label(s);
}

// clang-format off
static const struct field fields[] = {
	{ "reason",      FIELD_TEXT,   offsetof(struct wish, reason),      LIMIT_LABEL, is_reason, A_REASON, FIELD_REQUIRED },
	{ "for_seconds", FIELD_NUMBER, offsetof(struct wish, for_seconds), LONGEST_S,   NULL,      A_SPAN,   NULL },
};
// clang-format on

/* --- list --- */

struct listing {
	struct jw *j;
	const struct exchange *x;
};

static bool may_see(const struct exchange *x, const struct pause_view *v)
{
	const struct who *w = &x->conn->who;
	struct account_view account;

	if (!who_is_scoped(w) || str_is(str_of(v->scope), "everything") ||
	    str_is(str_of(v->scope), "provider"))
		return true;
	if (str_is(str_of(v->scope), "workspace"))
		return who_sees(w, v->name);
	return x->face->port.account(x->face->port.ctx, v->name, &account) &&
	       who_sees(w, account.workspace);
}

static void each_pause(void *arg, const struct pause_view *v)
{
	struct listing *l = arg;

	if (may_see(l->x, v))
		pause_json(l->j, NULL, v);
}

void get_pauses(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);
	struct listing l = { &j, x };

	jw_object(&j, NULL);
	jw_array(&j, "pauses");
	x->face->port.pauses(x->face->port.ctx, each_pause, &l);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

/* --- pause and resume --- */

struct wanted {
	struct jw *j;
	struct str subject;
	bool found;
};

/* The subject is "workspace/acme". */
static void each_wanted(void *arg, const struct pause_view *v)
{
	struct wanted *w = arg;
	size_t n = strlen(v->scope);

	if (w->found || w->subject.n != n + 1 + v->name.n ||
	    memcmp(w->subject.p, v->scope, n) != 0 ||
	    !str_eq(v->name, (struct str){ w->subject.p + n + 1, v->name.n }))
		return;
	w->found = true;
	pause_json(w->j, "pause", v);
}

static void answer_paused(struct conn *c, const struct change_order *order,
			  const struct command_result *result)
{
	const struct api_port *port = &c->face->port;
	struct response r = { .status = order->status };
	struct jw j = answer_json(c);
	struct wanted w = { &j, result->account, false };

	jw_object(&j, NULL);
	port->pauses(port->ctx, each_wanted, &w);
	if (!w.found)
		jw_null(&j, "pause"); /* replayed, and over since */
	jw_object_end(&j);
	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	answer_send(c, &r);
}

static void answer_resumed(struct conn *c, const struct change_order *order,
			   const struct command_result *result)
{
	struct response r = { .status = order->status };

	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	conn_answer(c, &r);
}

/* May this key do it?  Accounts were looked at with the path. */
static int check_scope(struct exchange *x, unsigned scope, struct str name)
{
	const struct who *w = &x->conn->who;

	if (scope == PAUSE_WORKSPACE && !is_workspace(name))
		return problem_set(&x->problem, PROBLEM_not_found,
				   "A workspace has a name of " A_WORKSPACE ".");
	if (who_is_scoped(w) && scope != PAUSE_ACCOUNT &&
	    (scope != PAUSE_WORKSPACE || !who_sees(w, name)))
		return problem_set(&x->problem, PROBLEM_forbidden,
				   "This key is for the workspace \"%s\" only.", w->workspace);
	return 0;
}

static struct command *order_of(const struct exchange *x, enum command_kind kind, unsigned scope,
				struct str name)
{
	struct command *cmd = command_new(kind);

	if (cmd == NULL)
		return NULL;
	cmd->pause_scope = (uint8_t)scope;
	cmd->name = str_dup(name);
	cmd->by = str_dup(str_of(x->conn->who.key));
	if (cmd->name == NULL || cmd->by == NULL)
		command_free(&cmd);
	return cmd;
}

static void begin(struct exchange *x, unsigned scope, struct str name)
{
	const struct change_order order = { .status = 200, .answer = answer_paused };
	struct wish wish = { 0 };
	struct command *cmd;

	if (check_scope(x, scope, name) != 0 ||
	    body_read(x->request->body, fields, ARRAY_LEN(fields), &wish, &x->problem) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		free(wish.reason);
		return;
	}
	cmd = order_of(x, COMMAND_PAUSE, scope, name);
	if (cmd != NULL) {
		cmd->label = TAKE(wish.reason);
		cmd->until = wish.for_seconds > 0 ? clock_ms() + wish.for_seconds * 1000 : 0;
	}
	free(wish.reason);
	change_submit(x, &cmd, &order);
}

static void end(struct exchange *x, unsigned scope, struct str name)
{
	const struct change_order order = { .status = 204, .answer = answer_resumed };
	struct command *cmd;

	if (check_scope(x, scope, name) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	cmd = order_of(x, COMMAND_UNPAUSE, scope, name);
	change_submit(x, &cmd, &order);
}

void put_pause_everything(struct exchange *x)
{
	begin(x, PAUSE_EVERYTHING, STR(""));
}

void put_pause_provider(struct exchange *x)
{
	begin(x, PAUSE_PROVIDER, x->match.provider);
}

void put_pause_workspace(struct exchange *x)
{
	begin(x, PAUSE_WORKSPACE, x->match.workspace);
}

void put_pause_account(struct exchange *x)
{
	begin(x, PAUSE_ACCOUNT, x->match.id);
}

void delete_pause_everything(struct exchange *x)
{
	end(x, PAUSE_EVERYTHING, STR(""));
}

void delete_pause_provider(struct exchange *x)
{
	end(x, PAUSE_PROVIDER, x->match.provider);
}

void delete_pause_workspace(struct exchange *x)
{
	end(x, PAUSE_WORKSPACE, x->match.workspace);
}

void delete_pause_account(struct exchange *x)
{
	end(x, PAUSE_ACCOUNT, x->match.id);
}
