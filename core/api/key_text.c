/* key_text.c - makes and recognises keys. */
#include "api/key_text.h"

#include <stdio.h>

#include "base/rng.h"

#define PREFIX "relink_"

static void base64url(char *to, const uint8_t *from, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-_";
	uint32_t bits = 0;
	unsigned n_bits = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | from[i];
		for (n_bits += 8; n_bits >= 6; n_bits -= 6)
			*to++ = digits[bits >> (n_bits - 6) & 63];
	}
	if (n_bits > 0)
		*to++ = digits[bits << (6 - n_bits) & 63];
	*to = '\0';
}

void key_text_secret(char text[KEY_SECRET + 1])
{
	uint8_t secret[32];

	rng_bytes(secret, sizeof secret);
	base64url(text, secret, sizeof secret);
	explicit_bzero(secret, sizeof secret);
}

void key_text_make(char key[KEY_TEXT + 1])
{
	char id[9], text[KEY_SECRET + 1];

	rng_hex(id, 8);
	key_text_secret(text);
	snprintf(key, KEY_TEXT + 1, PREFIX "%s_%s", id, text);
	explicit_bzero(text, sizeof text);
}

bool key_text_fits(struct str s)
{
	static const char hex[] = "0123456789abcdef";
	size_t id = sizeof PREFIX - 1;

	if (s.n != KEY_TEXT || memcmp(s.p, PREFIX, id) != 0 || s.p[id + 8] != '_')
		return false;
	for (size_t i = id; i < KEY_TEXT; i++) {
		char c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '-' || c == '_';

		if (!plain || (i < id + 8 && memchr(hex, c, sizeof hex - 1) == NULL))
			return false;
	}
	return true;
}

struct str key_text_id(struct str key)
{
	if (!key_text_fits(key))
		return STR_NONE;
	return (struct str){ key.p + sizeof PREFIX - 1, KEY_ID };
}
