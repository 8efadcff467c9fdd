/*
 * identity.h - which process is it?  Number, start time and boot, kept in a file.
 *
 * A number alone is reused; a number and its start time are one process for as long as this kernel
 * runs, and the boot id says which kernel that was.  The file is renamed into place but not synced:
 * a kill of ours loses nothing that was written, and what a crash of the kernel loses is about
 * processes that are gone with it.
 */
#ifndef RELINK_PROC_IDENTITY_H
#define RELINK_PROC_IDENTITY_H
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define IDENTITY_BOOT 40

struct identity {
	uint64_t pid;
	uint64_t start;    /* ticks since the boot, field 22 of /proc/PID/stat */
	uint64_t settings; /* a hash of what it was started with */
	uint64_t at;       /* when, on clock_ms() */
	char boot[IDENTITY_BOOT];
};

/* Fill pid, start and boot of a process.  ERR_NOTFOUND: there is none, or only its exit status;
 * ERR_UNAVAILABLE: that cannot be found out now. */
int identity_of(uint64_t pid, struct identity *ret_identity);
/* A pidfd of the living process that this is, for the caller to close; or as above. */
int identity_open(const struct identity *);

/* ERR_IO. */
int identity_write(const struct identity *, const char *path, struct why *why);
/* ERR_NOTFOUND: there is no file; ERR_FORMAT: nothing of ours stands in it; ERR_UNAVAILABLE. */
int identity_read(struct identity *ret_identity, const char *path);

#endif
