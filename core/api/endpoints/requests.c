/*
 * requests.c - making, listing, changing and deleting webhooks: endpoints that events are sent to.
 *
 * The secret is made here and shown once, in the answer that comes when the webhook is durable.
 */
#include "api/endpoints/requests.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/body.h"
#include "api/endpoints/patterns.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/texts.h"
#include "base/obj.h"

_Static_assert(ENDPOINT_SECRET <= KEY_TEXT, "a change_order has room for it");

/* --- what a webhook may look like --- */

struct wish {
	char *url, *events, *workspace, *label, *form;
	bool enabled;
};

static bool is_form(struct str s)
{
	return str_is(s, "standard") || str_is(s, "seed");
}

#define A_URL     "an https:// URL of at most 2048 bytes"
#define A_FORM    "standard or seed"
#define A_PATTERN "a list of types of events, such as account.status, account.* or *"
#define A_BOOL    "true or false"

#define AT(member) offsetof(struct wish, member)

// clang-format off
static const struct field fields[] = {
	{ "url",       FIELD_TEXT,  AT(url),       LIMIT_ENDPOINT_URL,    NULL,            A_URL,       FIELD_REQUIRED },
	{ "events",    FIELD_WORDS, AT(events),    LIMIT_ENDPOINT_EVENTS, pattern_is_good, A_PATTERN,   "*" },
	{ "workspace", FIELD_TEXT,  AT(workspace), LIMIT_WORKSPACE,       is_workspace,    A_WORKSPACE, "" },
	{ "label",     FIELD_TEXT,  AT(label),     LIMIT_LABEL,           is_label,        A_LABEL,     "" },
	{ "form",      FIELD_TEXT,  AT(form),      sizeof "standard",     is_form,         A_FORM,      "standard" },
	{ "enabled",   FIELD_BOOL,  AT(enabled),   0,                     NULL,            A_BOOL,      NULL },
};
static const struct field patch_fields[] = {
	{ "url",       FIELD_TEXT,  AT(url),       LIMIT_ENDPOINT_URL,    NULL,            A_URL,       NULL },
	{ "events",    FIELD_WORDS, AT(events),    LIMIT_ENDPOINT_EVENTS, pattern_is_good, A_PATTERN,   NULL },
	{ "label",     FIELD_TEXT,  AT(label),     LIMIT_LABEL,           is_label,        A_LABEL,     NULL },
	{ "enabled",   FIELD_BOOL,  AT(enabled),   0,                     NULL,            A_BOOL,      NULL },
};
// clang-format on

const struct field *fields_of_webhook(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(fields);
	return fields;
}

const struct field *fields_of_webhook_patch(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(patch_fields);
	return patch_fields;
}

static void wish_free(struct wish *w)
{
	free(w->url);
	free(w->events);
	free(w->workspace);
	free(w->label);
	free(w->form);
}

static unsigned form_of(const struct wish *w)
{
	return w->form != NULL && strcmp(w->form, "seed") == 0 ? FORM_SEED : FORM_STANDARD;
}

static int check_wish(const struct exchange *x, const struct wish *w, struct problem *problem)
{
	const struct endpoints *set = x->face->endpoints;
	struct why why = { 0 };

	if (set == NULL)
		return problem_set(problem, PROBLEM_not_ready, "Events are sent nowhere here.");
	if (w->url != NULL && set->office->check_url(set->office->ctx, str_of(w->url), &why) < 0)
		return problem_set(problem, PROBLEM_url_not_allowed, "\"url\": %s.", why.text);
	if (!endpoint_has_form(set, form_of(w)))
		return problem_set(
		    problem, PROBLEM_invalid_field,
		    "\"form\" seed tells of the drop-in face's sessions: set "
		    "dropin.api_key in the configuration, or take the form standard.");
	return 0;
}

/* --- webhooks as JSON --- */

static void str_or_null(struct jw *j, const char *key, struct str s)
{
	if (s.n > 0)
		jw_str(j, key, s);
	else
		jw_null(j, key);
}

static void patterns_json(struct jw *j, struct str patterns)
{
	jw_array(j, "events");
	while (patterns.n > 0) {
		const char *space = memchr(patterns.p, ' ', patterns.n);
		size_t n = space != NULL ? (size_t)(space - patterns.p) : patterns.n;

		jw_str(j, NULL, (struct str){ patterns.p, n });
		n += space != NULL;
		patterns = (struct str){ patterns.p + n, patterns.n - n };
	}
	jw_array_end(j);
}

static void state_json(struct jw *j, const struct endpoint_state *s)
{
	if (s->running) {
		jw_u64(j, "seq", s->seq);
		jw_u64(j, "backlog", s->backlog);
		jw_u64(j, "accounts_behind", s->accounts);
	} else {
		jw_null(j, "seq");
		jw_null(j, "backlog");
		jw_null(j, "accounts_behind");
	}
	jw_time(j, "oldest_waiting_at", s->oldest_at);
	jw_time(j, "last_success_at", s->success_at);
	jw_time(j, "last_failure_at", s->failure_at);
	jw_text(j, "last_failure", s->failure_at != 0 ? s->failure : NULL);
	jw_u64(j, "delivered", s->delivered);
	jw_u64(j, "failed", s->failed);
	jw_u64(j, "dead_letters", s->dead);
	jw_bool(j, "resending", s->resending);
}

void webhook_json(struct jw *j, const char *key, const struct endpoints *set,
		  const struct endpoint_view *v, const char *secret)
{
	const struct endpoint *p = endpoints_find(set, v->id);
	struct endpoint_state s = { 0 };

	if (p != NULL)
		endpoint_state(p, &s);
	jw_object(j, key);
	if (secret != NULL)
		jw_text(j, "secret", secret);
	jw_str(j, "id", v->id);
	jw_str(j, "label", v->label);
	str_or_null(j, "workspace", v->workspace);
	jw_str(j, "url", v->url);
	patterns_json(j, v->events);
	jw_text(j, "form", v->form == FORM_SEED ? "seed" : "standard");
	jw_bool(j, "enabled", v->enabled);
	jw_time(j, "disabled_at", v->disabled_at);
	str_or_null(j, "disabled_because", v->why);
	jw_time(j, "created_at", v->created_at);
	jw_time(j, "changed_at", v->changed_at);
	jw_time(j, "old_secret_until", v->old_until);
	state_json(j, &s);
	jw_object_end(j);
}

bool webhook_find(struct exchange *x, struct endpoint_view *ret_view)
{
	struct api_port *port = &x->face->port;

	if (port->endpoint(port->ctx, x->match.webhook, ret_view) &&
	    who_sees(&x->conn->who, ret_view->workspace))
		return true;
	answer_failure(x->conn, PROBLEM_webhook_not_found,
		       "There is no webhook \"%.*s\". List them with GET /v1/webhooks.",
		       STR_ARG(x->match.webhook));
	return false;
}

struct command *webhook_command(const struct exchange *x, enum command_kind kind)
{
	struct command *cmd = command_new(kind);

	if (cmd == NULL)
		return NULL;
	cmd->account = str_dup(x->match.webhook);
	if (cmd->account == NULL)
		command_free(&cmd);
	return cmd;
}

void webhook_answer(struct conn *c, const struct change_order *order,
		    const struct command_result *result)
{
	const char *secret = order->secret[0] != '\0' ? order->secret : NULL;
	char location[sizeof "/v1/webhooks/" + LIMIT_ENDPOINT_ID];
	struct response r = { .status = order->status };
	struct api_port *port = &c->face->port;
	struct buf *content = &c->face->content;
	struct endpoint_view v;
	struct jw j;

	if (!port->endpoint(port->ctx, result->account, &v)) {
		answer_failure(c, PROBLEM_webhook_not_found,
			       "The webhook \"%.*s\" has been deleted since.",
			       STR_ARG(result->account));
		return;
	}
	j = answer_json(c);
	webhook_json(&j, NULL, c->face->endpoints, &v, secret);
	snprintf(location, sizeof location, "/v1/webhooks/%.*s", STR_ARG(v.id));
	if (order->status == 201)
		response_header(&r, "Location", str_of(location));
	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	answer_send(c, &r);
	if (secret != NULL && content->p != NULL)
		explicit_bzero(content->p, content->n);
}

/* --- make and change --- */

static void move_wish(struct command *cmd, struct wish *w)
{
	cmd->url = TAKE(w->url);
	cmd->events = TAKE(w->events);
	cmd->workspace = TAKE(w->workspace);
	cmd->label = TAKE(w->label);
	cmd->form = (uint8_t)form_of(w);
}

void post_webhooks(struct exchange *x)
{
	struct change_order order = { .status = 201, .answer = webhook_answer };
	struct wish wish = { .enabled = true };
	struct command *cmd;

	if (body_read(x->request->body, fields, ARRAY_LEN(fields), &wish, &x->problem) != 0 ||
	    check_wish(x, &wish, &x->problem) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		wish_free(&wish);
		return;
	}
	cmd = command_new(COMMAND_ENDPOINT_CREATE);
	if (cmd != NULL) {
		move_wish(cmd, &wish);
		cmd->enable = wish.enabled ? 1 : 2;
		endpoint_secret_make(order.secret);
		cmd->secret = str_dup(str_of(order.secret));
		if (cmd->secret == NULL)
			command_free(&cmd); /* change_submit says that memory is out */
	}
	change_submit(x, &cmd, &order);
	explicit_bzero(order.secret, sizeof order.secret);
	wish_free(&wish);
}

void patch_webhook(struct exchange *x)
{
	const struct change_order order = { .status = 200, .answer = webhook_answer };
	struct wish wish = { 0 };
	struct endpoint_view v;
	struct command *cmd;

	if (!webhook_find(x, &v))
		return;
	wish.enabled = v.enabled;
	if (body_read(x->request->body, patch_fields, ARRAY_LEN(patch_fields), &wish,
		      &x->problem) != 0 ||
	    check_wish(x, &wish, &x->problem) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		wish_free(&wish);
		return;
	}
	cmd = webhook_command(x, COMMAND_ENDPOINT_PATCH);
	if (cmd != NULL) {
		move_wish(cmd, &wish);
		if (wish.enabled != v.enabled)
			cmd->enable = wish.enabled ? 1 : 2;
	}
	change_submit(x, &cmd, &order);
	wish_free(&wish);
}

static void answer_deleted(struct conn *c, const struct change_order *order,
			   const struct command_result *result)
{
	struct response r = { .status = order->status };

	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	conn_answer(c, &r);
}

void delete_webhook(struct exchange *x)
{
	const struct change_order order = { .status = 204, .answer = answer_deleted };
	struct command *cmd = webhook_command(x, COMMAND_ENDPOINT_DELETE);

	change_submit(x, &cmd, &order);
}

/* --- list --- */

struct listing {
	const struct exchange *x;
	struct jw j;
};

static void each_webhook(void *arg, const struct endpoint_view *v)
{
	struct listing *l = arg;

	if (who_sees(&l->x->conn->who, v->workspace))
		webhook_json(&l->j, NULL, l->x->face->endpoints, v, NULL);
}

void get_webhooks(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct listing l = { .x = x, .j = answer_json(x->conn) };

	jw_object(&l.j, NULL);
	jw_array(&l.j, "webhooks");
	x->face->port.endpoints(x->face->port.ctx, each_webhook, &l);
	jw_array_end(&l.j);
	jw_object_end(&l.j);
	answer_send(x->conn, &r);
}

void get_webhook(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct endpoint_view v;
	struct jw j;

	if (!webhook_find(x, &v))
		return;
	j = answer_json(x->conn);
	webhook_json(&j, NULL, x->face->endpoints, &v, NULL);
	answer_send(x->conn, &r);
}
