/*
 * prune.c - retention.
 *
 * The journal is looked at from its oldest line on, which needs no index on time: lines are written
 * in order, so behind the first one that stays there is nothing to find.  Lives that are open or
 * given up are never forgotten; they may still have to be closed at the provider.
 */
#include "store/prune.h"

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/obj.h"
#include "store/row.h"

#define IDEM_KEEP_MS (24ull * 60 * 60 * 1000) /* what the HTTP API promises */
/* A life that was found is still in the ledger when a commit about it comes. */
#define ATTEMPT_GRACE_MS (60ull * 60 * 1000)

static const char *const sql[PRUNE_STATEMENTS] = {
	[PRUNE_JOURNAL] = ("DELETE FROM journal WHERE seq IN (SELECT seq FROM "
			   "(SELECT seq, at FROM journal ORDER BY seq LIMIT ?3) "
			   "WHERE seq <= ?1 OR at < ?2)"),
	[PRUNE_ATTEMPTS] = ("DELETE FROM attempt WHERE (account_row, generation) IN "
			    "(SELECT account_row, generation FROM attempt "
			    "WHERE state = 2 AND closed_at < ?2 LIMIT ?3)"),
	[PRUNE_IDEM] = ("DELETE FROM idem WHERE key IN "
			"(SELECT key FROM idem WHERE at < ?2 LIMIT ?3)"),
};

int prune_open(struct prune *p, struct db *db, struct fence *fence,
	       const struct store_options *options, struct why *why)
{
	int r = 0;

	*p = (struct prune){ .db = db,
			     .fence = fence,
			     .retention_ms = options->retention_ms,
			     .journal_rows = options->journal_rows };
	for (unsigned i = 0; i < PRUNE_STATEMENTS && r == 0; i++)
		r = db_prepare(db, sql[i], &p->statements[i], why);
	if (r < 0)
		prune_close(p);
	return r;
}

void prune_close(struct prune *p)
{
	for (unsigned i = 0; i < PRUNE_STATEMENTS; i++) {
		sqlite3_finalize(p->statements[i]);
		p->statements[i] = NULL;
	}
}

/* `upto` is the last journal line that may go by number, `before` the time that may go. */
static int forget(struct prune *p, enum prune_statement id, uint64_t upto, uint64_t before,
		  struct why *why)
{
	sqlite3_stmt *stmt = p->statements[id];
	int r = id == PRUNE_JOURNAL ? row_bind_number(p->db, stmt, 1, upto, why) : 0;

	if (r == 0)
		r = row_bind_number(p->db, stmt, 2, before, why);
	if (r == 0)
		r = row_bind_number(p->db, stmt, 3, PRUNE_ROWS, why);
	if (r == 0)
		r = db_run(p->db, stmt, why);
	return r == 0 ? sqlite3_changes(p->db->sqlite) : r;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

uint64_t prune_horizon(uint64_t keep_ms)
{
	return keep_ms > 0 ? less(clock_ms(), keep_ms) : 0;
}

static int forget_all(struct prune *p, struct why *why)
{
	uint64_t last = p->fence->now.last_seq, horizon = prune_horizon(p->retention_ms);
	uint64_t upto = p->journal_rows > 0 ? less(last, p->journal_rows) : 0;
	const uint64_t before[PRUNE_STATEMENTS] = {
		[PRUNE_JOURNAL] = horizon,
		[PRUNE_ATTEMPTS] = less(horizon, ATTEMPT_GRACE_MS),
		[PRUNE_IDEM] = prune_horizon(IDEM_KEEP_MS),
	};
	int n = 0;

	for (unsigned i = 0; i < PRUNE_STATEMENTS; i++) {
		int r = forget(p, i, upto, before[i], why);

		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

int prune_step(struct prune *p, struct why *why)
{
	int n = db_exec(p->db, "BEGIN IMMEDIATE", why), r;

	if (n == 0)
		n = forget_all(p, why);
	r = n > 0 ? fence_pass(p->fence, &p->fence->now, why) : n;
	KP("store.prune.applied");
	if (r == 0)
		r = db_exec(p->db, "COMMIT", why);
	KP("store.prune.committed");
	db_rollback(p->db);
	return r < 0 ? r : n;
}
