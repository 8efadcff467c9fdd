/*
 * core.h - the core at the other end of a worker's uplink, without a socket.
 *
 * It takes every frame as the real one does: opened, read, and cut off at the first that it would not
 * take, which ends the process here.  Each of its requests must be answered once.
 */
#ifndef RELINK_TESTS_FUZZ_CORE_H
#define RELINK_TESTS_FUZZ_CORE_H
#include "worker/worker.h"

#define CORE_CALLS 64

/* Forget what the last worker was asked. */
void core_reset(void);
/* Ask the worker.  False: it was asked CORE_CALLS times. */
bool core_ask(struct worker *, enum msg_method, const void *params);
/* Every request has its answer. */
bool core_was_answered(void);

#endif
