/*
 * stream.h - a client for server-sent events that does not lose its place.
 *
 * When the connection ends it is made again, after the last event that was handed on
 * (Last-Event-ID), with growing pauses; who follows is told.  Only a refusal ends a stream.
 */
#ifndef RELINKCTL_STREAM_H
#define RELINKCTL_STREAM_H
#include "base/err.h"
#include "base/str.h"

struct target;
struct stream;

/* The strings are lent. */
struct stream_event {
	struct str id, type, data;
};

struct stream_handler {
	void (*event)(void *ctx, const struct stream_event *);
	/* The connection ended: `sentence` says so.  NULL: it stands again, whatever happened
	 * meanwhile follows if the daemon still has it. */
	void (*broken)(void *ctx, const char *sentence);
	void *ctx;
};

/* Connects in stream_turn.  `path` begins with "/"; `after` "": from now on.  `target` is kept. */
int stream_new(struct stream **ret_stream, const struct target *target, const char *path,
	       const char *after, const struct stream_handler *, struct why *why);
void stream_free(struct stream **);
/* Wait at most `timeout_ms` for something to happen and hand it on.  0: go on.  ERR_UNAVAILABLE:
 * the first connection failed; ERR_DENIED: refused, and stream_refusal has the answer; other: the
 * daemon sends what no client should swallow. */
int stream_turn(struct stream *, int timeout_ms, struct why *why);
/* The first answer came, with status 200. */
bool stream_is_open(const struct stream *);

#endif
