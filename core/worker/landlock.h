/*
 * landlock.h - no file but those of the list, by the kernel's Landlock.
 *
 * It binds the calling thread and those that it starts later.  Besides files it shuts what the kernel's
 * version can: abstract sockets and signals to processes outside; and by itself looking into them.
 */
#ifndef RELINK_WORKER_LANDLOCK_H
#define RELINK_WORKER_LANDLOCK_H
#include "worker/places.h"

/* The kernel's version of it, 1 or more; else negative, and `errno` says why there is none. */
int landlock_version(void);
/* Bind this thread for ever, and note in `places` what was found.  ERR_UNAVAILABLE with the end of a
 * sentence. */
int landlock_enter(int version, struct places *, struct why *);

#endif
