/* metrics.c - the engine's figures, told: what is counted, never a walk over the accounts. */
#include <stdio.h>

#include "engine/state.h"
#include "out/metrics_text.h"

/* policy/admit.c: who wants it, and the account's priority. */
static const char *const class_names[ADMIT_CLASSES] = {
	"person_high", "person_normal", "person_low",   "return_high", "return_normal",
	"return_low",  "other_high",    "other_normal", "other_low"
};

static const char *const op_names[OP_KINDS] = {
	[OP_CREATE] = "create", [OP_CLOSE] = "disconnect", [OP_END] = "end",   [OP_LIST] = "list",
	[OP_HEALTH] = "health", [OP_CHECK] = "check",      [OP_LOOK] = "look", [OP_VERB] = "verb",
	[OP_SEND] = "send",     [OP_WEBHOOK] = "webhook",
};

static const char *const outcome_names[OUTCOME_COUNT] = {
	[OUTCOME_OK] = "ok",     [OUTCOME_REFUSED] = "refused", [OUTCOME_TIMEOUT] = "timeout",
	[OUTCOME_LOST] = "lost", [OUTCOME_UNSENT] = "unsent",
};

#define EACH_PROVIDER(e, p) \
	for (const struct provider *p = (e)->providers; p < (e)->providers + (e)->n_providers; p++)
#define EACH_INSTANCE(p, i) \
	for (const struct instance *i = (p)->instances; i < (p)->instances + (p)->n_instances; i++)

static void accounts(const struct engine *e, struct metrics *m)
{
	EACH_PROVIDER(e, p)
	{
		for (unsigned s = 0; s < STATUS_COUNT; s++)
			metrics_u64(m, METRIC_accounts, LABELS(p->conf->name, status_name(s)),
				    p->meter.status[s]);
	}
	for (unsigned s = 0; s < STATUS_COUNT; s++) {
		if (e->meter.homeless[s] > 0)
			metrics_u64(m, METRIC_accounts, LABELS("", status_name(s)),
				    e->meter.homeless[s]);
	}
	for (unsigned s = 0; s < ST_COUNT; s++)
		metrics_histogram(m, METRIC_state_time, LABELS(state_name(s)), &steps_state_ms,
				  &e->meter.state_ms[s]);
	metrics_u64(m, METRIC_orphans, NO_LABELS, e->stats.orphans);
	metrics_u64(m, METRIC_moves, NO_LABELS, e->stats.moved);
	metrics_u64(m, METRIC_contradictions, NO_LABELS, e->stats.contradictions);
}

static void by_cause(struct metrics *m, const struct provider *p)
{
	for (unsigned c = 0; c < RELINK_CAUSE_COUNT; c++) {
		if (p->meter.ended[c] > 0)
			metrics_u64(m, METRIC_outcomes,
				    LABELS(p->conf->name, "ended", cause_name(c)),
				    p->meter.ended[c]);
	}
}

static void attempts(const struct engine *e, struct metrics *m)
{
	EACH_PROVIDER(e, p)
	{
		metrics_u64(m, METRIC_attempts, LABELS(p->conf->name, "new"), p->meter.fresh);
		metrics_u64(m, METRIC_attempts, LABELS(p->conf->name, "kept"), p->meter.resumed);
	}
	EACH_PROVIDER(e, p)
	{
		metrics_u64(m, METRIC_outcomes, LABELS(p->conf->name, "connected", "none"),
			    p->meter.connected);
		by_cause(m, p);
	}
	EACH_PROVIDER(e, p)
	{
		for (unsigned c = 0; c < RELINK_CAUSE_COUNT; c++) {
			if (p->meter.session_ends[c] > 0)
				metrics_u64(m, METRIC_session_ends,
					    LABELS(p->conf->name, cause_name(c)),
					    p->meter.session_ends[c]);
		}
	}
	EACH_PROVIDER(e, p)
	{
		metrics_histogram(m, METRIC_start_time, LABELS(p->conf->name, "qr"), &steps_call_ms,
				  &p->meter.qr_ms);
		metrics_histogram(m, METRIC_start_time, LABELS(p->conf->name, "connected"),
				  &steps_call_ms, &p->meter.connected_ms);
	}
}

static void queues(const struct engine *e, struct metrics *m)
{
	EACH_PROVIDER(e, p)
	{
		for (unsigned c = 0; c < ADMIT_CLASSES; c++)
			metrics_u64(m, METRIC_queue, LABELS(p->conf->name, class_names[c]),
				    p->meter.queued[c]);
	}
	EACH_PROVIDER(e, p)
	{
		for (unsigned c = 0; c < ADMIT_CLASSES; c++)
			metrics_histogram(m, METRIC_queue_wait,
					  LABELS(p->conf->name, class_names[c]), &steps_state_ms,
					  &p->meter.wait_ms[c]);
	}
}

static void operations(const struct engine *e, struct metrics *m)
{
	EACH_PROVIDER(e, p)
	{
		for (unsigned k = 0; k < OP_KINDS; k++) {
			for (unsigned o = 0; o < OUTCOME_COUNT; o++)
				metrics_u64(m, METRIC_operations,
					    LABELS(p->conf->name, op_names[k], outcome_names[o]),
					    p->meter.ops[k][o]);
		}
	}
	EACH_PROVIDER(e, p)
	{
		for (unsigned k = 0; k < OP_KINDS; k++)
			metrics_histogram(m, METRIC_operation_time,
					  LABELS(p->conf->name, op_names[k]), &steps_call_ms,
					  &p->meter.op_ms[k]);
	}
}

static void outcomes(const struct engine *e, struct metrics *m)
{
	const struct engine_stats *s = &e->stats;

	metrics_u64(m, METRIC_lists, NO_LABELS, s->lists);
	metrics_u64(m, METRIC_lists_wanting, LABELS("partial"), s->lists_partial);
	metrics_u64(m, METRIC_lists_wanting, LABELS("failed"), s->lists_failed);
	metrics_u64(m, METRIC_messages, NO_LABELS, s->sends);
	metrics_u64(m, METRIC_messages_failed, LABELS("failed"), s->sends_failed);
	metrics_u64(m, METRIC_messages_failed, LABELS("refused"), s->sends_refused);
	metrics_u64(m, METRIC_webhooks_in, LABELS("passed_on"), s->webhooks);
	metrics_u64(m, METRIC_webhooks_in, LABELS("refused"), s->webhooks_refused);
	metrics_u64(m, METRIC_commands, LABELS("taken"), s->commands);
	metrics_u64(m, METRIC_commands, LABELS("no_room"), s->inbox_full);
	metrics_u64(m, METRIC_inbox, NO_LABELS, e->inbox.n);
	metrics_u64(m, METRIC_turns, NO_LABELS, s->turns);
	metrics_u64(m, METRIC_steps, NO_LABELS, s->steps);
	for (unsigned scope = 0; scope < PAUSE_SCOPES; scope++)
		metrics_u64(m, METRIC_pauses, LABELS(pause_scope_name(scope)), e->n_pauses[scope]);
	for (unsigned kind = 1; kind < ALERT_KIND_END; kind++)
		metrics_u64(m, METRIC_alerts, LABELS(alert_kind_name(kind)), e->n_alerts[kind]);
	metrics_u64(m, METRIC_paused, NO_LABELS, e->paused);
	metrics_u64(m, METRIC_journal, NO_LABELS, e->last_seq);
}

/* One figure of all instances; a metric's values must stand together. */
static void of_instances(const struct engine *e, struct metrics *m, enum metric metric,
			 uint64_t (*figure)(const struct instance *))
{
	EACH_PROVIDER(e, p)
	{
		EACH_INSTANCE(p, i)
		metrics_u64(m, metric, LABELS(p->conf->name, i->conf->id), figure(i));
	}
}

// clang-format off
static uint64_t i_open(const struct instance *i) { return i->open; }
static uint64_t i_starting(const struct instance *i) { return i->starting; }
static uint64_t i_up(const struct instance *i) { return i->reachable; }
static uint64_t i_drained(const struct instance *i) { return i->drained_at != 0; }
static uint64_t i_accounts(const struct instance *i) { return i->accounts; }
static uint64_t i_capacity(const struct instance *i) { return i->conf->capacity; }
static uint64_t i_foreign(const struct instance *i) { return i->foreign; }
// clang-format on

static void instances(const struct engine *e, struct metrics *m)
{
	of_instances(e, m, METRIC_sessions_open, i_open);
	of_instances(e, m, METRIC_starting, i_starting);
	of_instances(e, m, METRIC_instance_up, i_up);
	of_instances(e, m, METRIC_instance_drained, i_drained);
	of_instances(e, m, METRIC_instance_accounts, i_accounts);
	of_instances(e, m, METRIC_instance_capacity, i_capacity);
	of_instances(e, m, METRIC_instance_foreign, i_foreign);
}

/* A quarantine that is not wanted serves nobody and lacks nothing. */
static void of_slots(const struct engine *e, struct metrics *m, enum metric metric,
		     uint64_t (*figure)(const struct slot *), uint64_t per_unit)
{
	for (unsigned n = 0; n < e->n_slots; n++) {
		const struct slot *s = &e->slots[n];
		char number[16];

		if (s->quarantine && !s->w.want && s->deaths == 0)
			continue;
		snprintf(number, sizeof number, "%u", n);
		metrics_parts(m, metric, LABELS(s->provider->conf->name, number), figure(s),
			      per_unit);
	}
}

// clang-format off
static uint64_t w_up(const struct slot *s) { return s->w.state == WS_READY || (s->quarantine && !s->w.want); }
static uint64_t w_deaths(const struct slot *s) { return s->deaths; }
static uint64_t w_recycled(const struct slot *s) { return s->recycled; }
static uint64_t w_lag(const struct slot *s) { return s->lag_ms; }
static uint64_t w_memory(const struct slot *s) { return s->rss_kib * 1024; }
static uint64_t w_open(const struct slot *s) { return s->n_open; }
// clang-format on

static void workers(const struct engine *e, struct metrics *m)
{
	of_slots(e, m, METRIC_worker_up, w_up, 1);
	of_slots(e, m, METRIC_worker_deaths, w_deaths, 1);
	of_slots(e, m, METRIC_worker_recycles, w_recycled, 1);
	of_slots(e, m, METRIC_worker_lag, w_lag, 1000);
	of_slots(e, m, METRIC_worker_memory, w_memory, 1);
	of_slots(e, m, METRIC_worker_operations, w_open, 1);
}

static void of_services(const struct engine *e, struct metrics *m, enum metric metric,
			uint64_t (*figure)(const struct service_slot *))
{
	for (unsigned n = 0; n < e->n_services; n++) {
		const struct service_slot *s = &e->service_slots[n];

		metrics_u64(m, metric,
			    LABELS(s->instance->provider->conf->name, s->instance->conf->id),
			    figure(s));
	}
}

// clang-format off
static uint64_t s_up(const struct service_slot *s) { return s->s.state == SS_READY; }
static uint64_t s_starts(const struct service_slot *s) { return s->starts; }
static uint64_t s_deaths(const struct service_slot *s) { return s->deaths; }
// clang-format on

void engine_metrics(const struct engine *e, struct metrics *m)
{
	OBJ_CHECK(e, ENGINE_MAGIC);
	accounts(e, m);
	attempts(e, m);
	queues(e, m);
	operations(e, m);
	outcomes(e, m);
	instances(e, m);
	workers(e, m);
	of_services(e, m, METRIC_service_up, s_up);
	of_services(e, m, METRIC_service_starts, s_starts);
	of_services(e, m, METRIC_service_deaths, s_deaths);
}
