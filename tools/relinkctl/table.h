/*
 * table.h - rows in columns that line up.
 *
 * Cells are made harmless as they are added.  Where there is a width to fit into (a terminal's, or
 * $COLUMNS) empty columns are left out, the widest of those that may give way are cut, and when that
 * is not enough whole columns are left out; elsewhere nothing is cut.  A long list is printed page by
 * page, with one head.
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
	struct buf cells;           /* struct cell each */
	bool filled[TABLE_COLUMNS]; /* a cell of the column so far is not empty */
	bool headless;
	uint64_t head_of; /* bits of the columns whose head was printed; 0: none was */
};

/* `columns` and `term` are kept. */
void table_init(struct table *, const struct column *columns, unsigned n, const struct term *term);
void table_fini(struct table *);
/* The next cell of the row under way. */
void table_cell(struct table *, struct str);
void table_cell_painted(struct table *, struct str, enum paint);
/* A time of the API: as it came, and brief where there is a width to fit into. */
void table_cell_time(struct table *, struct str rfc3339);
void table_cell_u64(struct table *, uint64_t);
/* Print what was added since the last time, and forget it. */
void table_print(struct table *, FILE *);

#endif
