/*
 * db.h - a connection to SQLite whose errors are ours.
 *
 * Every failure is sorted into what waiting cures (ERR_DISKFULL, ERR_NOMEM, ERR_BUSY) and what ends
 * the store (all others), with a sentence that names the file and the remedy.  A connection is used
 * by one thread at a time.
 */
#ifndef RELINK_STORE_DB_H
#define RELINK_STORE_DB_H
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct db {
	sqlite3 *sqlite;
	const char *path; /* kept */
	bool had_log;     /* there was a write-ahead log when it was opened */
};

enum db_mode { DB_WRITE, DB_READ };

/* The file must exist. */
int db_open(struct db *, const char *path, enum db_mode, struct why *);
/* With `checkpoint` the last connection moves the write-ahead log into the database and removes it;
 * without, both files stay as they are.  All statements must be finalized.  No-op when not open. */
void db_close(struct db *, bool checkpoint);

/* Run fixed SQL. */
int db_exec(struct db *, const char *sql, struct why *);
/* The statement lives until sqlite3_finalize. */
int db_prepare(struct db *, const char *sql, sqlite3_stmt **ret_stmt, struct why *);
/* 1: a row is there to be read; 0: the end, and the statement is reset; else reset, too. */
int db_step(struct db *, sqlite3_stmt *, struct why *);
/* Step a statement that gives no rows. */
int db_run(struct db *, sqlite3_stmt *, struct why *);
/* The one number that a fixed query answers with. */
int db_number(struct db *, const char *sql, int64_t *ret_v, struct why *);
/* Give up a transaction, if one is open. */
void db_rollback(struct db *);

/* Move what can be moved from the log into the database, without waiting for readers. */
int db_checkpoint(struct db *, struct why *);

/* Sort the result code of the last call on this connection, with the errno that it left; returns an
 * ERR_ code. */
int db_error(struct db *, int rc, struct why *);
static inline bool db_error_passes(int code)
{
	return code == ERR_DISKFULL || code == ERR_NOMEM || code == ERR_BUSY;
}

#endif
