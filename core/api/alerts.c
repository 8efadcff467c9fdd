/* alerts.c - what somebody should look at, newest first. */
#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "policy/alert.h"

struct list {
	struct jw *j;
	const struct who *who;
	struct str kind, account, workspace; /* empty: any */
	uint64_t limit, n, last;
	bool more;
};

static void text_or_null(struct jw *j, const char *key, struct str s)
{
	if (s.n > 0)
		jw_str(j, key, s);
	else
		jw_null(j, key);
}

static void alert_json(struct jw *j, const struct alert_view *v)
{
	jw_object(j, NULL);
	jw_u64(j, "id", v->id);
	jw_text(j, "kind", v->kind);
	jw_str(j, "subject", v->subject);
	text_or_null(j, "account", v->is_account ? v->subject : STR_NONE);
	text_or_null(j, "workspace", v->workspace);
	text_or_null(j, "provider", v->provider);
	jw_time(j, "raised_at", v->raised_at);
	jw_text(j, "cause", v->cause);
	jw_text(j, "user_action", v->user_action);
	jw_str(j, "text", v->text);
	jw_object_end(j);
}

static bool fits(const struct list *l, const struct alert_view *v)
{
	return who_sees(l->who, v->workspace) && (l->kind.n == 0 || str_is(l->kind, v->kind)) &&
	       (l->workspace.n == 0 || str_eq(l->workspace, v->workspace)) &&
	       (l->account.n == 0 || (v->is_account && str_eq(l->account, v->subject)));
}

static bool each(void *arg, const struct alert_view *v)
{
	struct list *l = arg;

	if (!fits(l, v))
		return true;
	if (l->n == l->limit) {
		l->more = true;
		return false;
	}
	alert_json(l->j, v);
	l->last = v->id;
	l->n++;
	return true;
}

static bool is_kind(struct str s)
{
	for (unsigned k = 1; k < ALERT_KIND_END; k++) {
		if (str_is(s, alert_kind_name(k)))
			return true;
	}
	return false;
}

static int read_filter(struct exchange *x, struct list *l, uint64_t *ret_before)
{
	const struct query *q = &x->query;

	l->kind = query_get(q, "kind");
	l->account = query_get(q, "account");
	l->workspace = query_get(q, "workspace");
	if (l->kind.p != NULL && !is_kind(l->kind))
		return problem_set(&x->problem, PROBLEM_invalid_field,
				   "\"kind\" must be needs_person, reconnect_loop, incident, "
				   "worker_quarantined or outbox_stuck.");
	if (query_u64(q, "limit", 1, LIMIT_PAGE, 100, &l->limit, &x->problem) != 0)
		return ERR_FORMAT;
	return query_u64(q, "before", 1, INT64_MAX, 0, ret_before, &x->problem);
}

void get_alerts(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct api_port *port = &x->face->port;
	struct list l = { .who = &x->conn->who };
	uint64_t before = 0;
	struct jw j;

	if (read_filter(x, &l, &before) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	j = answer_json(x->conn);
	l.j = &j;
	jw_object(&j, NULL);
	jw_array(&j, "alerts");
	port->alerts(port->ctx, before, each, &l);
	jw_array_end(&j);
	if (l.more)
		jw_u64(&j, "next_before", l.last);
	else
		jw_null(&j, "next_before");
	jw_object_end(&j);
	answer_send(x->conn, &r);
}
