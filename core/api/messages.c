/*
 * messages.c - POST messages: a text or a file, to the plugin and back.
 *
 * The body is read member by member and not by a table, since a file in it makes it large: it is
 * parsed once and written once.
 */
#include "api/messages.h"

#include <stdlib.h>

#include "api/answer.h"
#include "api/body.h"
#include "api/handlers.h"
#include "base/limits.h"
#include "base/obj.h"

#define LARGER "; larger files go by \"media_url\""

/* --- checked --- */

static bool is_url(struct str s)
{
	return (s.n > 7 && memcmp(s.p, "http://", 7) == 0) ||
	       (s.n > 8 && memcmp(s.p, "https://", 8) == 0);
}

static bool is_base64(struct str s)
{
	size_t n = s.n;

	while (n > 0 && s.n - n < 2 && s.p[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++) {
		char c = s.p[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '+' && c != '/')
			return false;
	}
	return s.n > 0 && s.n % 4 == 0;
}

static int wrong(struct problem *p, const char *name, const char *what)
{
	return problem_set(p, PROBLEM_invalid_field, "\"%s\" must be %s.", name, what);
}

int draft_check(const struct draft *d, struct problem *p)
{
	if (d->to.n == 0 || d->to.n > LIMIT_RECIPIENT)
		return wrong(p, "to",
			     "a phone number with its country code, or a chat id of the provider");
	if (d->text.n > DRAFT_TEXT_MAX)
		return wrong(p, "text", "a text of at most 65536 bytes");
	if (d->media_url.p != NULL && (d->media_url.n > DRAFT_URL_MAX || !is_url(d->media_url)))
		return wrong(p, "media_url", "an http or https URL of at most 4096 bytes");
	if (d->filename.n > DRAFT_NAME_MAX)
		return wrong(p, "filename", "a text of at most 256 bytes");
	if (d->name.n > DRAFT_NAME_MAX)
		return wrong(p, "media.filename", "a text of at most 256 bytes");
	if (d->data.p != NULL && d->media_url.p != NULL)
		return problem_set(p, PROBLEM_invalid_field,
				   "\"media\" and \"media_url\": give one of them.");
	if (d->data.p != NULL && !is_base64(d->data))
		return wrong(p, "media.data",
			     "the file in base64, with its padding and no line ends");
	if (d->data.p != NULL && (d->mimetype.n == 0 || d->mimetype.n > DRAFT_TYPE_MAX))
		return wrong(p, "media.mimetype", "the file's type, such as \"image/png\"");
	if (d->text.n == 0 && d->data.p == NULL && d->media_url.p == NULL)
		return problem_set(p, PROBLEM_invalid_field,
				   "There is nothing to send: give \"text\", \"media\" or "
				   "\"media_url\".");
	return 0;
}

/* --- read --- */

/* A member as text; absent and null leave *to alone. */
static int read_text(const json_t *json, const char *key, const char *name, struct str *to,
		     struct problem *p)
{
	const json_t *v = json_object_get(json, key);

	if (v == NULL || json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return wrong(p, name, "a text");
	*to = (struct str){ json_string_value(v), json_string_length(v) };
	return 0;
}

static int only(const json_t *json, const char *const *names, struct problem *p)
{
	const char *key;
	const json_t *v;

	/* jansson's iteration takes a json_t that is not const and changes nothing. */
	json_object_foreach((json_t *)json, key, v)
	{
		const char *const *name = names;

		(void)v;
		while (*name != NULL && strcmp(*name, key) != 0)
			name++;
		if (*name == NULL)
			return problem_set(p, PROBLEM_unknown_field,
					   "There is no member \"%.64s\" here; look for a typo.",
					   key);
	}
	return 0;
}

static int read_media(const json_t *media, struct draft *d, struct problem *p)
{
	static const char *const names[] = { "mimetype", "data", "filename", NULL };
	int r;

	if (media == NULL || json_is_null(media))
		return 0;
	if (!json_is_object(media))
		return wrong(p, "media", "an object {\"mimetype\",\"data\",\"filename\"}");
	d->data = STR(""); /* it must come */
	r = only(media, names, p);
	if (r == 0)
		r = read_text(media, "mimetype", "media.mimetype", &d->mimetype, p);
	if (r == 0)
		r = read_text(media, "data", "media.data", &d->data, p);
	return r == 0 ? read_text(media, "filename", "media.filename", &d->name, p) : r;
}

/* Texts are lent by `json`. */
static int read_draft(const json_t *json, struct draft *d, struct problem *p)
{
	static const char *const names[] = { "to", "text", "media_url", "media", "filename", NULL };
	int r;

	if (!json_is_object(json))
		return problem_set(p, PROBLEM_invalid_json, "The body must be a JSON object.");
	r = only(json, names, p);
	if (r == 0)
		r = read_text(json, "to", "to", &d->to, p);
	if (r == 0)
		r = read_text(json, "text", "text", &d->text, p);
	if (r == 0)
		r = read_text(json, "media_url", "media_url", &d->media_url, p);
	if (r == 0)
		r = read_text(json, "filename", "filename", &d->filename, p);
	if (r == 0)
		r = read_media(json_object_get(json, "media"), d, p);
	return r == 0 ? draft_check(d, p) : r;
}

/* --- composed --- */

static void text_if(struct jw *j, const char *key, struct str v)
{
	if (v.n > 0)
		jw_str(j, key, v);
}

/* malloc'ed; NULL: too large, or no memory. */
static char *compose(const struct draft *d)
{
	struct buf out;
	struct jw j;

	buf_init(&out, LIMIT_DRAFT + 1);
	buf_room(&out, d->data.n + d->text.n);
	j = jw_to(&out);
	jw_object(&j, NULL);
	jw_str(&j, "to", d->to);
	text_if(&j, "text", d->text);
	text_if(&j, "media_url", d->media_url);
	text_if(&j, "filename", d->filename);
	if (d->data.p != NULL) {
		jw_object(&j, "media");
		jw_str(&j, "mimetype", d->mimetype);
		jw_str(&j, "data", d->data);
		text_if(&j, "filename", d->name);
		jw_object_end(&j);
	}
	jw_object_end(&j);
	buf_byte(&out, '\0');
	if (out.failed == 0)
		return out.p;
	buf_fini(&out);
	return NULL;
}

void draft_submit(struct exchange *x, const struct draft *d, struct str account,
		  const struct change_order *order)
{
	char *args = compose(d);
	struct command *cmd;

	if (args == NULL) {
		answer_failure(x->conn, PROBLEM_body_too_large,
			       "A message may have at most %u bytes as JSON" LARGER ".",
			       LIMIT_DRAFT);
		return;
	}
	cmd = command_new(COMMAND_SEND);
	if (cmd == NULL) {
		free(args);
	} else {
		cmd->args = args;
		cmd->recipient = str_dup(d->to);
		if (account.n > 0)
			cmd->account = str_dup(account);
		if (cmd->recipient == NULL || (account.n > 0 && cmd->account == NULL))
			command_free(&cmd);
	}
	change_submit(x, &cmd, order);
}

/* --- answered --- */

static void answer_sent(struct conn *c, const struct change_order *order,
			const struct command_result *result)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(c);

	(void)order;
	jw_object(&j, NULL);
	jw_raw(&j, "message", result->body);
	jw_object_end(&j);
	if (result->replayed)
		response_header(&r, "Idempotency-Replayed", STR("true"));
	answer_send(c, &r);
}

void post_messages(struct exchange *x)
{
	const struct change_order order = { .status = 200, .answer = answer_sent };
	struct str body = x->request->body.n > 0 ? x->request->body : STR("{}");
	struct draft d = { .to = STR_NONE };
	json_t *json = NULL;

	if (body_load(body, 0, &json, &x->problem) != 0 || read_draft(json, &d, &x->problem) != 0)
		answer_problem(x->conn, &x->problem, NULL);
	else
		draft_submit(x, &d, STR_NONE, &order);
	json_decref(json);
}
