/*
 * speech.h - what a worker or a service says to people: printed lines and log messages.
 *
 * Its lines become log events of ours, so many a second; the rest is counted and said once.  The
 * last lines are kept for the obituary, also those that were too many for the log.
 */
#ifndef RELINK_PROC_SPEECH_H
#define RELINK_PROC_SPEECH_H
#include "base/buf.h"
#include "base/log.h"
#include "proc/rate.h"

#define SPEECH_LINE_BYTES 1024 /* a longer line is cut */
#define SPEECH_LAST_LINES 64 /* kept: a crash prints 50 lines of its own behind the telling ones */
#define SPEECH_LAST_BYTES (16 << 10)

struct speech {
	unsigned slot;
	bool service; /* then `name` is the instance's, and there is no slot */
	char name[65];
	struct rate rate;
	uint64_t *dropped; /* counts with us */
	char *last[SPEECH_LAST_LINES];
	unsigned next;
};

/* `name` is copied, `dropped` is kept. */
void speech_init(struct speech *, unsigned slot, const char *name, uint64_t *dropped);
/* The same for an instance's own process. */
void speech_init_service(struct speech *, const char *instance, uint64_t *dropped);
/* Says how much was dropped, if that was not said yet. */
void speech_fini(struct speech *);

/* A line that it printed; without its end. */
void speech_line(struct speech *, const char *stream, struct str line);
/* A log message that came in a frame; `level` as on the wire, `instance` may be empty. */
void speech_message(struct speech *, unsigned level, struct str instance, struct str text);
/* Append the last lines, as many as fit in SPEECH_LAST_BYTES, oldest first, each with its
 * newline. */
void speech_last(const struct speech *, struct buf *out);

#endif
