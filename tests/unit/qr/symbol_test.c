/* symbol_test.c - bounds of what is drawn.  tests/e2e/qr reads the drawings as a camera would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "qr/picture.h"
#include "qr/text.h"

static char text[4096];

static void what_no_code_holds_is_refused(void **state)
{
	struct symbol s;

	(void)state;
	assert_int_equal(symbol_make(&s, STR("")), ERR_TOOBIG);
	assert_int_equal(symbol_make(&s, (struct str){ text, SYMBOL_TEXT + 1 }), ERR_TOOBIG);
	symbol_fini(&s); /* nothing was made */
	assert_int_equal(symbol_make(&s, (struct str){ text, SYMBOL_TEXT }), 0);
	assert_int_equal(s.width, 177);
	symbol_fini(&s);
}

static void outside_of_the_code_all_is_light(void **state)
{
	struct symbol s;

	(void)state;
	assert_int_equal(symbol_make(&s, STR("2@x")), 0);
	assert_true(symbol_is_dark(&s, 0, 0)); /* the corner of a finder */
	assert_false(symbol_is_dark(&s, -1, 0));
	assert_false(symbol_is_dark(&s, 0, -1));
	assert_false(symbol_is_dark(&s, s.width, 0));
	assert_false(symbol_is_dark(&s, 0, s.width));
	symbol_fini(&s);
}

/* Each fits the buffer that it is promised to fit, at the edges of text and size. */
static void every_drawing_fits(void **state)
{
	static const size_t lengths[] = { 1, 200, LIMIT_QR, SYMBOL_TEXT };
	static const unsigned sizes[] = { PICTURE_SIZE_MIN, PICTURE_SIZE, PICTURE_SIZE_MAX - 1,
					  PICTURE_SIZE_MAX };
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct symbol s;

		assert_int_equal(symbol_make(&s, (struct str){ text, lengths[i] }), 0);
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
			buf_init(&out, PICTURE_MAX);
			picture_png(&out, &s, sizes[k]);
			assert_int_equal(out.failed, 0);
			buf_reset(&out);
			picture_svg(&out, &s, sizes[k]);
			assert_int_equal(out.failed, 0);
			buf_fini(&out);
		}
		for (int style = 0; style < 4; style++) {
			const struct qr_text how = { .rim = SYMBOL_RIM,
						     .utf8 = style & 1,
						     .colour = style & 2 };

			buf_init(&out, QR_TEXT_MAX);
			qr_text_draw(&out, &s, &how);
			assert_int_equal(out.failed, 0);
			buf_fini(&out);
		}
		symbol_fini(&s);
	}
}

static void a_data_url_has_its_bounds(void **state)
{
	struct buf url;

	(void)state;
	buf_init(&url, 1000);
	assert_int_equal(picture_url(&url, STR("2@x")), ERR_TOOBIG);
	buf_fini(&url);
	buf_init(&url, 64u << 10);
	assert_int_equal(picture_url(&url, STR("")), ERR_TOOBIG);
	assert_int_equal(picture_url(&url, STR("2@x")), 0);
	assert_memory_equal(url.p, "data:image/png;base64,iVBORw0KGgo", 33);
	buf_fini(&url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_no_code_holds_is_refused),
		cmocka_unit_test(outside_of_the_code_all_is_light),
		cmocka_unit_test(every_drawing_fits),
		cmocka_unit_test(a_data_url_has_its_bounds),
	};

	memset(text, 'q', sizeof text);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
