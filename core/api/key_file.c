/*
 * key_file.c - makes, checks and reads the admin key's file.
 *
 * A new key is written and synced under another name and then linked to its own: a crash leaves no
 * half key, and a file that is there already is never replaced.
 */
#include "api/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/key_text.h"

/* Write the line to `path`, a file that must not exist yet, and sync it. */
static int write_new(const char *path, const char *line, size_t n, struct why *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = 0;

	if (fd < 0)
		return why_errno(why, ERR_IO, "the admin key \"%s\" cannot be made", path);
	if (fchmod(fd, 0600) < 0 || write(fd, line, n) != (ssize_t)n || fsync(fd) < 0)
		r = why_errno(why, ERR_IO, "the admin key \"%s\" cannot be written", path);
	close(fd);
	return r;
}

/* What a crash between link and fsync would forget is the name: sync the folder. */
static void sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[4096];
	int fd;

	snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1,
		 slash != NULL ? path : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int make(const char *path, struct why *why)
{
	char temporary[4096], line[KEY_TEXT + 2];
	int r;

	if (snprintf(temporary, sizeof temporary, "%s.new", path) >= (int)sizeof temporary)
		return why_set(why, ERR_TOOBIG, "the path of the admin key is too long");
	key_text_make(line);
	line[KEY_TEXT] = '\n';
	unlink(temporary); /* of a start that crashed here */
	r = write_new(temporary, line, KEY_TEXT + 1, why);
	explicit_bzero(line, sizeof line);
	if (r == 0 && link(temporary, path) < 0 && errno != EEXIST)
		r = why_errno(why, ERR_IO, "the admin key \"%s\" cannot be made", path);
	unlink(temporary);
	sync_folder_of(path);
	return r;
}

static int check_owner(int fd, const char *path, struct why *why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return why_errno(why, ERR_IO, "the admin key \"%s\" cannot be read", path);
	if (!S_ISREG(st.st_mode))
		return why_set(why, ERR_DENIED, "the admin key \"%s\" is not a file: remove it",
			       path);
	if (st.st_uid != geteuid())
		return why_set(why, ERR_DENIED,
			       "the admin key \"%s\" belongs to uid %u, and the daemon runs as uid "
			       "%u: chown it, or remove it and a new key is made",
			       path, (unsigned)st.st_uid, (unsigned)geteuid());
	if ((st.st_mode & 077) != 0)
		return why_set(why, ERR_DENIED,
			       "others can read the admin key \"%s\" (mode %04o): remove it and a "
			       "new key is made, or chmod 600 it if nobody has",
			       path, (unsigned)st.st_mode & 07777);
	return 0;
}

static int read_key(int fd, const char *path, struct auth *ret_auth, struct why *why)
{
	char text[KEY_TEXT + 3]; /* a line end of either kind, and one byte to see more */
	ssize_t n = read(fd, text, sizeof text);
	struct str key = { text, n > 0 ? (size_t)n : 0 };
	int r = 0;

	if (n < 0)
		return why_errno(why, ERR_IO, "the admin key \"%s\" cannot be read", path);
	while (key.n > 0 && (key.p[key.n - 1] == '\n' || key.p[key.n - 1] == '\r'))
		key.n--;
	if (!key_text_fits(key))
		r = why_set(why, ERR_FORMAT,
			    "\"%s\" does not hold an admin key: remove it and a new one is made",
			    path);
	else if (!auth_init(ret_auth, key))
		r = why_set(why, ERR_NOMEM, "out of memory");
	explicit_bzero(text, sizeof text);
	return r;
}

int key_file_load(struct auth *ret_auth, const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	int r;

	if (fd < 0 && errno == ENOENT) {
		r = make(path, why);
		if (r != 0)
			return r;
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	}
	if (fd < 0)
		return why_errno(why, ERR_IO, "the admin key \"%s\" cannot be read", path);
	r = check_owner(fd, path, why);
	if (r == 0)
		r = read_key(fd, path, ret_auth, why);
	close(fd);
	return r;
}
