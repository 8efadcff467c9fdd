/* policy.c - what follows from each cause, at each provider, and where that stands. */
#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"

static void allowed_json(struct jw *j, unsigned may)
{
	jw_array(j, "allowed");
	for (unsigned t = 0; t < THEN_COUNT; t++) {
		if ((may & 1u << t) != 0)
			jw_text(j, NULL, then_name(t));
	}
	jw_array_end(j);
}

static void cause_json(struct jw *j, const struct policy_view *v, unsigned cause)
{
	static const char *const set_by[] = {
		[SET_BY_NOBODY] = NULL,
		[SET_BY_POLICY] = "policy.causes",
		[SET_BY_PROVIDER] = "providers.*.causes",
	};
	const struct cause_rule *rule = cause_rule(cause);
	unsigned then = cause_then(v->policy->causes, cause);

	jw_object(j, NULL);
	jw_text(j, "cause", cause_name(cause));
	jw_text(j, "text", cause_text(cause));
	jw_text(j, "then", then_name(then));
	if (then == THEN_RETRY)
		jw_u64(j, "attempts",
		       cause_attempts(v->policy->causes, cause, v->policy->max_fails));
	else
		jw_null(j, "attempts");
	jw_text(j, "user_action", action_name(rule->action));
	jw_bool(j, "login_dead", rule->login_dead);
	jw_text(j, "default", then_name(rule->then));
	allowed_json(j, rule->may);
	if (set_by[v->set_by[cause]] != NULL)
		jw_text(j, "set_by", set_by[v->set_by[cause]]);
	else
		jw_null(j, "set_by");
	jw_object_end(j);
}

static void numbers_json(struct jw *j, const struct policy *p)
{
	jw_u64(j, "max_attempts", p->max_fails);
	jw_u64(j, "backoff_base_ms", p->backoff_base);
	jw_u64(j, "backoff_cap_ms", p->backoff_cap);
	jw_u64(j, "stable_after_ms", p->stable);
	jw_u64(j, "start_deadline_ms", p->start_deadline);
	jw_array(j, "slow_ladder_ms");
	for (unsigned i = 0; i < 3; i++)
		jw_u64(j, NULL, p->slow[i]);
	jw_array_end(j);
}

static void each_policy(void *arg, const struct policy_view *v)
{
	struct jw *j = arg;

	jw_object(j, NULL);
	jw_text(j, "provider", v->provider);
	numbers_json(j, v->policy);
	jw_array(j, "causes");
	for (unsigned i = 0; i < RELINK_CAUSE_COUNT; i++)
		cause_json(j, v, i);
	jw_array_end(j);
	jw_object_end(j);
}

void get_policy(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);

	jw_object(&j, NULL);
	jw_array(&j, "providers");
	x->face->port.policies(x->face->port.ctx, each_policy, &j);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}
