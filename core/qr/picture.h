/*
 * picture.h - a QR code as a picture, black on white, with its rim.
 */
#ifndef RELINK_QR_PICTURE_H
#define RELINK_QR_PICTURE_H
#include "base/buf.h"
#include "qr/symbol.h"

/* Pixels a side. */
#define PICTURE_SIZE     256
#define PICTURE_SIZE_MIN 64
#define PICTURE_SIZE_MAX 1024
/* No picture within these is larger, of any text. */
#define PICTURE_MAX (256u << 10)

/* Both append to `out`, which remembers failure.  `size`: within the bounds above. */

/* Self-contained; `size` is what it says about itself, and any other does as well. */
void picture_svg(struct buf *out, const struct symbol *, unsigned size);
/* A module is as many pixels as it takes to reach `size`: the picture may be a little wider. */
void picture_png(struct buf *out, const struct symbol *, unsigned size);

/* "data:image/png;base64,..." of PICTURE_SIZE.  ERR_TOOBIG: no code holds this text, or `out` has no
 * room; ERR_NOMEM. */
int picture_url(struct buf *out, struct str text);

#endif
