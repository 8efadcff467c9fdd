/*
 * picture.h - a QR code that comes as a picture.
 */
#ifndef RELINK_WEBJS_PICTURE_H
#define RELINK_WEBJS_PICTURE_H
#include "relink/plugin.h"

/* The text of the QR code in a "data:image/png;base64,..." URL, NUL behind it, and its length; 0:
 * there is none, or the picture is larger than QR codes are. */
size_t picture_text(struct relink_str data_url, char *text, size_t size);

#endif
