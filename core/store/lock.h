/* lock.h - one core per state directory. */
#ifndef RELINK_STORE_LOCK_H
#define RELINK_STORE_LOCK_H
#include "base/err.h"

/* Check that `dir` may hold our state and take DIR/relink.lock.  The lock lives until the
 * descriptor is closed, so also through kill -9; it is not handed to children.  ERR_BUSY: `why`
 * names who has it; ERR_CONFIG, ERR_IO: the directory won't do. */
int lock_take(int *ret_fd, const char *dir, struct why *why);

#endif
