/*
 * store.c - the life of a store: lock, open, load, start, work, close.
 *
 * The file lock comes first and goes last.  Whoever holds it is the only one who opens relink.db,
 * and opens it through SQLite alone: closing a descriptor of one's own on that file would drop
 * SQLite's locks.
 */
#include "store/store.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/limits.h"
#include "base/obj.h"
#include "store/load.h"
#include "store/lock.h"
#include "store/open.h"
#include "store/reader.h"
#include "store/writer.h"

struct store {
	char dir[PATH_MAX], path[PATH_MAX];
	struct store_options options;
	int lock_fd;
	struct db db; /* store_open's and store_load's, then the writer's */
	struct fence fence;
	bool started;
	bool refused; /* by store_load: nothing may be changed */
	bool broken;  /* fatal: what is there is for the next start to judge */
	struct post post;
	struct writer writer;
	struct reader reader;
};

static int set_paths(struct store *s, const struct store_options *options, struct why *why)
{
	s->options = *options;
	s->options.dir = s->dir;
	if ((size_t)snprintf(s->dir, sizeof s->dir, "%s", options->dir) < sizeof s->dir &&
	    (size_t)snprintf(s->path, sizeof s->path, "%s/relink.db", options->dir) <
		sizeof s->path)
		return 0;
	return why_set(why, ERR_CONFIG, "the path of state_dir is too long");
}

int store_open(struct store **ret_store, const struct store_options *options, struct why *why)
{
	struct store *s = calloc(1, sizeof *s);
	int r;

	if (s == NULL)
		return why_set(why, ERR_NOMEM, "cannot open the store: out of memory");
	s->lock_fd = -1;
	r = set_paths(s, options, why);
	if (r == 0)
		r = lock_take(&s->lock_fd, s->dir, why);
	if (r == 0)
		r = database_open(&s->db, s->dir, s->path, why);
	if (r == 0)
		*ret_store = TAKE(s);
	store_close(&s);
	return r;
}

/* Nothing is written before every row was found good. */
int store_load(struct store *s, const struct store_loader *loader, struct store_facts *ret_facts,
	       struct why *why)
{
	const struct meta_record *meta = &s->fence.now;
	int r;

	must(meta->token == 0);
	r = load_all(&s->db, loader, why);
	if (r == 0)
		r = fence_open(&s->fence, &s->db, why);
	s->refused = r < 0;
	if (r < 0)
		return r;
	*ret_facts = (struct store_facts){ .last_seq = meta->last_seq,
					   .last_row = meta->last_row,
					   .latest_ms = meta->latest_ms,
					   .token = meta->token };
	str_copy(ret_facts->installation, sizeof ret_facts->installation, meta->installation);
	return 0;
}

int store_start(struct store *s, struct uv_loop_s *loop, const struct store_port *port,
		struct why *why)
{
	int r;

	must(!s->started && s->fence.now.token > 0);
	clock_ms(); /* its first call sets its origin, which is not for two threads at once */
	r = post_start(&s->post, loop, port, why);
	if (r < 0)
		return r;
	r = reader_start(&s->reader, s->path, &s->post, why);
	if (r == 0)
		r = writer_start(&s->writer, &s->db, &s->fence, &s->post, &s->options, why);
	if (r == 0) {
		s->started = true;
		return 0;
	}
	reader_stop(&s->reader);
	post_stop(&s->post);
	return r;
}

int store_submit(struct store *s, struct commit **commit, void (*done)(void *ctx), void *ctx)
{
	must(s->started);
	if (*commit != NULL) {
		(*commit)->done = done;
		(*commit)->ctx = ctx;
	}
	return writer_submit(&s->writer, commit);
}

uint64_t store_backlog(const struct store *s)
{
	return s->writer.backlog;
}

bool store_has_room(struct store *s)
{
	return writer_has_room(&s->writer);
}

int store_read_journal(struct store *s, const struct journal_query *query, journal_row_fn *fn,
		       void *ctx)
{
	struct reading a = { .kind = READING_JOURNAL, .query = *query, .ctx = ctx };

	must(s->started);
	a.on_journal = fn;
	return reader_ask(&s->reader, &a, STR_NONE);
}

int store_find_idem(struct store *s, struct str key, idem_fn *fn, void *ctx)
{
	struct reading a = { .kind = READING_IDEM, .ctx = ctx };

	must(s->started);
	a.on_idem = fn;
	return reader_ask(&s->reader, &a, key);
}

int store_find_attempt(struct store *s, struct str session, attempt_fn *fn, void *ctx)
{
	struct reading a = { .kind = READING_ATTEMPT,
			     .horizon = prune_horizon(s->options.retention_ms),
			     .ctx = ctx };

	must(s->started);
	a.on_attempt = fn;
	return reader_ask(&s->reader, &a, session);
}

int store_find_cursor(struct store *s, struct str name, cursor_fn *fn, void *ctx)
{
	struct reading a = { .kind = READING_CURSOR, .ctx = ctx };

	must(s->started);
	a.on_cursor = fn;
	return reader_ask(&s->reader, &a, name);
}

int store_read_dead_letters(struct store *s, struct str endpoint, uint64_t after, uint32_t limit,
			    dead_letter_fn *fn, void *ctx)
{
	struct reading a = { .kind = READING_DEAD,
			     .query = { .after = after, .limit = limit },
			     .on_dead = fn,
			     .ctx = ctx };

	return reader_ask(&s->reader, &a, endpoint);
}

int store_count_dead_letters(struct store *s, struct str endpoint, dead_count_fn *fn, void *ctx)
{
	struct reading a = { .kind = READING_DEAD_COUNT, .on_count = fn, .ctx = ctx };

	return reader_ask(&s->reader, &a, endpoint);
}

int store_read_deaths(struct store *s, uint64_t slot, uint32_t limit, death_fn *fn, void *ctx)
{
	struct reading a = { .kind = READING_DEATHS,
			     .query = { .row = slot,
					.limit = MIN_OF(limit, (uint32_t)DEATHS_KEPT) },
			     .ctx = ctx };

	must(s->started);
	a.on_death = fn;
	return reader_ask(&s->reader, &a, STR_NONE);
}

int store_read_attempts(struct store *s, uint64_t row, uint64_t before, uint32_t limit,
			attempt_fn *fn, void *ctx)
{
	struct reading a = { .kind = READING_ATTEMPTS,
			     .query = { .row = row,
					.before = before,
					.limit = MIN_OF(limit, (uint32_t)LIMIT_PAGE) },
			     .ctx = ctx };

	must(s->started);
	a.on_attempt = fn;
	return reader_ask(&s->reader, &a, STR_NONE);
}

void store_retain(struct store *s, uint64_t retention_ms, uint64_t journal_rows)
{
	must(s->started);
	s->options.retention_ms = retention_ms;
	s->options.journal_rows = journal_rows;
	s->writer.prune.retention_ms = retention_ms;
	s->writer.prune.journal_rows = journal_rows;
}

void store_stats(const struct store *s, struct store_stats *ret_stats)
{
	const struct writer *w = &s->writer;

	*ret_stats = (struct store_stats){ .commits = w->n_commits,
					   .groups = w->n_groups,
					   .changes = w->n_changes,
					   .retries = w->n_retries,
					   .refused = w->n_refused + s->reader.n_refused,
					   .reads = s->reader.n_reads,
					   .pruned = w->n_pruned };
}

void store_times(struct store *s, struct store_times *ret_times)
{
	must(s->started);
	writer_times(&s->writer, ret_times);
}

static void stop(struct store *s)
{
	writer_stop(&s->writer);
	reader_stop(&s->reader);
	/* After a failed fsync or a lost fence nothing more is written, not even a checkpoint. */
	s->broken = post_is_fatal(&s->post);
	post_stop(&s->post);
}

void store_close(struct store **store)
{
	struct store *s = TAKE(*store);

	if (s == NULL)
		return;
	if (s->started)
		stop(s);
	fence_close(&s->fence);
	KP("store.close");
	if (s->refused)
		database_leave(&s->db);
	else
		db_close(&s->db, !s->broken);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
}
