/* outside.c - see outside.h. */
#include "conf/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096

struct place {
	const struct source *src;
	const struct node *at;
	char path[PATH_BYTES];
};

bool outside_is(const char *tag)
{
	return strcmp(tag, "!file") == 0 || strcmp(tag, "!credential") == 0;
}

/* A path is shown as it is in complaints, and they are one line of text. */
static bool has_control(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
			return true;
	return false;
}

static int find_file(struct place *p, struct str name)
{
	if (name.n == 0 || name.p[0] != '/' || name.n >= PATH_BYTES)
		return source_complain(p->src, p->at,
				       "!file %s is no absolute path (write for example "
				       "!file /etc/relink/api.key)",
				       quote(name).text);
	if (has_control(name))
		return source_complain(p->src, p->at,
				       "!file %s holds a control character (rename the file)",
				       quote(name).text);
	str_copy(p->path, sizeof p->path, name);
	return 0;
}

static int find_credential(struct place *p, struct str name)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	if (!str_is_id(name, 255, "-_."))
		return source_complain(p->src, p->at,
				       "!credential %s is no name of a credential (letters, "
				       "digits, - _ and .)",
				       quote(name).text);
	if (dir == NULL)
		return source_complain(p->src, p->at,
				       "!credential %s: no credentials were passed (set "
				       "LoadCredential= in the unit, or use !file)",
				       quote(name).text);
	if (snprintf(p->path, sizeof p->path, "%s/%.*s", dir, (int)name.n, name.p) >=
	    (int)sizeof p->path)
		return source_complain(p->src, p->at, "$CREDENTIALS_DIRECTORY is too long");
	return 0;
}

static int complain_errno(const struct place *p, const char *what)
{
	return source_complain(p->src, p->at, "%s %s: %s", p->path, what, strerror(errno));
}

static int check_file(const struct place *p, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return complain_errno(p, "cannot be looked at");
	if (!S_ISREG(st.st_mode))
		return source_complain(p->src, p->at, "%s is not a regular file", p->path);
	if ((st.st_mode & S_IRWXO) != 0)
		return source_complain(p->src, p->at,
				       "%s may be read or changed by everybody (chmod 640 it)",
				       p->path);
	return 0;
}

/* A byte more than is allowed is enough to refuse it. */
static int read_line(const struct place *p, int fd, char *to, size_t *ret_n)
{
	ssize_t n;

	do
		n = read(fd, to, OUTSIDE_ROOM);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return complain_errno(p, "cannot be read");
	if (n > 0 && to[n - 1] == '\n')
		n--;
	if (n > 0 && to[n - 1] == '\r')
		n--;
	if (n == 0)
		return source_complain(p->src, p->at, "%s is empty", p->path);
	if (n > OUTSIDE_MAX || memchr(to, '\n', (size_t)n) != NULL)
		return source_complain(p->src, p->at,
				       "%s holds more than one line of at most %d bytes", p->path,
				       OUTSIDE_MAX);
	to[n] = '\0';
	*ret_n = (size_t)n;
	return 0;
}

int outside_read(const struct source *src, const struct node *at, const char *tag, struct str name,
		 char *to, size_t *ret_n)
{
	struct place p = { .src = src, .at = at };
	int fd, r = strcmp(tag, "!file") == 0 ? find_file(&p, name) : find_credential(&p, name);

	if (r < 0)
		return r;
	/* without O_NONBLOCK a pipe of that name would hold us up */
	fd = open(p.path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return complain_errno(&p, "cannot be opened");
	r = check_file(&p, fd);
	if (r == 0)
		r = read_line(&p, fd, to, ret_n);
	close(fd);
	return r;
}
