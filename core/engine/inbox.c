/* inbox.c - items of the engine's inbox. */
#include "engine/inbox.h"

#include <stdlib.h>

#include "api/port.h"
#include "base/err.h"
#include "base/obj.h"

void inbox_init(struct inbox *in)
{
	in->first = NULL;
	in->last = &in->first;
	in->n = 0;
}

struct inbox_item *inbox_item_new(unsigned kind, unsigned slot, size_t n, char **ret_room)
{
	struct inbox_item *item = calloc(1, sizeof *item + n);

	if (item == NULL)
		return NULL;
	item->kind = (uint8_t)kind;
	item->slot = slot;
	if (ret_room != NULL)
		*ret_room = (char *)(item + 1);
	return item;
}

void inbox_put(struct inbox *in, struct inbox_item *given)
{
	given->next = NULL;
	*in->last = given;
	in->last = &given->next;
	in->n++;
}

struct inbox_item *inbox_get(struct inbox *in)
{
	struct inbox_item *item = in->first;

	if (item == NULL)
		return NULL;
	in->first = item->next;
	if (in->first == NULL)
		in->last = &in->first;
	in->n--;
	item->next = NULL;
	return item;
}

void inbox_item_free(struct inbox_item **item)
{
	struct inbox_item *i = *item;

	if (i == NULL)
		return;
	if (i->kind == IN_COMMAND)
		command_free(&i->command);
	else if (i->kind == IN_KEY)
		command_free(&i->key.command);
	else if (i->kind == IN_LISTED)
		free(i->listed);
	free(i);
	*item = NULL;
}

struct str inbox_copy(char **room, struct str s)
{
	struct str copy = { *room, s.n };

	if (s.n > 0)
		memcpy(*room, s.p, s.n);
	*room += s.n;
	return copy;
}

struct inbox_item *inbox_of_hello(unsigned slot, const struct msg_hello *m)
{
	char *room;
	struct inbox_item *item = inbox_item_new(IN_HELLO, slot, m->plugin.n + m->version.n, &room);

	if (item == NULL)
		return NULL;
	item->hello = (struct inbox_hello){ .plugin = inbox_copy(&room, m->plugin),
					    .version = inbox_copy(&room, m->version),
					    .caps = m->caps,
					    .start_deadline = m->start_deadline };
	return item;
}

struct inbox_item *inbox_of_event(unsigned slot, const struct msg_event *m)
{
	size_t n = m->instance.n + m->session.n + m->text.n + m->phone.n + m->qr.n;
	char *room;
	struct inbox_item *item = inbox_item_new(IN_SESSION, slot, n, &room);

	if (item == NULL)
		return NULL;
	item->session = (struct inbox_session){ .instance = inbox_copy(&room, m->instance),
						.session = inbox_copy(&room, m->session),
						.text = inbox_copy(&room, m->text),
						.phone = inbox_copy(&room, m->phone),
						.qr = inbox_copy(&room, m->qr),
						.generation = m->generation,
						.qr_expires = m->qr_expires,
						.state = (uint8_t)m->state,
						.cause = (uint8_t)m->cause };
	return item;
}

struct inbox_item *inbox_of_message(unsigned slot, const struct msg_message *m)
{
	char *room;
	struct inbox_item *item =
	    inbox_item_new(IN_MESSAGE, slot, m->instance.n + m->session.n + m->json.n, &room);

	if (item == NULL)
		return NULL;
	item->message = (struct inbox_message){ .instance = inbox_copy(&room, m->instance),
						.session = inbox_copy(&room, m->session),
						.json = inbox_copy(&room, m->json),
						.generation = m->generation,
						.kind = (uint8_t)m->kind };
	return item;
}

struct inbox_item *inbox_of_listed(unsigned slot, uint64_t tag, const struct msg_listed *m)
{
	struct inbox_item *item = inbox_item_new(IN_LISTED, slot, 0, NULL);
	size_t bytes = 0;
	char *room;

	if (item == NULL)
		return NULL;
	for (size_t i = 0; i < m->sessions.n; i++)
		bytes += m->sessions.v[i].session.n + m->sessions.v[i].text.n +
			 m->sessions.v[i].phone.n + m->sessions.v[i].account.n;
	item->listed =
	    malloc(sizeof *item->listed + m->sessions.n * sizeof item->listed->v[0] + bytes);
	if (item->listed == NULL) {
		inbox_item_free(&item);
		return NULL;
	}
	item->listed->tag = tag;
	item->listed->n = m->sessions.n;
	room = (char *)(item->listed->v + m->sessions.n);
	for (size_t i = 0; i < m->sessions.n; i++) {
		const struct msg_session *s = &m->sessions.v[i];

		item->listed->v[i] =
		    (struct inbox_session){ .session = inbox_copy(&room, s->session),
					    .text = inbox_copy(&room, s->text),
					    .phone = inbox_copy(&room, s->phone),
					    .account = inbox_copy(&room, s->account),
					    .generation = s->generation,
					    .state = (uint8_t)s->state,
					    .cause = (uint8_t)s->cause };
	}
	return item;
}

/* The parts of a reply that are strings, and the rest into `r`. */
static void read_reply(struct inbox_reply *r, enum msg_method method, const void *reply,
		       struct str *ret_text, struct str *ret_body)
{
	switch (method) {
	case MSG_ping: {
		const struct msg_ping_reply *m = reply;

		r->lag = m->lag;
		r->ops = m->ops;
		r->rss = m->rss;
		r->outdated = m->outdated;
		break;
	}
	case MSG_config:
		*ret_text = ((const struct msg_config_reply *)reply)->sandbox;
		break;
	case MSG_health: {
		const struct msg_health_reply *m = reply;

		r->state = (uint8_t)m->state;
		r->cause = (uint8_t)m->cause;
		*ret_text = m->text;
		break;
	}
	case MSG_list: {
		const struct msg_list_reply *m = reply;

		r->complete = m->complete;
		r->total = m->total;
		*ret_body = m->boot_id;
		break;
	}
	case MSG_send:
		*ret_body = ((const struct msg_send_reply *)reply)->body;
		break;
	case MSG_control:
		*ret_body = ((const struct msg_control_reply *)reply)->body;
		break;
	default:
		break;
	}
}

struct inbox_item *inbox_of_reply(unsigned slot, enum msg_method method, uint64_t tag, int result,
				  const void *reply, const struct msg_error *error)
{
	struct inbox_reply r = { .method = (uint8_t)method, .tag = tag, .result = result };
	struct str text = STR_NONE, body = STR_NONE;
	struct inbox_item *item;
	char *room;

	if (result == 0) {
		read_reply(&r, method, reply, &text, &body);
	} else if (error != NULL) {
		text = error->text;
		r.cause = (uint8_t)error->cause;
		r.retry_after = error->retry_after;
		r.generation = error->generation;
		r.unknown = error->unknown;
	}
	item = inbox_item_new(IN_REPLY, slot, text.n + body.n, &room);
	if (item == NULL)
		return NULL;
	item->reply = r;
	item->reply.text = inbox_copy(&room, text);
	item->reply.body = inbox_copy(&room, body);
	item->reply.boot_id = item->reply.body;
	return item;
}
