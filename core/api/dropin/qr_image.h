/*
 * qr_image.h - a QR code as a picture inside a URL: "data:image/png;base64,...".
 *
 * A code is one bit a pixel and has some ten kilobytes before compression, so the PNG is written
 * here, with its pixels stored as they are.  That needs no library and no code that reads anything.
 */
#ifndef RELINK_API_DROPIN_QR_IMAGE_H
#define RELINK_API_DROPIN_QR_IMAGE_H
#include "base/buf.h"

/* Append the picture of the code for `text`, 256 pixels wide or a little more.  ERR_TOOBIG: no code
 * holds so much; ERR_NOMEM. */
int qr_image_url(struct buf *out, struct str text);

#endif
