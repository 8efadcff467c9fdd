/*
 * text.h - a QR code drawn with characters.
 *
 * With colour it is black on white whatever the terminal's theme is.  Without, the ink is the light
 * part, as it should be on a dark background; `invert` is for light ones.
 */
#ifndef RELINK_QR_TEXT_H
#define RELINK_QR_TEXT_H
#include "base/buf.h"
#include "qr/symbol.h"

/* No drawing is larger, with colours and of any text. */
#define QR_TEXT_MAX (1u << 20)

struct qr_text {
	int rim;   /* modules */
	bool utf8; /* half blocks, two rows of modules a line; else two columns a module */
	bool colour;
	bool invert; /* has no effect with colour */
};

/* Append it, each line with its end; returns the number of lines. */
int qr_text_draw(struct buf *out, const struct symbol *, const struct qr_text *);

#endif
