/*
 * web.h - an HTTP client on the loop: what the worker lends to its plugin, as plugin.h promises it, and
 * what the core sends its own requests with.
 *
 * A request is refused, or waits for its turn, or is on its way; each ends in one call of its
 * `fn`, from the loop.  Turns go round the servers, oldest request first, so that a slow server
 * holds up its own requests and no other's.  One alarm for each request is its deadline, looks
 * whether its answer still moves, and brings the bad news of one that never started.
 */
#ifndef RELINK_WEB_WEB_H
#define RELINK_WEB_WEB_H
#include "proc/alarm.h"
#include "web/loop.h"
#include "web/transfer.h"

#define WEB_WAITING_MAX       4096
#define WEB_WAITING_BYTES_MAX (64u << 20)
#define WEB_LOOK_MS           10000 /* how often an answer that has begun is looked at */
#define WEB_SLOWEST           100   /* bytes a second that it must bring */

typedef void web_fn(void *arg, const struct relink_http_reply *);

struct exchange;
struct web_server;
struct web {
	struct alarms *alarms;
	struct web_loop loop;
	struct exchange *exchanges; /* by number: all that were not answered */
	struct web_server *servers; /* by name: those with a request */
	struct web_server *ready;   /* those whose oldest may start, in order of their turns */
	relink_http last;
	unsigned n_active, n_waiting;
	size_t waiting_bytes;
	uint64_t look_ms; /* WEB_LOOK_MS; tests are less patient */
	bool closed;
};

void web_open(struct web *, uv_loop_t *, struct alarms *);
/* Drops what is left.  Before the alarms close; the struct must live until the loop has ended. */
void web_close(struct web *);

/* plugin.h's http(); the request is of our size.  `owner` may drop it. */
relink_http web_ask(struct web *, const void *owner, const struct relink_http_request *, web_fn *,
		    void *arg);
/* The same for who wants to know no more than the status: an answer whose head is whole counts, whatever
 * becomes of its body, which is read and dropped so that the connection can be used again. */
relink_http web_tell(struct web *, const void *owner, const struct relink_http_request *, web_fn *,
		     void *arg);
/* The same, where only some servers are allowed: see guard.h, which is kept until it has ended. */
relink_http web_tell_guarded(struct web *, const void *owner, const struct relink_http_request *,
			     const struct guard *, web_fn *, void *arg);
void web_drop(struct web *, const void *owner, relink_http);
/* All of the owner's; says how many there were. */
unsigned web_drop_all(struct web *, const void *owner);

#endif
