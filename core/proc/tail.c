/* tail.c - see tail.h. */
#include "proc/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/obj.h"

#define CHUNK_BYTES (32u << 10)
#define TICK_BYTES  (64u << 10)
#define LAST_BYTES  (512u << 10) /* of what is left when it has ended */

static uint64_t size_of(const struct tail *t)
{
	struct stat st;

	return fstat(t->fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

/* Only a hint: when it cannot be written, lines are said twice by the next core. */
static void remember(const struct tail *t)
{
	if (pwrite(t->mark, &t->at, sizeof t->at, 0) < 0)
		LOG(DEBUG, PROC, "service.mark_not_written", f_u64("at", t->at));
}

int tail_open(struct tail *t, const char *path, struct why *why)
{
	char mark[4096];

	*t = (struct tail){ .fd = -1, .mark = -1 };
	if (snprintf(mark, sizeof mark, "%s.read", path) >= (int)sizeof mark)
		return why_set(why, ERR_IO, "the path %s is too long", path);
	t->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	t->mark = open(mark, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (t->fd < 0 || t->mark < 0) {
		why_errno(why, ERR_IO, "cannot open %s", t->fd < 0 ? path : mark);
		tail_close(t);
		return ERR_IO;
	}
	if (pread(t->mark, &t->at, sizeof t->at, 0) != (ssize_t)sizeof t->at || t->at > size_of(t))
		t->at = 0;
	return 0;
}

int tail_writer(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* At most `most` bytes; how many there were. */
static size_t read_on(struct tail *t, struct speech *speech, size_t most)
{
	char chunk[CHUNK_BYTES];
	size_t done = 0;
	ssize_t n;

	while (done < most) {
		n = pread(t->fd, chunk, MIN_OF(sizeof chunk, most - done), (off_t)t->at);
		if (n <= 0)
			break;
		cut_lines(&t->cut, speech, "log", chunk, (size_t)n);
		t->at += (uint64_t)n;
		done += (size_t)n;
	}
	return done;
}

/* Between the last read and this, lines may get lost: a few, once in so many megabytes. */
static void empty(struct tail *t, const struct speech *speech, uint64_t size)
{
	if (size > t->at)
		LOG(WARN, PROC, "service.log_cut", f_text("instance", speech->name),
		    f_u64("bytes_not_read", size - t->at));
	if (ftruncate(t->fd, 0) == 0)
		t->at = 0;
}

bool tail_read(struct tail *t, struct speech *speech)
{
	uint64_t size = size_of(t);
	bool more = false;

	if (size < t->at)
		t->at = 0; /* somebody else has emptied it */
	if (size > t->at || size > TAIL_FILE_MAX) {
		more = read_on(t, speech, TICK_BYTES) == TICK_BYTES;
		if (size > TAIL_FILE_MAX)
			empty(t, speech, size);
		remember(t);
	}
	return more;
}

void tail_drain(struct tail *t, struct speech *speech)
{
	for (unsigned n = 0; n < LAST_BYTES / TICK_BYTES && tail_read(t, speech); n++) {
		/* on */
	}
	cut_rest(&t->cut, speech, "log");
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void tail_close(struct tail *t)
{
	shut(&t->fd);
	shut(&t->mark);
}
