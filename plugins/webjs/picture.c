/*
 * picture.c - from a data URL to pixels, and from pixels to modules.
 *
 * The picture was drawn, not photographed: upright, square, black on white, each module about as wide
 * as the others.  So the edges of what is dark are the edges of the code, and for each possible size
 * one looks into the middle of each module.
 */
#include "picture.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "symbol.h"

#define PNG_BYTES_MAX (64u << 10)
#define SIDE_MAX      2048u
#define DARK          128

static const char prefix[] = "data:image/png;base64,";

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The bytes, at most those that fit; 0: no base64. */
static size_t from_base64(struct relink_str s, unsigned char *to, size_t size)
{
	unsigned bits = 0, n_bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < s.n && s.p[i] != '='; i++) {
		int v = sextet(s.p[i]);

		if (v < 0)
			return 0;
		bits = (bits << 6 | (unsigned)v) & 0xffff;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		if (n == size)
			return 0;
		to[n++] = (unsigned char)(bits >> n_bits);
	}
	return n;
}

struct picture {
	unsigned char *grey;
	unsigned width, height;
};

static bool read_png(const unsigned char *bytes, size_t n, struct picture *ret)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	const png_color white = { 255, 255, 255 };
	unsigned char *grey = NULL;

	if (!png_image_begin_read_from_memory(&image, bytes, n))
		return false;
	if (image.width > 0 && image.width <= SIDE_MAX && image.height > 0 &&
	    image.height <= SIDE_MAX)
		grey = malloc((size_t)image.width * image.height);
	image.format = PNG_FORMAT_GRAY;
	if (grey == NULL || !png_image_finish_read(&image, &white, grey, 0, NULL)) {
		png_image_free(&image);
		free(grey);
		return false;
	}
	*ret = (struct picture){ grey, image.width, image.height };
	return true;
}

struct box {
	unsigned left, top, right, bottom; /* the last are within */
};

static bool find_dark(const struct picture *p, struct box *ret)
{
	struct box b = { p->width, p->height, 0, 0 };

	for (unsigned y = 0; y < p->height; y++) {
		for (unsigned x = 0; x < p->width; x++) {
			if (p->grey[(size_t)y * p->width + x] >= DARK)
				continue;
			b.left = x < b.left ? x : b.left;
			b.right = x > b.right ? x : b.right;
			b.top = y < b.top ? y : b.top;
			b.bottom = y;
		}
	}
	*ret = b;
	return b.left < p->width;
}

static void sample(const struct picture *p, const struct box *b, struct symbol *s)
{
	unsigned size = (unsigned)SYMBOL_SIZE(s->version);
	unsigned width = b->right - b->left + 1, height = b->bottom - b->top + 1;

	for (unsigned y = 0; y < size; y++) {
		size_t row = b->top + (2 * y + 1) * height / (2 * size);

		for (unsigned x = 0; x < size; x++) {
			size_t column = b->left + (2 * x + 1) * width / (2 * size);

			*symbol_at(s, (int)x, (int)y) = p->grey[row * p->width + column] < DARK;
		}
	}
}

static size_t read_picture(const struct picture *p, char *text, size_t size)
{
	struct symbol s;
	struct box b;
	size_t n = 0;

	if (!find_dark(p, &b))
		return 0;
	for (s.version = 1; n == 0 && s.version <= SYMBOL_VERSIONS; s.version++) {
		if (b.right - b.left + 1 < (unsigned)SYMBOL_SIZE(s.version))
			break;
		sample(p, &b, &s);
		n = symbol_text(&s, text, size);
	}
	return n;
}

size_t picture_text(struct relink_str url, char *text, size_t size)
{
	size_t n_prefix = sizeof prefix - 1, n = 0;
	unsigned char *bytes;
	struct picture p;

	if (url.n <= n_prefix || memcmp(url.p, prefix, n_prefix) != 0)
		return 0;
	bytes = malloc(PNG_BYTES_MAX);
	if (bytes == NULL)
		return 0;
	n = from_base64((struct relink_str){ url.p + n_prefix, url.n - n_prefix }, bytes,
			PNG_BYTES_MAX);
	if (n > 0 && read_png(bytes, n, &p)) {
		n = read_picture(&p, text, size);
		free(p.grey);
	} else {
		n = 0;
	}
	free(bytes);
	return n;
}
