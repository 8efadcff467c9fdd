/* row.c - binds, reads and checks rows by the tables of columns. */
#include "store/row.h"

#include "base/obj.h"

#define SQL_MAX 4096

static void names(struct buf *b, const struct record_type *t)
{
	for (unsigned i = 0; i < t->n_columns; i++)
		buf_printf(b, "%s, ", t->columns[i].name);
	buf_text(b, "checksum");
}

static void insert(struct buf *b, const struct record_type *t)
{
	buf_printf(b, "INSERT INTO %s (", t->table);
	names(b, t);
	buf_text(b, ") VALUES (?");
	for (unsigned i = 0; i < t->n_columns; i++)
		buf_text(b, ", ?");
	buf_text(b, ")");
}

static void on_conflict(struct buf *b, const struct record_type *t)
{
	for (unsigned i = 0; i < t->n_keys; i++)
		buf_printf(b, "%s%s", i == 0 ? " ON CONFLICT (" : ", ", t->columns[i].name);
	buf_text(b, ") DO UPDATE SET ");
	for (unsigned i = t->n_keys; i < t->n_columns; i++)
		buf_printf(b, "%s = excluded.%s, ", t->columns[i].name, t->columns[i].name);
	buf_text(b, "checksum = excluded.checksum");
}

int row_prepare(struct db *db, const struct record_type *t, enum row_verb verb, const char *tail,
		sqlite3_stmt **ret_stmt, struct why *why)
{
	struct buf sql;
	int r;

	buf_init(&sql, SQL_MAX);
	if (verb == ROW_SELECT) {
		buf_text(&sql, "SELECT ");
		names(&sql, t);
		buf_printf(&sql, " FROM %s %s", t->table, tail);
	} else {
		insert(&sql, t);
		if (verb == ROW_UPSERT)
			on_conflict(&sql, t);
	}
	buf_byte(&sql, '\0');
	r = sql.failed != 0 ? why_set(why, sql.failed, "out of memory")
			    : db_prepare(db, sql.p, ret_stmt, why);
	buf_fini(&sql);
	return r;
}

static bool is_text(struct str s)
{
	return s.n == 0 || (memchr(s.p, '\0', s.n) == NULL && str_is_utf8(s));
}

static int bind_text(sqlite3_stmt *stmt, int param, struct str s)
{
	if (s.p == NULL)
		s = STR(""); /* NULL would be bound as NULL */
	return is_text(s) ? sqlite3_bind_text(stmt, param, s.p, (int)s.n, SQLITE_STATIC)
			  : sqlite3_bind_blob(stmt, param, s.p, (int)s.n, SQLITE_STATIC);
}

static int bind_column(sqlite3_stmt *stmt, int param, const struct column *c, const void *record)
{
	switch (c->type) {
	case COLUMN_TEXT:
		return bind_text(stmt, param, *record_text(c, record));
	case COLUMN_HASH:
		return sqlite3_bind_blob(stmt, param, (const char *)record + c->offset,
					 (int)c->size, SQLITE_STATIC);
	default:
		return sqlite3_bind_int64(stmt, param, (int64_t)record_get(c, record));
	}
}

int row_write(struct db *db, sqlite3_stmt *stmt, const struct record_type *t, const void *record,
	      struct why *why)
{
	int rc = SQLITE_OK, param = 1;

	for (unsigned i = 0; i < t->n_columns && rc == SQLITE_OK; i++)
		rc = bind_column(stmt, param++, &t->columns[i], record);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, param, record_checksum(t, record));
	return rc == SQLITE_OK ? db_run(db, stmt, why) : db_error(db, rc, why);
}

static bool read_text(sqlite3_stmt *stmt, int i, struct str *ret_s)
{
	int type = sqlite3_column_type(stmt, i);
	/* In this order: column_blob converts nothing, and column_bytes then counts its bytes. */
	const char *p = sqlite3_column_blob(stmt, i);

	*ret_s = (struct str){ p, (size_t)sqlite3_column_bytes(stmt, i) };
	return type == (is_text(*ret_s) ? SQLITE_TEXT : SQLITE_BLOB);
}

static bool read_column(sqlite3_stmt *stmt, int i, const struct column *c, void *record)
{
	switch (c->type) {
	case COLUMN_TEXT:
		return read_text(stmt, i, record_text(c, record));
	case COLUMN_HASH:
		if (sqlite3_column_bytes(stmt, i) != (int)c->size)
			return false;
		memcpy((char *)record + c->offset, sqlite3_column_blob(stmt, i), c->size);
		return true;
	default:
		return record_set(c, record, (uint64_t)sqlite3_column_int64(stmt, i));
	}
}

int row_read(struct db *db, sqlite3_stmt *stmt, const struct record_type *t, void *ret_record,
	     struct why *why)
{
	bool good = true;
	int i = 0;

	memset(ret_record, 0, t->size);
	for (; i < (int)t->n_columns && good; i++)
		good = read_column(stmt, i, &t->columns[i], ret_record);
	if (good && sqlite3_column_int64(stmt, i) == record_checksum(t, ret_record))
		return 0;
	return why_set(why, ERR_CORRUPT,
		       "%s is damaged, or was edited by hand: a row of \"%s\" (%s %lld) does not "
		       "match its checksum; restore a backup",
		       db->path, t->table, t->columns[0].name,
		       (long long)sqlite3_column_int64(stmt, 0));
}

int row_bind_text(struct db *db, sqlite3_stmt *stmt, int param, struct str s, struct why *why)
{
	int rc = bind_text(stmt, param, s);

	return rc == SQLITE_OK ? 0 : db_error(db, rc, why);
}

int row_bind_number(struct db *db, sqlite3_stmt *stmt, int param, uint64_t v, struct why *why)
{
	int rc = sqlite3_bind_int64(stmt, param, (int64_t)MIN_OF(v, (uint64_t)INT64_MAX));

	return rc == SQLITE_OK ? 0 : db_error(db, rc, why);
}
