/* text.c - see text.h. */
#include "qr/text.h"

/* Fixed entries of the 256-colour cube; the first 16 colours belong to the terminal's theme. */
#define BLACK_ON_WHITE "\033[38;5;16;48;5;231m"
#define WHITE_ON_BLACK "\033[38;5;231;48;5;16m"
#define PLAIN          "\033[0m"

struct drawing {
	const struct symbol *symbol;
	const struct qr_text *style;
	int side;
};

static bool is_dark(const struct drawing *d, int x, int y)
{
	return symbol_is_dark(d->symbol, x - d->style->rim, y - d->style->rim);
}

/* The foreground is black on a colour terminal, and light elsewhere unless inverted. */
static bool is_ink(const struct drawing *d, int x, int y)
{
	return is_dark(d, x, y) == (d->style->colour || d->style->invert);
}

static int draw_half_blocks(struct buf *out, const struct drawing *d)
{
	static const char *const blocks[2][2] = { { " ", "\u2584" }, { "\u2580", "\u2588" } };

	for (int y = 0; y < d->side; y += 2) {
		buf_text(out, d->style->colour ? BLACK_ON_WHITE : "");
		for (int x = 0; x < d->side; x++)
			buf_text(out, blocks[is_ink(d, x, y)][is_ink(d, x, y + 1)]);
		buf_text(out, d->style->colour ? PLAIN "\n" : "\n");
	}
	return (d->side + 1) / 2;
}

static int draw_ascii(struct buf *out, const struct drawing *d)
{
	for (int y = 0; y < d->side; y++) {
		for (int x = 0; x < d->side; x++) {
			if (!d->style->colour) {
				buf_text(out, is_ink(d, x, y) ? "##" : "  ");
				continue;
			}
			buf_text(out, is_dark(d, x, y) ? WHITE_ON_BLACK : BLACK_ON_WHITE);
			buf_text(out, "  ");
		}
		buf_text(out, d->style->colour ? PLAIN "\n" : "\n");
	}
	return d->side;
}

int qr_text_draw(struct buf *out, const struct symbol *s, const struct qr_text *style)
{
	const struct drawing d = { s, style, s->width + 2 * style->rim };

	return style->utf8 ? draw_half_blocks(out, &d) : draw_ascii(out, &d);
}
