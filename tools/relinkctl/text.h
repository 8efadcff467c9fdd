/*
 * text.h - text from outside made fit for a terminal.
 *
 * Labels, reasons and metadata are written by other people.  Bytes that a terminal would obey
 * (controls, C1 controls, marks that turn the direction of writing) and bytes that are not UTF-8
 * are shown as escapes: \x1b, \u{202e}.
 */
#ifndef RELINKCTL_TEXT_H
#define RELINKCTL_TEXT_H
#include <stdio.h>

#include "base/buf.h"

/* Append `s` in its harmless form; without `utf8` everything beyond ASCII is escaped as well. */
void text_add(struct buf *, struct str s, bool utf8);
/* The same with line ends kept: for text of several lines. */
void text_add_lines(struct buf *, struct str s, bool utf8);
/* Write bytes as they are; an empty string is no matter. */
void text_put(FILE *, struct str);
/* Columns that harmless text takes. */
unsigned text_width(struct str harmless);
/* The longest beginning of harmless text that fits into `columns`, in bytes. */
size_t text_fit(struct str harmless, unsigned columns);

#endif
