/*
 * host.h - a host for the plugin, which checks what it is told and counts it.
 *
 * HTTP questions wait until the target answers them; there is one timer, which never ends.
 */
#ifndef RELINK_TESTS_FUZZ_HOST_H
#define RELINK_TESTS_FUZZ_HOST_H
#include "relink/plugin.h"

#define HOST_NOW_MS     1763287200000u
#define HOST_KEY        "k3y-of-the-fuzzer"
#define HOST_SECRET     "the-secret-of-now"
#define HOST_SECRET_OLD "the-secret-before"

extern const struct relink_plugin relink_plugin;

extern struct host_told {
	relink_http questions; /* asked so far; the number of the last */
	unsigned done, listed, events, messages;
	enum relink_cause cause; /* of the last done */
} host_told;

/* Open an instance, with everything counted anew. */
void *host_open(void);
/* Close it as operation `op`: nothing may be left behind. */
void host_close(void *self, relink_op op);
/* No-op for one that was dropped or answered. */
void host_answer(relink_http, const struct relink_http_reply *);
struct relink_str host_str(const char *);
/* A request as operation 1, about account a1, session s1, generation 3. */
struct relink_request host_request(void);

#endif
