/*
 * qr.h - a QR code drawn with characters.
 *
 * On a terminal the colours are set, so a camera sees black on white whatever the theme is.
 * Without colour the ink is the light part, as it should be on a dark background; `invert` is for
 * light ones.
 */
#ifndef RELINKCTL_QR_H
#define RELINKCTL_QR_H
#include <stdio.h>

#include "base/err.h"
#include "base/str.h"

struct qr_style {
	bool utf8; /* half blocks, two rows of modules a line; else two columns a module */
	bool colour;
	bool invert;      /* has no effect with colour */
	unsigned columns; /* of the terminal; 0: no limit */
};

/* Returns the number of lines, or ERR_TOOBIG (no code holds so much text, or the terminal is too
 * narrow), ERR_NOMEM. */
int qr_draw(FILE *out, struct str text, const struct qr_style *, struct why *why);

#endif
