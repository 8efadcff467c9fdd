/*
 * unpack.c - frames to structs.
 *
 * The arena is a msgpack zone: it holds msgpack-c's objects and the arrays of lists.  Strings are
 * not copied; they point into the frame.
 */
#include <msgpack/unpack.h>

#include "base/must.h"
#include "ipc/check.h"
#include "ipc/schema.h"

#define KEY_SHOWN 40 /* bytes of a peer's key or method that a sentence quotes */

static bool is_number(const msgpack_object *o, uint64_t max)
{
	return o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 <= max;
}

/* Empty for anything but a string. */
static struct str text_of(const msgpack_object *o)
{
	if (o->type != MSGPACK_OBJECT_STR)
		return STR_NONE;
	return (struct str){ o->via.str.ptr, o->via.str.size };
}

static struct str cut(struct str s)
{
	return (struct str){ s.p, s.n < KEY_SHOWN ? s.n : KEY_SHOWN };
}

static int no_memory(struct why *why, struct str value)
{
	return why_set(why, ERR_NOMEM, "no memory to read a frame of %zu bytes", value.n);
}

/* --- records --- */

static int read_record(msgpack_zone *, const struct record *, const msgpack_object *from, void *to,
		       struct why *);

static int read_str(const struct field *f, const msgpack_object *from, void *to, struct why *why)
{
	struct str s = text_of(from);

	if (from->type != MSGPACK_OBJECT_STR)
		return why_set(why, ERR_FORMAT, "key \"%s\" is not a string", f->key.p);
	if (s.n > f->bound)
		return why_set(why, ERR_FORMAT,
			       "key \"%s\" has %zu bytes, at most %llu are allowed", f->key.p, s.n,
			       (unsigned long long)f->bound);
	if (!str_is_utf8(s))
		return why_set(why, ERR_FORMAT, "key \"%s\" is not UTF-8", f->key.p);
	*(struct str *)to = s;
	return 0;
}

static int read_u64(const struct field *f, const msgpack_object *from, void *to, struct why *why)
{
	if (from->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return why_set(why, ERR_FORMAT, "key \"%s\" is not a number of 0 or more",
			       f->key.p);
	if (from->via.u64 > f->bound)
		return why_set(why, ERR_FORMAT, "key \"%s\" is %llu, at most %llu is allowed",
			       f->key.p, (unsigned long long)from->via.u64,
			       (unsigned long long)f->bound);
	*(uint64_t *)to = from->via.u64;
	return 0;
}

static int read_bool(const struct field *f, const msgpack_object *from, void *to, struct why *why)
{
	if (from->type != MSGPACK_OBJECT_BOOLEAN)
		return why_set(why, ERR_FORMAT, "key \"%s\" is not true or false", f->key.p);
	*(bool *)to = from->via.boolean;
	return 0;
}

static int read_list(msgpack_zone *zone, const struct field *f, const msgpack_object *from,
		     void *to, struct why *why)
{
	const struct record *item = f->item();
	struct schema_list list = { 0 };

	if (from->type != MSGPACK_OBJECT_ARRAY)
		return why_set(why, ERR_FORMAT, "key \"%s\" is not an array", f->key.p);
	if (from->via.array.size > f->bound)
		return why_set(why, ERR_FORMAT, "key \"%s\" has %u items, at most %llu are allowed",
			       f->key.p, from->via.array.size, (unsigned long long)f->bound);
	list.n = from->via.array.size;
	if (list.n > 0) {
		list.v = msgpack_zone_malloc(zone, list.n * item->size);
		if (list.v == NULL)
			return why_set(why, ERR_NOMEM, "no memory for %zu items of key \"%s\"",
				       list.n, f->key.p);
	}
	for (size_t i = 0; i < list.n; i++) {
		int r = read_record(zone, item, &from->via.array.ptr[i],
				    (char *)list.v + i * item->size, why);

		if (r < 0) {
			why_prefix(why, "%s[%zu]", f->key.p, i);
			return r;
		}
	}
	memcpy(to, &list, sizeof list);
	return 0;
}

static int read_value(msgpack_zone *zone, const struct field *f, const msgpack_object *from,
		      void *to, struct why *why)
{
	switch (f->type) {
	case FIELD_str:
		return read_str(f, from, to, why);
	case FIELD_u64:
		return read_u64(f, from, to, why);
	case FIELD_bool:
		return read_bool(f, from, to, why);
	case FIELD_list:
		return read_list(zone, f, from, to, why);
	}
	must_not_reach("field type");
}

/* The place of `key` in the record, n_fields when it has none.  Our own packer writes the keys in
 * the record's order, so the search begins at `guess`. */
static size_t find(const struct record *rec, struct str key, size_t guess)
{
	for (size_t i = guess; i < rec->n_fields; i++) {
		if (str_eq(rec->fields[i].key, key))
			return i;
	}
	for (size_t i = 0; i < guess && i < rec->n_fields; i++) {
		if (str_eq(rec->fields[i].key, key))
			return i;
	}
	return rec->n_fields;
}

static int missing(const struct record *rec, uint64_t seen, struct why *why)
{
	for (size_t i = 0; i < rec->n_fields; i++) {
		const struct field *f = &rec->fields[i];

		if (!f->optional && (seen >> i & 1) == 0)
			return why_set(why, ERR_FORMAT, "key \"%s\" is missing", f->key.p);
	}
	return 0;
}

static int read_record(msgpack_zone *zone, const struct record *rec, const msgpack_object *from,
		       void *to, struct why *why)
{
	uint64_t seen = 0;
	size_t next = 0;

	if (from->type != MSGPACK_OBJECT_MAP)
		return why_set(why, ERR_FORMAT, "not a map of keys and values");
	memset(to, 0, rec->size);
	for (uint32_t i = 0; i < from->via.map.size; i++) {
		const msgpack_object_kv *kv = &from->via.map.ptr[i];
		struct str key = text_of(&kv->key);
		size_t at = find(rec, key, next);
		const struct field *f = &rec->fields[at];
		int r;

		if (at == rec->n_fields)
			return why_set(why, ERR_FORMAT, "key \"%.*s\" is unknown",
				       STR_ARG(cut(key)));
		if ((seen >> at & 1) != 0)
			return why_set(why, ERR_FORMAT, "key \"%s\" comes twice", f->key.p);
		seen |= UINT64_C(1) << at;
		r = read_value(zone, f, &kv->val, (char *)to + f->offset, why);
		if (r < 0)
			return r;
		next = at + 1;
	}
	return missing(rec, seen, why);
}

/* --- the envelope: [0, id, method, params], [1, id, error, result], [2, method, params] --- */

static int open_method(struct msg *m, const msgpack_object *method, const msgpack_object *params,
		       struct why *why)
{
	struct str name = text_of(method);

	m->method = schema_find(name);
	if (m->method == MSG_NONE)
		return why_set(why, ERR_FORMAT, "method \"%.*s\" is unknown", STR_ARG(cut(name)));
	if (msg_is_request(m->method) != (m->kind == MSG_KIND_REQUEST))
		return why_set(why, ERR_FORMAT, "%s came as a %s", msg_method_name(m->method),
			       m->kind == MSG_KIND_REQUEST ? "request" : "notification");
	if (params->type != MSGPACK_OBJECT_MAP)
		return why_set(why, ERR_FORMAT, "%s: the parameters are not a map",
			       msg_method_name(m->method));
	m->body = params;
	return 0;
}

static int open_reply(struct msg *m, const msgpack_object *error, const msgpack_object *result,
		      struct why *why)
{
	m->is_error = error->type != MSGPACK_OBJECT_NIL;
	if (m->is_error == (result->type != MSGPACK_OBJECT_NIL))
		return why_set(why, ERR_FORMAT,
			       "reply %u: exactly one of error and result is needed", m->id);
	m->body = m->is_error ? error : result;
	if (((const msgpack_object *)m->body)->type != MSGPACK_OBJECT_MAP)
		return why_set(why, ERR_FORMAT, "reply %u: the %s is not a map", m->id,
			       m->is_error ? "error" : "result");
	return 0;
}

static int open_envelope(struct msg *m, const msgpack_object *top, struct why *why)
{
	const msgpack_object *v;
	uint32_t n;

	if (top->type != MSGPACK_OBJECT_ARRAY || top->via.array.size < 3)
		return why_set(why, ERR_FORMAT, "a message is an array of three or four members");
	v = top->via.array.ptr;
	n = top->via.array.size;
	if (!is_number(&v[0], MSG_KIND_NOTIFICATION))
		return why_set(why, ERR_FORMAT, "the type of a message is 0, 1 or 2");
	m->kind = (enum msg_kind)v[0].via.u64;
	if (n != (m->kind == MSG_KIND_NOTIFICATION ? 3 : 4))
		return why_set(why, ERR_FORMAT, "a message of type %u has not %u members", m->kind,
			       n);
	if (m->kind == MSG_KIND_NOTIFICATION)
		return open_method(m, &v[1], &v[2], why);
	if (!is_number(&v[1], UINT32_MAX))
		return why_set(why, ERR_FORMAT, "the id of a message is a number of 32 bits");
	m->id = (uint32_t)v[1].via.u64;
	return m->kind == MSG_KIND_REQUEST ? open_method(m, &v[2], &v[3], why)
					   : open_reply(m, &v[2], &v[3], why);
}

static int unpack(struct msg *m, struct str value, msgpack_object *ret_top, struct why *why)
{
	int nodes = check_value(value, why);
	size_t at = 0;

	if (nodes < 0)
		return nodes;
	m->arena = msgpack_zone_new((size_t)nodes * sizeof(msgpack_object));
	if (m->arena == NULL)
		return no_memory(why, value);
	switch (msgpack_unpack(value.p, value.n, &at, m->arena, ret_top)) {
	case MSGPACK_UNPACK_SUCCESS:
		return 0;
	case MSGPACK_UNPACK_NOMEM_ERROR:
		return no_memory(why, value);
	default:
		return why_set(why, ERR_FORMAT, "byte %zu of the frame: msgpack-c refuses it", at);
	}
}

int msg_open(struct msg *ret_msg, struct str value, struct why *why)
{
	struct msg m = { 0 };
	msgpack_object top = { 0 };
	int r = unpack(&m, value, &top, why);

	if (r == 0)
		r = open_envelope(&m, &top, why);
	if (r < 0)
		msg_close(&m);
	else
		*ret_msg = m;
	return r;
}

static int read_body(const struct msg *m, const struct record *rec, void *to, struct why *why)
{
	int r = read_record(m->arena, rec, m->body, to, why);

	if (r < 0) {
		memset(to, 0, rec->size);
		why_prefix(why, "%s", rec->name);
	}
	return r;
}

int msg_read(const struct msg *m, enum msg_method method, void *to, struct why *why)
{
	const struct method *what = schema_method(method);

	must(what != NULL);
	if (m->kind != MSG_KIND_REPLY) {
		if (m->method != method)
			return why_set(why, ERR_STATE, "asked for %s, but this is %s", what->name,
				       msg_method_name(m->method));
		return read_body(m, what->params(), to, why);
	}
	if (m->is_error || what->reply == NULL)
		return why_set(why, ERR_STATE, "reply %u has no result of %s", m->id, what->name);
	return read_body(m, what->reply(), to, why);
}

int msg_read_error(const struct msg *m, struct msg_error *to, struct why *why)
{
	if (!m->is_error)
		return why_set(why, ERR_STATE, "message %u is no error", m->id);
	return read_body(m, schema_error(), to, why);
}

void msg_close(struct msg *m)
{
	if (m->arena != NULL)
		msgpack_zone_free(m->arena);
	*m = (struct msg){ 0 };
}
