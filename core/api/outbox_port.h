/*
 * outbox_port.h - what sending events to receivers needs from the rest of the core.
 */
#ifndef RELINK_API_OUTBOX_PORT_H
#define RELINK_API_OUTBOX_PORT_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "policy/journal.h"

/* An answer to outbox_port.post.  Lent. */
struct outbox_answer {
	unsigned status;         /* HTTP; 0: there was none, and `text` says why */
	uint64_t retry_after_ms; /* 0: it does not say */
	struct str text;
};
struct outbox_header {
	const char *name;
	struct str value;
};
struct outbox_request {
	struct str url, body;
	const struct outbox_header *headers;
	size_t n_headers;
	uint64_t total_ms; /* to the end of the answer */
	bool guarded; /* the URL is a client's: only where the configuration allows it to lead */
};

/* An event that was given up. */
struct outbox_dead {
	uint64_t died_at, tries;
	struct str why;
	const struct journal_record *line;
};

typedef void outbox_found_fn(void *arg, int result, bool found, uint64_t seq, struct str behind);
typedef void outbox_line_fn(void *arg, int result, const struct journal_record *lent);
typedef void outbox_dead_fn(void *arg, int result, const struct outbox_dead *lent);
typedef void outbox_count_fn(void *arg, int result, uint64_t n);

/* For one receiver: the journal, a place to keep how far it has got, a way to send requests, and somebody
 * who wakes it.  Calls back from the loop, never from inside. */
struct outbox_port {
	void *ctx;
	/* The place that was kept under `name`, if there is one. */
	int (*find)(void *ctx, struct str name, outbox_found_fn *answer, void *arg);
	int (*save)(void *ctx, struct str name, uint64_t seq, struct str behind,
		    void (*done)(void *arg), void *arg);
	/* Lines of an account (0: all), seq > after, ascending; `each` once more with NULL at the end, or
	 * once with a result < 0. */
	int (*journal)(void *ctx, uint64_t row, uint64_t after, uint32_t limit,
		       outbox_line_fn *each, void *arg);
	/* A POST; everything lent.  No redirect is followed, and of the answer nothing but the head is
	 * looked at. */
	int (*post)(void *ctx, const struct outbox_request *,
		    void (*answer)(void *arg, const struct outbox_answer *), void *arg);
	/* Dead letters of `endpoint`: keep one, read those above a seq (as journal), count them, forget one;
	 * `done` when that is durable.  What is kept is so before what is saved after it. */
	int (*bury)(void *ctx, struct str endpoint, const struct outbox_dead *,
		    void (*done)(void *arg), void *arg);
	int (*dead)(void *ctx, struct str endpoint, uint64_t after, uint32_t limit,
		    outbox_dead_fn *each, void *arg);
	int (*count_dead)(void *ctx, struct str endpoint, outbox_count_fn *answer, void *arg);
	int (*forget_dead)(void *ctx, struct str endpoint, uint64_t seq, void (*done)(void *arg),
			   void *arg);
	/* Whatever was asked and not answered: it never will be. */
	void (*drop)(void *ctx);
	/* One alarm; UINT64_MAX: none.  `at_ms` is on clock_ms(). */
	void (*wake_at)(void *ctx, uint64_t at_ms, void (*ring)(void *arg), void *arg);
	/* The end of this port, and a drop. */
	void (*close)(void *ctx);
};

struct outbox_office {
	void *ctx;
	/* A port for a receiver.  ERR_NOMEM. */
	int (*open)(void *ctx, struct outbox_port *ret_port);
	/* May a client have events sent there?  ERR_FORMAT: `why` says why not. */
	int (*check_url)(void *ctx, struct str url, struct why *why);
};

#endif
