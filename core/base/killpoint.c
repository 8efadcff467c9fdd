/* killpoint.c - see killpoint.h.  Called from the loop thread and the store's writer thread. */
#include "base/killpoint.h"

#ifdef RELINK_KILLPOINTS
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMES_MAX 256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *target, *trace;
static unsigned target_hit, hits;
static const char *seen[NAMES_MAX];
static unsigned n_seen;
static int ready;

/* RELINK_KILL is name[:hit]; what does not fit never fires. */
static void read_environment(void)
{
	static char name[64];
	const char *env = getenv("RELINK_KILL"), *colon;

	ready = 1;
	trace = getenv("RELINK_KILL_TRACE");
	if (env == NULL || strlen(env) >= sizeof name)
		return;
	colon = strrchr(env, ':');
	target_hit = colon != NULL ? (unsigned)strtoul(colon + 1, NULL, 10) : 1;
	snprintf(name, sizeof name, "%.*s", colon != NULL ? (int)(colon - env) : (int)strlen(env),
		 env);
	target = name;
}

static void note(const char *name)
{
	int fd;

	for (unsigned i = 0; i < n_seen; i++) {
		if (strcmp(seen[i], name) == 0)
			return;
	}
	if (n_seen < NAMES_MAX)
		seen[n_seen++] = name;
	fd = open(trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	dprintf(fd, "%s\n", name); /* a lost line makes the test that reads the trace fail */
	close(fd);
}

void killpoint(const char *marked_name)
{
	const char *name = marked_name + sizeof KP_MARK - 1;

	pthread_mutex_lock(&lock);
	if (!ready)
		read_environment();
	if (trace != NULL)
		note(name);
	if (target != NULL && strcmp(name, target) == 0 && ++hits == target_hit)
		kill(getpid(), SIGKILL);
	pthread_mutex_unlock(&lock);
}
#else
/* ISO C wants a declaration in every file. */
extern int killpoints_are_off;
#endif
