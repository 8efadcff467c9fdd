/* health.c - how well all accounts are. */
#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "api/view_json.h"

static void worst_json(struct jw *j, const struct account_view *v)
{
	jw_object(j, NULL);
	jw_str(j, "id", v->id);
	jw_str(j, "workspace", v->workspace);
	jw_text(j, "status", v->status);
	jw_text(j, "user_action", v->user_action);
	jw_object(j, "reason");
	jw_text(j, "cause", v->cause);
	jw_str(j, "text", v->reason);
	jw_object_end(j);
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
