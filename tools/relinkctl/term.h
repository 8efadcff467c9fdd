/*
 * term.h - what relinkctl knows of the terminal it talks to.
 *
 * Colour is for terminals, and not when NO_COLOR is set or TERM is dumb.  Whether text beyond ASCII
 * may be written is the locale's word (LC_ALL, LC_CTYPE, LANG).
 */
#ifndef RELINKCTL_TERM_H
#define RELINKCTL_TERM_H
#include <stdbool.h>

struct term {
	bool in_tty, out_tty, err_tty;
	bool colour; /* on standard output */
	bool moves;  /* the cursor of standard output can be moved */
	bool utf8;
	unsigned columns, rows; /* of standard output; 0: not a terminal, no limit */
	unsigned
	    width; /* what a table must fit into: as columns; elsewhere $COLUMNS, if it is set */
};

enum paint { PAINT_NONE, PAINT_GOOD, PAINT_BAD, PAINT_BUSY, PAINT_PERSON, PAINT_DIM, PAINT_HEAD };

void term_init(struct term *);
/* --color: "auto" leaves it to term_init, "always" colours pipes as well, "never" nothing. */
void term_colour(struct term *, const char *when);
/* Ask for the size again: a window may have been resized. */
void term_measure(struct term *);
/* The bytes that switch `paint` on, and those that switch every paint off; "" without colour. */
const char *term_paint(const struct term *, enum paint);
const char *term_plain(const struct term *);

#endif
