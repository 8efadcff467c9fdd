/*
 * world.h - the API on a loop with the fake core behind it, and clients on real sockets.
 *
 * Clients and server share one thread: whoever waits turns the loop.  Nothing sleeps; every wait
 * ends with its event or fails the test after WORLD_PATIENCE_MS.
 */
#ifndef RELINK_TEST_API_WORLD_H
#define RELINK_TEST_API_WORLD_H
#include <uv.h>

#include "api/api.h"
#include "base/buf.h"
#include "fake.h"

#define WORLD_PATIENCE_MS 10000

struct world {
	uv_loop_t loop;
	struct fake fake;
	struct api *api;
	char dir[64], key_file[96], socket[96];
	char key[64];
	unsigned port;
	bool stopped;
};

/* Change members of the options before world_start. */
struct api_options world_options(struct world *);
void world_open(struct world *);
void world_open_with(struct world *, const struct api_options *, unsigned ring);
void world_close(struct world *);
/* One turn of the loop and of the core; waits a few milliseconds for something to happen. */
void world_turn(struct world *);
/* Turn until `done(arg)`, or fail. */
void world_until(struct world *, bool (*done)(void *arg), void *arg, const char *what);
struct api_stats world_stats(struct world *);
void world_until_waiters(struct world *, uint64_t n);
void world_until_streams(struct world *, uint64_t n);
void world_until_connections(struct world *, uint64_t n);

struct client {
	struct world *world;
	int fd;
	struct buf in; /* read and not yet taken */
	bool eof;
};

struct reply {
	unsigned status;
	char head[2048];
	char body[65536];
	size_t n_body;
};

void client_open(struct client *, struct world *);
void client_open_unix(struct client *, struct world *);
void client_close(struct client *);
/* Never waits; what the socket does not take fails the test. */
void client_send(struct client *, struct str bytes);
/* Send "METHOD path HTTP/1.1" with Host, key (world->key "": none), the headers (each with CRLF; may be "") and the body
 * as JSON (NULL: none). */
void client_request(struct client *, const char *method, const char *path, const char *headers,
		    const char *body);
/* Wait for the next whole answer.  `head_only`: to a HEAD. */
void client_reply(struct client *, struct reply *, bool head_only);
/* Wait until `text` has come; true at once when it is there.  Takes everything up to its end. */
void client_until(struct client *, const char *text);
/* Wait for the end of the stream.  True when nothing else came. */
bool client_is_closed(struct client *);
/* Read what is there without waiting. */
void client_poll(struct client *);

/* Request and answer on a connection of their own. */
void ask(struct world *, const char *method, const char *path, const char *headers,
	 const char *body, struct reply *);
/* The value of a header in reply->head; NULL when it is not there.  Static memory. */
const char *reply_header(const struct reply *, const char *name);
/* A member of the JSON content by path ("account.status", "entries.0.seq"), as text; "(absent)"
 * when it is not there.  Static memory. */
const char *reply_member(const struct reply *, const char *path);
/* It is a well-formed problem of this status and code, or the test fails. */
void reply_is_problem(const struct reply *, unsigned status, const char *code);

#endif
