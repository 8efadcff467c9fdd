/* frame_test.c - frames begin and end where they say, however a stream is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/obj.h"
#include "ipc/frame.h"

static void add_frame(struct buf *b, const char *text)
{
	size_t place = frame_begin(b);

	buf_text(b, text);
	assert_int_equal(frame_end(b, place), 0);
}

static void a_frame_is_its_length_and_its_value(void **state)
{
	struct buf b;
	struct str value;

	(void)state;
	buf_init(&b, 100);
	add_frame(&b, "abc");
	assert_int_equal(b.n, 7);
	assert_memory_equal(b.p, "\0\0\0\3abc", 7);
	assert_int_equal(frame_peek(buf_all(&b), &value), 7);
	assert_true(str_is(value, "abc"));
	buf_fini(&b);
}

static void the_length_is_four_bytes_big_endian(void **state)
{
	static char filler[0x012345];
	struct buf b;
	size_t place;

	(void)state;
	buf_init(&b, LIMIT_FRAME);
	place = frame_begin(&b);
	buf_add(&b, filler, sizeof filler);
	assert_int_equal(frame_end(&b, place), 0);
	assert_memory_equal(b.p, "\x00\x01\x23\x45", 4);
	buf_fini(&b);
}

/* Feed `stream` in pieces of `step` bytes to a reader that keeps what it cannot use yet. */
static void read_in_pieces(struct str stream, size_t step, const char *const *expect, size_t n)
{
	struct buf kept;
	size_t seen = 0;

	buf_init(&kept, 1000);
	for (size_t at = 0; at < stream.n; at += step) {
		struct str value;
		int r;

		buf_add(&kept, stream.p + at, MIN_OF(step, stream.n - at));
		while ((r = frame_peek(buf_all(&kept), &value)) > 0) {
			assert_true(seen < n);
			assert_true(str_is(value, expect[seen++]));
			buf_drop(&kept, (size_t)r);
		}
		assert_int_equal(r, 0);
	}
	assert_int_equal(seen, n);
	assert_int_equal(kept.n, 0);
	buf_fini(&kept);
}

static void a_stream_gives_the_same_frames_however_it_is_cut(void **state)
{
	static const char *const texts[] = { "a", "a longer one, to be cut at many places", "xyz" };
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		add_frame(&b, texts[i]);
	for (size_t step = 1; step <= b.n; step++)
		read_in_pieces(buf_all(&b), step, texts, ARRAY_LEN(texts));
	buf_fini(&b);
}

static void a_part_of_a_frame_is_no_frame(void **state)
{
	struct str value = STR("untouched");
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	add_frame(&b, "abcdef");
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(frame_peek((struct str){ b.p, n }, &value), 0);
	assert_true(str_is(value, "untouched"));
	buf_fini(&b);
}

static void bad_lengths_are_refused_before_any_byte_of_the_value(void **state)
{
	static const struct {
		const char *name;
		struct str head;
		int result;
	} cases[] = {
		{ "no value", STR("\0\0\0\0"), ERR_FORMAT },
		{ "the limit is allowed", STR("\x00\x10\x00\x00"), 0 },
		{ "one over the limit", STR("\x00\x10\x00\x01"), ERR_TOOBIG },
		{ "all bits", STR("\xff\xff\xff\xff"), ERR_TOOBIG },
		{ "text of another protocol", STR("GET / HTTP/1.1"), ERR_TOOBIG },
	};
	struct str value;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (frame_peek(cases[i].head, &value) != cases[i].result)
			fail_msg("%s", cases[i].name);
	}
}

/* A frame of `n` bytes behind another in a buffer of `limit`; returns what frame_end said. */
static int try_frame(struct buf *b, size_t limit, size_t n)
{
	static char filler[LIMIT_FRAME + 1];
	size_t place;
	int r;

	buf_init(b, limit);
	add_frame(b, "before");
	place = frame_begin(b);
	buf_add(b, filler, n);
	r = frame_end(b, place);
	if (r < 0) {
		assert_int_equal(b->n, 10);
		assert_int_equal(b->failed, 0);
		assert_memory_equal(b->p, "\0\0\0\6before", 10);
	}
	return r;
}

static void a_frame_that_fails_leaves_the_buffer_good_for_the_next(void **state)
{
	static const struct {
		const char *name;
		size_t limit, n;
		int result;
	} cases[] = {
		{ "fits", 1000, 100, 0 },
		{ "the value is over the buffer's limit", 50, 100, ERR_TOOBIG },
		{ "not even the length fits", 12, 1, ERR_TOOBIG },
		{ "as large as a frame may be", 2 * LIMIT_FRAME, LIMIT_FRAME, 0 },
		{ "over the limit of a frame", 2 * LIMIT_FRAME, LIMIT_FRAME + 1, ERR_TOOBIG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b;

		if (try_frame(&b, cases[i].limit, cases[i].n) != cases[i].result)
			fail_msg("%s", cases[i].name);
		buf_fini(&b);
	}
}

static void a_buffer_that_had_failed_before_stays_failed(void **state)
{
	struct buf b;
	size_t place;

	(void)state;
	buf_init(&b, 10);
	add_frame(&b, "abc");
	assert_int_equal(buf_text(&b, "too long for it"), ERR_TOOBIG);
	place = frame_begin(&b);
	buf_text(&b, "x");
	assert_int_equal(frame_end(&b, place), ERR_TOOBIG);
	assert_int_equal(b.failed, ERR_TOOBIG);
	assert_int_equal(b.n, 7);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_its_length_and_its_value),
		cmocka_unit_test(the_length_is_four_bytes_big_endian),
		cmocka_unit_test(a_stream_gives_the_same_frames_however_it_is_cut),
		cmocka_unit_test(a_part_of_a_frame_is_no_frame),
		cmocka_unit_test(bad_lengths_are_refused_before_any_byte_of_the_value),
		cmocka_unit_test(a_frame_that_fails_leaves_the_buffer_good_for_the_next),
		cmocka_unit_test(a_buffer_that_had_failed_before_stays_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
