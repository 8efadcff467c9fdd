/*
 * dialect_relink.c - our service (service/README.md): fenced, keeps profiles apart, tells all at once.
 */
#include "dialect.h"

#include "instance.h"

#define EXPIRES_MAX_S 600u

static void relink_create(struct ask *a, const struct conf *conf, const struct relink_request *req)
{
	(void)conf;
	ask_path(a, "POST", "/api/sessions", (struct relink_str){ 0 }, NULL);
	ask_str(a, "session_id", req->session);
	ask_str(a, "account_id", req->account);
	ask_str(a, "profile", req->profile);
	ask_json(a, "generation", json_integer((json_int_t)req->generation));
}

/* With the generation the service refuses a create of it that comes after this. */
static void relink_end(struct ask *a, const struct conf *conf, const struct relink_request *req)
{
	(void)conf;
	ask_path(a, "DELETE", "/api/sessions", req->session, NULL);
	ask_str(a, "account_id", req->account);
	ask_json(a, "generation", json_integer((json_int_t)req->generation));
}

static void relink_renew(struct ask *a, const struct conf *conf, struct relink_str session)
{
	(void)conf;
	ask_path(a, "POST", "/api/sessions", session, "/regenerate-qr");
}

static void relink_look(struct ask *a, struct relink_str session)
{
	ask_path(a, "GET", "/api/sessions", session, NULL);
}

static void read_qr(const json_t *doc, struct seen *seen)
{
	uint64_t seconds;

	seen->s.qr = read_name(doc, "qr", QR_MAX);
	if (read_number(doc, "expires_in", &seconds) && seen->s.qr.n > 0)
		seen->s.qr_expires_ms = 1000 * (seconds < EXPIRES_MAX_S ? seconds : EXPIRES_MAX_S);
}

static bool relink_read(const struct conf *conf, const json_t *doc, struct seen *seen)
{
	struct meaning down;

	seen->s = (struct relink_session){ .size = sizeof seen->s };
	seen->vague = false;
	seen->s.session = read_name(doc, "session_id", NAME_MAX_BYTES - 1);
	seen->s.account = read_name(doc, "account_id", NAME_MAX_BYTES - 1);
	seen->s.state = words_state(read_text(doc, "state"), &down);
	if (seen->s.session.n == 0 || seen->s.state == RELINK_STATE_UNKNOWN ||
	    !read_number(doc, "generation", &seen->s.generation))
		return false;
	seen->foreign = seen->s.generation == 0 || seen->s.account.n == 0;
	read_phone(seen, read_text(doc, "phone_number"));
	if (seen->s.state == RELINK_STATE_DOWN)
		read_down(conf, seen, read_text(doc, "cause"), read_text(doc, "reason"),
			  read_text(doc, "text"), down);
	if (seen->s.state == RELINK_STATE_QR)
		read_qr(doc, seen);
	return true;
}

const struct dialect dialect = {
	.service = "relink-webjs service",
	.key_in_header = true,
	.can_logout = true,
	.sends_to_chats = true,
	.takes_files = true,
	.tells_generation = true,
	.create = relink_create,
	.end = relink_end,
	.renew = relink_renew,
	.look = relink_look,
	.read_look = relink_read,
	.read_row = relink_read,
};
