/*
 * open.c - makes, checks and migrates relink.db.
 *
 * A database is born whole: it is made under another name and then renamed.  So an empty or
 * half-made relink.db is never a fresh start but a sign of damage.  And a file that we refuse stays
 * as it is, for which its log must not be folded in when we close it again.
 */
#include "store/open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/killpoint.h"
#include "base/obj.h"
#include "store/fence.h"
#include "store/migrate.h"

#define APPLICATION_ID 0x524c4e4b /* "RLNK", as in migrations/0001.sql */

static int join(char to[PATH_MAX], const char *path, const char *tail, struct why *why)
{
	if ((size_t)snprintf(to, PATH_MAX, "%s%s", path, tail) < PATH_MAX)
		return 0;
	return why_set(why, ERR_CONFIG, "the path of state_dir is too long");
}

static int touch(const char *path, struct why *why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return why_errno(why, ERR_IO, "cannot create %s", path);
	close(fd);
	return 0;
}

/* What a start that was killed has left. */
static int remove_unfinished(const char *fresh, struct why *why)
{
	static const char *const tails[] = { "", "-journal" };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		int r = join(path, fresh, tails[i], why);

		if (r < 0)
			return r;
		if (unlink(path) < 0 && errno != ENOENT)
			return why_errno(why, ERR_IO, "cannot remove %s", path);
	}
	return 0;
}

static int fill(const char *fresh, struct why *why)
{
	struct db db;
	int r = db_open(&db, fresh, DB_WRITE, why);

	if (r < 0)
		return r;
	r = migrate_run(&db, migrations, n_migrations, why);
	if (r == 0)
		r = fence_create(&db, why);
	db_close(&db, true);
	return r;
}

static int move_into_place(const char *fresh, const char *path, const char *dir, struct why *why)
{
	int fd, r = 0;

	if (rename(fresh, path) < 0)
		return why_errno(why, ERR_IO, "cannot rename %s to %s", fresh, path);
	KP("store.create.renamed");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		r = why_errno(why, ERR_IO, "cannot write directory %s", dir);
	if (fd >= 0)
		close(fd);
	return r;
}

static int create(const char *dir, const char *path, struct why *why)
{
	char fresh[PATH_MAX], wal[PATH_MAX];
	int r = join(wal, path, "-wal", why);

	if (r == 0 && access(wal, F_OK) == 0)
		return why_set(why, ERR_CORRUPT,
			       "%s is missing, but its log %s is there; put the database back, or "
			       "move the log away too if this shall be a new start",
			       path, wal);
	if (r == 0)
		r = join(fresh, path, ".new", why);
	if (r == 0)
		r = remove_unfinished(fresh, why);
	if (r == 0)
		r = touch(fresh, why);
	if (r == 0)
		r = fill(fresh, why);
	KP("store.create.filled");
	return r == 0 ? move_into_place(fresh, path, dir, why) : r;
}

static int check_identity(struct db *db, struct why *why)
{
	int64_t id = 0;
	int r = db_number(db, "PRAGMA application_id", &id, why);

	if (r == 0 && id != APPLICATION_ID)
		r = why_set(why, ERR_CORRUPT,
			    "%s is damaged or no database of Relink; restore a backup, or use "
			    "another state_dir",
			    db->path);
	return r;
}

static int check_structure(struct db *db, struct why *why)
{
	sqlite3_stmt *stmt = NULL;
	const char *said;
	int r = db_prepare(db, "PRAGMA quick_check(1)", &stmt, why);

	if (r == 0)
		r = db_step(db, stmt, why);
	if (r == 1) {
		said = (const char *)sqlite3_column_text(stmt, 0);
		r = said != NULL && strcmp(said, "ok") == 0
			? 0
			: why_set(why, ERR_CORRUPT, "%s is damaged (%s); restore a backup",
				  db->path, said != NULL ? said : "no answer");
	}
	sqlite3_finalize(stmt);
	return r;
}

static int use_log(struct db *db, struct why *why)
{
	sqlite3_stmt *stmt = NULL;
	const char *mode;
	int r = db_prepare(db, "PRAGMA journal_mode = WAL", &stmt, why);

	if (r == 0)
		r = db_step(db, stmt, why);
	if (r == 1) {
		mode = (const char *)sqlite3_column_text(stmt, 0);
		r = mode != NULL && strcmp(mode, "wal") == 0
			? 0
			: why_set(why, ERR_IO,
				  "%s cannot have a write-ahead log there; use a local disk for "
				  "state_dir",
				  db->path);
	}
	sqlite3_finalize(stmt);
	return r;
}

/* A restored backup may be readable by others; its log takes after it. */
static int close_to_others(const char *path, struct why *why)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char file[PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		int r = join(file, path, tails[i], why);

		if (r < 0)
			return r;
		if (chmod(file, 0600) < 0 && errno != ENOENT)
			return why_errno(why, ERR_IO, "cannot set the mode of %s", file);
	}
	return 0;
}

static int check_and_migrate(struct db *db, struct why *why)
{
	int r = check_identity(db, why);

	if (r == 0)
		r = migrate_check(db, n_migrations, why);
	if (r == 0)
		r = check_structure(db, why);
	KP("store.open.checked");
	if (r == 0)
		r = use_log(db, why);
	if (r == 0)
		r = close_to_others(db->path, why);
	if (r == 0)
		r = migrate_run(db, migrations, n_migrations, why);
	return r;
}

/* SQLite removes the log that it has made itself, but not beside a file that it can't make out. */
static void remove_empty_log(const char *path)
{
	char log[PATH_MAX], index[PATH_MAX];
	struct stat st;

	if (join(log, path, "-wal", NULL) < 0 || join(index, path, "-shm", NULL) < 0 ||
	    stat(log, &st) < 0 || st.st_size > 0)
		return;
	unlink(log);
	unlink(index);
}

void database_leave(struct db *db)
{
	db_close(db, !db->had_log);
	if (!db->had_log)
		remove_empty_log(db->path);
}

int database_open(struct db *db, const char *dir, const char *path, struct why *why)
{
	int r = access(path, F_OK) == 0 ? 0 : create(dir, path, why);

	if (r < 0)
		return r;
	r = db_open(db, path, DB_WRITE, why);
	if (r == 0)
		r = check_and_migrate(db, why);
	if (r < 0)
		database_leave(db);
	return r;
}
