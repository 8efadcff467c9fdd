/*
 * row.h - records as rows of the database: the SQL, made from the tables in record.c.
 *
 * A string is stored as TEXT when it is UTF-8 without NUL bytes, else as a BLOB of the same bytes;
 * so people can read the database, and arbitrary bytes come back as they were.  The same bytes
 * always take the same form, so equality and unique indexes hold.
 *
 * Each row ends with a checksum over its columns, because SQLite checks the structure of its pages
 * and not what stands in them: a row that was not written by Relink is reported, never acted upon.
 */
#ifndef RELINK_STORE_ROW_H
#define RELINK_STORE_ROW_H
#include "store/db.h"
#include "store/record.h"

enum row_verb {
	ROW_INSERT, /* an existing key is an error */
	ROW_UPSERT, /* insert, or replace what has the same key */
	ROW_SELECT, /* all columns; `tail` has WHERE and the rest */
};

int row_prepare(struct db *, const struct record_type *, enum row_verb, const char *tail,
		sqlite3_stmt **ret_stmt, struct why *);

/* Bind all columns of a ROW_INSERT or ROW_UPSERT and run it. */
int row_write(struct db *, sqlite3_stmt *, const struct record_type *, const void *record,
	      struct why *);
/* The row that a ROW_SELECT stands on.  Strings are lent until it is stepped or reset.
 * ERR_CORRUPT. */
int row_read(struct db *, sqlite3_stmt *, const struct record_type *, void *ret_record,
	     struct why *);

/* Bind one parameter of a query of one's own.  Strings must outlive the step. */
int row_bind_text(struct db *, sqlite3_stmt *, int param, struct str, struct why *);
int row_bind_number(struct db *, sqlite3_stmt *, int param, uint64_t v, struct why *);

#endif
