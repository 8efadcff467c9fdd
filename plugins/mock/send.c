/*
 * send.c - messages: out of a connected session, to nobody.
 *
 * What was sent is told as an event, as it is of a real backend.  The journal knows whom a message was
 * for and how large it was, never what it said.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "instance.h"

#define EVENT_BYTES_MAX 12288u /* of a message's JSON, as plugin.h has it */

struct letter {
	json_t *args;
	struct relink_str to, text, request;
	const char *type;
};

static struct relink_str text_of(const json_t *args, const char *key)
{
	const json_t *v = json_object_get(args, key);

	return (struct relink_str){ json_string_value(v), json_string_length(v) };
}

static struct letter read_letter(struct relink_str args)
{
	struct letter l = { .args = json_loadb(args.p, args.n, 0, NULL), .type = "chat" };

	l.to = text_of(l.args, "to");
	l.text = text_of(l.args, "text");
	l.request = text_of(l.args, "request_id");
	if (json_object_get(l.args, "media") != NULL ||
	    json_object_get(l.args, "media_url") != NULL)
		l.type = "document";
	return l;
}

static void tell_sent(struct turn *t, const struct letter *l, const char *id)
{
	const struct relink_host *host = t->in->host;
	char phone[PHONE_BYTES] = "";
	struct relink_message m = { .size = sizeof m,
				    .session = t->req->session,
				    .generation = t->req->generation,
				    .kind = RELINK_MESSAGE_SENT };
	json_t *json;
	char *text;

	if (!RELINK_HAS(host, message) ||
	    layers_get(world_layers(t->world, t->account), KNOB_PUSH) == 0)
		return;
	instance_phone(t->in, t->account, phone);
	json = json_pack("{s:s, s:s%, s:s, s:s%, s:s%, s:s, s:I}", "id", id, "chat", l->to.p,
			 l->to.n, "from", phone, "to", l->to.p, l->to.n, "text",
			 l->text.p != NULL ? l->text.p : "", l->text.n, "type", l->type,
			 "timestamp", (json_int_t)(t->world->now / 1000));
	text = json_dumps(json, JSON_COMPACT);
	if (text != NULL && strlen(text) > EVENT_BYTES_MAX) {
		free(text);
		json_object_del(json, "text");
		text = json_dumps(json, JSON_COMPACT);
	}
	m.json = str_of(text);
	if (text != NULL)
		host->message(host, &m);
	free(text);
	json_decref(json);
}

/* Can the session send?  Otherwise the result and the answer are set. */
static bool is_connected(struct turn *t)
{
	const struct life *l = turn_life(t);

	if (l != NULL && l->state == RELINK_STATE_CONNECTED)
		return true;
	t->result = cause_name(RELINK_GONE);
	answer_set(t->answer, RELINK_GONE, "%s",
		   l == NULL ? "Session not found" : "Session not connected");
	return false;
}

/* What it was; 0: nothing.  *ret_again: it was sent before. */
static uint64_t number_of(struct turn *t, const struct letter *l, bool *ret_again)
{
	uint64_t before = world_was_sent(t->world, t->req->session, l->request);

	*ret_again = before != 0;
	t->result = before != 0 ? "same" : "sent";
	return before != 0 ? before : t->world->n_sent + 1;
}

void send_message(void *self, const struct relink_request *req)
{
	struct letter l;
	uint64_t number = 0, ms;
	bool again = false;
	struct turn t;
	char id[128];

	if (!turn_begin(&t, OP_SEND, self, req))
		return;
	l = read_letter(req->args);
	ms = instance_delay(t.in, t.account, KNOB_SEND_MS);
	if (turn_arrives(&t) && is_connected(&t))
		number = number_of(&t, &l, &again);
	snprintf(id, sizeof id, "%.*s.%" PRIu64, STR_ARG(req->session), number);
	turn_line(&t);
	line_str(&t.backend->out, "to", l.to);
	line_u64(&t.backend->out, "bytes", req->args.n);
	line_str(&t.backend->out, "request", l.request);
	if (number > 0)
		line_word(&t.backend->out, "id", id);
	if (number > 0)
		snprintf(t.answer->body, sizeof t.answer->body,
			 "{\"message_id\":\"%s\",\"timestamp\":%" PRIu64 "}", id,
			 t.world->now / 1000);
	if (turn_write(&t)) {
		t.answer->result.body = str_of(t.answer->body);
		if (number > 0 && !again)
			tell_sent(&t, &l, id);
		turn_answer(&t, ms);
	}
	json_decref(l.args);
}
