/*
 * svg.c - a code as SVG: a white square, and one path of black strips.
 *
 * crispEdges keeps hair lines from showing between modules where they fall between pixels.
 */
#include "base/must.h"
#include "qr/picture.h"

/* The dark strips of one row; `y` counts from the rim's edge. */
static void put_row(struct buf *out, const struct symbol *s, int y)
{
	for (int x = 0; x < s->width; x++) {
		int n = 0;

		while (symbol_is_dark(s, x + n, y))
			n++;
		if (n == 0)
			continue;
		buf_printf(out, "M%d %dh%dv1h-%dz", x + SYMBOL_RIM, y + SYMBOL_RIM, n, n);
		x += n;
	}
}

void picture_svg(struct buf *out, const struct symbol *s, unsigned size)
{
	int side = s->width + 2 * SYMBOL_RIM;

	must(size >= PICTURE_SIZE_MIN && size <= PICTURE_SIZE_MAX);
	buf_printf(out,
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		   "viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\" role=\"img\" "
		   "aria-label=\"QR code\">\n<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>\n"
		   "<path fill=\"#000\" d=\"",
		   size, size, side, side, side, side);
	for (int y = 0; y < s->width; y++)
		put_row(out, s, y);
	buf_text(out, "\"/>\n</svg>\n");
}
