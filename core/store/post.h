/*
 * post.h - what the threads hand to the loop: commits that are durable, answers, and how the disk
 * is.
 *
 * Any thread puts things in; one uv_async wakes the loop, which takes all of it and calls back:
 * first health, then commits in their order, then answers, and last the end.  Nothing is called
 * back once post_stop was called.
 */
#ifndef RELINK_STORE_POST_H
#define RELINK_STORE_POST_H
#include <uv.h>

#include "store/commit.h"
#include "store/reader.h"

/* What is to be told; under the lock. */
struct news {
	struct commit *done;
	struct reading *answered;
	bool healthy, fatal;
	struct why health_why, fatal_why;
};

struct post {
	unsigned magic;
	struct store_port port;
	uv_async_t *async; /* belongs to the loop once it is closed */
	uv_mutex_t lock;
	struct news news;
	/* Of the loop thread: */
	bool told_healthy, told_fatal, delivering;
};

int post_start(struct post *, struct uv_loop_s *, const struct store_port *, struct why *);
/* Free what was not delivered.  The threads have ended. */
void post_stop(struct post *);

/* Given: the whole list. */
void post_done(struct post *, struct commit **group);
void post_answer(struct post *, struct reading **);
void post_health(struct post *, bool ok, const struct why *);
void post_fatal(struct post *, const struct why *);
bool post_is_fatal(struct post *);

#endif
