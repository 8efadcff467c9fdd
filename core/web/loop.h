/*
 * loop.h - curl's multi on the loop.
 *
 * curl tells which sockets it waits for and when it wants to be called; both become handles of uv.
 * A socket is closed by us and not by curl, since uv must have let go of it before.  Names are
 * resolved in threads of curl's; one that hangs is left alone, and holds up nobody.
 */
#ifndef RELINK_WEB_LOOP_H
#define RELINK_WEB_LOOP_H
#include <curl/curl.h>
#include <uv.h>

#include "proc/hash.h"

#define WEB_PER_SERVER 32  /* requests at a time, and connections, to one server */
#define WEB_ACTIVE     256 /* and in all */

struct web_poll;
struct web_loop {
	unsigned magic;
	uv_loop_t *loop;
	CURLM *multi; /* NULL: nothing was asked yet, or closed */
	uv_timer_t timer;
	struct web_poll *polls; /* by descriptor */
	void (*done)(void *ctx, CURL *, CURLcode);
	void *ctx;
	unsigned
	    per_server; /* WEB_PER_SERVER; who bounds its requests otherwise may raise it before them */
};

/* `done` is called for each transfer that ends, never from inside another function of this file;
 * it may do anything, close too. */
void web_loop_open(struct web_loop *, uv_loop_t *, void (*done)(void *ctx, CURL *, CURLcode),
		   void *ctx);
/* No transfer is left.  The handles close; the struct must live until the loop has ended. */
void web_loop_close(struct web_loop *);

/* Before the first transfer is made; again is fine.  A plugin that never asks costs nothing.
 * ERR_NOMEM. */
int web_loop_begin(struct web_loop *);
/* Start a transfer; it stays the caller's.  ERR_NOMEM. */
int web_loop_add(struct web_loop *, CURL *);
/* End it, in whatever state it is; `done` is not called for it.  Also needed after `done`. */
void web_loop_remove(struct web_loop *, CURL *);

#endif
