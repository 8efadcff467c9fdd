/*
 * machine.h - one connection without sockets or loop: bytes in, bytes out, time by hand.
 */
#ifndef RELINK_TEST_API_MACHINE_H
#define RELINK_TEST_API_MACHINE_H
#include "api/conn.h"
#include "api/face.h"
#include "fake.h"

struct machine {
	struct fake fake;
	struct face face;
	struct conn conn;
	struct buf out; /* everything that was sent */
};

/* `trusted`: as on the unix socket, no key is needed. */
void machine_open(struct machine *, bool trusted);
/* Bodies may have so many bytes; otherwise 64 KiB. */
void machine_open_for(struct machine *, bool trusted, size_t body_bytes);
void machine_close(struct machine *);
/* Feed the bytes in pieces of `step` and take the output each time. */
void machine_feed(struct machine *, struct str bytes, size_t step);
/* Take what the connection has to send. */
void machine_take(struct machine *);
/* Let `ms` pass, and take the output. */
void machine_pass(struct machine *, uint64_t ms);
/* Where `text` is in the output; NULL: nowhere. */
const char *machine_find(const struct machine *, const char *text);
/* Answers in the output so far. */
unsigned machine_replies(const struct machine *);
/* Status of the first; 0: none. */
unsigned machine_status(const struct machine *);
/* Will the connection take another request? */
bool machine_goes_on(const struct machine *);

#endif
