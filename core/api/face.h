/*
 * face.h - what all connections of one API share: the ports, the key, the limits, the deadlines.
 *
 * It knows no sockets, so a connection can be driven from a test or a fuzzer.
 */
#ifndef RELINK_API_FACE_H
#define RELINK_API_FACE_H
#include "api/api.h"
#include "api/auth.h"
#include "api/deadline.h"
#include "api/failures.h"
#include "api/guests.h"
#include "api/hosts.h"
#include "api/meter.h"
#include "api/port.h"
#include "base/buf.h"

struct bus;
struct dropin;
struct endpoints;
struct stream;
struct waits;

/* The largest answer, with room to spare below 8 MiB: no request makes us allocate more at once. */
#define ANSWER_MAX (7u << 20)
/* A page ends behind the entry that passes this, however many were asked for; the next begins there. */
#define PAGE_BYTES (4u << 20)

struct face {
	struct api_port port;
	struct bus *bus;  /* kept */
	struct auth auth; /* the admin key */
	struct hosts hosts;
	struct failures failures;
	struct guests guests;
	struct stream *streams; /* of events: utlist */
	uint64_t header_ms, body_ms, write_ms, idle_ms;
	size_t body_limit;
	struct deadlines deadlines;
	struct waits *waits;
	struct dropin *dropin;              /* NULL: there is none */
	const struct outbox_office *office; /* NULL: events go nowhere */
	struct endpoints *endpoints;
	struct problem problem; /* why the parser refused a request; answered at once */
	struct buf content;     /* of the answer that is being written; see answer.h */
	char date[32];          /* for the Date header, of second date_s */
	uint64_t date_s;
	bool stopping; /* no request after the one under way */
	struct api_stats stats;
	struct meter meter;
	bool metrics_open;
	void (*figures)(void *ctx, struct metrics *);
	void *figures_ctx;
};

/* The key (auth) is the caller's to set, and the hosts: all are allowed until then.  ERR_NOMEM. */
int face_init(struct face *, const struct api_options *, const struct api_port *, struct bus *);
/* All connections are gone. */
void face_fini(struct face *);
/* Now, as the Date header wants it. */
const char *face_date(struct face *);

#endif
