/*
 * writer.h - the thread that commits in groups.
 *
 * A group is what arrived within the window of its oldest commit, or while the group before it was
 * on its way to the disk; it is one transaction and one fsync.  What waiting cures (a full disk) is
 * tried again with the same group until it works; what waiting does not cure ends the thread.
 */
#ifndef RELINK_STORE_WRITER_H
#define RELINK_STORE_WRITER_H
#include <stdatomic.h>

#include "base/histogram.h"
#include "store/apply.h"
#include "store/post.h"
#include "store/prune.h"
#include "store/thread.h"

struct writer {
	struct db *db; /* kept, as the fence and the post */
	struct fence *fence;
	struct post *post;
	struct apply apply;
	struct prune prune;
	uint64_t window_ns;
	struct thread thread;
	/* Under its lock: */
	struct commit *pending;
	uint64_t pending_changes, pending_bytes;
	uint64_t first_ns;               /* since when the oldest of them waits */
	struct histogram took_us, sizes; /* of groups that are durable */
	/* Of the writer thread: */
	uint64_t
	    prune_debt; /* changes since the last step: it forgets twice as fast as it learns */
	bool prune_more;
	int log_pages, log_pages_tried; /* in the write-ahead log: now, at the last checkpoint */
	/* For everybody: */
	_Atomic uint64_t backlog, n_commits, n_groups, n_changes, n_retries, n_pruned, n_refused;
};

int writer_start(struct writer *, struct db *, struct fence *, struct post *,
		 const struct store_options *, struct why *);
/* Commit what is pending, unless the disk is full or the store has ended; then end. */
void writer_stop(struct writer *);

/* Given.  ERR_FULL, or what went wrong while it was built.  Dropped, with 0, after the end. */
int writer_submit(struct writer *, struct commit **);
bool writer_has_room(struct writer *);
void writer_times(struct writer *, struct store_times *ret_times);

#endif
