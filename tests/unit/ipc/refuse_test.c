/* refuse_test.c - every way in which a message can be wrong is refused, with a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <msgpack/pack.h>

#include "base/obj.h"
#include "sample.h"

/* --- one wrong field --- */

/* What is done to a field, and what the sentence then says of its key. */
// clang-format off
#define TWISTS(T)                     \
	T(NONE, "")                   \
	T(OMIT, "is missing")         \
	T(TWICE, "comes twice")       \
	T(STRANGER, "is unknown")     \
	T(OVER, "allowed")            \
	T(LATIN1, "is not UTF-8")     \
	T(NIL, "is not")              \
	T(BOOL, "is not")             \
	T(NUMBER, "is not")           \
	T(NEGATIVE, "is not")         \
	T(FLOAT, "is not")            \
	T(STRING, "is not")           \
	T(ARRAY, "is not")            \
	T(MAP, "is not")

enum twist {
#define T(id, said) TWIST_##id,
	TWISTS(T)
#undef T
	TWIST_COUNT
};
static const struct {
	const char *name, *said;
} twists[] = {
#define T(id, said) { #id, said },
	TWISTS(T)
#undef T
};
// clang-format on

/* What is wrong in a frame, and where. */
struct wrong {
	const struct record *rec;
	const struct field *f;
	enum twist twist;
};

static int on_packed(void *out, const char *bytes, size_t n)
{
	return buf_add(out, bytes, n);
}

static void put_str(msgpack_packer *pk, struct str s)
{
	msgpack_pack_str(pk, s.n);
	msgpack_pack_str_body(pk, s.p, s.n);
}

static void put_record(msgpack_packer *pk, const struct record *rec, const struct wrong *wrong);

static void put_list(msgpack_packer *pk, const struct field *f, size_t n, const struct wrong *wrong)
{
	msgpack_pack_array(pk, n);
	for (size_t i = 0; i < n; i++)
		put_record(pk, f->item(), wrong);
}

static void put_right(msgpack_packer *pk, const struct field *f, const struct wrong *wrong)
{
	switch (f->type) {
	case FIELD_str:
		put_str(pk, STR("x"));
		break;
	case FIELD_u64:
		msgpack_pack_uint64(pk, 1);
		break;
	case FIELD_bool:
		msgpack_pack_true(pk);
		break;
	case FIELD_list:
		put_list(pk, f, 1, wrong);
		break;
	}
}

static void put_over(msgpack_packer *pk, const struct field *f, const struct wrong *wrong)
{
	static char text[LIMIT_FRAME];

	switch (f->type) {
	case FIELD_str:
		put_str(pk, (struct str){ text, f->bound + 1 });
		break;
	case FIELD_list:
		put_list(pk, f, f->bound + 1, wrong);
		break;
	default:
		msgpack_pack_uint64(pk, f->bound + 1);
	}
}

static void put_twisted(msgpack_packer *pk, const struct field *f, const struct wrong *wrong)
{
	switch (wrong->twist) {
	case TWIST_NONE:
	case TWIST_STRANGER:
	case TWIST_OMIT:
	case TWIST_COUNT:
		break;
	case TWIST_TWICE:
		put_right(pk, f, wrong);
		put_str(pk, f->key);
		put_right(pk, f, wrong);
		return;
	case TWIST_OVER:
		put_over(pk, f, wrong);
		return;
	case TWIST_LATIN1:
		put_str(pk, STR("\xe9"));
		return;
	case TWIST_NIL:
		msgpack_pack_nil(pk);
		return;
	case TWIST_BOOL:
		msgpack_pack_false(pk);
		return;
	case TWIST_NUMBER:
		msgpack_pack_uint64(pk, 1);
		return;
	case TWIST_NEGATIVE:
		msgpack_pack_int(pk, -1);
		return;
	case TWIST_FLOAT:
		msgpack_pack_double(pk, 1.0);
		return;
	case TWIST_STRING:
		put_str(pk, STR("1"));
		return;
	case TWIST_ARRAY:
		msgpack_pack_array(pk, 0);
		return;
	case TWIST_MAP:
		msgpack_pack_map(pk, 0);
		return;
	}
	put_right(pk, f, wrong);
}

/* All fields, also the optional ones; wrong where `wrong` says so. */
static void put_record(msgpack_packer *pk, const struct record *rec, const struct wrong *wrong)
{
	enum twist twist = rec == wrong->rec ? wrong->twist : TWIST_NONE;
	size_t n = rec->n_fields;

	n += twist == TWIST_TWICE || twist == TWIST_STRANGER;
	n -= twist == TWIST_OMIT;
	msgpack_pack_map(pk, n);
	if (twist == TWIST_STRANGER) {
		put_str(pk, STR("xyzzy"));
		msgpack_pack_uint64(pk, 1);
	}
	for (size_t i = 0; i < rec->n_fields; i++) {
		const struct field *f = &rec->fields[i];
		bool here = rec == wrong->rec && f == wrong->f;

		if (here && twist == TWIST_OMIT)
			continue;
		put_str(pk, f->key);
		if (here)
			put_twisted(pk, f, wrong);
		else
			put_right(pk, f, wrong);
	}
}

static void put_message(struct buf *out, const struct carrier *c, const struct wrong *wrong)
{
	msgpack_packer pk;

	msgpack_packer_init(&pk, out, on_packed);
	msgpack_pack_array(&pk, c->kind == MSG_KIND_NOTIFICATION ? 3 : 4);
	msgpack_pack_int(&pk, (int)c->kind);
	if (c->kind != MSG_KIND_NOTIFICATION)
		msgpack_pack_int(&pk, 1);
	if (c->kind != MSG_KIND_REPLY)
		put_str(&pk, str_of(msg_method_name(c->method)));
	else if (c->rec != schema_error())
		msgpack_pack_nil(&pk);
	put_record(&pk, c->rec, wrong);
	if (c->rec == schema_error())
		msgpack_pack_nil(&pk);
}

/* Whether `twist` makes the field wrong at all. */
static bool is_wrong(const struct field *f, enum twist twist)
{
	switch (twist) {
	case TWIST_NONE:
	case TWIST_COUNT:
		return false;
	case TWIST_OMIT:
		return !f->optional;
	case TWIST_OVER:
		return f->type != FIELD_bool && f->bound != UINT64_MAX;
	case TWIST_LATIN1:
		return f->type == FIELD_str;
	case TWIST_BOOL:
		return f->type != FIELD_bool;
	case TWIST_NUMBER:
		return f->type != FIELD_u64;
	case TWIST_STRING:
		return f->type != FIELD_str;
	case TWIST_ARRAY:
		return f->type != FIELD_list;
	default:
		return true;
	}
}

/* Whether a frame can be made of it: a bool has no bound, and 64 bits cannot be passed. */
static bool can_be(const struct field *f, enum twist twist)
{
	return twist == TWIST_OVER || twist == TWIST_LATIN1 ? is_wrong(f, twist) : true;
}

static bool all_zero(const void *p, size_t n)
{
	const char *c = p;

	for (size_t i = 0; i < n; i++) {
		if (c[i] != 0)
			return false;
	}
	return true;
}

static void assert_sentence(const struct carrier *c, const struct wrong *wrong, const char *text)
{
	const char *key = wrong->twist == TWIST_STRANGER ? "xyzzy" : wrong->f->key.p;
	const char *said = twists[wrong->twist].said;
	char quoted[80];

	snprintf(quoted, sizeof quoted, "key \"%s\" ", key);
	if (strncmp(text, c->rec->name, strlen(c->rec->name)) != 0 ||
	    strstr(text, quoted) == NULL || strstr(text, said) == NULL)
		fail_msg("expected: %s: %s... %s; got: %s", c->rec->name, quoted, said, text);
}

static unsigned n_refused;

static void try_wrong(const struct carrier *c, const struct wrong *wrong)
{
	union any_record to;
	struct why why = { 0 };
	struct buf out;
	struct msg m;
	int r;

	buf_init(&out, 1u << 20);
	put_message(&out, c, wrong);
	if (msg_open(&m, buf_all(&out), &why) != 0)
		fail_msg("%s: %s", c->rec->name, why.text);
	r = carrier_read(c, &m, &to, &why);
	if (r != (is_wrong(wrong->f, wrong->twist) ? ERR_FORMAT : 0))
		fail_msg("%s.%s %s: %d %s", wrong->rec->name, wrong->f->key.p,
			 twists[wrong->twist].name, r, why.text);
	if (r < 0) {
		assert_sentence(c, wrong, why.text);
		assert_true(all_zero(&to, c->rec->size));
		n_refused++;
	}
	msg_close(&m);
	buf_fini(&out);
}

/* `rec` is the carrier's record or an item inside it. */
static void try_record(const struct carrier *c, const struct record *rec)
{
	for (size_t i = 0; i < rec->n_fields; i++) {
		const struct field *f = &rec->fields[i];

		for (enum twist t = TWIST_NONE; t < TWIST_COUNT; t++) {
			if (can_be(f, t))
				try_wrong(c, &(struct wrong){ rec, f, t });
		}
		if (f->type == FIELD_list)
			try_record(c, f->item());
	}
}

static void every_wrong_field_of_every_message_is_refused(void **state)
{
	struct carrier c;

	(void)state;
	for (size_t i = 0; carrier_at(i, &c); i++)
		try_record(&c, c.rec);
	assert_true(n_refused > 800);
}

static void a_sentence_says_where_in_a_list(void **state)
{
	struct str value = STR("\x93\x02\xa6listed\x82\xa4"
			       "call\x01\xa8sessions\x92\x82\xa7session\xa1s\xa5state\x04\x81\xa7"
			       "session\xa1t");
	struct msg_listed listed;
	struct why why = { 0 };
	struct msg m;

	(void)state;
	assert_int_equal(msg_open(&m, value, &why), 0);
	assert_int_equal(msg_read(&m, MSG_listed, &listed, &why), ERR_FORMAT);
	assert_string_equal(why.text, "listed: sessions[1]: key \"state\" is missing");
	msg_close(&m);
}

/* --- the envelope --- */

static void every_wrong_envelope_is_refused(void **state)
{
	static const struct {
		const char *name;
		struct str value;
	} cases[] = {
		{ "no array", STR("\x81\xa1k\x01") },
		{ "empty array", STR("\x90") },
		{ "two members", STR("\x92\x02\xa3log") },
		{ "five members", STR("\x95\x00\x01\xa4ping\x80\xc0") },
		{ "type 3", STR("\x93\x03\xa3log\x80") },
		{ "type is text", STR("\x93\xa1"
				      "2\xa3log\x80") },
		{ "negative type", STR("\x93\xff\xa3log\x80") },
		{ "request without id", STR("\x93\x00\xa4ping\x80") },
		{ "notification with id", STR("\x94\x02\x01\xa3log\x80") },
		{ "id over 32 bits", STR("\x94\x00\xcf\0\0\0\1\0\0\0\0\xa4ping\x80") },
		{ "negative id", STR("\x94\x00\xff\xa4ping\x80") },
		{ "method unknown", STR("\x93\x02\xa4gone\x80") },
		{ "method is a number", STR("\x93\x02\x01\x80") },
		{ "method with a NUL behind", STR("\x93\x02\xa4log\0\x80") },
		{ "method empty", STR("\x93\x02\xa0\x80") },
		{ "params are an array", STR("\x93\x02\xa3log\x90") },
		{ "params are nil", STR("\x93\x02\xa3log\xc0") },
		{ "request as notification", STR("\x93\x02\xa4ping\x80") },
		{ "notification as request", STR("\x94\x00\x01\xa3log\x80") },
		{ "reply with error and result", STR("\x94\x01\x01\x80\x80") },
		{ "reply with neither", STR("\x94\x01\x01\xc0\xc0") },
		{ "error is text", STR("\x94\x01\x01\xa1x\xc0") },
		{ "result is a number", STR("\x94\x01\x01\xc0\x01") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct msg m = { .id = 12345 };
		struct why why = { 0 };

		if (msg_open(&m, cases[i].value, &why) != ERR_FORMAT)
			fail_msg("%s", cases[i].name);
		assert_true(why.text[0] != '\0');
		assert_int_equal(m.id, 12345);
	}
}

static void reading_it_as_something_else_is_refused(void **state)
{
	union any_record to;
	struct msg m;

	(void)state;
	assert_int_equal(msg_open(&m, STR("\x94\x00\x01\xa4ping\x81\xa3seq\x01"), NULL), 0);
	assert_int_equal(msg_read(&m, MSG_stop, &to, NULL), ERR_STATE);
	assert_int_equal(msg_read_error(&m, (struct msg_error *)&to, NULL), ERR_STATE);
	msg_close(&m);
	assert_int_equal(msg_open(&m, STR("\x94\x01\x01\xc0\x80"), NULL), 0);
	assert_int_equal(msg_read(&m, MSG_log, &to, NULL), ERR_STATE);
	assert_int_equal(msg_read_error(&m, (struct msg_error *)&to, NULL), ERR_STATE);
	msg_close(&m);
	assert_int_equal(msg_open(&m,
				  STR("\x94\x01\x01\x81\xa5"
				      "cause\x01\xc0"),
				  NULL),
			 0);
	assert_int_equal(msg_read(&m, MSG_create, &to, NULL), ERR_STATE);
	assert_int_equal(msg_read_error(&m, (struct msg_error *)&to, NULL), 0);
	msg_close(&m);
}

static void a_peers_words_are_cut_in_a_sentence(void **state)
{
	char bytes[4 + 3 + 1000 + 1] = "\x93\x02\xda\x03\xe8";
	struct why why = { 0 };
	struct msg m;

	(void)state;
	memset(bytes + 5, 'm', 1000);
	bytes[1005] = (char)0x80;
	assert_int_equal(msg_open(&m, (struct str){ bytes, 1006 }, &why), ERR_FORMAT);
	assert_true(strlen(why.text) < 100);
}

/* --- cut and continued --- */

static void a_message_cut_anywhere_or_continued_is_refused(void **state)
{
	struct carrier c;
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; carrier_at(i, &c); i++) {
		union any_record record;
		struct str value;
		struct buf out;
		struct msg m;

		buf_init(&out, 1u << 20);
		sample_fill(c.rec, SAMPLE_TYPICAL, &seed, &record);
		assert_int_equal(carrier_pack(&c, &out, 1, &record), 0);
		buf_byte(&out, '\0');
		out.n--; /* one byte behind the frame, for the last case */
		value = only_value(&out);
		for (size_t n = 0; n < value.n; n++) {
			if (msg_open(&m, (struct str){ value.p, n }, NULL) != ERR_FORMAT)
				fail_msg("%s cut to %zu bytes", c.rec->name, n);
		}
		assert_int_equal(msg_open(&m, (struct str){ value.p, value.n + 1 }, NULL),
				 ERR_FORMAT);
		buf_fini(&out);
		sample_forget();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_wrong_field_of_every_message_is_refused),
		cmocka_unit_test(a_sentence_says_where_in_a_list),
		cmocka_unit_test(every_wrong_envelope_is_refused),
		cmocka_unit_test(reading_it_as_something_else_is_refused),
		cmocka_unit_test(a_peers_words_are_cut_in_a_sentence),
		cmocka_unit_test(a_message_cut_anywhere_or_continued_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
