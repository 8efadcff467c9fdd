/* damage_test.c - recordings that are cut off, damaged, or of another build. */
#include "field.h"

#include <stdlib.h>

#include "base/obj.h"
#include "record/pack.h"

static void begin(struct field *f)
{
	field_begin(f, 64u << 20);
	field_live(f, 60);
	assert_true(field_keep(f));
}

static void cut_anywhere_the_rest_is_the_same(void **state)
{
	struct field f;
	unsigned whole;

	(void)state;
	begin(&f);
	whole = field_replay(buf_all(&f.file)).steps;
	assert_int_equal(whole, 60);
	for (size_t n = 0; n < f.file.n; n++) {
		struct told t = field_replay((struct str){ f.file.p, n });

		assert_int_equal(t.different + t.breaks, 0);
		assert_true(t.steps < whole);
		assert_true(t.damages <= 1);
		if (t.parts > 0)
			assert_int_equal(t.torn, t.damages);
	}
	field_end(&f);
}

/* relinkd was killed while it wrote, and its successor goes on behind that. */
static void a_part_behind_a_torn_one_is_read(void **state)
{
	struct field f, g;

	(void)state;
	begin(&f);
	begin(&g);
	for (size_t n = 1; n < g.file.n; n += 7) {
		struct buf both;
		struct told t;

		buf_init(&both, 1u << 20);
		buf_add(&both, g.file.p, n);
		buf_str(&both, buf_all(&f.file));
		t = field_replay(buf_all(&both));
		assert_int_equal(t.different + t.breaks, 0);
		assert_int_equal(t.torn, t.damages);
		assert_true(t.steps >= 60 && t.parts >= 1);
		buf_fini(&both);
	}
	field_end(&g);
	field_end(&f);
}

static size_t first_step(struct str bytes)
{
	struct recording *rec;
	struct recorded item;

	assert_int_equal(recording_open(&rec, bytes), 0);
	while (recording_next(rec, &item) > 0 && item.kind != RECORDED_STEP)
		;
	assert_int_equal(item.kind, RECORDED_STEP);
	recording_close(&rec);
	return item.at;
}

/* Whatever a byte becomes, reading ends, and what was recorded with it is told to differ, or not told. */
static void any_byte_may_change(void **state)
{
	unsigned noticed = 0, tried = 0;
	struct field f;

	(void)state;
	begin(&f);
	for (size_t at = first_step(buf_all(&f.file)); at < f.file.n; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct told t;

			f.file.p[at] = (char)(f.file.p[at] ^ 1 << bit);
			t = field_replay(buf_all(&f.file));
			f.file.p[at] = (char)(f.file.p[at] ^ 1 << bit);
			tried++;
			noticed += t.different + t.breaks + t.damages > 0 || t.steps < 60;
		}
	}
	/* the others are of inputs that the policy did not ask for: a stale event may be of any time */
	assert_true(tried > 8 * 1000);
	assert_true(noticed > tried / 2);
	field_end(&f);
}

static size_t find(struct str in, const char *text)
{
	const char *p = memmem(in.p, in.n, text, strlen(text));

	assert_non_null(p);
	return (size_t)(p - in.p);
}

/* A member that is called otherwise there is zero here, and not compared. */
static void a_member_of_another_build_is_left_out(void **state)
{
	struct recording *rec;
	struct recorded item;
	struct field f;
	struct told t;

	(void)state;
	begin(&f);
	memcpy(f.file.p + find(buf_all(&f.file), "close_tries"), "xlose_tries", 11);
	t = field_replay(buf_all(&f.file));
	assert_int_equal(t.steps, 60);
	assert_int_equal(t.damages + t.breaks, 0);
	assert_int_equal(recording_open(&rec, buf_all(&f.file)), 0);
	assert_int_equal(recording_next(rec, &item), 1);
	assert_string_equal(recording_stranger(rec, OF_ACCOUNT, 0), "xlose_tries");
	assert_null(recording_stranger(rec, OF_ACCOUNT, 1));
	assert_null(recording_stranger(rec, OF_EVENT, 0));
	recording_close(&rec);
	field_end(&f);
}

/* It would be obeyed by the terminal on which the name is shown. */
static void a_name_with_an_escape_is_a_damage(void **state)
{
	struct field f;
	struct told t;

	(void)state;
	begin(&f);
	f.file.p[find(buf_all(&f.file), "close_tries")] = '\x1b';
	t = field_replay(buf_all(&f.file));
	assert_int_equal(t.damages, 1);
	assert_int_equal(t.steps, 0);
	field_end(&f);
}

static void a_changed_rule_is_told_by_its_members(void **state)
{
	struct field f;
	struct told t;
	struct policy p;

	(void)state;
	field_begin(&f, 64u << 20);
	/* what is recorded says that waits begin at 2 s, what decides says at 3 s */
	p = f.p;
	for (unsigned i = 0; i < 400; i++) {
		struct account before = f.a[0];
		struct account_event e = { .kind = EV_CONNECT, .now = f.now += 1000 };
		struct effects fx;
		struct recorder_step s = { 1,       STR_NONE, 0,  STR("mock"), &p,
					   &before, &f.a[0],  &e, &fx };

		e.kind = i == 0                        ? EV_CONNECT
			 : before.state == ST_QUEUED   ? EV_PERMIT
			 : before.state == ST_STARTING ? EV_REFUSED
			 : before.state == ST_CLOSING  ? EV_CLOSED
						       : EV_TIMER;
		if (!account_expects(before.state, e.kind))
			break;
		e.cause = e.kind == EV_REFUSED ? RELINK_ENGINE_CRASH : RELINK_NONE;
		e.generation = event_is_about_a_life(e.kind) ? before.generation : 0;
		f.p.backoff_base = 3000;
		account_step(&f.p, &f.a[0], &e, &fx);
		recorder_step(f.recorder, &s);
	}
	field_keep(&f);
	t = field_replay(buf_all(&f.file));
	assert_true(t.different > 0);
	assert_int_equal(t.difference.n, 1);
	assert_int_equal(t.difference.differences[0].of, OF_ACCOUNT);
	assert_string_equal(values_name(OF_ACCOUNT, t.difference.differences[0].member),
			    "timer_at");
	field_end(&f);
}

/* A header whose structs have so many members, all of them of another build. */
static void add_header(struct buf *to, uint64_t members)
{
	struct buf record;

	buf_init(&record, RECORD_MAX);
	buf_byte(&record, RECORD_HEADER);
	pack_u64(&record, RECORD_VERSION);
	pack_text(&record, STR("0"));
	pack_u64(&record, 1);
	for (unsigned of = 0; of < OF_COUNT; of++) {
		pack_u64(&record, members);
		for (uint64_t i = 0; i < members; i++)
			pack_text(&record, STR("other"));
	}
	pack_u64(to, record.n);
	buf_str(to, buf_all(&record));
	buf_fini(&record);
}

static void add_record(struct buf *to, const uint64_t *numbers, size_t n, enum record_kind kind)
{
	struct buf record;

	buf_init(&record, RECORD_MAX);
	buf_byte(&record, (char)kind);
	for (size_t i = 0; i < n; i++)
		pack_u64(&record, numbers[i]);
	pack_u64(to, record.n);
	buf_str(to, buf_all(&record));
	buf_fini(&record);
}

/* What was told of an account is as long as the header before it said, so it goes with that header. */
static void a_second_header_forgets_what_the_first_one_told(void **state)
{
	static const uint64_t account[] = { 1, 0 };          /* row, no id, no members */
	static const uint64_t step[] = { 1, 0, 0, 0, 0, 0 }; /* row and policy; nothing else */
	struct buf file;
	struct told t;

	(void)state;
	buf_init(&file, 1u << 20);
	buf_add(&file, RECORD_MAGIC, RECORD_MAGIC_SIZE);
	add_header(&file, 0);
	add_record(&file, account, ARRAY_LEN(account), RECORD_ACCOUNT);
	add_header(&file, VALUES_MAX);
	add_record(&file, step, ARRAY_LEN(step), RECORD_STEP);
	t = field_replay(buf_all(&file));
	assert_int_equal(t.parts, 2);
	assert_int_equal(t.steps + t.breaks, 0);
	buf_fini(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_anywhere_the_rest_is_the_same),
		cmocka_unit_test(a_part_behind_a_torn_one_is_read),
		cmocka_unit_test(any_byte_may_change),
		cmocka_unit_test(a_member_of_another_build_is_left_out),
		cmocka_unit_test(a_name_with_an_escape_is_a_damage),
		cmocka_unit_test(a_changed_rule_is_told_by_its_members),
		cmocka_unit_test(a_second_header_forgets_what_the_first_one_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
