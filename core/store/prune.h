/* prune.h - forgets what is older than it needs to be, a little at a time. */
#ifndef RELINK_STORE_PRUNE_H
#define RELINK_STORE_PRUNE_H
#include <stdatomic.h>

#include "store/fence.h"

#define PRUNE_ROWS 500 /* a step looks at no more rows of each table */

enum prune_statement { PRUNE_JOURNAL, PRUNE_ATTEMPTS, PRUNE_IDEM, PRUNE_STATEMENTS };

struct prune {
	struct db *db; /* kept, as the fence */
	struct fence *fence;
	_Atomic uint64_t retention_ms, journal_rows; /* store_retain changes them */
	sqlite3_stmt *statements[PRUNE_STATEMENTS];
};

int prune_open(struct prune *, struct db *, struct fence *, const struct store_options *,
	       struct why *);
void prune_close(struct prune *);

/* What ended before this moment has been kept for long enough; 0 when `keep_ms` is 0, for ever. */
uint64_t prune_horizon(uint64_t keep_ms);

/* One transaction, which costs nothing when nothing is due.  Returns how many rows went. */
int prune_step(struct prune *, struct why *);

#endif
