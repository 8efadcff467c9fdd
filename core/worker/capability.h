/*
 * capability.h - everything that a worker may or may not do, in one table.
 *
 * A row is a capability: who has it, the paths that come with it, and the system calls that are refused
 * to whoever does not have it.  What stands in no row is: a path is not opened to anybody (Landlock
 * refuses what is not listed), a call is free (seccomp refuses only what is listed).
 */
#ifndef RELINK_WORKER_CAPABILITY_H
#define RELINK_WORKER_CAPABILITY_H
#include <relink/plugin.h>
#include <seccomp.h>
#include <stdbool.h>

enum holder { HELD_BY_ALL, HELD_BY_NEED, HELD_BY_KEY, HELD_BY_NOBODY };

/* What is allowed below a path. */
enum right {
	RIGHT_READ = 1,    /* read, and look into folders */
	RIGHT_WRITE = 2,   /* and write, make, rename, remove */
	RIGHT_DEVICE = 4,  /* read and write what is there already */
	RIGHT_APPEND = 8,  /* write and not read */
	RIGHT_PROGRAM = 16 /* read, and start programs */
};

/* Ended by a NULL path. */
struct free_path {
	const char *path;
	enum right right;
};

/* A system call; with conditions, which all must hold, only some of its forms.  Ended by a NULL name. */
struct barred_call {
	const char *name;
	int number; /* negative where this machine does not have it */
	int error;
	unsigned n;
	struct scmp_arg_cmp when[2];
};
#define OWN_PID UINT64_MAX /* as a condition's number: our process id */

struct capability {
	const char *name;
	enum holder holder;
	uint64_t bit; /* HELD_BY_NEED: of the plugin's needs; HELD_BY_KEY: of the key's flags */
	const struct free_path *paths;
	const struct barred_call *calls;
	enum right right; /* HELD_BY_KEY: to what the key's value names */
};

/* Ended by a NULL name. */
extern const struct capability capabilities[];

bool capability_held(const struct capability *, uint64_t needs);

#endif
