/*
 * dump.c - a message as one line for people.
 *
 * It shows messages that were opened but not read, so nothing about keys and values is known.  Only
 * a key that messages.def has, and nowhere as a secret, is shown with its value: what a peer made up
 * may hold anything.
 */
#include <msgpack/object.h>

#include "ipc/schema.h"

#define TEXT_SHOWN 64
#define KEYS_SHOWN 32

/* Whether `rec` has the key, and whether as a secret; adds to what is in the two. */
static void look(const struct record *rec, struct str key, bool *known, bool *secret)
{
	for (size_t i = 0; i < rec->n_fields; i++) {
		if (!str_eq(rec->fields[i].key, key))
			continue;
		*known = true;
		*secret |= rec->fields[i].secret;
	}
}

static bool may_show(struct str key)
{
	bool known = false, secret = false;

	for (enum msg_method m = MSG_NONE + 1; m < MSG_METHOD_COUNT; m++) {
		look(schema_method(m)->params(), key, &known, &secret);
		if (msg_is_request(m))
			look(schema_method(m)->reply(), key, &known, &secret);
	}
	look(schema_error(), key, &known, &secret);
	return known && !secret;
}

/* Printable ASCII as it is, all else as \xNN; cut after TEXT_SHOWN bytes. */
static void put_text(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n && i < TEXT_SHOWN; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			buf_printf(out, "\\x%02x", c);
		else
			buf_byte(out, (char)c);
	}
	if (s.n > TEXT_SHOWN)
		buf_text(out, "...");
}

static void put_value(struct buf *out, const msgpack_object *v, bool show)
{
	switch (v->type) {
	case MSGPACK_OBJECT_STR:
		if (!show) {
			buf_printf(out, "<%u bytes>", v->via.str.size);
			break;
		}
		buf_byte(out, '"');
		put_text(out, (struct str){ v->via.str.ptr, v->via.str.size });
		buf_byte(out, '"');
		break;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		if (show)
			buf_u64(out, v->via.u64);
		else
			buf_text(out, "<number>");
		break;
	case MSGPACK_OBJECT_BOOLEAN:
		buf_text(out, !show ? "<bool>" : v->via.boolean ? "true" : "false");
		break;
	case MSGPACK_OBJECT_ARRAY:
		buf_printf(out, "[%u]", v->via.array.size);
		break;
	case MSGPACK_OBJECT_MAP:
		buf_printf(out, "{%u}", v->via.map.size);
		break;
	default:
		buf_text(out, "<other>");
	}
}

int msg_dump(struct buf *out, const struct msg *m)
{
	const msgpack_object *body = m->body;

	buf_text(out, m->kind == MSG_KIND_REPLY ? "reply" : msg_method_name(m->method));
	if (m->kind != MSG_KIND_NOTIFICATION)
		buf_printf(out, " id=%u", m->id);
	if (m->is_error)
		buf_text(out, " error");
	for (uint32_t i = 0; i < body->via.map.size && i < KEYS_SHOWN; i++) {
		const msgpack_object_kv *kv = &body->via.map.ptr[i];
		struct str key = { kv->key.via.str.ptr, kv->key.via.str.size };

		buf_byte(out, ' ');
		put_text(out, key);
		buf_byte(out, '=');
		put_value(out, &kv->val, may_show(key));
	}
	if (body->via.map.size > KEYS_SHOWN)
		buf_text(out, " ...");
	return out->failed;
}
