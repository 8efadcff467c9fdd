/*
 * instances.c - the running backends: how they are, and taking them out of use and back.
 *
 * Draining takes as long as the accounts need to get elsewhere, so its answer is 202 until nothing is
 * left there, and 200 from then on; resuming is done when it is answered.
 */
#include "api/answer.h"
#include "api/body.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/view_json.h"

static void each_instance(void *arg, const struct instance_view *v)
{
	instance_json(arg, NULL, v);
}

void get_instances(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);

	jw_object(&j, NULL);
	jw_array(&j, "instances");
	x->face->port.instances(x->face->port.ctx, each_instance, &j);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

static void no_such(struct conn *c, struct str id)
{
	answer_failure(c, PROBLEM_instance_not_found,
		       "There is no instance \"%.*s\". List them with GET /v1/instances.",
		       STR_ARG(id));
}

void get_instance(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct instance_view v;
	struct jw j;

	if (!x->face->port.instance(x->face->port.ctx, x->match.instance, &v)) {
		no_such(x->conn, x->match.instance);
		return;
	}
	j = answer_json(x->conn);
	instance_json(&j, NULL, &v);
	answer_send(x->conn, &r);
}

static void answer_changed(struct conn *c, const struct change_order *order,
			   const struct command_result *result)
{
	const struct api_port *port = &c->face->port;
	struct response r = { .status = 200 };
	struct instance_view v;
	struct jw j;

	(void)order;
	if (!port->instance(port->ctx, result->account, &v)) {
		no_such(c, result->account); /* replayed, and configured no more */
		return;
	}
	if (str_is(str_of(v.state), "draining"))
		r.status = 202;
	j = answer_json(c);
	jw_object(&j, NULL);
	instance_json(&j, "instance", &v);
	jw_object_end(&j);
	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	answer_send(c, &r);
}

static void change(struct exchange *x, enum command_kind kind)
{
	const struct change_order order = { .status = 202, .answer = answer_changed };
	struct command *cmd;

	if (body_read(x->request->body, NULL, 0, NULL, &x->problem) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	cmd = command_new(kind);
	if (cmd != NULL)
		cmd->instance = str_dup(x->match.instance);
	if (cmd != NULL && cmd->instance == NULL)
		command_free(&cmd);
	change_submit(x, &cmd, &order);
}

void post_drain(struct exchange *x)
{
	change(x, COMMAND_DRAIN);
}

void post_resume(struct exchange *x)
{
	change(x, COMMAND_RESUME);
}
