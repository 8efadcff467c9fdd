/*
 * outbox.h - what the API needs to forward events: journal and cursors, an HTTP client, an alarm.
 *
 * Whatever was asked is remembered here until it is answered, so that who asked may go at any time.
 * The struct is the caller's and must live until the loop has ended.
 */
#ifndef RELINK_APP_OUTBOX_H
#define RELINK_APP_OUTBOX_H
#include "api/port.h"
#include "web/web.h"

struct store;

struct outbox {
	unsigned magic;
	struct alarm alarm; /* see on_alarm */
	struct store *store;
	struct alarms alarms;
	struct web web;
	struct asked *asked; /* utlist */
	void (*ring)(void *arg);
	void *ring_arg;
};

/* `store` is kept. */
void outbox_open(struct outbox *, uv_loop_t *, struct store *);
struct outbox_port outbox_port(struct outbox *);
/* When the store is closed: nobody calls back any more.  The handles go with the next turns of the loop.
 * Fine on one that was never opened. */
void outbox_close(struct outbox *);

#endif
