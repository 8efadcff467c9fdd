/*
 * instance.h - one running backend of the plugin, from open to close.
 *
 * A closed instance stays in memory until the process ends: the plugin answers its close from deep
 * inside its own code, with our host services still in its hands.
 */
#ifndef RELINK_WORKER_INSTANCE_H
#define RELINK_WORKER_INSTANCE_H
#include "worker/fence.h"
#include "worker/worker.h"

enum instance_state {
	INSTANCE_OPENING, /* the plugin's open() runs, and may use the host services */
	INSTANCE_OPEN,
	INSTANCE_CLOSING, /* asked to close; still answers what is open */
	INSTANCE_CLOSED,  /* or never open */
};

struct timer;
struct instance {
	unsigned magic;
	struct worker *worker;
	struct relink_host host; /* what the plugin sees of us */
	char name[LIMIT_INSTANCE + 1];
	void *conf, *self;
	enum instance_state state;
	struct fence fence;
	struct timer *timers; /* by number; host.c */
	relink_timer last_timer;
	bool http_full; /* its last HTTP request was not taken */
	UT_hash_handle hh;
};

/* Check the configuration and open.  RELINK_NONE, or the cause, with the sentence in `why`. */
enum relink_cause instance_open(struct worker *, const struct msg_instance *, struct why *why);
/* NULL when there is none that is open. */
struct instance *instance_find(struct worker *, struct str name);
/* Ask the plugin to close it; instance_closed follows, perhaps from inside. */
void instance_close(struct instance *);
/* It is over: whatever it still owed is answered, and what it left behind is cleared and told. */
void instance_closed(struct instance *);
/* At the end of the process. */
void instances_free(struct worker *);

#endif
