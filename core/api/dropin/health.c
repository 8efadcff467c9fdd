/*
 * health.c - /health and below, as the old service had them, and true.
 *
 * No key is asked for, so sessions are counted at most once a second, however often somebody asks.
 */
#include <uv.h>

#include "api/answer.h"
#include "api/dropin/ids.h"
#include "api/dropin/session.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "base/clock.h"

#define COUNT_MS 1000

static const struct dropin_counts *count(struct dropin *d)
{
	struct api_port *port = &d->face->port;
	struct dropin_counts n = { .at = clock_ms() };
	struct account_view v;

	if (d->counts.at > 0 && n.at - d->counts.at < COUNT_MS)
		return &d->counts;
	for (struct client *c = NULL; (c = clients_next(d->clients, c)) != NULL;) {
		const char *status;

		if (!port->account(port->ctx, str_of(c->account), &v))
			continue;
		status = dropin_status(v.status);
		n.total++;
		if (strcmp(status, "connected") == 0)
			n.connected++;
		else if (strcmp(status, "qr_scanning") == 0 || strcmp(status, "authenticated") == 0)
			n.waiting++;
		else
			n.disconnected++;
	}
	d->counts = n;
	return &d->counts;
}

/* Can commands be carried out?  `why` says what is missing. */
static bool is_ready(struct face *f, struct why *why)
{
	if (!f->stopping)
		return f->port.ready(f->port.ctx, why);
	why_set(why, ERR_UNAVAILABLE, "the daemon is stopping");
	return false;
}

static void sessions_json(struct jw *j, const struct dropin_counts *n)
{
	jw_object(j, "sessions");
	jw_u64(j, "total", n->total);
	jw_u64(j, "connected", n->connected);
	jw_u64(j, "disconnected", n->disconnected);
	jw_u64(j, "waiting", n->waiting);
	jw_object_end(j);
}

static void memory_json(struct jw *j)
{
	size_t rss = 0;

	uv_resident_set_memory(&rss);
	jw_object(j, "memory");
	jw_u64(j, "used", rss >> 20);
	jw_u64(j, "total", uv_get_total_memory() >> 20);
	jw_text(j, "unit", "MB");
	jw_object_end(j);
}

static void uptime_json(struct jw *j, const struct dropin *d)
{
	jw_u64(j, "uptime", (clock_ms() - d->started_at) / 1000);
}

/* The answer's beginning, and its status. */
static struct jw begin(struct exchange *x, struct response *r, bool detailed)
{
	struct dropin *d = x->face->dropin;
	struct why why = { .code = 0 };
	bool ready = is_ready(x->face, &why);
	struct jw j = answer_json(x->conn);

	r->status = ready ? 200 : 503;
	jw_object(&j, NULL);
	jw_text(&j, "status", ready ? "healthy" : "unhealthy");
	if (!ready)
		jw_text(&j, "error", why.text);
	uptime_json(&j, d);
	sessions_json(&j, count(d));
	memory_json(&j);
	if (detailed)
		jw_text(&j, "version", RELINK_VERSION);
	jw_time(&j, "timestamp", clock_wall_ms());
	return j;
}

void get_health(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = begin(x, &r, false);

	jw_object_end(&j);
	answer_send(x->conn, &r);
}

static void each_worker(void *arg, const struct worker_view *w)
{
	struct jw *j = arg;

	jw_object(j, NULL);
	jw_text(j, "provider", w->provider);
	jw_text(j, "state", w->state);
	jw_u64(j, "accounts", w->accounts);
	jw_u64(j, "deaths", w->deaths);
	jw_object_end(j);
}

void get_health_detailed(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = begin(x, &r, true);

	jw_array(&j, "workers");
	x->face->port.workers(x->face->port.ctx, each_worker, &j);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

/* Whoever reads this answer has seen the loop turn. */
void get_health_live(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);

	jw_object(&j, NULL);
	jw_bool(&j, "alive", true);
	uptime_json(&j, x->face->dropin);
	jw_time(&j, "timestamp", clock_wall_ms());
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

void get_health_ready(struct exchange *x)
{
	struct why why = { .code = 0 };
	bool ready = is_ready(x->face, &why);
	struct response r = { .status = ready ? 200 : 503 };
	const struct dropin_counts *n = count(x->face->dropin);
	struct jw j = answer_json(x->conn);

	jw_object(&j, NULL);
	jw_bool(&j, "ready", ready);
	if (!ready)
		jw_text(&j, "error", why.text);
	jw_time(&j, "timestamp", clock_wall_ms());
	jw_object(&j, "checks");
	jw_bool(&j, "api_key_configured", true);
	jw_bool(&j, "active_sessions", n->connected > 0);
	jw_u64(&j, "session_count", n->total);
	jw_object_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}
