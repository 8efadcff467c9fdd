/* view_json.c - views as JSON; README.md of this room shows an account. */
#include "api/view_json.h"

/* Texts that are absent, not empty. */
static void text_or_null(struct json *j, const char *key, struct str v)
{
	if (v.n > 0)
		json_str(j, key, v);
	else
		json_null(j, key);
}

static void qr_times(struct json *j, const struct account_view *v)
{
	json_time(j, "expires_at", v->qr_expires_at);
	json_time(j, "deadline_at", v->qr_deadline_at);
}

void account_json(struct json *j, const char *key, const struct account_view *v)
{
	json_object(j, key);
	json_str(j, "id", v->id);
	json_str(j, "workspace", v->workspace);
	json_str(j, "provider", v->provider);
	text_or_null(j, "instance", v->instance);
	json_str(j, "label", v->label);
	json_raw(j, "metadata", v->metadata.n > 0 ? v->metadata : STR("{}"));
	json_text(j, "priority", v->priority);
	json_text(j, "status", v->status);
	json_text(j, "phase", v->phase);
	json_object(j, "reason");
	json_text(j, "cause", v->cause);
	json_str(j, "text", v->reason);
	json_object_end(j);
	json_text(j, "user_action", v->user_action);
	json_bool(j, "want_connected", v->want_connected);
	json_bool(j, "checking", v->checking);
	text_or_null(j, "session_id", v->session_id);
	json_u64(j, "generation", v->generation);
	text_or_null(j, "profile", v->profile);
	text_or_null(j, "phone", v->phone);
	json_u64(j, "attempts", v->attempts);
	json_time(j, "created_at", v->created_at);
	json_time(j, "since", v->since);
	json_time(j, "connected_since", v->connected_since);
	json_time(j, "next_attempt_at", v->next_attempt_at);
	if (v->qr.n > 0) {
		json_object(j, "qr");
		qr_times(j, v);
		json_object_end(j);
	} else {
		json_null(j, "qr");
	}
	json_object_end(j);
}

void qr_json(struct json *j, const char *key, const struct account_view *v)
{
	if (v->qr.n == 0) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	json_str(j, "code", v->qr);
	qr_times(j, v);
	json_object_end(j);
}

/* "a,b" as ["a","b"]. */
static void list(struct json *j, const char *key, struct str names)
{
	json_array(j, key);
	while (names.n > 0) {
		const char *comma = memchr(names.p, ',', names.n);
		size_t n = comma != NULL ? (size_t)(comma - names.p) : names.n;

		json_str(j, NULL, (struct str){ names.p, n });
		n += comma != NULL;
		names = (struct str){ names.p + n, names.n - n };
	}
	json_array_end(j);
}

void worker_json(struct json *j, const char *key, const struct worker_view *w)
{
	json_object(j, key);
	json_u64(j, "slot", w->slot);
	json_text(j, "provider", w->provider);
	json_text(j, "state", w->state);
	text_or_null(j, "plugin", w->plugin);
	text_or_null(j, "version", w->version);
	if (w->pid > 0)
		json_u64(j, "pid", w->pid);
	else
		json_null(j, "pid");
	json_time(j, "since", w->since);
	json_time(j, "next_start_at", w->next_start_at);
	json_u64(j, "deaths", w->deaths);
	json_u64(j, "accounts", w->accounts);
	json_u64(j, "open_ops", w->open_ops);
	json_u64(j, "lag_ms", w->lag_ms);
	json_u64(j, "rss_kib", w->rss_kib);
	text_or_null(j, "last_death", w->last_death);
	list(j, "instances", w->instances);
	json_object_end(j);
}
