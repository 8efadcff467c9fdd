/*
 * change.c - commands on their way.
 *
 * A command that was submitted is carried out, whatever becomes of the client: the change outlives
 * the connection and ends with the reply.
 */
#include "api/change.h"

#include <stdlib.h>

#include "api/answer.h"
#include "api/idempotency.h"
#include "api/work.h"
#include "base/killpoint.h"
#include "base/limits.h"
#include "base/obj.h"

#define NO_MEMORY    "Out of memory. Try again later."
#define CHANGE_MAGIC 0xc4a26e01u

struct change {
	struct work work;
	unsigned magic;
	struct change_order order;
};

/* The reply will come and end it. */
static void on_gone(struct work *w)
{
	(void)w;
}

static const struct work_ops change_ops = { .gone = on_gone };

void change_refused(struct conn *c, const struct command_result *r)
{
	struct problem p = { .retry_after_s = 0 };
	enum problem_code code = problem_of(r->problem);

	if (r->problem == NULL && r->code == ERR_FULL)
		code = PROBLEM_overloaded;
	problem_set(&p, code, "%.*s", STR_ARG(r->text));
	p.retry_after_s = (unsigned)MIN_OF((r->retry_after_ms + 999) / 1000, (uint64_t)86400);
	answer_problem(c, &p, NULL);
}

static void on_reply(void *ctx, const struct command_result *result)
{
	struct change *ch;
	struct conn *c;

	OBJ_CAST(ch, ctx, CHANGE_MAGIC);
	c = ch->work.conn;
	if (c != NULL && result->code < 0 && ch->order.refused != NULL)
		ch->order.refused(c, &ch->order, result);
	else if (c != NULL && result->code < 0)
		change_refused(c, result);
	else if (c != NULL)
		ch->order.answer(c, &ch->order, result);
	OBJ_FINI(ch);
	explicit_bzero(ch->order.secret, sizeof ch->order.secret);
	free(ch);
}

/* Which account it is for, and of which workspace that must be.  False: out of memory. */
static bool take_account(const struct exchange *x, struct command *cmd)
{
	const struct who *w = &x->conn->who;

	if (cmd == NULL)
		return false;
	if (x->match.id.n > 0)
		cmd->account = str_dup(x->match.id);
	if (who_is_scoped(w))
		cmd->scope = str_dup(str_of(w->workspace));
	return (x->match.id.n == 0 || cmd->account != NULL) &&
	       (!who_is_scoped(w) || cmd->scope != NULL);
}

static void submit(struct conn *c, struct command **command, const struct change_order *order)
{
	struct command *cmd = TAKE(*command);
	struct change *ch = calloc(1, sizeof *ch);

	if (ch == NULL) {
		answer_failure(c, PROBLEM_overloaded, NO_MEMORY);
		command_free(&cmd);
		return;
	}
	OBJ_INIT(ch, CHANGE_MAGIC);
	ch->work.ops = &change_ops;
	ch->work.due_at = DEADLINE_NEVER;
	ch->order = *order;
	cmd->reply = on_reply;
	cmd->ctx = ch;
	conn_await(c, &ch->work);
	if (c->face->port.submit(c->face->port.ctx, &cmd) == 0) {
		KP("api.command.submitted");
		return; /* on_reply may have run: `ch` is its */
	}
	answer_failure(c, PROBLEM_overloaded,
		       "Too many commands wait to be carried out. Try again in a second.");
	OBJ_FINI(ch);
	explicit_bzero(ch->order.secret, sizeof ch->order.secret);
	free(ch);
}

void change_submit(struct exchange *x, struct command **command, const struct change_order *order)
{
	struct command *cmd = TAKE(*command);

	if (!take_account(x, cmd)) {
		answer_failure(x->conn, PROBLEM_overloaded, NO_MEMORY);
		command_free(&cmd);
	} else if (idempotency_read(x, order->status, cmd) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		command_free(&cmd);
	} else {
		submit(x->conn, &cmd, order);
	}
}

void change_follow(struct conn *c, struct command **command, const struct change_order *order)
{
	if (*command == NULL)
		answer_failure(c, PROBLEM_overloaded, NO_MEMORY);
	else
		submit(c, command, order);
}
