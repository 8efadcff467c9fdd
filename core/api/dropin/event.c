/* event.c - the table of events, and their data. */
#include "api/dropin/event.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/digest.h"
#include "api/dropin/session.h"
#include "base/clock.h"
#include "base/obj.h"
#include "policy/account.h"
#include "policy/cause.h"
#include "relink/plugin.h"

struct telling {
	struct jw *j;
	const struct session *s;
	const struct journal_record *line;
	json_t *news; /* the line's data; of messages only */
};

/* --- sessions --- */

static void authenticated(const struct telling *t)
{
	jw_text(t->j, "status", "authenticated");
}

static void ready(const struct telling *t)
{
	session_phone_json(t->j, "phone_number", t->s);
	jw_text(t->j, "status", "connected");
}

/* WhatsApp's words, where the old service had one; else ours. */
static void disconnected(const struct telling *t)
{
	static const struct {
		enum relink_cause cause;
		const char *word;
	} words[] = {
		{ RELINK_LOGGED_OUT, "LOGOUT" },
		{ RELINK_REPLACED, "CONFLICT" },
		{ RELINK_UNPAIRED, "UNPAIRED" },
		{ RELINK_TOS_BLOCK, "TOS_BLOCK" },
		{ RELINK_CLIENT_OUTDATED, "DEPRECATED_VERSION" },
		{ RELINK_NONE, "by_request" },
	};
	const char *reason = cause_name(t->line->cause);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (words[i].cause == t->line->cause)
			reason = words[i].word;
	}
	jw_text(t->j, "reason", reason);
}

static void code(const struct telling *t)
{
	session_qr_json(t->j, "qr_code", t->s);
	jw_u64(t->j, "expires_in", session_code_seconds(&t->s->view));
}

/* --- messages --- */

static struct str text_in(const struct telling *t, const char *name)
{
	const json_t *v = json_object_get(t->news, name);

	return (struct str){ json_string_value(v), json_string_length(v) };
}

static void text_as(const struct telling *t, const char *key, const char *name, const char *without)
{
	struct str text = text_in(t, name);

	jw_str(t->j, key, text.p != NULL ? text : str_of(without));
}

static void seconds(const struct telling *t)
{
	json_int_t at = json_integer_value(json_object_get(t->news, "timestamp"));

	jw_u64(t->j, "timestamp", at > 0 ? (uint64_t)at : t->line->at / 1000);
}

static bool ends_with(struct str s, struct str tail)
{
	return s.n >= tail.n && memcmp(s.p + s.n - tail.n, tail.p, tail.n) == 0;
}

/* Of a message that was sent the old service gave the chat as its sender. */
static void message(const struct telling *t, bool mine)
{
	struct str chat = text_in(t, "chat"), from = text_in(t, "from");
	bool group = ends_with(chat, STR("@g.us"));

	if (from.p == NULL || mine)
		from = chat;
	jw_object(t->j, "message");
	text_as(t, "id", "id", "");
	jw_str(t->j, "from", from);
	text_as(t, "to", "to", "");
	text_as(t, "body", "text", "");
	seconds(t);
	jw_bool(t->j, "from_me", mine);
	text_as(t, "type", "type", "chat");
	jw_bool(t->j, "has_media", json_is_true(json_object_get(t->news, "has_media")));
	jw_text(t->j, "chat_type", group ? "group" : "private");
	if (group)
		jw_str(t->j, "group_id", chat);
	if (mine)
		jw_text(t->j, "status", "pending");
	jw_object_end(t->j);
}

static void received(const struct telling *t)
{
	message(t, false);
}

static void sent(const struct telling *t)
{
	message(t, true);
	jw_text(t->j, "source", "message_create_event");
}

/* The level is WhatsApp's; the word says what it means, which the old service's was one behind. */
static void acknowledged(const struct telling *t)
{
	static const struct {
		const char *ack, *status;
		unsigned level;
	} words[] = {
		{ "server", "sent", 1 },
		{ "device", "delivered", 2 },
		{ "read", "read", 3 },
		{ "played", "read", 4 },
	};
	struct str ack = text_in(t, "ack");

	text_as(t, "message_id", "id", "");
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!str_is(ack, words[i].ack))
			continue;
		jw_text(t->j, "status", words[i].status);
		jw_u64(t->j, "ack_level", words[i].level);
		seconds(t);
		return;
	}
	jw_text(t->j, "status", "failed");
	jw_raw(t->j, "ack_level", STR("-1"));
	seconds(t);
}

/* --- the table --- */

/* `state`: told on the way into it; not while an account, still connected, is being closed. */
struct event {
	const char *name;
	void (*data)(const struct telling *);
	enum account_state state; /* ST_COUNT: any */
};

/* The first code of a session comes with its status, each one after it with a line of its own. */
static const struct event by_status[STATUS_COUNT] = {
	[STATUS_QR_SCANNING] = { "qr_code_generated", code, ST_QR },
	[STATUS_AUTHENTICATED] = { "session_authenticated", authenticated, ST_AUTH },
	[STATUS_CONNECTED] = { "session_ready", ready, ST_UP },
	[STATUS_RECONNECTING] = { "session_disconnected", disconnected, ST_COUNT },
	[STATUS_DISCONNECTED] = { "session_disconnected", disconnected, ST_COUNT },
	[STATUS_FAILED] = { "session_disconnected", disconnected, ST_COUNT },
};

static const struct event qr_event = { "qr_code_generated", code },
			  received_event = { "message_received", received },
			  sent_event = { "message_sent", sent },
			  ack_event = { "message_status_updated", acknowledged };

static const struct event *event_of_status(const struct journal_record *r)
{
	const struct event *e = r->status < STATUS_COUNT ? &by_status[r->status] : NULL;

	if (e == NULL || e->name == NULL)
		return NULL;
	if (e->state != ST_COUNT && (r->to != e->state || r->from == r->to))
		return NULL;
	return e;
}

static const struct event *event_of(const struct journal_record *r)
{
	switch (r->kind) {
	case JOURNAL_STATUS:
		return event_of_status(r);
	case JOURNAL_QR:
		return &qr_event;
	case JOURNAL_RECEIVED:
		return &received_event;
	case JOURNAL_SENT:
		return &sent_event;
	case JOURNAL_ACK:
		return &ack_event;
	default:
		return NULL;
	}
}

bool event_is_told(const struct journal_record *r)
{
	return event_of(r) != NULL;
}

static bool is_over(const struct event *e, const struct account_view *v)
{
	return e->data == code &&
	       (v->qr.n == 0 || (v->qr_expires_at != 0 && v->qr_expires_at <= clock_ms()));
}

int event_sign(struct letter *letter, struct str secret, uint64_t seq, const char *own_url)
{
	char timestamp[24], id[24], signature[DIGEST_HEX + 1];
	struct str parts[2] = { { 0 }, buf_all(&letter->body) };

	snprintf(timestamp, sizeof timestamp, "%llu", (unsigned long long)clock_wall_ms() / 1000);
	snprintf(id, sizeof id, "%llu", (unsigned long long)seq);
	parts[0] = str_of(timestamp);
	return digest_signature(signature, secret, parts, ARRAY_LEN(parts)) &&
		       letter_header(letter, "Content-Type", STR("application/json")) &&
		       letter_header(letter, "X-Timestamp", str_of(timestamp)) &&
		       letter_header(letter, "X-HMAC-Signature", str_of(signature)) &&
		       letter_header(letter, "X-Instance-Url", str_of(own_url)) &&
		       letter_header(letter, "X-Relink-Event-Id", str_of(id))
		   ? 0
		   : ERR_NOMEM;
}

int event_write(struct buf *out, struct dropin *d, const struct journal_record *r)
{
	struct session s = { .client = clients_of(d->clients, r->account) };
	struct api_port *port = &d->face->port;
	const struct event *e = event_of(r);
	struct jw j = jw_to(out);
	struct telling t = { &j, &s, r, NULL };

	if (e == NULL || s.client == NULL || s.client->promised ||
	    !port->account(port->ctx, r->account, &s.view) || s.view.row != r->row ||
	    is_over(e, &s.view))
		return 1;
	t.news = r->data.n > 0 ? json_loadb(r->data.p, r->data.n, 0, NULL) : NULL;
	jw_object(&j, NULL);
	jw_text(&j, "event", e->name);
	jw_object(&j, "data");
	session_workspace_json(&j, "workspace_id", &s);
	session_id_json(&j, &s);
	e->data(&t);
	jw_object_end(&j);
	jw_object_end(&j);
	json_decref(t.news);
	return out->failed;
}
