/*
 * db.c - opening SQLite, and what its errors mean for us.
 *
 * Two things that SQLite leaves to its user: it checkpoints inside COMMIT and drops the errors of
 * that, so automatic checkpoints are off (see writer.c); and a failed fsync may have lost pages
 * that the kernel now calls clean, so it is never tried again, whatever errno says.
 */
#include "store/db.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/obj.h"

#define BUSY_MS 1000 /* how long SQLite itself waits for another program's lock */

// clang-format off
static const struct {
	int primary, code;
	const char *text;
} errors[] = {
	{ SQLITE_FULL, ERR_DISKFULL,
	  "cannot write %s: the disk is full; free some space, nothing is lost" },
	{ SQLITE_NOMEM, ERR_NOMEM,
	  "cannot work on %s: out of memory; free some, nothing is lost" },
	{ SQLITE_BUSY, ERR_BUSY,
	  "cannot write %s: another program has locked it; end that program, nothing is lost" },
	{ SQLITE_CORRUPT, ERR_CORRUPT,
	  "%s is damaged; restore a backup" },
	{ SQLITE_NOTADB, ERR_CORRUPT,
	  "%s is damaged or no database; restore a backup" },
	{ SQLITE_CONSTRAINT, ERR_CORRUPT,
	  "%s refuses a change that breaks its rules: damage, or a bug in Relink; please report it" },
	{ SQLITE_READONLY, ERR_IO,
	  "%s is read-only; check the file system, the disk and the file's owner" },
	{ SQLITE_CANTOPEN, ERR_IO,
	  "cannot open %s; check that it belongs to the daemon's user" },
	{ SQLITE_PERM, ERR_IO,
	  "cannot open %s; check that it belongs to the daemon's user" },
	{ SQLITE_IOERR, ERR_IO,
	  "the disk under %s failed; check it before the next start" },
};
// clang-format on

/* SQLite itself says SQLITE_FULL for ENOSPC only. */
static bool no_room(int extended, int os_error)
{
	if (extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC)
		return false;
	return (extended & 0xff) == SQLITE_IOERR &&
	       (os_error == ENOSPC || os_error == EDQUOT || os_error == EFBIG);
}

int db_error(struct db *db, int rc, struct why *why)
{
	/* sqlite3_system_errno() is not set when COMMIT fails, and never cleared. */
	int os_error = errno, primary = rc & 0xff, r = ERR_IO;
	const char *text = "SQLite failed on %s";
	size_t n;

	if (rc == SQLITE_IOERR_NOMEM)
		primary = SQLITE_NOMEM;
	else if (no_room(rc, os_error))
		primary = SQLITE_FULL;
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		if (errors[i].primary == primary) {
			r = errors[i].code;
			text = errors[i].text;
		}
	}
	if (why == NULL)
		return r;
	why->code = r;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* all of them stand above */
	snprintf(why->text, sizeof why->text, text, db->path);
#pragma GCC diagnostic pop
	n = strlen(why->text);
	snprintf(why->text + n, sizeof why->text - n, " (%s%s%s)", sqlite3_errmsg(db->sqlite),
		 primary == SQLITE_IOERR && os_error != 0 ? ": " : "",
		 primary == SQLITE_IOERR && os_error != 0 ? strerror(os_error) : "");
	return r;
}

static int configure(struct db *db, enum db_mode mode, struct why *why)
{
	sqlite3_extended_result_codes(db->sqlite, 1);
	sqlite3_busy_timeout(db->sqlite, BUSY_MS);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_wal_autocheckpoint(db->sqlite, 0);
	if (mode == DB_READ)
		return 0;
	return db_exec(db,
		       "PRAGMA synchronous = FULL;"
		       "PRAGMA foreign_keys = OFF;"
		       "PRAGMA temp_store = MEMORY;"
		       "PRAGMA cell_size_check = ON;"
		       "PRAGMA cache_size = -4096;"
		       "PRAGMA journal_size_limit = 67108864;",
		       why);
}

static bool exists(const char *path, const char *tail)
{
	char file[PATH_MAX];

	return (size_t)snprintf(file, sizeof file, "%s%s", path, tail) < sizeof file &&
	       access(file, F_OK) == 0;
}

int db_open(struct db *db, const char *path, enum db_mode mode, struct why *why)
{
	int flags = mode == DB_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	int rc, r;

	*db = (struct db){ .path = path, .had_log = exists(path, "-wal") };
	errno = 0;
	rc = sqlite3_open_v2(path, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (db->sqlite == NULL)
		return why_set(why, ERR_NOMEM, "cannot open %s: out of memory", path);
	r = rc != SQLITE_OK ? db_error(db, sqlite3_extended_errcode(db->sqlite), why)
			    : configure(db, mode, why);
	if (r < 0)
		db_close(db, !db->had_log);
	return r;
}

void db_close(struct db *db, bool checkpoint)
{
	if (db->sqlite == NULL)
		return;
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !checkpoint, NULL);
	must(sqlite3_close(db->sqlite) == SQLITE_OK);
	db->sqlite = NULL;
}

int db_exec(struct db *db, const char *sql, struct why *why)
{
	int rc;

	errno = 0;
	rc = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : db_error(db, rc, why);
}

int db_prepare(struct db *db, const char *sql, sqlite3_stmt **ret_stmt, struct why *why)
{
	int rc;

	errno = 0;
	rc = sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_stmt, NULL);
	/* Our SQL is fixed: what doesn't fit it is the schema. */
	if (rc == SQLITE_ERROR)
		return why_set(why, ERR_CORRUPT, "%s is damaged (%s); restore a backup", db->path,
			       sqlite3_errmsg(db->sqlite));
	return rc == SQLITE_OK ? 0 : db_error(db, rc, why);
}

int db_step(struct db *db, sqlite3_stmt *stmt, struct why *why)
{
	int rc, r;

	errno = 0;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		return 1;
	r = rc == SQLITE_DONE ? 0 : db_error(db, rc, why);
	sqlite3_reset(stmt);
	return r;
}

int db_run(struct db *db, sqlite3_stmt *stmt, struct why *why)
{
	int r = db_step(db, stmt, why);

	must(r <= 0);
	return r;
}

int db_number(struct db *db, const char *sql, int64_t *ret_v, struct why *why)
{
	sqlite3_stmt *stmt = NULL;
	int r = db_prepare(db, sql, &stmt, why);

	if (r == 0)
		r = db_step(db, stmt, why);
	if (r == 1)
		*ret_v = sqlite3_column_int64(stmt, 0);
	else if (r == 0)
		r = why_set(why, ERR_CORRUPT, "%s is damaged (no answer to \"%s\")", db->path, sql);
	sqlite3_finalize(stmt);
	return r < 0 ? r : 0;
}

int db_checkpoint(struct db *db, struct why *why)
{
	int rc;

	errno = 0;
	rc = sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return rc == SQLITE_OK ? 0 : db_error(db, rc, why);
}

void db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->sqlite))
		sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}
