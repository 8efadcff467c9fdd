/*
 * table.h - rows in columns that line up.
 *
 * Cells are made harmless as they are added.  On a terminal the widest of the columns that may give
 * way are cut until a row fits its width, and when that is not enough whole columns are left out;
 * elsewhere nothing is cut.  A long list is printed page by page, with one head.
 */
#ifndef RELINKCTL_TABLE_H
#define RELINKCTL_TABLE_H
#include <stdio.h>

#include "base/buf.h"
#include "term.h"

#define TABLE_COLUMNS 13

struct column {
	const char *head;
	unsigned least; /* may be cut to this width; 0: never cut */
	bool right;     /* numbers */
	unsigned drop;  /* on a narrow terminal: 1 is left out first, then 2; 0: never */
};

struct cell;
struct table {
	const struct term *term;
	const struct column *columns;
	unsigned n_columns;
	unsigned natural[TABLE_COLUMNS]; /* widths that the cells so far want */
	unsigned widths[TABLE_COLUMNS];  /* widths that they get; 0: left out */
	struct buf text;
	struct buf cells; /* struct cell each */
	bool headless, head_printed;
};

/* `columns` and `term` are kept. */
void table_init(struct table *, const struct column *columns, unsigned n, const struct term *term);
void table_fini(struct table *);
/* The next cell of the row under way. */
void table_cell(struct table *, struct str);
void table_cell_painted(struct table *, struct str, enum paint);
void table_cell_u64(struct table *, uint64_t);
/* Print what was added since the last time, and forget it. */
void table_print(struct table *, FILE *);

#endif
