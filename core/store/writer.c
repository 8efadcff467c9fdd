/*
 * writer.c - gathers groups, commits them, and does the chores in between.
 *
 * Checkpoints are ours and not SQLite's: inside COMMIT they would delay whoever waits for it, and
 * their errors would be dropped, of which a failed fsync of the database is one that must end us.
 * They wait for a moment without work until the log has become really long.
 */
#include "store/writer.h"

#include <utlist.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/limits.h"
#include "base/obj.h"

#define GROUP_CHANGES     4096 /* bounds the time that one transaction takes */
#define BACKLOG_MAX       (2ull * LIMIT_PENDING_CHANGES) /* the engine slows down at half of it */
#define BACKLOG_BYTES_MAX (512ull << 20)
#define CHECKPOINT_PAGES  1000
#define CHECKPOINT_FORCED 8000
#define RETRY_FIRST_MS    100
#define RETRY_MAX_MS      2000
#define IDLE_NS           (10ull * 1000000000)
#define SHORT_IDLE_NS     (5ull * 1000000)

enum work { WORK_GROUP, WORK_CHORES, WORK_END };

static int on_commit(void *ctx, sqlite3 *sqlite, const char *name, int pages)
{
	struct writer *w = ctx;

	(void)sqlite;
	(void)name;
	w->log_pages = pages;
	return SQLITE_OK;
}

/* An empty commit is one, too: nothing may wait uncounted. */
static uint64_t weight(const struct commit *c)
{
	return MAX_OF(c->n_changes, (uint64_t)1);
}

static bool group_is_full(const struct writer *w)
{
	return w->pending_changes >= GROUP_CHANGES;
}

/* Wait for company until the oldest commit has waited for the window's length. */
static void gather(struct writer *w)
{
	while (!w->thread.stopping && !group_is_full(w)) {
		uint64_t waited = clock_mono_ns() - w->first_ns;

		if (waited >= w->window_ns || !thread_wait_ns(&w->thread, w->window_ns - waited))
			break;
	}
}

static struct commit *take_group(struct writer *w)
{
	struct commit *group = NULL;
	uint64_t n = 0;

	while (w->pending != NULL && n < GROUP_CHANGES) {
		struct commit *c = w->pending;

		DL_DELETE(w->pending, c);
		DL_APPEND(group, c);
		n += weight(c);
		w->pending_changes -= weight(c);
		w->pending_bytes -= c->changes.n;
	}
	return group;
}

static bool checkpoint_is_due(const struct writer *w)
{
	return w->log_pages - w->log_pages_tried >= CHECKPOINT_PAGES;
}

static enum work wait_for_work(struct writer *w, struct commit **ret_group)
{
	bool more = w->prune_more || checkpoint_is_due(w);
	enum work work = WORK_CHORES;

	thread_lock(&w->thread);
	while (w->pending == NULL && !w->thread.stopping &&
	       thread_wait_ns(&w->thread, more ? SHORT_IDLE_NS : IDLE_NS)) {
	}
	if (w->pending != NULL) {
		gather(w);
		*ret_group = take_group(w);
		work = WORK_GROUP;
	} else if (w->thread.stopping) {
		work = WORK_END;
	}
	thread_unlock(&w->thread);
	return work;
}

/* False: the store is being closed, so this is the last try. */
static bool pause_before_retry(struct writer *w, uint64_t ms)
{
	uint64_t now = clock_mono_ns(), until = now + ms * 1000000;
	bool on;

	thread_lock(&w->thread);
	while (!w->thread.stopping && now < until && thread_wait_ns(&w->thread, until - now))
		now = clock_mono_ns();
	on = !w->thread.stopping;
	thread_unlock(&w->thread);
	return on;
}

static int apply_until_done(struct writer *w, const struct commit *group, struct why *why)
{
	uint64_t wait_ms = RETRY_FIRST_MS;
	bool again = true;
	int r;

	while ((r = apply_group(&w->apply, group, why)) < 0 && db_error_passes(r) && again) {
		post_health(w->post, false, why);
		again = pause_before_retry(w, wait_ms);
		wait_ms = MIN_OF(2 * wait_ms, (uint64_t)RETRY_MAX_MS);
		w->n_retries++;
	}
	if (r == 0)
		post_health(w->post, true, why);
	return r;
}

static void measure(struct writer *w, uint64_t began_ns, uint64_t commits)
{
	uint64_t took_us = (clock_mono_ns() - began_ns) / 1000;

	thread_lock(&w->thread);
	histogram_add(&w->took_us, &steps_disk_us, took_us);
	histogram_add(&w->sizes, &steps_size, commits);
	thread_unlock(&w->thread);
}

static int write_group(struct writer *w, struct commit **group)
{
	struct why why = { 0 };
	struct commit *c;
	uint64_t began_ns = clock_mono_ns(), commits = 0;
	int r = apply_until_done(w, *group, &why);

	if (r < 0) {
		commit_free_all(group);
		if (!db_error_passes(r))
			post_fatal(w->post, &why);
		return r;
	}
	DL_FOREACH(*group, c)
	{
		w->n_commits++;
		commits++;
		w->n_changes += c->n_changes;
		w->backlog -= weight(c);
		w->prune_debt += c->n_changes;
	}
	w->n_groups++;
	measure(w, began_ns, commits);
	post_done(w->post, group);
	return 0;
}

/* What cannot be moved now stays in the log, which is as durable; so only hard errors count. */
static int checkpoint(struct writer *w, struct why *why)
{
	int r;

	KP("store.checkpoint.begin");
	r = db_checkpoint(w->db, why);
	KP("store.checkpoint.end");
	w->log_pages_tried = w->log_pages;
	return db_error_passes(r) ? 0 : r;
}

static int prune(struct writer *w, struct why *why)
{
	int r = prune_step(&w->prune, why);

	w->prune_more = r >= PRUNE_ROWS;
	w->prune_debt = w->prune_more ? w->prune_debt - MIN_OF(w->prune_debt, PRUNE_ROWS / 2) : 0;
	if (r > 0)
		w->n_pruned += (uint64_t)r;
	return r < 0 && !db_error_passes(r) ? r : 0;
}

static int do_chores(struct writer *w, bool idle)
{
	struct why why = { 0 };
	int r = 0;

	if (w->log_pages < w->log_pages_tried)
		w->log_pages_tried = 0; /* the log began anew */
	if (checkpoint_is_due(w) && (idle || w->log_pages >= CHECKPOINT_FORCED))
		r = checkpoint(w, &why);
	if (r == 0 && idle)
		r = prune(w, &why);
	while (r == 0 && w->prune_debt >= PRUNE_ROWS / 2)
		r = prune(w, &why);
	if (r < 0)
		post_fatal(w->post, &why);
	return r;
}

static void writer_main(void *arg)
{
	struct writer *w = arg;
	struct commit *group = NULL;
	enum work work;
	int r = 0;

	while (r == 0 && (work = wait_for_work(w, &group)) != WORK_END) {
		if (work == WORK_GROUP)
			r = write_group(w, &group);
		if (r == 0)
			r = do_chores(w, work == WORK_CHORES);
	}
}

int writer_start(struct writer *w, struct db *db, struct fence *fence, struct post *post,
		 const struct store_options *options, struct why *why)
{
	int r;

	*w = (struct writer){ .db = db,
			      .fence = fence,
			      .post = post,
			      .window_ns = options->window_us * 1000,
			      .prune_more = true };
	r = apply_open(&w->apply, db, fence, why);
	if (r == 0)
		r = prune_open(&w->prune, db, fence, options, why);
	if (r == 0) {
		sqlite3_wal_hook(db->sqlite, on_commit, w);
		r = thread_start(&w->thread, writer_main, w, "store-writer", why);
	}
	if (r < 0)
		writer_stop(w);
	return r;
}

void writer_stop(struct writer *w)
{
	thread_stop(&w->thread);
	commit_free_all(&w->pending);
	apply_close(&w->apply);
	prune_close(&w->prune);
}

static int enqueue(struct writer *w, struct commit **commit)
{
	struct commit *c = *commit;
	bool first;

	if (w->backlog + weight(c) > BACKLOG_MAX ||
	    w->pending_bytes + c->changes.n > BACKLOG_BYTES_MAX) {
		w->n_refused++;
		return ERR_FULL;
	}
	*commit = NULL;
	first = w->pending == NULL;
	if (first)
		w->first_ns = clock_mono_ns();
	DL_APPEND(w->pending, c);
	w->pending_changes += weight(c);
	w->pending_bytes += c->changes.n;
	w->backlog += weight(c);
	if (first || group_is_full(w))
		thread_wake(&w->thread);
	return 0;
}

void writer_times(struct writer *w, struct store_times *ret_times)
{
	thread_lock(&w->thread);
	*ret_times = (struct store_times){ .took_us = w->took_us, .sizes = w->sizes };
	thread_unlock(&w->thread);
}

bool writer_has_room(struct writer *w)
{
	bool room;

	thread_lock(&w->thread);
	room = w->backlog < BACKLOG_MAX / 2 && w->pending_bytes < BACKLOG_BYTES_MAX / 2;
	thread_unlock(&w->thread);
	return room;
}

int writer_submit(struct writer *w, struct commit **commit)
{
	struct commit *c = TAKE(*commit);
	int r = c == NULL ? ERR_NOMEM : c->failed;

	if (r == 0 && !post_is_fatal(w->post)) {
		thread_lock(&w->thread);
		r = enqueue(w, &c);
		thread_unlock(&w->thread);
	}
	commit_free(&c); /* unless it was queued */
	return r;
}
