/*
 * qr_image.c - text to modules (libqrencode), modules to PNG, PNG to base64.
 *
 * PNG: signature, then chunks of length, type, content and CRC-32: IHDR, IDAT, IEND.  IDAT is a zlib
 * stream, here of one stored block with Adler-32 at its end.  Each row begins with a byte for its
 * filter, 0: none.  A light pixel is 1.
 */
#include "api/dropin/qr_image.h"

#include <errno.h>
#include <qrencode.h>

#include "base/obj.h"

#define RIM        4   /* light modules around the code; cameras need them */
#define WIDTH_WANT 256 /* pixels; the old service's pictures had as many */
#define PNG_MAX    (72u << 10)
#define STORED_MAX 65535 /* bytes in a stored block */

static void put_u32(struct buf *b, uint32_t v)
{
	const uint8_t bytes[] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
				  (uint8_t)v };

	buf_add(b, bytes, sizeof bytes);
}

static uint32_t crc32_of(struct str s)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < s.n; i++) {
		crc ^= (uint8_t)s.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
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

static bool is_dark(const QRcode *code, int x, int y)
{
	x -= RIM;
	y -= RIM;
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return (code->data[y * code->width + x] & 1) != 0;
}

/* All rows of pixels, each behind its filter byte. */
static void draw(struct buf *rows, const QRcode *code, int scale)
{
	int side = (code->width + 2 * RIM) * scale;

	for (int y = 0; y < side; y++) {
		buf_byte(rows, 0);
		for (int x = 0; x < side; x += 8) {
			uint8_t bits = 0;

			for (int i = 0; i < 8; i++) {
				if (!is_dark(code, (x + i) / scale, y / scale))
					bits |= (uint8_t)(0x80 >> i);
			}
			buf_byte(rows, (char)bits);
		}
	}
}

/* The rows as a zlib stream. */
static void store(struct buf *stream, struct str rows)
{
	const uint8_t head[] = { 0x78,
				 0x01, /* deflate, no dictionary, fastest */
				 0x01, /* the last block, stored */
				 (uint8_t)rows.n,
				 (uint8_t)(rows.n >> 8),
				 (uint8_t)~rows.n,
				 (uint8_t)(~rows.n >> 8) };

	must(rows.n <= STORED_MAX);
	buf_add(stream, head, sizeof head);
	buf_str(stream, rows);
	put_u32(stream, adler32_of(rows));
}

static void write_png(struct buf *png, const QRcode *code)
{
	int modules = code->width + 2 * RIM, scale = (WIDTH_WANT + modules - 1) / modules;
	struct buf head, rows, stream;

	buf_init(&head, 16);
	buf_init(&rows, STORED_MAX);
	buf_init(&stream, STORED_MAX + 16);
	put_u32(&head, (uint32_t)(modules * scale));
	put_u32(&head, (uint32_t)(modules * scale));
	buf_add(&head, "\1\0\0\0\0", 5); /* a bit a pixel, grey, and no interlacing */
	draw(&rows, code, scale);
	store(&stream, buf_all(&rows));
	buf_add(png, "\x89PNG\r\n\x1a\n", 8);
	put_chunk(png, "IHDR", buf_all(&head));
	put_chunk(png, "IDAT", buf_all(&stream));
	put_chunk(png, "IEND", STR_NONE);
	if (head.failed != 0 || rows.failed != 0 || stream.failed != 0)
		png->failed = ERR_NOMEM;
	buf_fini(&head);
	buf_fini(&rows);
	buf_fini(&stream);
}

int qr_image_url(struct buf *out, struct str text)
{
	QRcode *code =
	    QRcode_encodeData((int)text.n, (const unsigned char *)text.p, 0, QR_ECLEVEL_L);
	struct buf png;
	int r;

	if (code == NULL)
		return errno == ENOMEM ? ERR_NOMEM : ERR_TOOBIG;
	buf_init(&png, PNG_MAX);
	write_png(&png, code);
	r = png.failed;
	if (r == 0) {
		buf_text(out, "data:image/png;base64,");
		buf_base64(out, buf_all(&png));
		r = out->failed;
	}
	QRcode_free(code);
	buf_fini(&png);
	return r;
}
