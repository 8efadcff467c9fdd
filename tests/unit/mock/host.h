/*
 * host.h - a worker in miniature: loads the plugin, lends it virtual time, writes down what it
 * says.
 *
 * All rigs of a program share one clock, which moves only in host_run.  A plugin that answers
 * twice, answers what was not asked, or is still owed an answer after close fails the test at that
 * place.
 */
#ifndef RELINK_TEST_MOCK_HOST_H
#define RELINK_TEST_MOCK_HOST_H
#include <stdbool.h>

#include "relink/plugin.h"

/* What the plugin said, as text that tests compare:
 *	20 create ok; 300 s1/1 qr; 305 list ok complete s1/1=qr
 * times count from host_open or host_forget. */
struct rig {
	struct relink_host host; /* first: the plugin hands it back to us */
	const struct relink_plugin *plugin;
	void *self; /* NULL: not open */
	void *conf;
	uint64_t started;
	int64_t skew_ms; /* how far this host's clock is off */
	uint64_t random;
	char said[16384], list[8192];
	struct asked {
		relink_op op;
		char name[32];
		bool answered;
	} * asked;
	size_t n_asked, room_asked;
	char *last_body; /* of the last control verb */
	size_t n_listed;
	bool quiet; /* count only, write nothing down */
};

/* The descriptor in a shared object, which is loaded once and never unloaded. */
const struct relink_plugin *host_load(const char *path);

/* Open an instance; `config` is "key=value,key=value", with defaults for the rest.  A value that
 * begins with '{' goes to the end.  On failure the rig is empty again. */
enum relink_cause host_open(struct rig *, const char *plugin_path, const char *config);
/* The same, for one that fails: what the plugin said. */
enum relink_cause host_open_why(struct rig *, const char *plugin_path, const char *config,
				char *why, size_t n);
/* Close it as a worker does; every operation must be answered by then. */
void host_close(struct rig *);
/* Forget what was said; times count from now. */
void host_forget(struct rig *);

void host_create(struct rig *, const char *account, const char *session, uint64_t generation,
		 const char *profile, bool resume, const char *metadata);
void host_disconnect(struct rig *, const char *account, const char *session, uint64_t generation);
void host_health(struct rig *, const char *account, const char *session, uint64_t generation);
void host_list(struct rig *);
/* `session` may be "". */
void host_control(struct rig *, const char *account, const char *session, const char *verb,
		  const char *args);
void host_send(struct rig *, const char *account, const char *session, uint64_t generation,
	       const char *args);
void host_webhook(struct rig *, const struct relink_header *headers, size_t n, const char *body);
/* The lines of dump(), one after the other. */
void host_dump(struct rig *, char *to, size_t size);
/* How often `what` is in `text`. */
unsigned host_count(const char *text, const char *what);
/* Operations without an answer. */
size_t host_open_ops(const struct rig *);

/* Let `ms` pass for all rigs: timers fire in the order of their times. */
void host_run(uint64_t ms);
uint64_t host_now(void);
/* A die for tests by chance, which a seed repeats. */
void host_roll_from(uint64_t seed);
unsigned host_roll(unsigned sides);
/* Back to the beginning of time; no rig may be open. */
void host_rewind(void);

#endif
