/* buf_test.c - a buffer grows to its limit and not a byte further. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"

static long reallocs_left = -1; /* -1: memory is never out */

void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n)
{
	if (reallocs_left == 0)
		return NULL;
	if (reallocs_left > 0)
		reallocs_left--;
	return __real_realloc(p, n);
}

static void assert_holds(const struct buf *b, const char *text)
{
	assert_int_equal(b->n, strlen(text));
	assert_memory_equal(b->p != NULL ? b->p : "", text, b->n);
}

static void what_is_appended_stands_there_in_order(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(buf_text(&b, "one "), 0);
	assert_int_equal(buf_str(&b, STR("two ")), 0);
	assert_int_equal(buf_add(&b, "three!", 5), 0);
	assert_int_equal(buf_byte(&b, ' '), 0);
	assert_int_equal(buf_u64(&b, 4), 0);
	assert_int_equal(buf_printf(&b, " %s %d", "five", 6), 0);
	assert_holds(&b, "one two three 4 five 6");
	assert_true(str_is(buf_all(&b), "one two three 4 five 6"));
	buf_fini(&b);
}

static void numbers_are_printed_whole(void **state)
{
	static const struct {
		uint64_t v;
		const char *text;
	} cases[] = { { 0, "0" },
		      { 9, "9" },
		      { 10, "10" },
		      { 18446744073709551615ull, "18446744073709551615" } };
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_reset(&b);
		buf_u64(&b, cases[i].v);
		assert_holds(&b, cases[i].text);
	}
	buf_fini(&b);
}

static void bytes_become_base64_with_its_padding(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "\xff\xfe\xfb\x01", "//77AQ==" },
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_init(&b, strlen(cases[i][1]));
		assert_int_equal(buf_base64(&b, str_of(cases[i][0])), 0);
		assert_true(str_is(buf_all(&b), cases[i][1]));
		assert_true(b.n == 0 || buf_base64(&b, STR("x")) == ERR_TOOBIG);
		assert_int_equal(b.n, strlen(cases[i][1]));
		buf_fini(&b);
	}
}

static void the_limit_can_be_reached_by_every_kind_of_append(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	assert_int_equal(buf_text(&b, "abcd"), 0);
	assert_holds(&b, "abcd");
	buf_reset(&b);
	assert_int_equal(buf_printf(&b, "%d", 1234), 0);
	assert_holds(&b, "1234");
	buf_reset(&b);
	assert_int_equal(buf_u64(&b, 1234), 0);
	assert_holds(&b, "1234");
	buf_fini(&b);
}

static void an_append_past_the_limit_changes_nothing_and_marks_the_buffer(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	assert_int_equal(buf_text(&b, "abc"), 0);
	assert_int_equal(buf_text(&b, "de"), ERR_TOOBIG);
	assert_holds(&b, "abc");
	assert_int_equal(b.failed, ERR_TOOBIG);
	/* what comes later fails too, even if it would fit: one question at the end is enough */
	assert_int_equal(buf_byte(&b, 'd'), ERR_TOOBIG);
	assert_int_equal(buf_printf(&b, "d"), ERR_TOOBIG);
	assert_int_equal(buf_add(&b, "", 0), ERR_TOOBIG);
	assert_holds(&b, "abc");
	buf_reset(&b);
	assert_int_equal(buf_printf(&b, "%s", "12345"), ERR_TOOBIG);
	assert_holds(&b, "");
	buf_reset(&b);
	assert_int_equal(buf_add(&b, "x", SIZE_MAX), ERR_TOOBIG);
	buf_fini(&b);
}

static void a_failed_buffer_is_good_again_after_reset(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 2);
	buf_text(&b, "abc");
	buf_reset(&b);
	assert_int_equal(buf_text(&b, "ab"), 0);
	assert_holds(&b, "ab");
	buf_fini(&b);
	/* and after fini, with the limit it was born with */
	assert_int_equal(buf_text(&b, "abc"), ERR_TOOBIG);
	buf_fini(&b);
}

static void appending_nothing_is_fine(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(buf_add(&b, NULL, 0), 0);
	assert_int_equal(buf_str(&b, STR_NONE), 0);
	assert_int_equal(buf_printf(&b, "%s", ""), 0);
	assert_non_null(buf_room(&b, 0));
	assert_int_equal(buf_byte(&b, 'x'), ERR_TOOBIG);
	buf_fini(&b);
}

static void dropping_from_the_front_keeps_the_rest(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_drop(&b, 5); /* of nothing */
	buf_text(&b, "abcdef");
	buf_drop(&b, 0);
	assert_holds(&b, "abcdef");
	buf_drop(&b, 2);
	assert_holds(&b, "cdef");
	buf_text(&b, "gh");
	assert_holds(&b, "cdefgh");
	buf_drop(&b, 6);
	assert_holds(&b, "");
	buf_text(&b, "x");
	buf_drop(&b, 100);
	assert_holds(&b, "");
	buf_fini(&b);
}

static void room_can_be_filled_by_hand(void **state)
{
	struct buf b;
	char *to;

	(void)state;
	buf_init(&b, 1000);
	to = buf_room(&b, 1000);
	assert_non_null(to);
	memset(to, 'x', 1000);
	to[1000] = '\0'; /* a place for a NUL is promised */
	b.n += 1000;
	assert_null(buf_room(&b, 1));
	assert_int_equal(b.failed, ERR_TOOBIG);
	buf_fini(&b);
}

static void out_of_memory_changes_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 20);
	reallocs_left = 1;
	assert_int_equal(buf_text(&b, "kept"), 0);
	for (int i = 0; i < 1000 && b.failed == 0; i++)
		buf_text(&b, "0123456789");
	reallocs_left = -1;
	assert_int_equal(b.failed, ERR_NOMEM);
	assert_memory_equal(b.p, "kept0123456789", 14);
	assert_int_equal((b.n - 4) % 10, 0);
	buf_reset(&b);
	assert_int_equal(buf_text(&b, "again"), 0);
	buf_fini(&b);
}

static void a_limit_of_everything_ends_in_out_of_memory(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	reallocs_left = 0;
	assert_null(buf_room(&b, SIZE_MAX / 2 + 2));
	reallocs_left = -1;
	assert_int_equal(b.failed, ERR_NOMEM);
	buf_fini(&b);
}

/* The model is a plain array; every append either shows up whole in both or in none. */
static void random_use_equals_a_plain_array(void **state)
{
	enum { LIMIT = 3000 };
	static char model[LIMIT];
	size_t n_model = 0;
	uint64_t seed = 42;
	struct buf b;

	(void)state;
	buf_init(&b, LIMIT);
	for (int step = 0; step < 100000; step++) {
		char bytes[300];
		size_t n = rng_next(&seed) % sizeof bytes;

		if (rng_next(&seed) % 8 == 0) {
			size_t gone = n < n_model ? n : n_model;

			memmove(model, model + gone, n_model - gone);
			n_model -= gone;
			buf_drop(&b, n);
		} else {
			memset(bytes, (char)('a' + step % 26), n);
			if (n <= LIMIT - n_model) {
				memcpy(model + n_model, bytes, n);
				n_model += n;
				assert_int_equal(buf_add(&b, bytes, n), 0);
			} else {
				assert_int_equal(buf_add(&b, bytes, n), ERR_TOOBIG);
				b.failed = 0;
			}
		}
		assert_int_equal(b.n, n_model);
		if (n_model > 0)
			assert_memory_equal(b.p, model, n_model);
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_appended_stands_there_in_order),
		cmocka_unit_test(numbers_are_printed_whole),
		cmocka_unit_test(bytes_become_base64_with_its_padding),
		cmocka_unit_test(the_limit_can_be_reached_by_every_kind_of_append),
		cmocka_unit_test(an_append_past_the_limit_changes_nothing_and_marks_the_buffer),
		cmocka_unit_test(a_failed_buffer_is_good_again_after_reset),
		cmocka_unit_test(appending_nothing_is_fine),
		cmocka_unit_test(dropping_from_the_front_keeps_the_rest),
		cmocka_unit_test(room_can_be_filled_by_hand),
		cmocka_unit_test(out_of_memory_changes_nothing),
		cmocka_unit_test(a_limit_of_everything_ends_in_out_of_memory),
		cmocka_unit_test(random_use_equals_a_plain_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
