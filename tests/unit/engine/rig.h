/*
 * rig.h - an engine made by hand for tests: one provider, one worker, two instances, no store, no process.
 */
#ifndef RELINK_TESTS_ENGINE_RIG_H
#define RELINK_TESTS_ENGINE_RIG_H
#include "engine/state.h"

struct rig {
	struct conf conf;
	struct conf_provider provider;
	struct conf_instance instances[2]; /* "one" and "two" */
	struct engine e;
};

void rig_make(struct rig *);
void rig_end(struct rig *);
/* An account that is wanted, in this state: ST_QUEUED or ST_UP. */
struct member *rig_account(struct rig *, const char *id, unsigned instance, unsigned state);
/* The same, of a workspace; `person`: somebody asked for it; `login`: it was logged in. */
struct member *rig_account_of(struct rig *, const char *id, const char *workspace,
			      unsigned instance, unsigned state, bool person, bool login);

#endif
