/* messages.c - send, send-media, validate. */
#include <stdlib.h>

#include "api/answer.h"
#include "api/body.h"
#include "api/change.h"
#include "api/dropin/form.h"
#include "api/dropin/ids.h"
#include "api/dropin/session.h"
#include "api/handlers.h"
#include "api/messages.h"
#include "base/clock.h"
#include "base/obj.h"

/* What the body must have; `third` is the content. */
static void answer_missing(struct conn *c, const char *third)
{
	struct response r = { .status = 400 };
	struct jw j = answer_json(c);

	jw_object(&j, NULL);
	jw_text(&j, "error", "Missing required fields");
	jw_array(&j, "required");
	jw_text(&j, NULL, "session_id");
	jw_text(&j, NULL, "recipient_phone");
	jw_text(&j, NULL, third);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(c, &r);
}

static bool is_connected(const struct account_view *v)
{
	return strcmp(v->status, "connected") == 0;
}

/* The engine's answer is an object with "id" and "timestamp" (seconds), both of which may be null. */
static void answer_sent(struct conn *c, const struct change_order *order,
			const struct command_result *result)
{
	struct response r = { .status = 200 };
	struct problem problem;
	const json_t *at;
	json_t *said = NULL;
	struct jw j;

	(void)order;
	must(body_load(result->body, 0, &said, &problem) == 0); /* the engine wrote it */
	at = json_object_get(said, "timestamp");
	j = answer_json(c);
	jw_object(&j, NULL);
	jw_bool(&j, "success", true);
	jw_text(&j, "message_id", json_string_value(json_object_get(said, "id")));
	jw_u64(&j, "timestamp",
	       json_is_integer(at) ? (uint64_t)json_integer_value(at) : clock_wall_ms() / 1000);
	jw_object_end(&j);
	json_decref(said);
	answer_send(c, &r);
}

/* A message as the body says it. */
struct message {
	struct str session, phone;
	struct draft draft;
	char session_digits[FORM_DIGITS], phone_digits[FORM_DIGITS];
	char to[DROPIN_PHONE_MAX + 1];
};

static void message_send(struct exchange *x, struct message *m)
{
	const struct change_order order = { .status = 200, .answer = answer_sent };
	struct session s;

	if (!session_find(x->face->dropin, m->session, &s)) {
		answer_failure(x->conn, PROBLEM_account_not_found, "Session not found");
		return;
	}
	if (!is_connected(&s.view)) {
		answer_failure(x->conn, PROBLEM_bad_request,
			       "Session not connected. Please check session status.");
		return;
	}
	if (!dropin_phone(m->phone, m->to)) {
		answer_failure(x->conn, PROBLEM_invalid_field, "Invalid phone number format");
		return;
	}
	m->draft.to = str_of(m->to);
	if (draft_check(&m->draft, &x->problem) < 0)
		answer_problem(x->conn, &x->problem, NULL);
	else
		draft_submit(x, &m->draft, s.view.id, &order);
}

static void message_read(struct message *m, const struct form *f)
{
	m->session = form_id(f, "session_id", m->session_digits);
	m->phone = form_id(f, "recipient_phone", m->phone_digits);
}

static struct str text_of(const json_t *file, const char *key)
{
	const json_t *v = json_object_get(file, key);

	return (struct str){ json_string_value(v), json_string_length(v) };
}

static void read_file(struct draft *d, const json_t *file)
{
	if (!json_is_object(file))
		return;
	d->mimetype = text_of(file, "mimetype");
	d->data = text_of(file, "data");
	d->name = text_of(file, "filename");
}

void post_message(struct exchange *x)
{
	struct message m = { .session = STR_NONE };
	struct form f;

	if (form_open(&f, x) < 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	message_read(&m, &f);
	m.draft.text = form_text(&f, "message");
	if (m.session.n == 0 || m.phone.n == 0 || m.draft.text.n == 0)
		answer_missing(x->conn, "message");
	else
		message_send(x, &m);
	form_close(&f);
}

/* The caption goes as the text.  The file itself ("media") is ours: the old service took URLs only. */
void post_media(struct exchange *x)
{
	struct message m = { .session = STR_NONE };
	struct form f;

	if (form_open(&f, x) < 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	message_read(&m, &f);
	m.draft.text = form_text(&f, "caption");
	m.draft.media_url = form_text(&f, "media_url");
	m.draft.filename = form_text(&f, "filename");
	read_file(&m.draft, json_object_get(f.json, "media"));
	if (m.session.n == 0 || m.phone.n == 0 ||
	    (m.draft.media_url.n == 0 && m.draft.data.p == NULL))
		answer_missing(x->conn, "media_url");
	else
		message_send(x, &m);
	form_close(&f);
}

/* --- validate --- */

/* What to do, by status; NULL: nothing. */
static const char *advice(const char *status)
{
	// clang-format off
	static const struct {
		const char *status, *advice;
	} advices[] = {
		{ "new",           "Session was never connected; reconnect it" },
		{ "connecting",    "Session is starting" },
		{ "qr_scanning",   "Session is waiting for QR code scan" },
		{ "authenticated", "Session is almost connected" },
		{ "reconnecting",  "Session is being reconnected; wait" },
		{ "disconnected",  "Session is disconnected; reconnect it" },
		{ "failed",        "Session could not be brought back; reconnect it" },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_LEN(advices); i++) {
		if (strcmp(advices[i].status, status) == 0)
			return advices[i].advice;
	}
	return NULL;
}

static bool is_healthy(const char *status)
{
	return strcmp(status, "reconnecting") != 0 && strcmp(status, "disconnected") != 0 &&
	       strcmp(status, "failed") != 0;
}

void get_session_validate(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct session s;
	const char *what;
	struct jw j;

	if (!session_of_path(x, &s))
		return;
	what = advice(s.view.status);
	j = answer_json(x->conn);
	jw_object(&j, NULL);
	jw_bool(&j, "success", true);
	session_id_json(&j, &s);
	jw_text(&j, "status", dropin_status(s.view.status));
	jw_bool(&j, "can_send", is_connected(&s.view) && !s.view.checking);
	jw_bool(&j, "is_healthy", is_healthy(s.view.status) && !s.view.checking);
	jw_time(&j, "last_activity", s.view.since);
	session_phone_json(&j, "phone_number", &s);
	jw_array(&j, "recommendations");
	if (what != NULL)
		jw_text(&j, NULL, what);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}
