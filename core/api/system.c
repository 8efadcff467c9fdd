/* system.c - is the daemon alive, is it ready, what can be asked of it. */
#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"

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
