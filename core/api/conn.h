/*
 * conn.h - one client's connection as a machine over bytes: bytes in, bytes out, deadlines.
 *
 * Its owner (server.c; tests, the fuzzer) moves the bytes.  Requests are taken one at a time and
 * answered in their order; while one is under way a bounded number of further bytes is kept.
 *
 *	READING ──request──> WORKING ──answer──> READING or LINGERING
 *	                        └──stream──> STREAMING ──end──> LINGERING ──> OVER
 */
#ifndef RELINK_API_CONN_H
#define RELINK_API_CONN_H
#include <stdbool.h>
#include <stdint.h>

#include "api/deadline.h"
#include "api/http.h"
#include "api/peer.h"
#include "api/who.h"
#include "base/buf.h"

struct face;
struct response;
struct route;
struct work;

enum conn_phase {
	CONN_READING,   /* a request is awaited, or on its way in */
	CONN_WORKING,   /* a request is complete and not yet answered */
	CONN_STREAMING, /* an answer without end */
	CONN_LINGERING, /* the last answer is on its way; what comes in is thrown away */
	CONN_OVER       /* close it */
};

struct conn {
	struct face *face;
	void (*changed)(struct conn *);
	struct http *http; /* NULL once no request can come any more */
	struct work *work; /* what WORKING and STREAMING wait for */
	struct buf out;    /* answers ... */
	size_t sent;       /* ... of which so much has gone */
	struct buf held;   /* bytes behind the request that is under way */
	uint64_t since;    /* when the present step began */
	uint64_t progress; /* when bytes went out last, while there are some */
	struct deadline deadline;
	struct peer peer;          /* the owner's to set, after conn_init */
	const struct route *route; /* of the request under way; NULL: none fits, or not known yet */
	struct who who;            /* of the request under way, and of the stream */
	uint8_t phase;             /* enum conn_phase */
	uint8_t turn;              /* requests answered since the loop had its turn */
	bool trusted;              /* the peer needs no key */
	bool from_unix;            /* the owner's to set: it came to the unix socket */
	bool eof;                  /* the client sends no more */
	bool writing;              /* there is output; a deadline watches it */
	bool inside;               /* a conn_* call is on the stack: `changed` is not needed */
	bool used;                 /* had a request before */
	bool head_only;            /* the request is HEAD */
	bool keep_alive;           /* the request allows another after it */
	bool hook;                 /* its body is one of those that LIMIT_HTTP_HOOKS counts */
	bool dropin; /* the request is for the drop-in face: problems have its shape */
};

/* `changed` is called when work or a deadline, and not the owner, has changed output, appetite or
 * phase.  ERR_NOMEM leaves nothing behind. */
int conn_init(struct conn *, struct face *, bool trusted, void (*changed)(struct conn *));
/* Ends the work, too.  Never from inside a conn_* call: wait for CONN_OVER, then for the loop. */
void conn_fini(struct conn *);

/* --- for the owner --- */
void conn_feed(struct conn *, struct str bytes);
/* No more bytes will come; answers still go out. */
void conn_eof(struct conn *);
/* What is to be sent; lent until the next call. */
struct str conn_output(const struct conn *);
void conn_sent(struct conn *, size_t n);
bool conn_wants_bytes(const struct conn *);
/* The connection is broken, or its time is over: CONN_OVER at once. */
void conn_abort(struct conn *);
/* Answer what is under way, take no further request.  After face->stopping was set. */
void conn_stop(struct conn *);
/* Answer with this problem and close, whatever the client wants. */
void conn_refuse(struct conn *, const struct problem *);

/* --- for handlers and work --- */
/* Answer the request under way.  Lent. */
void conn_answer(struct conn *, const struct response *);
/* The answer comes later, from `work`: kept until it answers or is told that the client is gone. */
void conn_await(struct conn *, struct work *);
/* Begin an answer without end: `response` is its head, `work` (kept) writes the rest into
 * conn->out and calls conn_flush. */
void conn_stream(struct conn *, const struct response *, struct work *);
void conn_flush(struct conn *);
/* The stream is over. */
void conn_end(struct conn *);

#endif
