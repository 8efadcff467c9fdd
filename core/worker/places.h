/*
 * places.h - the paths that a worker may open: those of the table, and those of its instances' keys.
 *
 * The kernel remembers files, not names.  A file that was replaced under its name (a renewed certificate,
 * another resolv.conf) is a stranger, and only a new process can let it in: places_outdated says when.
 */
#ifndef RELINK_WORKER_PLACES_H
#define RELINK_WORKER_PLACES_H
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "ipc/msg.h"
#include "worker/capability.h"

struct place {
	char *path;
	enum right right;
	/* What the kernel was told of; 0: nothing was there. */
	dev_t dev;
	ino_t ino;
};

struct places {
	struct place *v;
	size_t n, room;
};

/* Make the folders that keys name and that are not there.  ERR_CONFIG with the sentence. */
int places_make(const struct relink_plugin *, const struct msg_config *, struct why *);
/* ERR_NOMEM.  What was gathered is freed by places_free, also then. */
int places_gather(struct places *, const struct relink_plugin *, const struct msg_config *);
void places_free(struct places *);
/* Is one of them another file now, which the sandbox refuses? */
bool places_outdated(const struct places *);

#endif
