/*
 * lines.h - a pipe that a worker prints to, cut into lines.
 *
 * One read a turn.  The pipe is always read, however much comes, since a worker that blocks in
 * printf does not work; what is too much is speech.h's business.
 */
#ifndef RELINK_PROC_LINES_H
#define RELINK_PROC_LINES_H
#include <uv.h>

#include "proc/cut.h"

struct lines {
	unsigned magic;
	uv_poll_t poll;
	int fd;
	const char *stream;
	struct speech *speech;
	struct cut cut;
	void (*ended)(void *ctx);
	void (*closed)(void *ctx);
	void *ctx;
};

/* `fd` is given, also on failure; `speech` is kept; `stream` is "stdout" or "stderr".  `ended` is
 * called once, when nobody holds the other end any more. */
int lines_open(struct lines *, uv_loop_t *, int fd, const char *stream, struct speech *,
	       void (*ended)(void *ctx), void *ctx);
/* What is left of an unfinished line is said.  No `ended` after this; `closed` may free the
 * struct. */
void lines_close(struct lines *, void (*closed)(void *ctx));

#endif
