/*
 * symbol.h - a text as the modules of a QR code.
 */
#ifndef RELINK_QR_SYMBOL_H
#define RELINK_QR_SYMBOL_H
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

#define SYMBOL_RIM  4    /* light modules around the code; cameras need them */
#define SYMBOL_TEXT 2953 /* bytes that the largest code holds */

struct symbol {
	int width; /* modules a side, without the rim */
	void *code;
};

/* ERR_TOOBIG: no code holds this text (it is empty or too long); ERR_NOMEM. */
int symbol_make(struct symbol *ret_symbol, struct str text);
/* Zeroes are fine. */
void symbol_fini(struct symbol *);
/* Coordinates count from the upper left module of the code; whatever is outside is light. */
bool symbol_is_dark(const struct symbol *, int x, int y);

#endif
