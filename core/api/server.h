/*
 * server.h - moves bytes between sockets and connections, and runs the deadlines, on a uv loop.
 */
#ifndef RELINK_API_SERVER_H
#define RELINK_API_SERVER_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct face;
struct server;
struct uv_loop_s;

/* `loop` and `face` are kept until the server was freed; it runs the face's deadlines.  At most
 * `connections` clients are served at once, and `per_peer` of them (0: no limit) from one address of
 * the network.  ERR_NOMEM. */
int server_new(struct server **ret_server, struct uv_loop_s *, struct face *, uint64_t connections,
	       uint64_t per_peer);
/* See listen.h; each once. */
int server_listen_tcp(struct server *, const char *address, struct why *why);
int server_listen_unix(struct server *, const char *path, struct why *why);
/* Where TCP really listens. */
const char *server_url(const struct server *);
/* See api_stop. */
void server_stop(struct server *, uint64_t grace_ms, void (*done)(void *ctx), void *ctx);
/* Close everything; `freed(ctx)` runs when the last handle is closed and nothing here uses the face
 * any more.  NULL is fine, and then `freed` runs at once. */
void server_free(struct server **, void (*freed)(void *ctx), void *ctx);

#endif
