/*
 * powers.h - root's powers, but those over files.
 *
 * A relinkd that was started as root, without worker.user, has workers that are root.  What Landlock and
 * seccomp look at they may then not do; the kernel has more doors, and each opens to one of these powers.
 */
#ifndef RELINK_WORKER_POWERS_H
#define RELINK_WORKER_POWERS_H
#include "base/err.h"

/* Of this thread and those that it starts later.  ERR_UNAVAILABLE with the end of a sentence. */
int powers_drop(struct why *);

#endif
