/* messages.c - send, send-media, validate. */
#include <stdlib.h>

#include "api/answer.h"
#include "api/body.h"
#include "api/change.h"
#include "api/dropin/form.h"
#include "api/dropin/ids.h"
#include "api/dropin/session.h"
#include "api/handlers.h"
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

/* The plugin's answer is an object with "message_id" and "timestamp" (seconds), both optional. */
static void answer_sent(struct conn *c, const struct change_order *order,
			const struct command_result *result)
{
	struct response r = { .status = 200 };
	struct problem problem;
	const json_t *id, *at;
	json_t *said = NULL;
	struct jw j;

	(void)order;
	if (result->body.n > 0 && body_load(result->body, JSON_DECODE_ANY, &said, &problem) < 0) {
		answer_failure(c, PROBLEM_provider_error,
			       "The provider's plugin answered with something that is not JSON.");
		return;
	}
	id = json_object_get(said, "message_id");
	at = json_object_get(said, "timestamp");
	j = answer_json(c);
	jw_object(&j, NULL);
	jw_bool(&j, "success", true);
	jw_text(&j, "message_id", json_string_value(id));
	jw_u64(&j, "timestamp",
	       json_is_integer(at) && json_integer_value(at) > 0 ? (uint64_t)json_integer_value(at)
								 : clock_wall_ms() / 1000);
	jw_object_end(&j);
	json_decref(said);
	answer_send(c, &r);
}

/* A message as the body says it. */
struct message {
	struct str session, phone, text, media_url, filename;
	char session_digits[FORM_DIGITS], phone_digits[FORM_DIGITS];
	char to[DROPIN_PHONE_MAX + 1];
};

static char *message_args(const struct message *m)
{
	struct buf out;
	struct jw j;

	buf_init(&out, LIMIT_VERB_ARGS);
	j = jw_to(&out);
	jw_object(&j, NULL);
	jw_text(&j, "to", m->to);
	if (m->text.p != NULL)
		jw_str(&j, "text", m->text);
	if (m->media_url.p != NULL)
		jw_str(&j, "media_url", m->media_url);
	if (m->filename.p != NULL)
		jw_str(&j, "filename", m->filename);
	jw_object_end(&j);
	buf_byte(&out, '\0');
	if (out.failed == 0)
		return out.p;
	buf_fini(&out);
	return NULL;
}

static void message_send(struct exchange *x, struct message *m)
{
	const struct change_order order = { .status = 200, .answer = answer_sent };
	struct command *cmd;
	struct session s;
	char *args;

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
	args = message_args(m);
	if (args == NULL) {
		answer_failure(x->conn, PROBLEM_body_too_large,
			       "A message may have at most %d bytes as JSON.", LIMIT_VERB_ARGS - 1);
		return;
	}
	cmd = command_new(COMMAND_VERB);
	if (cmd == NULL) {
		free(args);
	} else {
		cmd->args = args;
		cmd->verb = str_dup(STR("send"));
		cmd->account = str_dup(s.view.id);
		if (cmd->verb == NULL || cmd->account == NULL)
			command_free(&cmd);
	}
	change_submit(x, &cmd, &order);
}

static void message_read(struct message *m, const struct form *f)
{
	m->session = form_id(f, "session_id", m->session_digits);
	m->phone = form_id(f, "recipient_phone", m->phone_digits);
}

void post_message(struct exchange *x)
{
	struct message m = { .text = STR_NONE };
	struct form f;

	if (form_open(&f, x) < 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	message_read(&m, &f);
	m.text = form_text(&f, "message");
	if (m.session.n == 0 || m.phone.n == 0 || m.text.n == 0)
		answer_missing(x->conn, "message");
	else
		message_send(x, &m);
	form_close(&f);
}

/* The caption goes as the text. */
void post_media(struct exchange *x)
{
	struct message m = { .text = STR_NONE };
	struct form f;

	if (form_open(&f, x) < 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	message_read(&m, &f);
	m.text = form_text(&f, "caption");
	m.media_url = form_text(&f, "media_url");
	m.filename = form_text(&f, "filename");
	if (m.session.n == 0 || m.phone.n == 0 || m.media_url.n == 0)
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
