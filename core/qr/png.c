/*
 * png.c - modules to PNG, PNG to base64.
 *
 * A code is one bit a pixel and has some ten kilobytes before compression, so the PNG is written
 * here, with its pixels stored as they are.  That needs no library and no code that reads anything.
 *
 * PNG: signature, then chunks of length, type, content and CRC-32: IHDR, IDAT, IEND.  IDAT is a zlib
 * stream, here of stored blocks with Adler-32 at the end.  Each row begins with a byte for its
 * filter, 0: none.  A light pixel is 1.
 */
#include "base/must.h"
#include "base/obj.h"
#include "qr/picture.h"

#define STORED_MAX 65535 /* bytes in a stored block */

static void put_u32(struct buf *b, uint32_t v)
{
	const uint8_t bytes[] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
				  (uint8_t)v };

	buf_add(b, bytes, sizeof bytes);
}

/* By half bytes: the picture of a page is made again and again. */
static uint32_t crc32_of(struct str s)
{
	static const uint32_t steps[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~0u;

	for (size_t i = 0; i < s.n; i++) {
		crc ^= (uint8_t)s.p[i];
		crc = crc >> 4 ^ steps[crc & 15];
		crc = crc >> 4 ^ steps[crc & 15];
	}
	return ~crc;
}

static uint32_t adler32_of(struct str s)
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < s.n; i++) {
		a = (a + (uint8_t)s.p[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static void put_chunk(struct buf *png, const char type[4], struct str content)
{
	size_t at = png->n + 4;

	put_u32(png, (uint32_t)content.n);
	buf_add(png, type, 4);
	buf_str(png, content);
	if (png->failed == 0)
		put_u32(png, crc32_of((struct str){ png->p + at, png->n - at }));
}

/* One row of pixels behind its filter byte; `y` counts modules. */
static void draw_row(struct buf *rows, const struct symbol *s, int scale, int y)
{
	int side = (s->width + 2 * SYMBOL_RIM) * scale;

	buf_byte(rows, 0);
	for (int x = 0; x < side; x += 8) {
		uint8_t bits = 0;

		for (int i = 0; i < 8; i++) {
			if (!symbol_is_dark(s, (x + i) / scale - SYMBOL_RIM, y))
				bits |= (uint8_t)(0x80 >> i);
		}
		buf_byte(rows, (char)bits);
	}
}

static void draw(struct buf *rows, const struct symbol *s, int scale)
{
	struct buf row;

	buf_init(&row, PICTURE_SIZE_MAX);
	for (int y = -SYMBOL_RIM; y < s->width + SYMBOL_RIM; y++) {
		buf_reset(&row);
		draw_row(&row, s, scale, y);
		for (int i = 0; i < scale; i++)
			buf_str(rows, buf_all(&row));
	}
	if (row.failed != 0)
		rows->failed = row.failed;
	buf_fini(&row);
}

/* The rows as a zlib stream. */
static void store(struct buf *stream, struct str rows)
{
	uint32_t sum = adler32_of(rows);

	buf_add(stream, "\x78\x01", 2); /* deflate, no dictionary, fastest */
	for (size_t n; rows.n > 0; rows.p += n, rows.n -= n) {
		n = MIN_OF(rows.n, (size_t)STORED_MAX);
		const uint8_t head[] = { n == rows.n, /* the last block? */
					 (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)~n,
					 (uint8_t)(~n >> 8) };

		buf_add(stream, head, sizeof head);
		buf_add(stream, rows.p, n);
	}
	put_u32(stream, sum);
}

void picture_png(struct buf *out, const struct symbol *s, unsigned size)
{
	int modules = s->width + 2 * SYMBOL_RIM, scale = ((int)size + modules - 1) / modules;
	struct buf head, rows, stream;

	must(size >= PICTURE_SIZE_MIN && size <= PICTURE_SIZE_MAX);
	buf_init(&head, 16);
	buf_init(&rows, PICTURE_MAX);
	buf_init(&stream, PICTURE_MAX);
	put_u32(&head, (uint32_t)(modules * scale));
	put_u32(&head, (uint32_t)(modules * scale));
	buf_add(&head, "\1\0\0\0\0", 5); /* a bit a pixel, grey, and no interlacing */
	draw(&rows, s, scale);
	store(&stream, buf_all(&rows));
	buf_add(out, "\x89PNG\r\n\x1a\n", 8);
	put_chunk(out, "IHDR", buf_all(&head));
	put_chunk(out, "IDAT", buf_all(&stream));
	put_chunk(out, "IEND", STR_NONE);
	if (head.failed != 0 || rows.failed != 0 || stream.failed != 0)
		out->failed = ERR_NOMEM;
	buf_fini(&head);
	buf_fini(&rows);
	buf_fini(&stream);
}

int picture_url(struct buf *out, struct str text)
{
	struct symbol s;
	struct buf png;
	int r = symbol_make(&s, text);

	if (r < 0)
		return r;
	buf_init(&png, PICTURE_MAX);
	picture_png(&png, &s, PICTURE_SIZE);
	r = png.failed;
	if (r == 0) {
		buf_text(out, "data:image/png;base64,");
		buf_base64(out, buf_all(&png));
		r = out->failed;
	}
	symbol_fini(&s);
	buf_fini(&png);
	return r;
}
