/*
 * host.h - the services that a plugin calls: struct relink_host of one instance.
 *
 * Whatever a plugin passes is taken as a stranger's: sizes are respected, numbers checked, texts
 * made fit, and what makes no sense is counted, told to the operator and dropped.  None of these
 * calls back into the plugin.
 */
#ifndef RELINK_WORKER_HOST_H
#define RELINK_WORKER_HOST_H
#include "worker/instance.h"

#define INSTANCE_MAGIC  0xa1a12103u
#define HOST_TIMERS_MAX 262144 /* of one instance */

void host_init(struct instance *);
/* Stops what timers and drops what HTTP requests are left; says so, since a plugin should have. */
void host_fini(struct instance *);

#endif
