/* draw.c - see draw.h. */
#include "draw.h"

#include <png.h>
#include <qrencode.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define QUIET 4 /* modules of white around */

static char *to_data_url(const unsigned char *p, size_t n)
{
	static const char set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char prefix[] = "data:image/png;base64,";
	char *url = malloc(sizeof prefix + (n + 2) / 3 * 4 + 1), *to = url + sizeof prefix - 1;

	assert_non_null(url);
	memcpy(url, prefix, sizeof prefix);
	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)p[i] << 16 | (i + 1 < n ? (unsigned)p[i + 1] << 8 : 0) |
			     (i + 2 < n ? p[i + 2] : 0);

		*to++ = set[v >> 18];
		*to++ = set[v >> 12 & 63];
		*to++ = i + 1 < n ? set[v >> 6 & 63] : '=';
		*to++ = i + 2 < n ? set[v & 63] : '=';
	}
	*to = '\0';
	return url;
}

char *draw_png(const unsigned char *grey, unsigned side)
{
	png_image image = { .version = PNG_IMAGE_VERSION,
			    .width = side,
			    .height = side,
			    .format = PNG_FORMAT_GRAY };
	png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(image);
	unsigned char *bytes = malloc(n);
	char *url;

	assert_non_null(bytes);
	assert_true(png_image_write_to_memory(&image, bytes, &n, 0, grey, 0, NULL));
	url = to_data_url(bytes, n);
	free(bytes);
	return url;
}

char *draw_qr(const char *text, int version, int level, unsigned side)
{
	QRcode *code = QRcode_encodeString(text, version, (QRecLevel)level, QR_MODE_8, 1);
	unsigned size, all;
	unsigned char *grey;
	char *url;

	if (code == NULL)
		return NULL;
	size = (unsigned)code->width;
	all = size + 2 * QUIET;
	side = side != 0 ? side : 4 * all;
	grey = malloc((size_t)side * side);
	assert_non_null(grey);
	for (unsigned y = 0; y < side; y++) {
		for (unsigned x = 0; x < side; x++) {
			unsigned mx = x * all / side, my = y * all / side;
			bool in =
			    mx >= QUIET && my >= QUIET && mx < all - QUIET && my < all - QUIET;
			bool dark = in && code->data[(my - QUIET) * size + mx - QUIET] & 1;

			grey[(size_t)y * side + x] = dark ? 0 : 255;
		}
	}
	url = draw_png(grey, side);
	free(grey);
	QRcode_free(code);
	return url;
}
