/* sample.c - fills and compares records by their tables. */
#include "sample.h"

#include <stdlib.h>

#include "ipc/frame.h"

#include "base/must.h"
#include "base/rng.h"

#define TEXT_MAX LIMIT_FRAME
#define LISTS    4096

static void *lists[LISTS];
static size_t n_lists;

void sample_forget(void)
{
	while (n_lists > 0)
		free(lists[--n_lists]);
}

static void *keep(size_t n, size_t size)
{
	must(n_lists < LISTS);
	lists[n_lists] = calloc(n, size);
	must(lists[n_lists] != NULL);
	return lists[n_lists++];
}

/* Four bytes that hold one byte, two bytes and a NUL, so a multiple of four is UTF-8. */
static struct str mixed_text(size_t n)
{
	static char text[TEXT_MAX];

	if (text[0] == '\0') {
		for (size_t i = 0; i < TEXT_MAX; i += 4)
			memcpy(text + i, "a\xc3\xa9\0", 4);
	}
	return (struct str){ text, n / 4 * 4 };
}

static struct str plain_text(size_t n)
{
	static char text[TEXT_MAX];

	if (text[0] == '\0')
		memset(text, 'x', TEXT_MAX);
	return (struct str){ text, n };
}

static uint64_t up_to(uint64_t *seed, uint64_t max)
{
	uint64_t v = rng_next(seed);

	return max == UINT64_MAX ? v : v % (max + 1);
}

static void fill_str(const struct field *f, enum sample how, uint64_t *seed, struct str *to)
{
	must(f->bound <= TEXT_MAX);
	if (how == SAMPLE_MOST)
		*to = plain_text(f->bound);
	else if (how == SAMPLE_TYPICAL)
		*to = plain_text(f->bound < 20 ? f->bound : 20);
	else if (how == SAMPLE_RANDOM)
		*to = mixed_text(up_to(seed, f->bound < 100 ? f->bound : 100));
}

static uint64_t some_number(const struct field *f, enum sample how, uint64_t *seed)
{
	switch (how) {
	case SAMPLE_LEAST:
		return 0;
	case SAMPLE_TYPICAL:
		return f->bound < 5 ? f->bound : 5;
	case SAMPLE_MOST:
		return f->bound;
	case SAMPLE_RANDOM:
		return up_to(seed, f->bound) >> up_to(seed, 63);
	}
	must_not_reach("sample");
}

static void fill_list(const struct field *f, enum sample how, uint64_t *seed, void *to)
{
	const struct record *item = f->item();
	struct schema_list list = { 0 };

	if (how == SAMPLE_MOST)
		list.n = f->bound;
	else if (how == SAMPLE_TYPICAL)
		list.n = 2;
	else if (how == SAMPLE_RANDOM)
		list.n = up_to(seed, 4);
	if (list.n > 0)
		list.v = keep(list.n, item->size);
	for (size_t i = 0; i < list.n; i++) {
		enum sample each = how == SAMPLE_MOST && i > 0 ? SAMPLE_LEAST : how;

		sample_fill(item, each, seed, (char *)list.v + i * item->size);
	}
	memcpy(to, &list, sizeof list);
}

void sample_fill(const struct record *rec, enum sample sample, uint64_t *seed, void *to)
{
	must(rec->size <= sizeof(union any_record));
	memset(to, 0, rec->size);
	for (size_t i = 0; i < rec->n_fields; i++) {
		const struct field *f = &rec->fields[i];
		void *at = (char *)to + f->offset;
		enum sample how = sample;

		/* one random field in four is empty, so that optional ones come and go */
		if (sample == SAMPLE_RANDOM && rng_next(seed) % 4 == 0)
			how = SAMPLE_LEAST;
		switch (f->type) {
		case FIELD_str:
			fill_str(f, how, seed, at);
			break;
		case FIELD_u64:
			*(uint64_t *)at = some_number(f, how, seed);
			break;
		case FIELD_bool:
			*(bool *)at = some_number(f, how, seed) != 0;
			break;
		case FIELD_list:
			fill_list(f, how, seed, at);
			break;
		}
	}
}

static bool list_equal(const struct record *item, const void *a, const void *b)
{
	struct schema_list la, lb;

	memcpy(&la, a, sizeof la);
	memcpy(&lb, b, sizeof lb);
	if (la.n != lb.n)
		return false;
	for (size_t i = 0; i < la.n; i++) {
		if (!record_equal(item, (char *)la.v + i * item->size,
				  (char *)lb.v + i * item->size))
			return false;
	}
	return true;
}

static bool field_equal(const struct field *f, const void *a, const void *b)
{
	switch (f->type) {
	case FIELD_str:
		return str_eq(*(const struct str *)a, *(const struct str *)b);
	case FIELD_u64:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case FIELD_bool:
		return *(const bool *)a == *(const bool *)b;
	case FIELD_list:
		return list_equal(f->item(), a, b);
	}
	must_not_reach("field type");
}

bool record_equal(const struct record *rec, const void *a, const void *b)
{
	for (size_t i = 0; i < rec->n_fields; i++) {
		const struct field *f = &rec->fields[i];

		if (!field_equal(f, (const char *)a + f->offset, (const char *)b + f->offset))
			return false;
	}
	return true;
}

bool carrier_at(size_t i, struct carrier *ret_carrier)
{
	for (enum msg_method m = MSG_NONE + 1; m < MSG_METHOD_COUNT; m++) {
		const struct method *method = schema_method(m);
		struct carrier params = { msg_is_request(m) ? MSG_KIND_REQUEST
							    : MSG_KIND_NOTIFICATION,
					  m, method->params() };

		*ret_carrier = params;
		if (i-- == 0)
			return true;
		if (method->reply == NULL)
			continue;
		*ret_carrier = (struct carrier){ MSG_KIND_REPLY, m, method->reply() };
		if (i-- == 0)
			return true;
	}
	*ret_carrier = (struct carrier){ MSG_KIND_REPLY, MSG_create, schema_error() };
	return i == 0;
}

static bool is_error(const struct carrier *c)
{
	return c->rec == schema_error();
}

int carrier_pack(const struct carrier *c, struct buf *out, uint32_t id, const void *from)
{
	if (c->kind == MSG_KIND_REQUEST)
		return msg_pack_request(out, id, c->method, from);
	if (c->kind == MSG_KIND_NOTIFICATION)
		return msg_pack_notification(out, c->method, from);
	return is_error(c) ? msg_pack_reply(out, id, c->method, from, NULL)
			   : msg_pack_reply(out, id, c->method, NULL, from);
}

int carrier_read(const struct carrier *c, const struct msg *m, void *to, struct why *why)
{
	return is_error(c) ? msg_read_error(m, to, why) : msg_read(m, c->method, to, why);
}

struct str only_value(const struct buf *b)
{
	struct str value;

	must(frame_peek(buf_all(b), &value) == (int)b->n);
	return value;
}
