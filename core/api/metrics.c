/* metrics.c - GET /metrics: this room's figures, and what the rest of the daemon adds. */
#include "api/answer.h"
#include "api/dropin/dropin.h"
#include "api/endpoints/endpoints.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "out/forward.h"
#include "out/metrics_text.h"

static void connections(const struct face *f, struct metrics *m)
{
	const struct api_stats *s = &f->stats;

	metrics_u64(m, METRIC_http_connections, NO_LABELS, s->connections);
	metrics_u64(m, METRIC_http_streams, NO_LABELS, s->streams);
	metrics_u64(m, METRIC_http_waiters, NO_LABELS, s->waiters);
	metrics_u64(m, METRIC_http_refused, NO_LABELS, s->refused);
	metrics_u64(m, METRIC_http_limits, LABELS("wrong_key"), s->wrong_keys);
	metrics_u64(m, METRIC_http_limits, LABELS("crowded_peer"), s->crowded);
	metrics_u64(m, METRIC_http_limits, LABELS("large_webhooks"), s->hooks_refused);
	metrics_u64(m, METRIC_http_limits, LABELS("no_descriptor"), s->exhausted);
}

static void forwarded(const struct face *f, struct metrics *m)
{
	struct forward_stats s;
	uint64_t backlog;

	if (f->dropin == NULL || !dropin_forwarded(f->dropin, &s, &backlog))
		return;
	metrics_u64(m, METRIC_outbox_backlog, NO_LABELS, backlog);
	metrics_u64(m, METRIC_outbox_events, NO_LABELS, s.events);
	metrics_u64(m, METRIC_outbox_behind, NO_LABELS, s.accounts);
	metrics_u64(m, METRIC_webhooks_out, LABELS("delivered"), s.delivered);
	metrics_u64(m, METRIC_webhooks_out, LABELS("failed"), s.failed);
	metrics_u64(m, METRIC_webhooks_out, LABELS("given_up"), s.given_up);
	metrics_u64(m, METRIC_webhooks_out, LABELS("lost"), s.lost);
}

void get_metrics(struct exchange *x)
{
	struct response r = { .status = 200, .type = METRICS_TYPE };
	struct face *f = x->face;
	struct metrics m;

	answer_json(x->conn); /* an empty content */
	metrics_init(&m, &f->content);
	metrics_u64(&m, METRIC_build, LABELS(RELINK_VERSION), 1);
	meter_write(&f->meter, &m);
	connections(f, &m);
	forwarded(f, &m);
	if (f->endpoints != NULL)
		endpoints_figures(f->endpoints, &m);
	if (f->figures != NULL)
		f->figures(f->figures_ctx, &m);
	answer_send(x->conn, &r);
}
