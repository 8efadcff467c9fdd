/* open.h - from a directory to a database that can be trusted. */
#ifndef RELINK_STORE_OPEN_H
#define RELINK_STORE_OPEN_H
#include "store/db.h"

/* Open DIR/relink.db for writing (made if there is none), check it and bring it to today's
 * schema. `path` is kept by the connection.  The caller has the lock.  ERR_VERSION, ERR_CORRUPT:
 * neither the database nor its write-ahead log was changed. */
int database_open(struct db *, const char *dir, const char *path, struct why *why);
/* Close one that was opened and is refused after all: its files stay as they were found. */
void database_leave(struct db *);

#endif
