/* text.c - decodes UTF-8 code point by code point and decides which may be shown. */
#include "text.h"

#include <wchar.h>

/* The code point at the start of `s` and its length; 0: these bytes are not UTF-8. */
static size_t decode(struct str s, uint32_t *ret_point)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	uint32_t point = n == 1 ? c : c & (0xffu >> (n + 1));

	if (s.n < n || !str_is_utf8((struct str){ s.p, n }))
		return 0;
	for (size_t i = 1; i < n; i++)
		point = point << 6 | ((unsigned char)s.p[i] & 0x3fu);
	*ret_point = point;
	return n;
}

/* Marks that change the order in which a line is shown, or that end lines in some terminals. */
static bool turns_the_line(uint32_t point)
{
	return point == 0x061c || (point >= 0x200e && point <= 0x200f) ||
	       (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

static bool is_harmless(uint32_t point, bool utf8)
{
	if (point < 0x80)
		return point >= 0x20 && point != 0x7f;
	return utf8 && point >= 0xa0 && !turns_the_line(point) && wcwidth((wchar_t)point) >= 0;
}

static void add_escaped(struct buf *to, uint32_t point)
{
	if (point == '\n')
		buf_text(to, "\\n");
	else if (point == '\t')
		buf_text(to, "\\t");
	else if (point == '\r')
		buf_text(to, "\\r");
	else if (point < 0x80)
		buf_printf(to, "\\x%02x", point);
	else
		buf_printf(to, "\\u{%x}", point);
}

static void add(struct buf *to, struct str s, bool utf8, bool lines)
{
	while (s.n > 0) {
		uint32_t point = 0;
		size_t n = decode(s, &point);

		if (n == 0) {
			n = 1;
			buf_printf(to, "\\x%02x", (unsigned char)s.p[0]);
		} else if ((lines && point == '\n') || is_harmless(point, utf8)) {
			buf_add(to, s.p, n);
		} else {
			add_escaped(to, point);
		}
		s.p += n;
		s.n -= n;
	}
}

void text_add(struct buf *to, struct str s, bool utf8)
{
	add(to, s, utf8, false);
}

void text_add_lines(struct buf *to, struct str s, bool utf8)
{
	add(to, s, utf8, true);
}

void text_put(FILE *out, struct str s)
{
	if (s.n > 0)
		fwrite(s.p, 1, s.n, out);
}

/* Walk over `s` until its end or until `columns` are full; the bytes and columns taken. */
static size_t walk(struct str s, unsigned columns, unsigned *ret_width)
{
	unsigned width = 0;
	size_t at = 0;

	while (at < s.n) {
		uint32_t point = 0;
		size_t n = decode((struct str){ s.p + at, s.n - at }, &point);
		int w = point < 0x80 ? 1 : wcwidth((wchar_t)point);

		if (width + (unsigned)(w > 0 ? w : 0) > columns)
			break;
		width += (unsigned)(w > 0 ? w : 0);
		at += n > 0 ? n : 1;
	}
	*ret_width = width;
	return at;
}

unsigned text_width(struct str harmless)
{
	unsigned width = 0;

	walk(harmless, UINT32_MAX, &width);
	return width;
}

size_t text_fit(struct str harmless, unsigned columns)
{
	unsigned width = 0;

	return walk(harmless, columns, &width);
}
