/*
 * api.h - the HTTP face: /v1, /healthz, /readyz, on TCP and on a unix socket.
 *
 * llhttp (strict) on the libuv loop.  Everything here runs on the loop thread.
 */
#ifndef RELINK_API_API_H
#define RELINK_API_API_H
#include "api/endpoints/endpoints.h"
#include "api/port.h"

struct api;
struct bus;
struct metrics;
struct uv_loop_s;

/* The drop-in face: see dropin/dropin.h. */
struct dropin_options {
	const char *key, *key_file;   /* both NULL: it is off */
	const char *provider;         /* of accounts made there */
	const char *workspace_prefix; /* NULL: none */
	uint64_t wait_ms;             /* how long an answer may wait for a QR code */

	const char *webhook_url; /* where events are forwarded to; NULL: nowhere */
	const char *webhook_secret, *webhook_secret_file;
	uint64_t webhook_ms; /* how long the receiver may take for one */
};

struct api_options {
	const char *listen; /* "127.0.0.1:0" */
	const char
	    *socket_path;     /* unix socket, 0600; peers are admitted by their uid; NULL: none */
	const char *key_file; /* admin key, made at first start, 0600 */
	uint64_t header_ms, body_ms, write_ms, idle_ms;
	uint64_t connections, connections_per_peer, body_bytes; /* per peer 0: no limit */
	const char *hosts; /* names that we answer to, besides our own; NULL: none */
	bool any_host;
	struct dropin_options dropin;
	const struct outbox_office
	    *office; /* kept; NULL: no event is sent out, and dropin has no webhook_url */
	struct endpoints_options endpoints;
	bool metrics_open; /* GET /metrics needs no key from this machine */
	/* Figures of the rest of the daemon; NULL: none. */
	void (*figures)(void *ctx, struct metrics *);
	void *figures_ctx;
};

/* Reads or makes the key, binds, listens.  `port` is copied, `bus` kept.  On failure nothing
 * listens, but the loop has to turn once more before it can be closed. */
int api_new(struct api **ret_api, struct uv_loop_s *, const struct api_options *,
	    const struct api_port *, struct bus *, struct why *);
/* "http://127.0.0.1:41234": where TCP really listens. */
const char *api_address(const struct api *);
/* Accept no more, answer what is under way (at most `grace_ms`), then call `done` from the loop. */
void api_stop(struct api *, uint64_t grace_ms, void (*done)(void *ctx), void *ctx);
/* Close what is still open, at once.  The memory goes with the last close callback: turn the loop
 * once more before it, the bus or the port go.  Commands under way may be answered later still:
 * their reply is dropped.  NULL is fine. */
void api_free(struct api **);

/* Counters since start; connections, streams, waiters and hooks: now. */
struct api_stats {
	uint64_t requests, refused, connections, streams, waiters;
	uint64_t wrong_keys, limited_keys; /* the latter among the former, answered 429 */
	uint64_t crowded;                  /* connections over what one peer may have */
	uint64_t hooks, hooks_refused;     /* large webhooks: now, and refused as too many */
	uint64_t exhausted;                /* taken and refused without a descriptor to spare */
};
void api_stats(const struct api *, struct api_stats *ret_stats);

#endif
