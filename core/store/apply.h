/* apply.h - a group of commits as one transaction. */
#ifndef RELINK_STORE_APPLY_H
#define RELINK_STORE_APPLY_H
#include "store/commit.h"
#include "store/fence.h"

enum apply_statement {
	APPLY_ACCOUNT,
	APPLY_ACCOUNT_DELETE,
	APPLY_ATTEMPT,
	APPLY_ATTEMPT_FIND,
	APPLY_ATTEMPT_END,
	APPLY_JOURNAL,
	APPLY_IDEM,
	APPLY_API_KEY,
	APPLY_API_KEY_DELETE,
	APPLY_INSTANCE,
	APPLY_CURSOR,
	APPLY_DEATH,
	APPLY_DEATHS_CUT,
	APPLY_INCIDENT,
	APPLY_INCIDENTS_CUT,
	APPLY_PAUSE,
	APPLY_PAUSE_DELETE,
	APPLY_ALERT,
	APPLY_ALERT_DELETE,
	APPLY_BULK,
	APPLY_BULK_DELETE,
	APPLY_QR_LINK,
	APPLY_QR_LINK_DELETE,
	APPLY_ENDPOINT,
	APPLY_ENDPOINT_DELETE,
	APPLY_CURSORS_SWEEP,
	APPLY_DEAD_SWEEP,
	APPLY_DEAD,
	APPLY_DEAD_DELETE,
	APPLY_DEAD_CUT,
	APPLY_STATEMENTS
};

struct apply {
	struct db *db; /* kept, as the fence */
	struct fence *fence;
	sqlite3_stmt *statements[APPLY_STATEMENTS];
};

int apply_open(struct apply *, struct db *, struct fence *, struct why *);
void apply_close(struct apply *);

/* All commits of the list or none.  ERR_FENCED; ERR_CORRUPT also for a change that breaks a rule of
 * the schema; what db_error says. */
int apply_group(struct apply *, const struct commit *group, struct why *);

#endif
