/*
 * stage.h - a worker in miniature on which a plugin is tried: virtual time, a backend that misbehaves on
 * request, and eyes for whatever the plugin owes.
 *
 * One stage a process: each check runs in a process of its own, so that a plugin that crashes or hangs
 * costs one check.  Whoever finds a fault calls fail(), which ends the process.
 */
#ifndef RELINK_CHECK_STAGE_H
#define RELINK_CHECK_STAGE_H
#include <relink/plugin.h>
#include <stdbool.h>

#include "backend.h"

#define STATUS_FAILED  1
#define STATUS_SKIPPED 2
/* Say what is wrong (skip: why this cannot be looked at) and end this check. */
_Noreturn void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define OPS_MAX    4096
#define HEARD_MAX  8192
#define LISTED_MAX 4096
#define NAME_ROOM  160

struct instance;
struct op {
	const char *what; /* "create" */
	const struct instance *in;
	unsigned answers;
	enum relink_cause cause;
	enum relink_state state;
	uint64_t generation;
	int unknown, complete;
};

struct seen {
	char session[NAME_ROOM];
	uint64_t generation;
	enum relink_state state;
};

struct instance {
	struct relink_host host; /* first: the plugin hands it back to us */
	void *self;
	bool open;
};

struct stage {
	const struct relink_plugin *plugin;
	void *conf; /* lent */
	uint64_t now;
	enum backend_mood mood;
	size_t questions; /* HTTP requests so far */
	struct op ops[OPS_MAX];
	size_t n_ops;
	struct seen heard[HEARD_MAX]; /* events */
	size_t n_heard;
	struct seen listed[LISTED_MAX]; /* of the last list */
	size_t n_listed;
};
extern struct stage stage;

void stage_begin(const struct relink_plugin *, void *conf);
void stage_open(struct instance *, const char *name);
/* Close it and look that nothing is owed and nothing is left. */
void stage_close(struct instance *);
/* Close it while operations are open; returns without waiting. */
void stage_close_begin(struct instance *);
void stage_close_end(struct instance *);
/* Let virtual time pass; timers and answers of the backend come in their order. */
void stage_run(uint64_t ms);

/* Ask for an operation; the result stands in stage.ops[op - 1] when it was answered.  The strings live
 * only for the call, without a NUL behind them. */
struct wish {
	const char *account, *session, *profile, *metadata, *verb, *args, *body;
	uint64_t generation;
	bool resume;
};
/* A session that no backend has heard of before: backends may keep what other checks left there. */
extern struct wish one;
extern const char *another_session;
relink_op ask(struct instance *, const char *what, const struct wish *);
/* The same, and let time pass until it is answered, at most until its deadline. */
const struct op *ask_and_wait(struct instance *, const char *what, const struct wish *);
/* Is the session in the last list, and how often? */
unsigned listed(const char *session, uint64_t *ret_generation);

#endif
