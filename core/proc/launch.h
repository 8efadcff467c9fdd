/*
 * launch.h - what a service's process is started with: its program, environment and user.
 */
#ifndef RELINK_PROC_LAUNCH_H
#define RELINK_PROC_LAUNCH_H
#include "proc/gate.h"
#include "proc/services.h"

/* Everything that is looked up before a start.  `gate` points into the rest. */
struct launch {
	char program[4096];
	char **envp;
	size_t n_envp;
	gid_t *groups;
	struct gate_user user;
	struct gate_spec gate;
};

/* Look up program and user.  Asks the user database, which may block.  The spec is lent for as long
 * as the launch lives.  ERR_CONFIG, ERR_UNAVAILABLE; launch_fini in any case. */
int launch_init(struct launch *, const struct service_spec *, struct why *why);
void launch_fini(struct launch *);

/* A number that changes when any of the settings does, the values of variables included. */
uint64_t launch_hash(const struct service_spec *);

#endif
