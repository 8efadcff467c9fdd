/*
 * bulk.c - work on many accounts: say which, look at what it would be, begin, watch, cancel.
 *
 * Only what costs no login is offered: a new QR code, or forgetting an account, is asked for one by one.
 */
#include <stddef.h>
#include <stdlib.h>

#include "api/answer.h"
#include "api/body.h"
#include "api/change.h"
#include "api/handlers.h"
#include "api/texts.h"
#include "base/obj.h"
#include "policy/account.h"
#include "policy/bulk.h"

#define RATE_MAX     6000
#define RATE_DEFAULT 60
#define IDS_MAX      12000 /* bytes of the list */
#define SELECTOR_MAX 32768
#define STATUS_MAX   32

struct wish {
	char *action, *selector;
	uint64_t rate;
	bool dry_run, everything;
	char *workspace, *provider, *instance, *status, *cause, *label_prefix, *ids;
};

/* An empty one fits all accounts, as an unset variable in a script would have it. */
static bool is_prefix(struct str s)
{
	return s.n > 0 && is_label(s);
}

static int action_of(struct str s)
{
	for (int i = 0; i < BULK_ACTIONS; i++) {
		if (str_is(s, bulk_action_name((unsigned)i)))
			return i;
	}
	return -1;
}

static bool is_action(struct str s)
{
	return action_of(s) >= 0;
}

static bool is_name(struct str s)
{
	return str_is_id(s, LIMIT_INSTANCE, "_-");
}

static bool is_status(struct str s)
{
	for (unsigned i = 0; i < STATUS_COUNT; i++) {
		if (str_is(s, status_name(i)))
			return true;
	}
	return false;
}

static bool is_cause(struct str s)
{
	for (unsigned i = 0; i < RELINK_CAUSE_COUNT; i++) {
		if (str_is(s, cause_name(i)))
			return true;
	}
	return false;
}

#define AN_ACTION                                                                                 \
	"connect, disconnect or reconnect; what costs logins (a new QR code, deleting) is asked " \
	"for "                                                                                    \
	"account by account"
#define A_SELECTOR                                                                      \
	"an object with at least one of workspace, provider, instance, status, cause, " \
	"label_prefix, "                                                                \
	"ids, or {\"everything\": true}"
#define A_RATE   "a number of accounts a minute from 1 to 6000"
#define A_BOOL   "true or false"
#define A_NAME   "a name of a-z, 0-9, _ and -"
#define A_STATUS "a status, as connected or failed"
#define A_CAUSE  "a cause, as engine_crash"
#define A_PREFIX "text of 1 to 128 bytes without control characters"
#define SOME_IDS "a list of 1 to 1000 different ids of accounts, of at most 12000 bytes in all"

#define AT(member) offsetof(struct wish, member)

// clang-format off
static const struct field fields[] = {
	{ "action",          FIELD_TEXT,   AT(action),   16,           is_action, AN_ACTION,  FIELD_REQUIRED },
	{ "selector",        FIELD_OBJECT, AT(selector), SELECTOR_MAX, NULL,      A_SELECTOR, FIELD_REQUIRED },
	{ "rate_per_minute", FIELD_NUMBER, AT(rate),     RATE_MAX,     NULL,      A_RATE,     NULL },
	{ "dry_run",         FIELD_BOOL,   AT(dry_run),  0,            NULL,      A_BOOL,     NULL },
};
static const struct field selector_fields[] = {
	{ "workspace",    FIELD_TEXT, AT(workspace),    LIMIT_WORKSPACE, is_workspace, A_WORKSPACE, NULL },
	{ "provider",     FIELD_TEXT, AT(provider),     LIMIT_PROVIDER,  is_name,      A_NAME,      NULL },
	{ "instance",     FIELD_TEXT, AT(instance),     LIMIT_INSTANCE,  is_name,      A_NAME,      NULL },
	{ "status",       FIELD_TEXT, AT(status),       STATUS_MAX,      is_status,    A_STATUS,    NULL },
	{ "cause",        FIELD_TEXT, AT(cause),        STATUS_MAX,      is_cause,     A_CAUSE,     NULL },
	{ "label_prefix", FIELD_TEXT, AT(label_prefix), LIMIT_LABEL,     is_prefix,    A_PREFIX,    NULL },
	{ "ids",          FIELD_IDS,  AT(ids),          IDS_MAX,         is_name,      SOME_IDS,    NULL },
	{ "everything",   FIELD_BOOL, AT(everything),   0,               NULL,         A_BOOL,      NULL },
};
// clang-format on

static void wish_free(struct wish *w)
{
	free(w->action);
	free(w->selector);
	free(w->workspace);
	free(w->provider);
	free(w->instance);
	free(w->status);
	free(w->cause);
	free(w->label_prefix);
	free(w->ids);
}

/* A key of one workspace selects there. */
static int keep_to_scope(struct exchange *x, struct wish *w)
{
	const struct who *who = &x->conn->who;

	if (!who_is_scoped(who))
		return 0;
	if (w->workspace != NULL && strcmp(w->workspace, who->workspace) != 0)
		return problem_set(&x->problem, PROBLEM_forbidden,
				   "This key is for the workspace \"%s\" only.", who->workspace);
	free(w->workspace);
	w->workspace = str_dup(str_of(who->workspace));
	return w->workspace != NULL ? 0
				    : problem_set(&x->problem, PROBLEM_overloaded,
						  "Out of memory. Try again later.");
}

static int read_wish(struct exchange *x, struct wish *w)
{
	bool any;

	if (body_read(x->request->body, fields, ARRAY_LEN(fields), w, &x->problem) != 0 ||
	    body_read(str_of(w->selector), selector_fields, ARRAY_LEN(selector_fields), w,
		      &x->problem) != 0)
		return ERR_FORMAT;
	any = w->workspace != NULL || w->provider != NULL || w->instance != NULL ||
	      w->status != NULL || w->cause != NULL || w->label_prefix != NULL || w->ids != NULL;
	if (!any && !w->everything)
		return problem_set(&x->problem, PROBLEM_invalid_field,
				   "\"selector\" must be " A_SELECTOR ".");
	return keep_to_scope(x, w);
}

static struct command *command_of(const struct exchange *x, struct wish *w)
{
	struct command *cmd = command_new(COMMAND_BULK);

	if (cmd == NULL)
		return NULL;
	cmd->bulk_action = (uint8_t)action_of(str_of(w->action));
	cmd->rate = w->rate > 0 ? w->rate : RATE_DEFAULT;
	cmd->workspace = TAKE(w->workspace);
	cmd->provider = TAKE(w->provider);
	cmd->instance = TAKE(w->instance);
	cmd->status = TAKE(w->status);
	cmd->cause = TAKE(w->cause);
	cmd->label = TAKE(w->label_prefix);
	cmd->ids = TAKE(w->ids);
	cmd->by = str_dup(str_of(x->conn->who.key));
	if (cmd->by == NULL)
		command_free(&cmd);
	return cmd;
}

/* --- what is shown --- */

static void text_or_null(struct jw *j, const char *key, struct str v)
{
	if (v.n > 0)
		jw_str(j, key, v);
	else
		jw_null(j, key);
}

static void selector_json(struct jw *j, const struct bulk_view *v)
{
	struct str ids = v->ids;

	jw_object(j, "selector");
	text_or_null(j, "workspace", v->workspace);
	text_or_null(j, "provider", v->provider);
	text_or_null(j, "instance", v->instance);
	text_or_null(j, "status", v->status);
	text_or_null(j, "cause", v->cause);
	text_or_null(j, "label_prefix", v->label_prefix);
	if (ids.n == 0)
		jw_null(j, "ids");
	else
		jw_array(j, "ids");
	while (ids.n > 0) {
		const char *line = memchr(ids.p, '\n', ids.n);
		size_t n = line != NULL ? (size_t)(line - ids.p) : ids.n;

		jw_str(j, NULL, (struct str){ ids.p, n });
		n += line != NULL;
		ids = (struct str){ ids.p + n, ids.n - n };
	}
	if (v->ids.n > 0)
		jw_array_end(j);
	jw_object_end(j);
}

static void bulk_json(struct jw *j, const char *key, const struct bulk_view *v)
{
	jw_object(j, key);
	jw_str(j, "id", v->id);
	jw_text(j, "action", v->action);
	jw_text(j, "state", v->state);
	selector_json(j, v);
	jw_u64(j, "rate_per_minute", v->rate);
	jw_u64(j, "total", v->total);
	jw_u64(j, "done", v->done);
	jw_u64(j, "failed", v->failed);
	jw_u64(j, "skipped", v->skipped);
	jw_u64(j, "left", v->left);
	jw_u64(j, "eta_s", v->eta_s);
	if (v->waits != NULL)
		jw_text(j, "waits", v->waits);
	else
		jw_null(j, "waits");
	text_or_null(j, "last_error", v->last_error);
	text_or_null(j, "by", v->by);
	jw_time(j, "created_at", v->created_at);
	jw_time(j, "ended_at", v->ended_at);
	jw_object_end(j);
}

struct looking {
	const struct conn *conn;
	struct jw *j;
	struct str id; /* empty: all */
	bool found;
};

static void each_job(void *arg, const struct bulk_view *v)
{
	struct looking *l = arg;

	if (!who_sees(&l->conn->who, v->workspace) || (l->id.n > 0 && !str_eq(l->id, v->id)))
		return;
	l->found = true;
	bulk_json(l->j, NULL, v);
}

void get_bulk_jobs(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);
	struct looking l = { .conn = x->conn, .j = &j };

	jw_object(&j, NULL);
	jw_array(&j, "jobs");
	x->face->port.bulk(x->face->port.ctx, each_job, &l);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

static void show(struct conn *c, struct str id, struct response *r)
{
	struct api_port *port = &c->face->port;
	struct jw j = answer_json(c);
	struct looking l = { .conn = c, .j = &j, .id = id };

	port->bulk(port->ctx, each_job, &l);
	if (l.found)
		answer_send(c, r);
	else
		answer_failure(c, PROBLEM_job_not_found,
			       "There is no job \"%.*s\". List them with GET /v1/bulk.",
			       STR_ARG(id));
}

void get_bulk_job(struct exchange *x)
{
	struct response r = { .status = 200 };

	show(x->conn, x->match.bulk, &r);
}

static void answer_changed(struct conn *c, const struct change_order *order,
			   const struct command_result *result)
{
	struct response r = { .status = order->status };

	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	show(c, result->account, &r);
}

/* --- try, begin, cancel --- */

struct dry {
	struct jw *j;
	struct exchange *x;
};

static void each_account(void *arg, struct str id)
{
	struct dry *d = arg;
	struct account_view v;

	if (!d->x->face->port.account(d->x->face->port.ctx, id, &v))
		return;
	jw_object(d->j, NULL);
	jw_str(d->j, "id", v.id);
	jw_str(d->j, "workspace", v.workspace);
	jw_text(d->j, "status", v.status);
	jw_text(d->j, "cause", v.cause);
	jw_object_end(d->j);
}

static void answer_dry(struct exchange *x, const struct command *cmd)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);
	struct dry d = { &j, x };
	struct bulk_count count;

	jw_object(&j, NULL);
	jw_bool(&j, "dry_run", true);
	jw_text(&j, "action", bulk_action_name(cmd->bulk_action));
	jw_array(&j, "accounts");
	x->face->port.bulk_count(x->face->port.ctx, cmd, &count, each_account, &d);
	jw_array_end(&j);
	jw_u64(&j, "total", count.total);
	jw_u64(&j, "need_scan", count.need_scan);
	jw_u64(&j, "rate_per_minute", cmd->rate);
	jw_u64(&j, "takes_s", (count.total * 60 + cmd->rate - 1) / cmd->rate);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

void post_bulk(struct exchange *x)
{
	const struct change_order order = { .status = 202, .answer = answer_changed };
	struct wish wish = { 0 };
	struct command *cmd;

	if (read_wish(x, &wish) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		wish_free(&wish);
		return;
	}
	cmd = command_of(x, &wish);
	wish_free(&wish);
	if (wish.dry_run && cmd != NULL) {
		answer_dry(x, cmd);
		command_free(&cmd);
		return;
	}
	change_submit(x, &cmd, &order);
}

void delete_bulk_job(struct exchange *x)
{
	const struct change_order order = { .status = 200, .answer = answer_changed };
	struct command *cmd = command_new(COMMAND_BULK_CANCEL);

	if (cmd != NULL) {
		cmd->name = str_dup(x->match.bulk);
		if (cmd->name == NULL)
			command_free(&cmd);
	}
	change_submit(x, &cmd, &order);
}
