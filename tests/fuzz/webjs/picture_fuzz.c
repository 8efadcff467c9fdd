/*
 * picture_fuzz.c - any bytes as a picture, and as the modules of a QR code: a text comes out only of
 * what could have been drawn, and it fits.
 *
 * The first byte is the code's version, and the modules follow as bits; 0: the rest is a PNG; 41 and
 * more: the rest are the words of a code in which every module was right, since no fuzzer finds words
 * that agree with their check words.
 */
#include <stdlib.h>

#include "base/must.h"
#include "fuzz.h"
#include "picture.h"
#include "symbol.c" /* for take_segment */

#define TEXT_BYTES 2048 /* as in dialect.h */

static const char prefix[] = "data:image/png;base64,";

/* Its own alphabet, so that the fuzzer need not guess one. */
static char *to_url(struct tape png)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *url = malloc(sizeof prefix + png.n * 2 + 8), *to = url;

	must(url != NULL);
	memcpy(to, prefix, sizeof prefix - 1);
	to += sizeof prefix - 1;
	while (!tape_ended(&png)) {
		unsigned left = png.n < 3 ? (unsigned)png.n : 3, bits = 0;

		for (unsigned i = 0; i < 3; i++)
			bits = bits << 8 | tape_byte(&png);
		for (unsigned i = 0; i < 4; i++)
			*to++ = i <= left ? letters[bits >> (18 - 6 * i) & 63] : '=';
	}
	*to = '\0';
	return url;
}

static void prove_text(const char *text, size_t n)
{
	must(n < TEXT_BYTES);
	must(n == 0 || text[n] == '\0');
}

static void run_picture(struct tape png)
{
	char text[TEXT_BYTES], *url = to_url(png);

	prove_text(text, picture_text((struct relink_str){ url, strlen(url) }, text, sizeof text));
	free(url);
}

static void run_symbol(int version, struct tape modules)
{
	struct symbol *s = calloc(1, sizeof *s);
	int size = SYMBOL_SIZE(version);
	char text[TEXT_BYTES];
	uint8_t byte = 0;

	must(s != NULL);
	s->version = version;
	for (int i = 0; i < size * size; i++) {
		if (i % 8 == 0)
			byte = tape_byte(&modules);
		s->dark[i] = (byte >> i % 8 & 1) != 0;
	}
	prove_text(text, symbol_text(s, text, sizeof text));
	free(s);
}

static void run_segments(int version, struct tape words)
{
	char text[TEXT_BYTES];
	struct bits b = { .p = words.p, .n = 8 * (int)words.n, .text = text, .size = sizeof text };

	while (b.n > 0 && take_segment(&b, version))
		;
	must(b.n_text < sizeof text && b.at <= b.n);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct tape t = { data, size };
	int version = tape_byte(&t);

	if (version == 0)
		run_picture(t);
	else if (version > SYMBOL_VERSIONS)
		run_segments(version % SYMBOL_VERSIONS + 1, t);
	else
		run_symbol(version, t);
	return 0;
}
