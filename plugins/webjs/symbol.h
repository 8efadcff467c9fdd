/*
 * symbol.h - the text that a QR code holds.
 *
 * For codes that a program has drawn: every module is right or the code is refused, so nothing is
 * corrected, and a text that is returned is the one that was drawn.
 */
#ifndef RELINK_WEBJS_SYMBOL_H
#define RELINK_WEBJS_SYMBOL_H
#include <stdbool.h>
#include <stddef.h>

#define SYMBOL_VERSIONS    40
#define SYMBOL_SIZE(v)     (17 + 4 * (v))
#define SYMBOL_MODULES_MAX (SYMBOL_SIZE(SYMBOL_VERSIONS) * SYMBOL_SIZE(SYMBOL_VERSIONS))

struct symbol {
	int version; /* 1 to SYMBOL_VERSIONS */
	bool dark[SYMBOL_MODULES_MAX];
};

static inline bool *symbol_at(struct symbol *s, int x, int y)
{
	return &s->dark[y * SYMBOL_SIZE(s->version) + x];
}

/* Write the text, with a NUL behind it; its length, or 0: no QR code, one with an error, one in
 * kanji, or one that does not fit. */
size_t symbol_text(struct symbol *, char *text, size_t size);

#endif
