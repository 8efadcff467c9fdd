/* prove.c - open, dump, read, pack again, compare. */
#include "prove.h"

#include <msgpack/unpack.h>

#include "base/must.h"
#include "ipc/check.h"
#include "sample.h"

static void prove_check(struct str value)
{
	msgpack_zone *zone;
	msgpack_object o;
	size_t at = 0;

	if (check_value(value, NULL) < 0)
		return;
	zone = msgpack_zone_new(8192);
	must(zone != NULL);
	must(msgpack_unpack(value.p, value.n, &at, zone, &o) == MSGPACK_UNPACK_SUCCESS);
	must(at == value.n);
	msgpack_zone_free(zone);
}

static void prove_dump(const struct msg *m)
{
	struct buf line;

	buf_init(&line, 1u << 20);
	must(msg_dump(&line, m) == 0);
	for (size_t i = 0; i < line.n; i++)
		must(line.p[i] >= 0x20 && line.p[i] < 0x7f);
	buf_fini(&line);
}

/* What was read can be sent, in no more bytes than it came in, and is the same again. */
static void prove_again(const struct carrier *c, const struct msg *m, const void *read, size_t n)
{
	union any_record again;
	struct buf out;
	struct str value;
	struct msg m2;

	buf_init(&out, 2u << 20);
	must(carrier_pack(c, &out, m->id, read) == 0);
	value = only_value(&out);
	must(value.n <= n);
	must(msg_open(&m2, value, NULL) == 0);
	must(m2.kind == m->kind && m2.method == m->method && m2.id == m->id);
	must(carrier_read(c, &m2, &again, NULL) == 0);
	must(record_equal(c->rec, read, &again));
	msg_close(&m2);
	buf_fini(&out);
}

/* Whether `m`, a message of the same kind, is what `c` sends. */
static bool carries(const struct carrier *c, const struct msg *m)
{
	if (m->kind != MSG_KIND_REPLY)
		return c->method == m->method;
	return m->is_error == (c->rec == schema_error());
}

static bool prove_read(const struct carrier *c, const struct msg *m, size_t n)
{
	union any_record to;
	struct why why = { 0 };
	int r = carrier_read(c, m, &to, &why);

	if (r == 0) {
		must(carries(c, m));
		prove_again(c, m, &to, n);
		return true;
	}
	must(r == (carries(c, m) ? ERR_FORMAT : ERR_STATE));
	must(why.text[0] != '\0');
	return false;
}

bool prove_frame(struct str value)
{
	struct why why = { 0 };
	struct carrier c;
	struct msg m;
	bool was_read = false;

	prove_check(value);
	if (msg_open(&m, value, &why) < 0) {
		must(why.code == ERR_FORMAT && why.text[0] != '\0');
		return false;
	}
	prove_dump(&m);
	for (size_t i = 0; carrier_at(i, &c); i++) {
		if (c.kind == m.kind)
			was_read |= prove_read(&c, &m, value.n);
	}
	msg_close(&m);
	return was_read;
}
