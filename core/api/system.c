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
