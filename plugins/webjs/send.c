/*
 * send.c - a message, as an operation and as the verb of that name.
 *
 * It is asked for once, on a connection of its own: whoever lost the answer does not ask again, since
 * nobody wants a message twice.
 */
#include <stdlib.h>

#include "instance.h"

#define NUMBER_MAX 32 /* bytes of a phone number's digits */
#define CHAT_MAX   128
#define ID_MAX     256
#define NONE       ((struct relink_str){ 0 })

/* A number is sent as its digits: the old service puts anything else into an address that does not
 * exist. */
static size_t digits_of(const char *number, char to[NUMBER_MAX])
{
	size_t n = 0;

	for (; *number != '\0' && n < NUMBER_MAX - 1; number++) {
		if (*number >= '0' && *number <= '9')
			to[n++] = *number;
		else if (strchr(" -.()+", *number) == NULL)
			return 0;
	}
	to[n] = '\0';
	return n >= 5 && n <= 20 && *number == '\0' ? n : 0;
}

static bool is_chat(const char *to)
{
	static const char *const servers[] = { "@c.us", "@g.us", "@lid", "@newsletter" };
	const char *at = strchr(to, '@');

	for (size_t i = 0; at != NULL && at > to && i < sizeof servers / sizeof servers[0]; i++) {
		if (strcmp(at, servers[i]) == 0)
			return strlen(to) <= CHAT_MAX;
	}
	return false;
}

const char *send_compose(struct ask *a, struct relink_str session, const json_t *args)
{
	const char *to = read_text(args, "to"), *text = read_text(args, "text");
	const char *url = read_text(args, "media_url"), *name = read_text(args, "filename");
	const char *request = read_text(args, "request_id");
	json_t *file = json_object_get(args, "media");
	bool media = url != NULL || json_is_object(file);
	char digits[NUMBER_MAX];

	if (to != NULL && digits_of(to, digits) > 0)
		to = digits;
	else if (to == NULL || !is_chat(to) || !dialect.sends_to_chats)
		return dialect.sends_to_chats
			   ? "\"to\" must be a phone number with its country code, of 5 to 20 "
			     "digits, or a chat id"
			   : "\"to\" must be a phone number with its country code, of 5 to 20 "
			     "digits";
	if ((text == NULL || text[0] == '\0') && !media)
		return "there is nothing to send: give \"text\", \"media\" or \"media_url\"";
	if (json_is_object(file) && !dialect.takes_files)
		return "this service takes no file in \"media\": give its address in \"media_url\"";
	ask_path(a, "POST", media ? "/api/messages/send-media" : "/api/messages/send", NONE, NULL);
	ask_str(a, "session_id", session);
	ask_str(a, "recipient_phone", str_of(to));
	ask_str(a, media ? "caption" : "message", str_of(text != NULL ? text : ""));
	ask_str(a, "media_url", str_of(url != NULL ? url : ""));
	if (json_is_object(file))
		ask_json(a, "media", json_incref(file));
	ask_str(a, "filename", str_of(media && name != NULL ? name : ""));
	if (dialect.takes_files) /* the old service knows neither */
		ask_str(a, "request_id", str_of(request != NULL ? request : ""));
	a->total_ms = SEND_MS;
	return NULL;
}

void send_failed(struct call *c, struct verdict *v)
{
	watch_sent(c->instance, c, v);
	call_fail(c, v);
}

bool send_was_confirmed(struct call *c, const json_t *doc)
{
	struct verdict v;

	if (json_is_true(json_object_get(doc, "success")) ||
	    read_name(doc, "message_id", ID_MAX).n > 0)
		return true;
	c->instance->stats.unreadable++;
	verdict_set(&v, RELINK_INTERNAL, true,
		    "the %s answers neither that it was sent nor that it was not", dialect.service);
	send_failed(c, &v);
	return false;
}

static void on_sent(struct call *c, const json_t *doc)
{
	struct relink_str id = read_name(doc, "message_id", ID_MAX);
	struct relink_result r = { .cause = RELINK_NONE };
	char *text = NULL;
	json_t *body;
	uint64_t at;

	if (!send_was_confirmed(c, doc))
		return;
	body = json_object();
	watch_sent(c->instance, c, NULL);
	if (id.n > 0)
		json_object_set_new(body, "message_id", json_stringn(id.p, id.n));
	if (read_number(doc, "timestamp", &at) && at > 0)
		json_object_set_new(body, "timestamp", json_integer((json_int_t)at));
	text = json_dumps(body, JSON_COMPACT);
	if (text != NULL)
		r.body = str_of(text);
	call_done(c, &r); /* without memory it was sent all the same */
	json_decref(body);
	free(text);
}

void send_message(void *self, const struct relink_request *req)
{
	struct call *c = call_new(self, req);
	const char *wrong;
	struct ask a = { 0 };
	json_t *args;

	if (c == NULL)
		return;
	args = json_loadb(req->args.n > 0 ? req->args.p : "{}", req->args.n > 0 ? req->args.n : 2,
			  JSON_REJECT_DUPLICATES, NULL);
	wrong = send_compose(&a, req->session, args);
	c->acts = true;
	c->good = on_sent;
	c->bad = send_failed;
	if (wrong != NULL)
		call_refuse(c, RELINK_REFUSED, "%s", wrong);
	else
		call_send(c, &a);
	json_decref(args);
}
