/* journal.c - an append-only file under flock. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line.h"

#define BUFFER_BYTES ((size_t)4 * LINE_BYTES_MAX)

static int open_file(const char *dir)
{
	char *path;
	int fd, error;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (asprintf(&path, "%s/journal", dir) < 0)
		return -ENOMEM;
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	error = errno;
	free(path);
	return fd >= 0 ? fd : -error;
}

int journal_open(struct journal *j, const char *dir)
{
	*j = (struct journal){ .fd = -1 };
	if (dir[0] == '\0')
		return 0;
	j->buffer = malloc(BUFFER_BYTES);
	if (j->buffer == NULL)
		return -ENOMEM;
	j->fd = open_file(dir);
	if (j->fd < 0) {
		int r = j->fd;

		j->fd = -1;
		journal_close(j);
		return r;
	}
	return 0;
}

void journal_close(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	free(j->buffer);
	*j = (struct journal){ .fd = -1 };
}

static int flock_again(int fd, int how)
{
	int r;

	do {
		r = flock(fd, how);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int journal_lock(struct journal *j)
{
	return j->fd >= 0 ? flock_again(j->fd, LOCK_EX) : 0;
}

void journal_unlock(struct journal *j)
{
	if (j->fd >= 0)
		flock_again(j->fd, LOCK_UN);
}

/* Hand over the whole lines in the first `n` bytes of the buffer. */
static int hand_over(struct journal *j, size_t n, journal_line_fn *fn, void *arg)
{
	char *p = j->buffer, *end = j->buffer + n, *newline;

	while ((newline = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		size_t length = (size_t)(newline - p);
		int r = fn(arg, p, length);

		if (r < 0)
			return r;
		j->read_to += length + 1;
		p = newline + 1;
	}
	return 0;
}

int journal_read(struct journal *j, journal_line_fn *fn, void *arg)
{
	for (;;) {
		uint64_t from = j->read_to;
		ssize_t n;
		int r;

		if (j->fd < 0)
			return 0;
		n = pread(j->fd, j->buffer, BUFFER_BYTES, (off_t)from);
		if (n <= 0)
			return n < 0 ? -errno : 0;
		r = hand_over(j, (size_t)n, fn, arg);
		if (r < 0)
			return r;
		if (j->read_to == from) /* no newline: a torn line, or no journal at all */
			return n < (ssize_t)BUFFER_BYTES ? 0 : -EMSGSIZE;
	}
}

int journal_mend(struct journal *j)
{
	struct stat st;

	if (j->fd < 0)
		return 0;
	if (fstat(j->fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size > j->read_to && ftruncate(j->fd, (off_t)j->read_to) < 0)
		return -errno;
	return 0;
}

int journal_append(struct journal *j, const char *lines, size_t n)
{
	size_t done = 0;
	int error;

	if (j->fd < 0)
		return 0;
	if (j->read_to + n > JOURNAL_BYTES_MAX)
		return -EFBIG;
	while (done < n) {
		ssize_t k = write(j->fd, lines + done, n - done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			break;
		done += (size_t)k;
	}
	if (done == n)
		return 0;
	error = errno;
	/* the disk is full: half a line, or half of what belongs together, is worse than nothing */
	if (ftruncate(j->fd, (off_t)j->read_to) < 0)
		return -errno;
	return -error;
}
