/* migrate.c - runs the steps. */
#include "store/migrate.h"

#include "base/killpoint.h"

static int version_of(struct db *db, int64_t *ret_version, struct why *why)
{
	return db_number(db, "PRAGMA user_version", ret_version, why);
}

int migrate_check(struct db *db, unsigned n_known, struct why *why)
{
	int64_t version = 0;
	int r = version_of(db, &version, why);

	if (r < 0)
		return r;
	if (version < 0)
		return why_set(why, ERR_CORRUPT, "%s is damaged (schema %lld); restore a backup",
			       db->path, (long long)version);
	if (version > (int64_t)n_known)
		return why_set(why, ERR_VERSION,
			       "%s was made by a newer Relink (schema %lld, this one knows %u): "
			       "install that version or restore a backup",
			       db->path, (long long)version, n_known);
	return 0;
}

static int run_step(struct db *db, const struct migration *step, unsigned number, struct why *why)
{
	int64_t version = 0;
	int r = db_exec(db, "BEGIN IMMEDIATE", why);

	KP("store.migrate.begin");
	if (r == 0)
		r = db_exec(db, step->sql, why);
	if (r == 0)
		r = version_of(db, &version, why);
	if (r == 0 && version != number)
		r = why_set(why, ERR_STATE, "migration %u ends at schema %lld: a bug in Relink",
			    number, (long long)version);
	KP("store.migrate.applied");
	if (r == 0)
		r = db_exec(db, "COMMIT", why);
	KP("store.migrate.committed");
	db_rollback(db);
	return r;
}

int migrate_run(struct db *db, const struct migration *steps, unsigned n, struct why *why)
{
	int64_t version = 0;
	int r = version_of(db, &version, why);

	for (unsigned i = (unsigned)version; r == 0 && i < n; i++)
		r = run_step(db, &steps[i], i + 1, why);
	return r;
}
