/* recorder_test.c - what is recorded replays the same; what can't be kept is told. */
#include "field.h"

#include "record/pack.h"

#define MIB (1u << 20)

static void a_storm_replays_the_same(void **state)
{
	struct field f;
	struct told t;

	(void)state;
	field_begin(&f, 64 * MIB);
	for (unsigned i = 0; i < 100; i++) {
		field_live(&f, 200);
		assert_true(field_keep(&f));
	}
	t = field_replay(buf_all(&f.file));
	assert_int_equal(t.parts, 1);
	assert_int_equal(t.steps, 100 * 200);
	assert_int_equal(t.different + t.breaks + t.gaps + t.damages, 0);
	assert_null(memmem(f.file.p, f.file.n, "a-name", 6));
	assert_true(f.file.n / t.steps < 64);
	field_end(&f);
}

static void the_numbers_of_the_policy_may_change(void **state)
{
	struct field f;
	struct told t;

	(void)state;
	field_begin(&f, 64 * MIB);
	for (unsigned i = 0; i < 20; i++) {
		f.p.backoff_base = 1000 + i;
		field_live(&f, 50);
	}
	assert_true(field_keep(&f));
	t = field_replay(buf_all(&f.file));
	assert_int_equal(t.steps, 20 * 50);
	assert_int_equal(t.different + t.breaks, 0);
	field_end(&f);
}

static void a_lost_chunk_is_a_gap(void **state)
{
	struct recorder_chunk c;
	struct recorder_stats s;
	struct field f;
	struct told t;

	(void)state;
	field_begin(&f, 64 * MIB);
	field_live(&f, 100);
	assert_true(field_keep(&f));
	field_live(&f, 30);
	assert_true(recorder_take(f.recorder, &c));
	assert_false(recorder_take(f.recorder, &c));
	field_live(&f, 7);
	recorder_lost(f.recorder);
	field_live(&f, 100);
	assert_true(field_keep(&f));
	recorder_stats(f.recorder, &s);
	assert_int_equal(s.lost, 37);
	assert_int_equal(s.steps, 200);
	t = field_replay(buf_all(&f.file));
	assert_int_equal(t.steps, 200);
	assert_int_equal(t.gaps, 1);
	assert_int_equal(t.missing, 37);
	assert_int_equal(t.different + t.breaks + t.damages, 0);
	field_end(&f);
}

static void a_full_buffer_is_a_gap(void **state)
{
	struct recorder_chunk c;
	struct recorder_stats s;
	struct field f;
	struct told t;

	(void)state;
	field_begin(&f, MIB);
	field_live(&f, 20000); /* of 40 bytes into 256 KiB */
	recorder_stats(f.recorder, &s);
	assert_true(s.lost > 0 && s.lost + s.steps == 20000);
	assert_true(recorder_take(f.recorder, &c) && c.bytes.n <= MIB / 4);
	assert_true(c.begins);
	assert_int_equal(buf_str(&f.file, c.bytes), 0);
	recorder_kept(f.recorder, c.bytes.n);
	field_live(&f, 100);
	assert_true(field_keep(&f));
	t = field_replay(buf_all(&f.file));
	assert_int_equal(t.steps, s.steps + 100);
	assert_int_equal(t.missing, s.lost);
	assert_int_equal(t.different + t.breaks + t.damages, 0);
	field_end(&f);
}

/* As core/app/record.c does it: a part that has no room goes to a new file. */
static void files_are_whole_and_within_their_size(void **state)
{
	const struct recorder_options o = { .file_bytes = MIB };
	unsigned files = 1, steps = 0;
	struct field f;

	(void)state;
	field_begin(&f, MIB);
	for (unsigned i = 0; i < 2000; i++) {
		struct recorder_chunk c;

		field_live(&f, 50);
		assert_true(recorder_take(f.recorder, &c));
		if (c.begins && f.file.n > 0 && !recorder_fits(&o, f.file.n)) {
			struct told t = field_replay(buf_all(&f.file));

			assert_int_equal(t.different + t.breaks + t.damages + t.gaps, 0);
			assert_true(f.file.n > MIB / 2);
			steps += t.steps;
			files++;
			buf_reset(&f.file);
		}
		assert_int_equal(buf_str(&f.file, c.bytes), 0);
		assert_true(f.file.n <= MIB);
		recorder_kept(f.recorder, f.file.n);
	}
	assert_true(files > 3);
	assert_int_equal(steps + field_replay(buf_all(&f.file)).steps, 2000 * 50);
	field_end(&f);
}

static void a_change_apart_is_told_or_found(void **state)
{
	struct field f;
	struct told t;

	(void)state;
	field_begin(&f, 64 * MIB);
	field_live(&f, 100);
	f.a[0].priority ^= 1;
	recorder_forget(f.recorder, 1);
	field_live(&f, 100);
	field_keep(&f);
	t = field_replay(buf_all(&f.file));
	assert_int_equal(t.steps, 200);
	assert_int_equal(t.breaks, 0);
	f.a[0].priority ^= 1;
	field_live(&f, 100);
	field_keep(&f);
	t = field_replay(buf_all(&f.file));
	assert_int_equal(t.breaks, 1);
	assert_true(t.steps < 300 && t.steps > 200);
	field_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_storm_replays_the_same),
		cmocka_unit_test(the_numbers_of_the_policy_may_change),
		cmocka_unit_test(a_lost_chunk_is_a_gap),
		cmocka_unit_test(a_full_buffer_is_a_gap),
		cmocka_unit_test(files_are_whole_and_within_their_size),
		cmocka_unit_test(a_change_apart_is_told_or_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
