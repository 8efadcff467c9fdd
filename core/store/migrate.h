/*
 * migrate.h - numbered steps from an empty file to today's schema.
 *
 * A step is one file in migrations/, one transaction, and ends by setting its own number.  Steps
 * that were released are never edited; a change is a new step.
 */
#ifndef RELINK_STORE_MIGRATE_H
#define RELINK_STORE_MIGRATE_H
#include "store/db.h"

struct migration {
	const char *sql;
};

/* Made by CMake from migrations/NNNN.sql, in order. */
extern const struct migration migrations[];
extern const unsigned n_migrations;

/* ERR_VERSION: the file is newer than the last step, nothing was changed. */
int migrate_check(struct db *, unsigned n_known, struct why *);
/* Run what is missing. */
int migrate_run(struct db *, const struct migration *steps, unsigned n, struct why *);

#endif
