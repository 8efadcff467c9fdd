/*
 * dialect_seed.c - the whatsapp-service that came before ours, as it was recorded.
 *
 * - It says qr_scanning from a session's first moment on, also when the session is about to log in by
 *   itself, and says disconnected without a reason.  Only the session's metadata tell more; so both
 *   are vague in a list.
 * - It says connected for hours after the browser has died; only messages fail then.
 * - Its QR code is a picture, and stays in the metadata after the login.
 * - A create answers when the page is up.  A page that is not up within 60 s ends the whole service,
 *   unless the session is ended before: so a create is given up at 50 s.
 */
#include "dialect.h"
#include "instance.h"
#include "picture.h"

#define CREATE_MS     50000u
#define FIRST_CODE_MS 60000u /* how long WhatsApp lets a code live, as far as known */
#define NEXT_CODE_MS  20000u

static void seed_create(struct ask *a, const struct conf *conf, const struct relink_request *req)
{
	ask_path(a, "POST", "/api/sessions", (struct relink_str){ 0 }, NULL);
	ask_str(a, "workspace_id", str_of(conf->workspace_id));
	ask_str(a, "account_id", req->account);
	ask_str(a, "session_id", req->session);
	a->total_ms = CREATE_MS;
}

static void seed_end(struct ask *a, const struct conf *conf, const struct relink_request *req)
{
	ask_path(a, "DELETE", "/api/sessions", req->session, NULL);
	ask_str(a, "workspace_id", str_of(conf->workspace_id));
}

static void seed_renew(struct ask *a, const struct conf *conf, struct relink_str session)
{
	ask_path(a, "POST", "/api/sessions", session, "/regenerate-qr");
	ask_str(a, "workspace_id", str_of(conf->workspace_id));
}

static void seed_look(struct ask *a, struct relink_str session)
{
	ask_path(a, "GET", "/api/sessions", session, "/metadata");
}

static bool is_ours(const struct conf *conf, const json_t *row)
{
	const json_t *workspace = json_object_get(row, "workspace_id");
	char number[32];

	if (json_is_integer(workspace)) {
		snprintf(number, sizeof number, "%lld", (long long)json_integer_value(workspace));
		return strcmp(number, conf->workspace_id) == 0;
	}
	return json_is_string(workspace) &&
	       strcmp(json_string_value(workspace), conf->workspace_id) == 0;
}

/* The part that a list and the metadata have in common. */
static bool read_state(const struct conf *conf, const json_t *doc, const char *phone,
		       struct seen *seen)
{
	struct meaning down;

	seen->s.state = words_state(read_text(doc, "status"), &down);
	if (seen->s.state == RELINK_STATE_UNKNOWN)
		return false;
	read_phone(seen, phone);
	if (seen->s.state == RELINK_STATE_DOWN)
		read_down(conf, seen, NULL, read_text(doc, "lastDisconnectReason"),
			  read_text(doc, "lastError"), down);
	return true;
}

static bool seed_read_row(const struct conf *conf, const json_t *row, struct seen *seen)
{
	seen->s = (struct relink_session){ .size = sizeof seen->s };
	seen->s.session = read_name(row, "session_id", NAME_MAX_BYTES - 1);
	if (seen->s.session.n == 0 || !read_state(conf, row, read_text(row, "phone_number"), seen))
		return false;
	seen->foreign = !is_ours(conf, row);
	seen->vague = seen->s.state == RELINK_STATE_QR || seen->s.state == RELINK_STATE_DOWN;
	if (seen->s.state == RELINK_STATE_QR && !seen->foreign)
		seen->s.state = RELINK_STATE_UNKNOWN;
	return true;
}

static void read_picture(const json_t *metadata, struct seen *seen)
{
	struct relink_str url = { read_text(metadata, "qrCode"), 0 };
	uint64_t count;
	size_t n;

	url.n = json_string_length(json_object_get(metadata, "qrCode"));
	n = url.n > 0 ? picture_text(url, seen->qr, sizeof seen->qr) : 0;
	if (n == 0)
		return;
	seen->s.qr = (struct relink_str){ seen->qr, n };
	if (!read_number(metadata, "qrCount", &count))
		count = 0;
	seen->s.qr_expires_ms = count == 1 ? FIRST_CODE_MS : NEXT_CODE_MS;
}

static bool seed_read_look(const struct conf *conf, const json_t *doc, struct seen *seen)
{
	const json_t *metadata = json_object_get(doc, "metadata");

	seen->s = (struct relink_session){ .size = sizeof seen->s };
	seen->vague = seen->foreign = false;
	seen->s.session = read_name(doc, "session_id", NAME_MAX_BYTES - 1);
	if (seen->s.session.n == 0)
		return false;
	if (json_is_null(metadata)) { /* so it answers for a session that it does not know */
		seen->s.cause = RELINK_GONE;
		return true;
	}
	if (!json_is_object(metadata) ||
	    !read_state(conf, metadata, read_text(metadata, "phoneNumber"), seen))
		return false;
	if (seen->s.state == RELINK_STATE_QR && read_text(metadata, "qrCode") == NULL)
		seen->s.state = RELINK_STATE_STARTING;
	else if (seen->s.state == RELINK_STATE_QR)
		read_picture(metadata, seen);
	return true;
}

/* A session that was created without an id, or with a number for one: ours have texts. */
static bool seed_is_nameless(const json_t *row)
{
	const json_t *id = json_object_get(row, "session_id");

	return json_is_object(row) && (id == NULL || json_is_null(id) || json_is_number(id));
}

const struct dialect dialect = {
	.service = "whatsapp-service",
	.create = seed_create,
	.end = seed_end,
	.renew = seed_renew,
	.look = seed_look,
	.read_look = seed_read_look,
	.read_row = seed_read_row,
	.is_nameless = seed_is_nameless,
};
