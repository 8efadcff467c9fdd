/*
 * outbox.h - what the API needs to send events out: journal and cursors, an HTTP client, alarms.
 *
 * Each receiver has a lane of its own.  Whatever was asked is remembered there until it is answered, so that
 * who asked may go at any time.  The struct is the caller's and must live until the loop has ended.
 */
#ifndef RELINK_APP_OUTBOX_H
#define RELINK_APP_OUTBOX_H
#include "api/port.h"
#include "web/web.h"

struct store;

struct outbox {
	unsigned magic;
	struct store *store;
	const struct guard *guard;
	struct alarms alarms;
	struct web web;
	struct lane *lanes; /* utlist */
};

/* `store` and `guard` are kept. */
void outbox_open(struct outbox *, uv_loop_t *, struct store *, const struct guard *);
struct outbox_office outbox_office(struct outbox *);
/* When the store is closed: nobody calls back any more.  The handles go with the next turns of the loop.
 * Fine on one that was never opened. */
void outbox_close(struct outbox *);

#endif
