/* secret.c - see secret.h. */
#include "api/dropin/secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int take(struct secret *ret, struct str text, struct why *why)
{
	ret->p = str_dup(text);
	ret->n = text.n;
	return ret->p != NULL ? 0 : why_set(why, ERR_NOMEM, "out of memory");
}

static int read_open_file(struct secret *ret, int fd, const char *path, const char *key,
			  struct why *why)
{
	char text[SECRET_MAX + 3]; /* a line end of either kind, and one byte to see more */
	ssize_t n = read(fd, text, sizeof text);
	struct str line = { text, n > 0 ? (size_t)n : 0 };
	struct stat st;
	int r;

	while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	if (n < 0 || fstat(fd, &st) < 0)
		r = why_errno(why, ERR_CONFIG, "\"%s\" (%s) cannot be read", path, key);
	else if ((st.st_mode & 07) != 0)
		r = why_set(why, ERR_CONFIG, "others can use \"%s\" (%s): chmod o= it", path, key);
	else if (line.n == 0 || line.n > SECRET_MAX || memchr(line.p, '\n', line.n) != NULL)
		r = why_set(why, ERR_CONFIG,
			    "\"%s\" (%s) must hold a key of 1 to %d bytes in one line", path, key,
			    SECRET_MAX);
	else
		r = take(ret, line, why);
	explicit_bzero(text, sizeof text);
	return r;
}

int secret_read(struct secret *ret, const char *value, const char *file, const char *key,
		struct why *why)
{
	int fd, r;

	if (value != NULL)
		return take(ret, str_of(value), why);
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return why_errno(why, ERR_CONFIG, "\"%s\" (%s) cannot be read", file, key);
	r = read_open_file(ret, fd, file, key, why);
	close(fd);
	return r;
}

int secret_check(const char *file, const char *key, struct why *why)
{
	struct secret s = { NULL, 0 };
	int r = file != NULL ? secret_read(&s, NULL, file, key, why) : 0;

	secret_free(&s);
	return r;
}

void secret_free(struct secret *s)
{
	if (s->p != NULL)
		explicit_bzero(s->p, s->n);
	free(s->p);
	*s = (struct secret){ NULL, 0 };
}
