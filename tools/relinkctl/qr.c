/*
 * qr.c - see qr.h.
 *
 * The rim of four light modules is part of the code: cameras need it.  A terminal that is a little
 * too narrow gets a thinner rim, down to one module.
 */
#include "qr.h"

#include "qr/text.h"

#define RIM_MIN 1

/* The widest rim that fits; below RIM_MIN the code would be wrapped and worthless. */
static int choose_rim(int width, const struct qr_style *style)
{
	int per_module = style->utf8 ? 1 : 2;
	int rim = SYMBOL_RIM;

	while (style->columns > 0 && rim >= RIM_MIN &&
	       (unsigned)((width + 2 * rim) * per_module) > style->columns)
		rim--;
	return rim;
}

static int print(FILE *out, const struct symbol *s, const struct qr_text *text, struct why *why)
{
	struct buf drawing;
	int r;

	buf_init(&drawing, QR_TEXT_MAX);
	r = qr_text_draw(&drawing, s, text);
	if (drawing.failed != 0)
		r = why_set(why, drawing.failed, "out of memory");
	else
		fwrite(drawing.p, 1, drawing.n, out);
	buf_fini(&drawing);
	return r;
}

int qr_draw(FILE *out, struct str text, const struct qr_style *style, struct why *why)
{
	struct qr_text how = { .utf8 = style->utf8,
			       .colour = style->colour,
			       .invert = style->invert };
	struct symbol s;
	int r = symbol_make(&s, text);

	if (r < 0)
		return why_set(
		    why, r,
		    "no QR code can be drawn of this text: it has %zu bytes, a code holds 1 to %d",
		    text.n, SYMBOL_TEXT);
	how.rim = choose_rim(s.width, style);
	if (how.rim >= RIM_MIN)
		r = print(out, &s, &how, why);
	else
		r = why_set(why, ERR_TOOBIG,
			    "the QR code needs %d columns and this terminal has %u: widen it, or "
			    "use --raw",
			    (s.width + 2 * RIM_MIN) * (style->utf8 ? 1 : 2), style->columns);
	symbol_fini(&s);
	return r;
}
