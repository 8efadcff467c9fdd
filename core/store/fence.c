/* fence.c - the row in `meta`. */
#include "store/fence.h"

#include "base/killpoint.h"
#include "base/obj.h"
#include "base/rng.h"
#include "store/row.h"

#define META_TOKEN 2 /* its column, counted from 0 */

static int prepare(struct fence *f, struct db *db, struct why *why)
{
	int r;

	*f = (struct fence){ .db = db };
	r = row_prepare(db, &record_meta, ROW_SELECT, "WHERE one = 1", &f->find, why);
	if (r == 0)
		r = row_prepare(db, &record_meta, ROW_UPSERT, "", &f->put, why);
	return r;
}

int fence_create(struct db *db, struct why *why)
{
	struct fence f;
	int r = prepare(&f, db, why);

	rng_hex(f.installation, sizeof f.installation - 1);
	f.now = (struct meta_record){ .one = 1, .installation = str_of(f.installation) };
	if (r == 0)
		r = row_write(db, f.put, &record_meta, &f.now, why);
	fence_close(&f);
	return r;
}

static int read_meta(struct fence *f, struct why *why)
{
	int r = db_step(f->db, f->find, why);

	if (r == 0)
		return why_set(why, ERR_CORRUPT,
			       "%s is damaged (no row in \"meta\"); restore a backup", f->db->path);
	if (r == 1)
		r = row_read(f->db, f->find, &record_meta, &f->now, why);
	if (r == 0) {
		str_copy(f->installation, sizeof f->installation, f->now.installation);
		f->now.installation = str_of(f->installation);
	}
	sqlite3_reset(f->find);
	return r;
}

static int take_token(struct fence *f, struct why *why)
{
	int r = db_exec(f->db, "BEGIN IMMEDIATE", why);

	if (r == 0)
		r = read_meta(f, why);
	f->now.token++;
	if (r == 0)
		r = row_write(f->db, f->put, &record_meta, &f->now, why);
	KP("store.token.taken");
	if (r == 0)
		r = db_exec(f->db, "COMMIT", why);
	KP("store.token.committed");
	db_rollback(f->db);
	return r;
}

int fence_open(struct fence *f, struct db *db, struct why *why)
{
	int r = prepare(f, db, why);

	if (r == 0)
		r = take_token(f, why);
	if (r < 0)
		fence_close(f);
	return r;
}

void fence_close(struct fence *f)
{
	sqlite3_finalize(f->find);
	sqlite3_finalize(f->put);
	f->find = f->put = NULL;
}

static int check_file(struct fence *f, struct why *why)
{
	int moved = 0;

	sqlite3_file_control(f->db->sqlite, NULL, SQLITE_FCNTL_HAS_MOVED, &moved);
	if (moved == 0)
		return 0;
	return why_set(why, ERR_FENCED,
		       "%s was moved, removed or replaced while Relink was running; stop Relink "
		       "before touching its files",
		       f->db->path);
}

static int check_token(struct fence *f, struct why *why)
{
	int r = db_step(f->db, f->find, why);
	uint64_t token;

	if (r < 0)
		return r;
	/* Only the token, whatever the checksum says: the row is written anew anyway. */
	token = r == 1 ? (uint64_t)sqlite3_column_int64(f->find, META_TOKEN) : 0;
	sqlite3_reset(f->find);
	if (token == f->now.token)
		return 0;
	return why_set(why, ERR_FENCED,
		       "%s belongs to another relinkd by now (token %llu, ours is %llu); this one "
		       "must end",
		       f->db->path, (unsigned long long)token, (unsigned long long)f->now.token);
}

int fence_pass(struct fence *f, const struct meta_record *marks, struct why *why)
{
	int r = check_file(f, why);

	if (r == 0)
		r = check_token(f, why);
	if (r == 0)
		r = row_write(f->db, f->put, &record_meta, marks, why);
	return r;
}
