/*
 * pack.c - structs to frames.
 *
 * Nothing leaves that the other side would refuse: bounds, UTF-8 and size are checked here too.  A
 * failure is noted in the buffer, which ignores further appends, and frame_end takes the frame back.
 */
#include <msgpack/pack.h>

#include "base/must.h"
#include "ipc/check.h"
#include "ipc/frame.h"
#include "ipc/schema.h"

static int on_packed(void *out, const char *bytes, size_t n)
{
	return buf_add(out, bytes, n);
}

static void fail(msgpack_packer *pk, int code)
{
	struct buf *out = pk->data;

	if (out->failed == 0)
		out->failed = code;
}

static void pack_text(msgpack_packer *pk, struct str s)
{
	msgpack_pack_str(pk, s.n);
	msgpack_pack_str_body(pk, s.p, s.n);
}

static struct schema_list list_at(const void *at)
{
	struct schema_list list;

	memcpy(&list, at, sizeof list);
	return list;
}

/* How much of its bound the field at `at` uses; 0 is zero or empty. */
static uint64_t used(const struct field *f, const void *at)
{
	switch (f->type) {
	case FIELD_str:
		return ((const struct str *)at)->n;
	case FIELD_u64:
		return *(const uint64_t *)at;
	case FIELD_bool:
		return *(const bool *)at;
	case FIELD_list:
		return list_at(at).n;
	}
	must_not_reach("field type");
}

static void pack_record(msgpack_packer *pk, const struct record *rec, const void *from);

static void pack_list(msgpack_packer *pk, const struct record *item, struct schema_list list)
{
	msgpack_pack_array(pk, list.n);
	for (size_t i = 0; i < list.n; i++)
		pack_record(pk, item, (const char *)list.v + i * item->size);
}

static void pack_value(msgpack_packer *pk, const struct field *f, const void *at)
{
	if (used(f, at) > f->bound) {
		fail(pk, ERR_RANGE);
		return;
	}
	switch (f->type) {
	case FIELD_str:
		if (!str_is_utf8(*(const struct str *)at))
			fail(pk, ERR_RANGE);
		pack_text(pk, *(const struct str *)at);
		break;
	case FIELD_u64:
		msgpack_pack_uint64(pk, *(const uint64_t *)at);
		break;
	case FIELD_bool:
		if (*(const bool *)at)
			msgpack_pack_true(pk);
		else
			msgpack_pack_false(pk);
		break;
	case FIELD_list:
		pack_list(pk, f->item(), list_at(at));
		break;
	}
}

static void pack_record(msgpack_packer *pk, const struct record *rec, const void *from)
{
	uint64_t present = 0;

	for (size_t i = 0; i < rec->n_fields; i++) {
		const struct field *f = &rec->fields[i];

		if (!f->optional || used(f, (const char *)from + f->offset) > 0)
			present |= UINT64_C(1) << i;
	}
	msgpack_pack_map(pk, (size_t)__builtin_popcountll(present));
	for (; present != 0; present &= present - 1) {
		const struct field *f = &rec->fields[__builtin_ctzll(present)];

		pack_text(pk, f->key);
		pack_value(pk, f, (const char *)from + f->offset);
	}
}

/* A container within its bounds may still hold too many nodes for the other side's check.  Each
 * node is at least a byte, so only a large frame can. */
static void check_nodes(struct buf *out, size_t place)
{
	struct str value = { out->p + place + FRAME_HEAD, out->n - place - FRAME_HEAD };

	if (value.n > LIMIT_FRAME_NODES && check_value(value, NULL) < 0)
		out->failed = ERR_TOOBIG;
}

static int end(struct buf *out, size_t place)
{
	if (out->failed == 0)
		check_nodes(out, place);
	return frame_end(out, place);
}

int msg_pack_request(struct buf *out, uint32_t id, enum msg_method method, const void *params)
{
	size_t place = frame_begin(out);
	msgpack_packer pk;

	must(msg_is_request(method));
	msgpack_packer_init(&pk, out, on_packed);
	msgpack_pack_array(&pk, 4);
	msgpack_pack_uint32(&pk, MSG_KIND_REQUEST);
	msgpack_pack_uint32(&pk, id);
	pack_text(&pk, str_of(msg_method_name(method)));
	pack_record(&pk, schema_method(method)->params(), params);
	return end(out, place);
}

int msg_pack_notification(struct buf *out, enum msg_method method, const void *params)
{
	size_t place = frame_begin(out);
	msgpack_packer pk;

	must(schema_method(method) != NULL && !msg_is_request(method));
	msgpack_packer_init(&pk, out, on_packed);
	msgpack_pack_array(&pk, 3);
	msgpack_pack_uint32(&pk, MSG_KIND_NOTIFICATION);
	pack_text(&pk, str_of(msg_method_name(method)));
	pack_record(&pk, schema_method(method)->params(), params);
	return end(out, place);
}

int msg_pack_reply(struct buf *out, uint32_t id, enum msg_method method,
		   const struct msg_error *error, const void *reply)
{
	size_t place = frame_begin(out);
	msgpack_packer pk;

	must(msg_is_request(method));
	must((error == NULL) != (reply == NULL));
	msgpack_packer_init(&pk, out, on_packed);
	msgpack_pack_array(&pk, 4);
	msgpack_pack_uint32(&pk, MSG_KIND_REPLY);
	msgpack_pack_uint32(&pk, id);
	if (error != NULL) {
		pack_record(&pk, schema_error(), error);
		msgpack_pack_nil(&pk);
	} else {
		msgpack_pack_nil(&pk);
		pack_record(&pk, schema_method(method)->reply(), reply);
	}
	return end(out, place);
}
