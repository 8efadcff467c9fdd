/*
 * qr.c - see qr.h.
 *
 * The rim of four light modules is part of the code: cameras need it.  A terminal that is a little
 * too narrow gets a thinner rim, down to one module.
 */
#include "qr.h"

#include <errno.h>
#include <qrencode.h>

#define RIM_MAX 4
#define RIM_MIN 1
/* Fixed entries of the 256-colour cube; the first 16 colours belong to the terminal's theme. */
#define BLACK_ON_WHITE "\033[38;5;16;48;5;231m"
#define WHITE_ON_BLACK "\033[38;5;231;48;5;16m"
#define PLAIN          "\033[0m"

struct drawing {
	const QRcode *code;
	int rim;
	struct qr_style style;
};

static bool is_dark(const struct drawing *d, int x, int y)
{
	int width = d->code->width;

	x -= d->rim;
	y -= d->rim;
	if (x < 0 || y < 0 || x >= width || y >= width)
		return false;
	return (d->code->data[y * width + x] & 1) != 0;
}

/* The foreground is black on a colour terminal, and light elsewhere unless inverted. */
static bool is_ink(const struct drawing *d, int x, int y)
{
	return is_dark(d, x, y) == (d->style.colour || d->style.invert);
}

static void draw_half_blocks(FILE *out, const struct drawing *d, int side)
{
	static const char *const blocks[2][2] = { { " ", "\u2584" }, { "\u2580", "\u2588" } };

	for (int y = 0; y < side; y += 2) {
		fputs(d->style.colour ? BLACK_ON_WHITE : "", out);
		for (int x = 0; x < side; x++)
			fputs(blocks[is_ink(d, x, y)][is_ink(d, x, y + 1)], out);
		fputs(d->style.colour ? PLAIN "\n" : "\n", out);
	}
}

static void draw_ascii(FILE *out, const struct drawing *d, int side)
{
	for (int y = 0; y < side; y++) {
		for (int x = 0; x < side; x++) {
			if (d->style.colour)
				fprintf(out, "%s  ",
					is_dark(d, x, y) ? WHITE_ON_BLACK : BLACK_ON_WHITE);
			else
				fputs(is_ink(d, x, y) ? "##" : "  ", out);
		}
		fputs(d->style.colour ? PLAIN "\n" : "\n", out);
	}
}

/* The widest rim that fits; below RIM_MIN the code would be wrapped and worthless. */
static int choose_rim(int width, const struct qr_style *style)
{
	int per_module = style->utf8 ? 1 : 2;
	int rim = RIM_MAX;

	while (style->columns > 0 && rim >= RIM_MIN &&
	       (unsigned)((width + 2 * rim) * per_module) > style->columns)
		rim--;
	return rim;
}

int qr_draw(FILE *out, struct str text, const struct qr_style *style, struct why *why)
{
	QRcode *code =
	    QRcode_encodeData((int)text.n, (const unsigned char *)text.p, 0, QR_ECLEVEL_L);
	struct drawing d;
	int side;

	if (code == NULL)
		return why_set(
		    why, errno == ENOMEM ? ERR_NOMEM : ERR_TOOBIG,
		    "no QR code can be drawn of this text: it has %zu bytes, a code holds "
		    "1 to 2953",
		    text.n);
	d = (struct drawing){ code, choose_rim(code->width, style), *style };
	side = code->width + 2 * d.rim;
	if (d.rim >= RIM_MIN && style->utf8)
		draw_half_blocks(out, &d, side);
	else if (d.rim >= RIM_MIN)
		draw_ascii(out, &d, side);
	else
		why_set(why, ERR_TOOBIG,
			"the QR code needs %d columns and this terminal has %u: widen it, or use "
			"--raw",
			(code->width + 2 * RIM_MIN) * (style->utf8 ? 1 : 2), style->columns);
	QRcode_free(code);
	if (d.rim < RIM_MIN)
		return ERR_TOOBIG;
	return style->utf8 ? (side + 1) / 2 : side;
}
