/* record.c - see record.h. */
#include "app/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/obj.h"
#include "conf/conf.h"
#include "engine/engine.h"
#include "record/recorder.h"

#define RECORD_OBJ_MAGIC 0x52434644u
#define RETRY_MS         1000

struct record {
	unsigned magic;
	uv_loop_t *loop;
	struct recorder *recorder;
	struct recorder_options o;
	char *path, *older;
	uv_work_t work;
	bool busy, ending;
	bool failing, gap_told; /* and logged */
	uint64_t retry_at, lost;

	/* the thread's while busy */
	struct recorder_chunk chunk;
	int fd;
	uint64_t size;
	struct why why;
	int result;
};

/* ---- in a thread ---- */

static int open_file(struct record *r)
{
	struct stat st;

	/* O_RDWR: opening a pipe without readers would wait */
	r->fd =
	    open(r->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (r->fd < 0)
		return why_errno(&r->why, ERR_IO,
				 "cannot open %s; make its directory, or change record.file",
				 r->path);
	if (fstat(r->fd, &st) < 0 || !S_ISREG(st.st_mode) || fchmod(r->fd, 0600) < 0) {
		close(r->fd);
		r->fd = -1;
		return why_set(&r->why, ERR_IO,
			       "%s is not a file of ours; remove it, or change record.file",
			       r->path);
	}
	r->size = (uint64_t)st.st_size;
	return 0;
}

static int ready_file(struct record *r)
{
	int result = r->fd < 0 ? open_file(r) : 0;

	if (result < 0 || !r->chunk.begins || r->size == 0 || recorder_fits(&r->o, r->size))
		return result;
	if (rename(r->path, r->older) < 0)
		return why_errno(&r->why, ERR_IO, "cannot rename %s to %s", r->path, r->older);
	close(r->fd);
	r->fd = -1;
	return open_file(r);
}

/* What is there of a chunk goes again: the file ends with a whole record. */
static int append(struct record *r)
{
	size_t done = 0;

	while (done < r->chunk.bytes.n) {
		ssize_t n = write(r->fd, r->chunk.bytes.p + done, r->chunk.bytes.n - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			why_errno(&r->why, ERR_IO,
				  "cannot write to %s; make room there, or change record.file",
				  r->path);
			if (ftruncate(r->fd, (off_t)r->size) < 0) {
				close(r->fd);
				r->fd = -1;
			}
			return ERR_IO;
		}
		done += (size_t)n;
	}
	r->size += done;
	return 0;
}

static void write_chunk(struct record *r)
{
	r->result = ready_file(r);
	if (r->result == 0)
		r->result = append(r);
}

static void on_work(uv_work_t *work)
{
	struct record *r;

	OBJ_CAST(r, work->data, RECORD_OBJ_MAGIC);
	write_chunk(r);
}

/* ---- on the loop ---- */

static void record_free(struct record *r)
{
	if (r->fd >= 0)
		close(r->fd);
	recorder_free(&r->recorder);
	free(r->path);
	free(r->older);
	OBJ_FINI(r);
	free(r);
}

static void take_result(struct record *r)
{
	struct recorder_stats s;

	if (r->result < 0) {
		recorder_lost(r->recorder);
		r->retry_at = uv_now(r->loop) + RETRY_MS;
		if (!r->failing)
			LOG(WARN, APP, "record.failed", f_text("why", r->why.text),
			    f_text("so", "nothing is recorded until that is possible again"));
		r->failing = true;
		return;
	}
	recorder_kept(r->recorder, r->size);
	recorder_stats(r->recorder, &s);
	if (r->failing)
		LOG(INFO, APP, "record.recovered", f_u64("steps_missing", s.lost));
	r->failing = false;
	r->gap_told = r->gap_told && s.lost != r->lost;
	r->lost = s.lost;
}

/* More came than the disk took; a failing one has said so. */
static void tell_gap(struct record *r)
{
	struct recorder_stats s;

	recorder_stats(r->recorder, &s);
	if (s.lost == r->lost || r->gap_told || r->failing)
		return;
	LOG(WARN, APP, "record.gap", f_u64("steps_missing", s.lost),
	    f_text("why", "the disk is slower than what happens"));
	r->gap_told = true;
}

/* All of it at once, the loop is about to end. */
static void write_rest(struct record *r)
{
	while (r->result == 0 && recorder_take(r->recorder, &r->chunk)) {
		write_chunk(r);
		take_result(r);
	}
}

static void on_worked(uv_work_t *work, int status)
{
	struct record *r;

	OBJ_CAST(r, work->data, RECORD_OBJ_MAGIC);
	if (status < 0)
		r->result = why_set(&r->why, ERR_CANCELLED, "%s", uv_strerror(status));
	r->busy = false;
	take_result(r);
	if (r->ending) {
		write_rest(r);
		record_free(r);
		return;
	}
	record_turn(r);
}

void record_turn(struct record *r)
{
	if (r == NULL)
		return;
	OBJ_CHECK(r, RECORD_OBJ_MAGIC);
	tell_gap(r);
	if (r->busy || (r->failing && uv_now(r->loop) < r->retry_at) ||
	    !recorder_take(r->recorder, &r->chunk))
		return;
	r->work.data = r;
	r->busy = uv_queue_work(r->loop, &r->work, on_work, on_worked) == 0;
	if (!r->busy) {
		r->result = why_set(&r->why, ERR_NOMEM, "no memory to write a recording");
		take_result(r);
	}
}

static struct record *record_new(uv_loop_t *loop, const struct conf *c)
{
	struct record *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	OBJ_INIT(r, RECORD_OBJ_MAGIC);
	r->loop = loop;
	r->fd = -1;
	r->o = (struct recorder_options){ c->record_max_bytes, c->record_ids };
	if (asprintf(&r->older, "%s.1", c->record_file) < 0)
		r->older = NULL;
	r->path = strdup(c->record_file);
	if (r->path == NULL || r->older == NULL || recorder_new(&r->recorder, &r->o) < 0) {
		record_free(r);
		return NULL;
	}
	return r;
}

static bool is_as_wished(const struct record *r, const struct conf *c)
{
	if (r == NULL || c->record_file == NULL)
		return r == NULL && c->record_file == NULL;
	return str_is(str_of(c->record_file), r->path) && r->o.ids == c->record_ids &&
	       r->o.file_bytes == c->record_max_bytes;
}

void record_end(struct record **record, struct engine *e)
{
	struct record *r = *record;

	if (r == NULL)
		return;
	OBJ_CHECK(r, RECORD_OBJ_MAGIC);
	*record = NULL;
	if (e != NULL)
		engine_record(e, NULL);
	r->ending = true;
	if (r->busy)
		return;
	r->result = 0;
	write_rest(r);
	record_free(r);
}

void record_use(struct record **record, uv_loop_t *loop, struct engine *e, const struct conf *c)
{
	if (is_as_wished(*record, c))
		return;
	record_end(record, e);
	if (c->record_file == NULL) {
		LOG(INFO, APP, "record.ended");
		return;
	}
	*record = record_new(loop, c);
	if (*record == NULL) {
		LOG(WARN, APP, "record.failed", f_text("why", "no memory for a recording"));
		return;
	}
	engine_record(e, (*record)->recorder);
	LOG(INFO, APP, "record.began", f_text("file", c->record_file));
	record_turn(*record);
}
