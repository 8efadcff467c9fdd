/* picture_test.c - the text comes out of a picture as it went in, or not at all. */
#include <qrencode.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "draw.h"
#include "picture.h"
#include "symbol.h"

static struct relink_str str(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

/* What whatsapp-web.js shows: four parts in base64, parted by commas. */
static const char login[] =
    "2@Jp5ZqPb0yC8uWmVbF4v2TgYxk1oNnE7hJrC3aLdQsKzUeRiXw9Gf6MtHBvPqLyDjOcAxZkS1uN5mI0tEhWbQ==,"
    "Xw9Gf6MtHBvPqLyDjOcAxZkS1uN5mI0tEhWbQJp5ZqP=,b0yC8uWmVbF4v2TgYxk1oNnE7hJrC3aLdQsKzUeRiXw=,"
    "tEhWbQJp5ZqPb0yC8uWmVbF4v2TgYxk1oNnE7hJrC3a=,1";

static void read_back(const char *text, int version, int level, unsigned side)
{
	char *url = draw_qr(text, version, level, side), got[2048];

	if (url == NULL)
		return;
	if (picture_text(str(url), got, sizeof got) != strlen(text))
		fail_msg("a code of version %d, level %d on %u pixels cannot be read", version,
			 level, side);
	assert_string_equal(got, text);
	free(url);
}

static void every_version_and_level_is_read(void **state)
{
	static const char *const texts[] = { login, "0123456789012345", "HELLO WORLD $%*+-./:",
					     "b\xc3\xa4r, 12345678, ABCDEFGH" };

	(void)state;
	for (int version = 1; version <= 40; version++) {
		for (int level = 0; level < 4; level++)
			read_back(texts[(version + level) % 4], version, level, 0);
	}
}

static void a_picture_need_not_fit_the_modules(void **state)
{
	(void)state;
	for (unsigned side = 140; side < 700; side += 29)
		read_back(login, 0, 0, side);
	read_back(login, 0, 1, 256);
	read_back(login, 0, 3, 300);
}

/* One module of another colour is no other text, wherever it is. */
static void a_wrong_module_changes_no_text(void **state)
{
	static const char text[] = "2@abc,def,ghi";
	QRcode *code = QRcode_encodeString(text, 2, QR_ECLEVEL_M, QR_MODE_8, 1);
	int n = code->width * code->width, n_refused = 0;
	struct symbol s = { .version = code->version };
	char got[64];

	(void)state;
	for (int i = 0; i < n; i++)
		s.dark[i] = code->data[i] & 1;
	assert_int_equal(symbol_text(&s, got, sizeof got), strlen(text));
	for (int i = 0; i < n; i++) {
		size_t length;

		s.dark[i] = !s.dark[i];
		length = symbol_text(&s, got, sizeof got);
		n_refused += length == 0;
		if (length != 0)
			assert_string_equal(got, text);
		s.dark[i] = !s.dark[i];
	}
	assert_true(n_refused >= 44 * 8); /* the code words of version 2 */
	QRcode_free(code);
}

static void noise_is_refused(void **state)
{
	unsigned char *grey = malloc(256 * 256);
	char got[256], *png;

	(void)state;
	assert_non_null(grey);
	memset(grey, 255, 256 * 256);
	png = draw_png(grey, 256);
	assert_int_equal(picture_text(str(png), got, sizeof got), 0);
	free(png);
	for (unsigned i = 0; i < 256 * 256; i++)
		grey[i] = (unsigned char)(i * 2654435761u >> 24);
	png = draw_png(grey, 256);
	assert_int_equal(picture_text(str(png), got, sizeof got), 0);
	free(png);
	free(grey);
}

static void what_is_no_picture_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"data:image/png;base64,",
		"data:image/png;base64,AAAA",
		"data:image/png;base64,not base64",
		"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB",
		"data:image/jpeg;base64,iVBORw0KGgo=",
		"2@abc,def",
	};
	char got[64];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(picture_text(str(wrong[i]), got, sizeof got), 0);
}

static void a_text_that_does_not_fit_is_refused(void **state)
{
	char *url = draw_qr("0123456789", 0, 0, 0), got[11];

	(void)state;
	assert_int_equal(picture_text(str(url), got, 10), 0);
	assert_int_equal(picture_text(str(url), got, 11), 10);
	free(url);
}

static void a_picture_that_was_cut_is_refused(void **state)
{
	char *url = draw_qr(login, 0, 0, 256), got[2048];

	(void)state;
	for (size_t n = strlen(url) - 40; n > 60; n -= 53)
		assert_int_equal(picture_text((struct relink_str){ url, n }, got, sizeof got), 0);
	free(url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_version_and_level_is_read),
		cmocka_unit_test(a_picture_need_not_fit_the_modules),
		cmocka_unit_test(a_wrong_module_changes_no_text),
		cmocka_unit_test(noise_is_refused),
		cmocka_unit_test(what_is_no_picture_is_refused),
		cmocka_unit_test(a_text_that_does_not_fit_is_refused),
		cmocka_unit_test(a_picture_that_was_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
