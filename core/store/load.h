/* load.h - hands over at start what the process before us has left. */
#ifndef RELINK_STORE_LOAD_H
#define RELINK_STORE_LOAD_H
#include "store/db.h"
#include "store/store.h"

/* All instances, all accounts by row, then the lives that are open or given up.  ERR_CORRUPT for a row that
 * does not match its checksum; or what the loader said. */
int load_all(struct db *, const struct store_loader *, struct why *);

#endif
