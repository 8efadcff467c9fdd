/*
 * key_text.h - what a key looks like: "relink_", 8 hex digits of a public id, "_", 256 bits as base64url.
 */
#ifndef RELINK_API_KEY_TEXT_H
#define RELINK_API_KEY_TEXT_H
#include <stdbool.h>

#include "base/str.h"

#define KEY_TEXT 59
#define KEY_ID   8

/* A new key from the kernel's chance, with its NUL.  The caller wipes it. */
void key_text_make(char key[KEY_TEXT + 1]);
/* The secret part alone, for what is looked up by its digest: 43 characters and a NUL. */
#define KEY_SECRET 43
void key_text_secret(char secret[KEY_SECRET + 1]);
/* Has it the form of a key? */
bool key_text_fits(struct str);
/* The public id in it, lent from it; p is NULL when it has not the form of a key. */
struct str key_text_id(struct str);

#endif
