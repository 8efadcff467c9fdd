/*
 * fold.h - a line of the journal happens to the world.
 *
 * Every change comes this way: the lines that we read when we open a journal, those that another
 * process adds, and our own, which are written first and then applied from their text.
 */
#ifndef RELINK_MOCK_FOLD_H
#define RELINK_MOCK_FOLD_H
#include "world.h"

/* Apply one line, given without its newline and decoded in place.  A line that makes no sense is
 * counted (world.skipped) and changes nothing.  -ENOMEM: nothing changed, try again later. */
int fold_line(struct world *, char *text, size_t n);

#endif
