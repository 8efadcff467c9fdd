/*
 * keys.c - making, listing and revoking keys.
 *
 * The secret is made here and shown once, in the answer that comes when the key is durable.  To the
 * engine only its digest goes.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "api/answer.h"
#include "api/auth.h"
#include "api/body.h"
#include "api/change.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/streams.h"
#include "api/texts.h"
#include "base/clock.h"
#include "base/obj.h"

/* Ten years: a key for ever is one without an end. */
#define LIFE_MAX_S (3650ull * 24 * 60 * 60)
#define TIME_MAX   40

/* --- what a key may look like --- */

struct wish {
	char *label, *role, *workspace, *expires_at;
	uint64_t expires_in;
};

static bool is_role(struct str s)
{
	return api_role_of(s) != ROLE_NONE;
}

/* timegm makes 3 March of the 31st of February. */
static bool is_same_time(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon && a->tm_mday == b->tm_mday &&
	       a->tm_hour == b->tm_hour && a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

/* "2026-01-31T12:00:00Z", with or without a fraction of a second; 0: it is none. */
static uint64_t time_of(struct str s)
{
	char text[TIME_MAX];
	struct tm tm = { 0 }, said;
	const char *rest;
	time_t t;

	if (!str_copy(text, sizeof text, s))
		return 0;
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest != NULL && *rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (rest == NULL || strcmp(rest, "Z") != 0)
		return 0;
	said = tm;
	t = timegm(&tm);
	return t > 0 && is_same_time(&tm, &said) ? (uint64_t)t * 1000 : 0;
}

static bool is_time(struct str s)
{
	return time_of(s) != 0;
}

#define A_ROLE "viewer, operator or admin"
#define A_LIFE "a number of seconds from 1 to 315360000"
#define A_TIME "a time in UTC like 2026-01-31T12:00:00Z"

#define AT(member) offsetof(struct wish, member)

// clang-format off
static const struct field fields[] = {
	{ "label",      FIELD_TEXT,   AT(label),      LIMIT_LABEL,     is_label,     A_LABEL,     "" },
	{ "role",       FIELD_TEXT,   AT(role),       sizeof "operator", is_role,    A_ROLE,      FIELD_REQUIRED },
	{ "workspace",  FIELD_TEXT,   AT(workspace),  LIMIT_WORKSPACE, is_workspace, A_WORKSPACE, "" },
	{ "expires_in", FIELD_NUMBER, AT(expires_in), LIFE_MAX_S,      NULL,         A_LIFE,      NULL },
	{ "expires_at", FIELD_TEXT,   AT(expires_at), TIME_MAX,        is_time,      A_TIME,      NULL },
};
// clang-format on

const struct field *fields_of_key(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(fields);
	return fields;
}

static void wish_free(struct wish *w)
{
	free(w->label);
	free(w->role);
	free(w->workspace);
	free(w->expires_at);
}

/* --- make --- */

static void key_json(struct jw *j, const char *name, const char *secret, const struct key_view *v)
{
	jw_object(j, name);
	if (secret != NULL)
		jw_text(j, "key", secret);
	jw_str(j, "id", v->id);
	jw_str(j, "label", v->label);
	jw_text(j, "role", api_role_name(v->role));
	if (v->workspace.n > 0)
		jw_str(j, "workspace", v->workspace);
	else
		jw_null(j, "workspace");
	jw_time(j, "created_at", v->created_at);
	jw_time(j, "expires_at", v->expires_at);
	jw_time(j, "revoked_at", v->revoked_at);
	jw_time(j, "last_used_at", v->last_used_at);
	jw_object_end(j);
}

static void answer_made(struct conn *c, const struct change_order *order,
			const struct command_result *result)
{
	struct response r = { .status = order->status };
	struct api_port *port = &c->face->port;
	struct buf *content = &c->face->content;
	struct key_view v;
	struct jw j;

	if (!port->key(port->ctx, result->account, &v)) {
		answer_failure(c, PROBLEM_key_not_found, "The key has been forgotten since.");
		return;
	}
	j = answer_json(c);
	key_json(&j, NULL, order->secret, &v);
	answer_send(c, &r);
	if (content->p != NULL)
		explicit_bzero(content->p, content->n);
}

/* When it ends; 0: never. */
static int read_end(const struct wish *w, uint64_t *ret_end, struct problem *problem)
{
	uint64_t now = clock_ms();

	if (w->expires_at != NULL && w->expires_in > 0)
		return problem_set(problem, PROBLEM_invalid_field,
				   "Send \"expires_in\" or \"expires_at\", not both.");
	*ret_end = w->expires_in > 0       ? now + w->expires_in * 1000
		   : w->expires_at != NULL ? time_of(str_of(w->expires_at))
					   : 0;
	if (*ret_end != 0 && *ret_end <= now)
		return problem_set(problem, PROBLEM_invalid_field,
				   "\"expires_at\" has passed already.");
	return 0;
}

static int check_wish(const struct wish *w, struct problem *problem)
{
	if (w->workspace[0] != '\0' && api_role_of(str_of(w->role)) == ROLE_ADMIN)
		return problem_set(problem, PROBLEM_invalid_field,
				   "A key of role admin is for all workspaces: leave \"workspace\" "
				   "out, or take the role operator.");
	return 0;
}

/* A key whose id nobody has. */
static void mint(const struct exchange *x, char secret[KEY_TEXT + 1])
{
	struct key_view v;

	do
		key_text_make(secret);
	while (x->face->port.key(x->face->port.ctx, key_text_id(str_of(secret)), &v));
}

static bool fill(struct command *cmd, const struct wish *w, const char *secret)
{
	struct str text = str_of(secret);

	cmd->account = str_dup(key_text_id(text));
	cmd->label = str_dup(str_of(w->label));
	cmd->workspace = str_dup(str_of(w->workspace));
	cmd->key_role = (uint8_t)api_role_of(str_of(w->role));
	return cmd->account != NULL && cmd->label != NULL && cmd->workspace != NULL &&
	       digest_of(cmd->key_digest, &text, 1);
}

static int read_wish(struct exchange *x, struct wish *w, uint64_t *ret_end)
{
	if (body_read(x->request->body, fields, ARRAY_LEN(fields), w, &x->problem) != 0 ||
	    check_wish(w, &x->problem) != 0)
		return ERR_FORMAT;
	return read_end(w, ret_end, &x->problem);
}

void post_keys(struct exchange *x)
{
	struct change_order order = { .status = 201, .answer = answer_made };
	struct command *cmd = command_new(COMMAND_KEY_CREATE);
	struct wish wish = { 0 };
	uint64_t end = 0;

	if (read_wish(x, &wish, &end) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		command_free(&cmd);
		wish_free(&wish);
		return;
	}
	mint(x, order.secret);
	if (cmd != NULL && !fill(cmd, &wish, order.secret))
		command_free(&cmd); /* change_submit says that memory is out */
	if (cmd != NULL)
		cmd->key_expires_at = end;
	change_submit(x, &cmd, &order);
	explicit_bzero(order.secret, sizeof order.secret);
	wish_free(&wish);
}

/* --- list and revoke --- */

static void each_key(void *arg, const struct key_view *v)
{
	key_json(arg, NULL, NULL, v);
}

void get_keys(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);

	jw_object(&j, NULL);
	jw_array(&j, "keys");
	x->face->port.keys(x->face->port.ctx, each_key, &j);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

/* It has opened nothing since the command was taken; what it had opened ends before the answer. */
static void answer_revoked(struct conn *c, const struct change_order *order,
			   const struct command_result *result)
{
	struct response r = { .status = order->status };

	streams_review(c->face);
	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	conn_answer(c, &r);
}

void delete_key(struct exchange *x)
{
	const struct change_order order = { .status = 204, .answer = answer_revoked };
	struct command *cmd = command_new(COMMAND_KEY_REVOKE);

	if (cmd != NULL) {
		cmd->account = str_dup(x->match.key);
		if (cmd->account == NULL)
			command_free(&cmd);
	}
	change_submit(x, &cmd, &order);
}
