/*
 * receiver.h - one receiver of events: a forwarder (out/forward.h) with its requests, its place in the journal
 * and its alarm.
 *
 * Who makes it says which lines are for it and what a request looks like.  A request is made and signed anew
 * for each try, since a receiver refuses a signature of long ago.
 */
#ifndef RELINK_API_RECEIVER_H
#define RELINK_API_RECEIVER_H
#include "api/outbox_port.h"
#include "base/buf.h"
#include "out/forward.h"

struct bus;
struct receiver;

#define LETTER_HEADERS 8
#define LETTER_TEXTS   512
#define LETTER_BODY    (256u << 10) /* a message that is all escapes, or a picture */

/* A request to be sent. */
struct letter {
	struct str url; /* lent until it is sent */
	struct buf body;
	struct outbox_header headers[LETTER_HEADERS];
	size_t n_headers, n_texts;
	char texts[LETTER_TEXTS]; /* of headers */
};
void letter_init(struct letter *, struct str url);
void letter_fini(struct letter *);
/* `name` is kept, `value` copied.  False: there is no room. */
bool letter_header(struct letter *, const char *name, struct str value);
/* Given to the port as it is. */
int letter_post(const struct letter *, const struct outbox_port *, uint64_t total_ms, bool guarded,
		void (*answer)(void *arg, const struct outbox_answer *), void *arg);
/* Why it does not count, as a sentence in `text`; "": it was taken. */
void letter_verdict(const struct outbox_answer *, char text[FORWARD_WHY_MAX]);

struct receiver_options {
	char name[64];             /* its place is kept under it, and the log calls it so */
	struct outbox_port outbox; /* given: closed when it stops */
	struct bus *bus;           /* kept */
	struct forward_rules rules;
	uint64_t total_ms; /* for one request */
	uint64_t begin;    /* where one without a place begins ... */
	bool has_place;    /* ... but it must have one: look again until it is there */
	bool guarded;
	void *ctx;
	bool (*wants)(void *ctx, const struct journal_record *);
	/* 0, or 1: there is nothing to send (any more), or < 0: it is tried again. */
	int (*write)(void *ctx, const struct journal_record *, struct letter *);
	/* What became of a request.  `why` is "" when it was taken.  It may not stop it.  NULL. */
	void (*answered)(void *ctx, const struct outbox_answer *, const char *why, uint64_t ms);
	bool (*may_fly)(void *ctx, unsigned flying);
	int (*bury)(void *ctx, const struct journal_record *, unsigned tries, struct str why);
};

/* Copied.  On failure the port is closed, too.  ERR_NOMEM. */
int receiver_new(struct receiver **ret_receiver, const struct receiver_options *);
void receiver_start(struct receiver *);
/* may_fly may say something else than before. */
void receiver_look(struct receiver *);
/* Tell everything from line `from` on again; `done` when that is durable.  ERR_STATE: it has no place yet, or
 * another such wish is under way. */
int receiver_rewind(struct receiver *, uint64_t from, void (*done)(void *arg), void *arg);
/* Nothing is sent any more; `keep`: its place is wanted again.  Twice is fine. */
void receiver_stop(struct receiver *, bool keep);
/* False: it has not begun. */
bool receiver_stats(const struct receiver *, struct forward_stats *ret_stats,
		    uint64_t *ret_backlog);
unsigned receiver_flying(const struct receiver *);
/* Stops it.  NULL inside is fine. */
void receiver_free(struct receiver **);

#endif
