/*
 * syscalls.h - none of the table's system calls, by the kernel's seccomp.
 */
#ifndef RELINK_WORKER_SYSCALLS_H
#define RELINK_WORKER_SYSCALLS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Does the kernel have it, for us?  Else `errno` says why not. */
bool syscalls_can(void);
/* From now on, and in all threads: no call that the table refuses to who needs no more than this.
 * ERR_UNAVAILABLE with the end of a sentence. */
int syscalls_enter(uint64_t needs, struct why *);

#endif
