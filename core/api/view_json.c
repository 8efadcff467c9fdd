/* view_json.c - views as JSON; README.md of this room shows an account. */
#include "api/view_json.h"

#include <stdio.h>

/* Texts that are absent, not empty. */
static void text_or_null(struct jw *j, const char *key, struct str v)
{
	if (v.n > 0)
		jw_str(j, key, v);
	else
		jw_null(j, key);
}

static void qr_times(struct jw *j, const struct account_view *v)
{
	jw_time(j, "expires_at", v->qr_expires_at);
	jw_time(j, "deadline_at", v->qr_deadline_at);
}

/* Points are 0 or below, and the writer has no negative numbers. */
static void points(struct jw *j, const char *key, int v)
{
	char text[8];

	snprintf(text, sizeof text, "%d", v);
	jw_raw(j, key, str_of(text));
}

void health_json(struct jw *j, const char *key, const struct account_view *v)
{
	const struct health *h = &v->health;

	if (!h->scored) {
		jw_null(j, key);
		return;
	}
	jw_object(j, key);
	jw_u64(j, "score", h->score);
	jw_text(j, "band", health_band_name(h->band));
	jw_u64(j, "confidence", h->confidence);
	jw_bool(j, "unhealthy", v->unhealthy);
	jw_array(j, "components");
	for (unsigned i = 0; i < h->n; i++) {
		jw_object(j, NULL);
		jw_text(j, "name", health_component_name(h->components[i].component));
		points(j, "points", h->components[i].points);
		jw_text(j, "text", health_component_text(h->components[i].component));
		jw_object_end(j);
	}
	jw_array_end(j);
	jw_time(j, "since", v->health_since);
	jw_object_end(j);
}

void pause_json(struct jw *j, const char *key, const struct pause_view *v)
{
	jw_object(j, key);
	jw_text(j, "scope", v->scope);
	text_or_null(j, "name", v->name);
	jw_str(j, "reason", v->reason);
	jw_time(j, "since", v->since);
	jw_time(j, "until", v->until);
	text_or_null(j, "by", v->by);
	jw_object_end(j);
}

void account_json(struct jw *j, const char *key, const struct account_view *v)
{
	jw_object(j, key);
	jw_str(j, "id", v->id);
	jw_str(j, "workspace", v->workspace);
	jw_str(j, "provider", v->provider);
	text_or_null(j, "instance", v->instance);
	jw_str(j, "label", v->label);
	jw_raw(j, "metadata", v->metadata.n > 0 ? v->metadata : STR("{}"));
	jw_text(j, "priority", v->priority);
	jw_text(j, "status", v->status);
	jw_text(j, "phase", v->phase);
	jw_object(j, "reason");
	jw_text(j, "cause", v->cause);
	jw_str(j, "text", v->reason);
	jw_object_end(j);
	jw_text(j, "user_action", v->user_action);
	jw_bool(j, "want_connected", v->want_connected);
	jw_bool(j, "checking", v->checking);
	jw_bool(j, "flapping", v->flapping);
	if (v->is_paused)
		pause_json(j, "paused", &v->pause);
	else
		jw_null(j, "paused");
	text_or_null(j, "session_id", v->session_id);
	jw_u64(j, "generation", v->generation);
	text_or_null(j, "profile", v->profile);
	text_or_null(j, "phone", v->phone);
	jw_u64(j, "attempts", v->attempts);
	jw_time(j, "created_at", v->created_at);
	jw_time(j, "since", v->since);
	jw_time(j, "connected_since", v->connected_since);
	jw_time(j, "next_attempt_at", v->next_attempt_at);
	jw_time(j, "estimated_start_at", v->estimated_start_at);
	health_json(j, "health", v);
	jw_object(j, "explanation");
	jw_text(j, "why", v->explanation.why);
	jw_text(j, "next", v->explanation.next);
	jw_text(j, "do", v->explanation.todo);
	jw_object_end(j);
	if (v->incident != 0)
		jw_u64(j, "incident_id", v->incident);
	else
		jw_null(j, "incident_id");
	if (v->qr.n > 0) {
		jw_object(j, "qr");
		qr_times(j, v);
		jw_object_end(j);
	} else {
		jw_null(j, "qr");
	}
	jw_object_end(j);
}

void qr_json(struct jw *j, const char *key, const struct account_view *v)
{
	if (v->qr.n == 0) {
		jw_null(j, key);
		return;
	}
	jw_object(j, key);
	jw_str(j, "code", v->qr);
	qr_times(j, v);
	jw_object_end(j);
}

/* "a,b" as ["a","b"]. */
static void list(struct jw *j, const char *key, struct str names)
{
	jw_array(j, key);
	while (names.n > 0) {
		const char *comma = memchr(names.p, ',', names.n);
		size_t n = comma != NULL ? (size_t)(comma - names.p) : names.n;

		jw_str(j, NULL, (struct str){ names.p, n });
		n += comma != NULL;
		names = (struct str){ names.p + n, names.n - n };
	}
	jw_array_end(j);
}

void death_json(struct jw *j, const char *key, const struct death_record *d)
{
	jw_object(j, key);
	jw_time(j, "at", d->at);
	jw_u64(j, "slot", d->slot);
	jw_text(j, "kind", death_kind_name(d->kind));
	jw_str(j, "how", d->how);
	text_or_null(j, "ended_because", d->blame);
	if (d->signal == 0)
		jw_u64(j, "exit_status", d->exit_status);
	else
		jw_null(j, "exit_status");
	if (d->signal != 0)
		jw_u64(j, "signal", d->signal);
	else
		jw_null(j, "signal");
	jw_str(j, "provider", d->provider);
	text_or_null(j, "plugin", d->plugin);
	text_or_null(j, "version", d->version);
	jw_u64(j, "pid", d->pid);
	jw_time(j, "started_at", d->started_at);
	jw_u64(j, "ran_ms", d->at > d->started_at ? d->at - d->started_at : 0);
	jw_bool(j, "was_ready", d->was_ready);
	jw_u64(j, "accounts", d->accounts);
	jw_u64(j, "open_ops", d->open_calls);
	jw_raw(j, "ops", d->ops.n > 0 ? d->ops : STR("[]"));
	jw_str(j, "report", d->report);
	jw_str(j, "last_lines", d->last_lines);
	jw_object_end(j);
}

void worker_json(struct jw *j, const char *key, const struct worker_view *w)
{
	jw_object(j, key);
	jw_u64(j, "slot", w->slot);
	jw_bool(j, "quarantine", w->quarantine);
	jw_text(j, "provider", w->provider);
	jw_text(j, "state", w->state);
	text_or_null(j, "plugin", w->plugin);
	text_or_null(j, "version", w->version);
	text_or_null(j, "sandbox", w->sandbox);
	if (w->pid > 0)
		jw_u64(j, "pid", w->pid);
	else
		jw_null(j, "pid");
	jw_time(j, "since", w->since);
	jw_time(j, "next_start_at", w->next_start_at);
	jw_u64(j, "deaths", w->deaths);
	jw_u64(j, "recycled", w->recycled);
	jw_bool(j, "draining", w->draining);
	jw_u64(j, "accounts", w->accounts);
	jw_u64(j, "foreign_sessions", w->foreign_sessions);
	jw_u64(j, "open_ops", w->open_ops);
	jw_u64(j, "lag_ms", w->lag_ms);
	jw_u64(j, "rss_kib", w->rss_kib);
	text_or_null(j, "last_death", w->last_death);
	list(j, "instances", w->instances);
	jw_object_end(j);
}

static void service_json(struct jw *j, const char *key, const struct service_view *v)
{
	jw_object(j, key);
	jw_text(j, "state", v->state);
	if (v->pid != 0)
		jw_u64(j, "pid", v->pid);
	else
		jw_null(j, "pid");
	jw_time(j, "since", v->since);
	jw_u64(j, "starts", v->starts);
	jw_u64(j, "deaths", v->deaths);
	jw_time(j, "next_start_at", v->next_start_at);
	text_or_null(j, "last_death", v->last_death);
	jw_object_end(j);
}

void incident_json(struct jw *j, const char *key, const struct incident_view *v)
{
	jw_object(j, key);
	jw_u64(j, "id", v->id);
	jw_text(j, "scope", v->instance.n > 0 ? "instance" : "provider");
	jw_str(j, "provider", v->provider);
	text_or_null(j, "instance", v->instance);
	jw_text(j, "state", v->state);
	jw_time(j, "opened_at", v->opened_at);
	jw_time(j, "changed_at", v->changed_at);
	jw_time(j, "closed_at", v->closed_at);
	jw_time(j, "next_probe_at", v->next_probe_at);
	if (v->starts_per_minute > 0)
		jw_u64(j, "starts_per_minute", v->starts_per_minute);
	else
		jw_null(j, "starts_per_minute");
	jw_u64(j, "accounts", v->accounts);
	jw_u64(j, "failed_rounds", v->failed_rounds);
	jw_bool(j, "logouts_believed", v->logouts_believed);
	jw_raw(j, "causes", v->causes.n > 0 ? v->causes : STR("{}"));
	jw_str(j, "text", v->text);
	jw_object_end(j);
}

void instance_json(struct jw *j, const char *key, const struct instance_view *v)
{
	jw_object(j, key);
	jw_str(j, "id", v->id);
	jw_text(j, "provider", v->provider);
	jw_u64(j, "worker", v->slot);
	jw_text(j, "state", v->state);
	jw_bool(j, "reachable", v->reachable);
	jw_time(j, "up_since", v->up_since);
	jw_time(j, "down_since", v->down_since);
	jw_bool(j, "given_up", v->given_up);
	jw_time(j, "answered_at", v->answered_at);
	jw_bool(j, "drained", str_is(str_of(v->state), "drained"));
	jw_time(j, "drained_at", v->drained_at);
	if (v->canary > 0)
		jw_u64(j, "canary", v->canary);
	else
		jw_null(j, "canary");
	jw_time(j, "halted_at", v->halted_at);
	text_or_null(j, "halted_why", v->halted_why);
	text_or_null(j, "boot_id", v->boot_id);
	jw_u64(j, "capacity", v->capacity);
	jw_u64(j, "accounts", v->accounts);
	jw_u64(j, "open", v->open);
	jw_u64(j, "starting", v->starting);
	jw_u64(j, "starts_allowed", v->starts_allowed);
	jw_u64(j, "queued", v->queued);
	if (v->drained_is_known)
		jw_u64(j, "queue_drained_in_ms", v->queue_drained_in_ms);
	else
		jw_null(j, "queue_drained_in_ms");
	jw_u64(j, "qr_waiting", v->qr_waiting);
	if (v->qr_allowed > 0)
		jw_u64(j, "qr_allowed", v->qr_allowed);
	else
		jw_null(j, "qr_allowed");
	jw_u64(j, "ending", v->ending);
	jw_u64(j, "foreign_sessions", v->foreign_sessions);
	jw_object(j, "list");
	jw_time(j, "at", v->listed_at);
	if (v->listed_at != 0)
		jw_u64(j, "age_ms", v->list_age_ms);
	else
		jw_null(j, "age_ms");
	jw_u64(j, "failures", v->list_failures);
	text_or_null(j, "error", v->last_error);
	jw_object_end(j);
	if (v->has_service)
		service_json(j, "service", &v->service);
	else
		jw_null(j, "service");
	jw_object_end(j);
}
