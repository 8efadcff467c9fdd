/* system.c - is the daemon alive, is it ready, what do its workers do. */
#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "api/view_json.h"

void get_healthz(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);

	jw_object(&j, NULL);
	jw_text(&j, "status", "ok");
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

void get_readyz(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct why why = { .code = 0 };
	struct jw j;

	if (x->face->stopping) {
		answer_failure(x->conn, PROBLEM_stopping, "The daemon is stopping.");
		return;
	}
	if (!x->face->port.ready(x->face->port.ctx, &why)) {
		answer_failure(x->conn, PROBLEM_not_ready, "%s", why.text);
		return;
	}
	j = answer_json(x->conn);
	jw_object(&j, NULL);
	jw_text(&j, "status", "ready");
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

static void each_worker(void *arg, const struct worker_view *w)
{
	worker_json(arg, NULL, w);
}

void get_workers(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);

	jw_object(&j, NULL);
	jw_array(&j, "workers");
	x->face->port.workers(x->face->port.ctx, each_worker, &j);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

void get_root(struct exchange *x)
{
	struct response r = { .status = 200, .type = TYPE_TEXT };
	struct buf *text = &x->face->content;
	size_t n;
	const struct route *routes = router_routes(&n);

	answer_json(x->conn);
	buf_text(text, "This is Relink: it keeps WhatsApp accounts linked.\n\n"
		       "Send \"Authorization: Bearer KEY\"; the admin key is in the file admin.key "
		       "of the daemon's state directory.\n\n");
	for (size_t i = 0; i < n; i++) {
		if (route_is_dropin(&routes[i]) && x->face->dropin == NULL)
			continue;
		buf_printf(text, "%-6s %-30s  %s\n", http_method_name(routes[i].method),
			   routes[i].path, routes[i].doc);
	}
	answer_send(x->conn, &r);
}

/* --- health --- */

static void worst_json(struct jw *j, const struct account_view *v)
{
	jw_object(j, NULL);
	jw_str(j, "id", v->id);
	jw_str(j, "workspace", v->workspace);
	jw_text(j, "status", v->status);
	jw_text(j, "user_action", v->user_action);
	health_json(j, "health", v);
	jw_object_end(j);
}

void get_health_summary(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct health_summary s;
	struct jw j;

	x->face->port.health(x->face->port.ctx, &s);
	j = answer_json(x->conn);
	jw_object(&j, NULL);
	jw_u64(&j, "accounts", s.accounts);
	jw_u64(&j, "scored", s.scored);
	if (s.scored > 0)
		jw_u64(&j, "average", (s.sum + s.scored / 2) / s.scored);
	else
		jw_null(&j, "average");
	jw_object(&j, "bands");
	for (unsigned i = 0; i < HEALTH_BAND_COUNT; i++)
		jw_u64(&j, health_band_name(i), s.bands[i]);
	jw_object_end(&j);
	jw_array(&j, "worst");
	for (unsigned i = 0; i < s.n_worst; i++)
		worst_json(&j, &s.worst[i]);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}
