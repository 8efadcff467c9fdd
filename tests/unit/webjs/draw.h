/* draw.h - QR codes as pictures, as a service would draw them. */
#ifndef RELINK_TEST_WEBJS_DRAW_H
#define RELINK_TEST_WEBJS_DRAW_H
#include <stddef.h>

/* A data URL of a PNG of `side` pixels, or of 4 for each module when 0.  `level` is 0 to 3 from L to H,
 * `version` at least that.  The caller frees it; NULL: the text does not fit. */
char *draw_qr(const char *text, int version, int level, unsigned side);
/* The same of grey pixels. */
char *draw_png(const unsigned char *grey, unsigned side);

#endif
