/* session.c - sessions to the outside, and the reads. */
#include "api/dropin/session.h"

#include <stdlib.h>

#include "api/answer.h"
#include "api/change.h"
#include "api/dropin/ids.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "base/obj.h"
#include "qr/picture.h"

/* The largest picture of a QR code is some 24 kB as a URL. */
#define QR_URL_MAX (128u << 10)

/* --- finding --- */

/* What was only promised is nobody's yet: a foreign account might have its id. */
static bool look(struct dropin *d, struct client *c, struct session *s)
{
	struct api_port *port = &d->face->port;

	s->client = c;
	return c != NULL && !c->promised && port->account(port->ctx, str_of(c->account), &s->view);
}

bool session_find(struct dropin *d, struct str id, struct session *s)
{
	return look(d, clients_by_session(d->clients, id), s);
}

bool session_of_path(struct exchange *x, struct session *s)
{
	if (session_find(x->face->dropin, x->match.session, s))
		return true;
	answer_failure(x->conn, PROBLEM_account_not_found, "Session not found");
	return false;
}

bool session_of_account(struct dropin *d, const struct account_view *v, struct session *s)
{
	s->client = clients_of(d->clients, v->id);
	s->view = *v;
	return s->client != NULL;
}

/* --- writing --- */

void session_id_json(struct jw *j, const struct session *s)
{
	jw_str(j, "session_id", client_session(s->client));
}

static void id_json(struct jw *j, const char *key, const json_t *id)
{
	char *text = client_json(id);

	jw_raw(j, key, text != NULL ? str_of(text) : STR("null"));
	free(text);
}

void session_workspace_json(struct jw *j, const char *key, const struct session *s)
{
	id_json(j, key, s->client->workspace_id);
}

void session_phone_json(struct jw *j, const char *key, const struct session *s)
{
	if (s->view.phone.n > 0)
		jw_str(j, key, s->view.phone);
	else
		jw_null(j, key);
}

void session_qr_json(struct jw *j, const char *key, const struct session *s)
{
	struct buf url;

	buf_init(&url, QR_URL_MAX);
	if (s->view.qr.n > 0 && picture_url(&url, s->view.qr) == 0)
		jw_str(j, key, buf_all(&url));
	else
		jw_null(j, key);
	buf_fini(&url);
}

uint64_t session_code_seconds(const struct account_view *v)
{
	uint64_t now = clock_wall_ms(), until = v->qr_expires_at;

	if (until == 0)
		until = v->qr_deadline_at;
	return until > now ? (until - now + 999) / 1000 : 0;
}

struct str session_reason(const struct session *s)
{
	if (s->view.reason.n > 0)
		return s->view.reason;
	return strcmp(s->view.cause, "none") != 0 ? str_of(s->view.cause) : STR("");
}

/* "connected_at" was absent, not null, before a session was connected. */
static void connected_json(struct jw *j, const char *key, const struct session *s)
{
	if (s->view.connected_since > 0)
		jw_time(j, key, s->view.connected_since);
}

/* --- handlers --- */

static bool is_over(const struct account_view *v)
{
	return !v->want_connected && strcmp(dropin_status(v->status), "disconnected") == 0;
}

static void listed_json(struct jw *j, const struct session *s)
{
	jw_object(j, NULL);
	session_id_json(j, s);
	session_workspace_json(j, "workspace_id", s);
	jw_text(j, "status", dropin_status(s->view.status));
	session_phone_json(j, "phone_number", s);
	connected_json(j, "connected_at", s);
	jw_object_end(j);
}

/* Sessions that the application has ended were not listed, and are not here. */
void get_sessions(struct exchange *x)
{
	struct dropin *d = x->face->dropin;
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);
	struct session s;
	uint64_t n = 0;

	jw_object(&j, NULL);
	jw_bool(&j, "success", true);
	jw_array(&j, "sessions");
	for (struct client *c = NULL;
	     j.out->failed == 0 && (c = clients_next(d->clients, c)) != NULL;) {
		if (!look(d, c, &s) || is_over(&s.view))
			continue;
		listed_json(&j, &s);
		n++;
	}
	jw_array_end(&j);
	jw_u64(&j, "total", n);
	jw_object_end(&j);
	if (j.out->failed == ERR_TOOBIG)
		answer_failure(
		    x->conn, PROBLEM_not_supported,
		    "There are more sessions than one answer holds (%u MiB), and this list "
		    "has no pages. Ask for each with GET /api/sessions/{id}/status, or list "
		    "the accounts page by page with GET /v1/accounts and a key of /v1.",
		    ANSWER_MAX >> 20);
	else
		answer_send(x->conn, &r);
}

void get_session_status(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct session s;
	struct jw j;

	if (!session_of_path(x, &s))
		return;
	j = answer_json(x->conn);
	jw_object(&j, NULL);
	session_id_json(&j, &s);
	jw_text(&j, "status", dropin_status(s.view.status));
	session_phone_json(&j, "phone_number", &s);
	session_workspace_json(&j, "workspace_id", &s);
	connected_json(&j, "connected_at", &s);
	jw_time(&j, "last_activity", s.view.since);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

void get_session_metadata(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct session s;
	struct jw j;

	if (!session_of_path(x, &s))
		return;
	j = answer_json(x->conn);
	jw_object(&j, NULL);
	jw_bool(&j, "success", true);
	session_id_json(&j, &s);
	jw_object(&j, "metadata");
	session_workspace_json(&j, "workspaceId", &s);
	id_json(&j, "accountId", s.client->account_id);
	jw_text(&j, "status", dropin_status(s.view.status));
	jw_time(&j, "createdAt", s.view.created_at);
	session_phone_json(&j, "phoneNumber", &s);
	jw_time(&j, "lastActivity", s.view.since);
	if (s.view.qr.n > 0)
		session_qr_json(&j, "qrCode", &s);
	connected_json(&j, "connectedAt", &s);
	if (session_reason(&s).n > 0)
		jw_str(&j, "lastDisconnectReason", session_reason(&s));
	jw_object_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

void put_session_metadata(struct exchange *x)
{
	struct session s;

	if (session_of_path(x, &s))
		answer_failure(x->conn, PROBLEM_not_supported,
			       "Metadata cannot be written: Relink alone says how a session is. "
			       "Texts of your own go to PATCH /v1/accounts/%.*s.",
			       STR_ARG(s.view.id));
}

/* --- delete --- */

static void answer_deleted(struct conn *c, const char *message, bool already)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(c);

	jw_object(&j, NULL);
	jw_bool(&j, "success", true);
	jw_text(&j, "message", message);
	if (already)
		jw_bool(&j, "alreadyDisconnected", true);
	jw_object_end(&j);
	answer_send(c, &r);
}

static void answer_ended(struct conn *c, const struct wait_order *order,
			 const struct account_view *view)
{
	bool over = view == NULL || is_over(view);

	(void)order;
	answer_deleted(
	    c, over ? "Session disconnected successfully" : "Session is being disconnected", false);
}

static void after_delete(struct conn *c, const struct change_order *order,
			 const struct command_result *result)
{
	wait_start(c, result->account, &order->wait);
}

void delete_session(struct exchange *x)
{
	const struct change_order order = {
		.status = 200,
		.answer = after_delete,
		.wait = { .what = WAIT_ENDED,
			  .seconds = x->face->dropin->wait_s,
			  .answer = answer_ended },
	};
	struct command *cmd;
	struct session s;

	if (!session_find(x->face->dropin, x->match.session, &s) || is_over(&s.view)) {
		answer_deleted(x->conn, "Session already disconnected or not found in memory",
			       true);
		return;
	}
	cmd = command_new(COMMAND_DISCONNECT);
	if (cmd != NULL) {
		cmd->account = str_dup(s.view.id);
		if (cmd->account == NULL)
			command_free(&cmd);
	}
	change_submit(x, &cmd, &order);
}
