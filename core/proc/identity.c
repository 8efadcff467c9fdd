/* identity.c - see identity.h. */
#include "proc/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/must.h"
#include "base/str.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"
#define FILE_BYTES   256
#define STAT_BYTES   1024
#define START_FIELD  22 /* of /proc/PID/stat; the state is field 3, the first behind the name */

/* "There is none" and "I could not look" lead to different ends: on the first a new one is started. */
static int absent(int error)
{
	return error == ENOENT || error == ESRCH ? ERR_NOTFOUND : ERR_UNAVAILABLE;
}

/* The whole of a small file as a string.  ERR_NOTFOUND: there is no such file, or process; or
 * ERR_UNAVAILABLE. */
static int read_small(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r = 0;
	ssize_t n;

	to[0] = '\0';
	if (fd < 0)
		return absent(errno);
	n = read(fd, to, size - 1);
	if (n < 0)
		r = absent(errno);
	else
		to[n] = '\0';
	close(fd);
	return r;
}

/* The next word of *p; empty when there is none. */
static struct str word(const char **p)
{
	struct str w;

	*p += strspn(*p, " \n");
	w = (struct str){ *p, strcspn(*p, " \n") };
	*p += w.n;
	return w;
}

static bool number_behind(const char **p, const char *name, uint64_t *ret_v)
{
	return str_is(word(p), name) && str_to_u64(word(p), UINT64_MAX, ret_v);
}

int identity_of(uint64_t pid, struct identity *ret_identity)
{
	char path[64], stat[STAT_BYTES];
	const char *p;
	struct str w;
	int r;

	*ret_identity = (struct identity){ .pid = pid };
	r = read_small(BOOT_ID_PATH, ret_identity->boot, sizeof ret_identity->boot);
	if (r == ERR_UNAVAILABLE)
		return r;
	ret_identity->boot[strcspn(ret_identity->boot, "\n")] = '\0';
	if (ret_identity->boot[0] == '\0')
		str_copy(ret_identity->boot, sizeof ret_identity->boot, STR("unknown"));
	snprintf(path, sizeof path, "/proc/%llu/stat", (unsigned long long)pid);
	r = read_small(path, stat, sizeof stat);
	if (r < 0)
		return r;
	p = strrchr(stat, ')'); /* the name before it may hold anything */
	if (p == NULL)
		return ERR_NOTFOUND;
	p++;
	w = word(&p);
	if (str_is(w, "Z") || str_is(w, "X"))
		return ERR_NOTFOUND;
	for (unsigned field = 4; field <= START_FIELD; field++)
		w = word(&p);
	return str_to_u64(w, UINT64_MAX, &ret_identity->start) ? 0 : ERR_NOTFOUND;
}

int identity_open(const struct identity *id)
{
	struct identity now;
	int fd, r;

	if (id->pid == 0 || id->pid > INT32_MAX)
		return ERR_NOTFOUND;
	/* The descriptor first: then nobody can take the number over between the two. */
	fd = pidfd_open((pid_t)id->pid, 0);
	if (fd < 0)
		return absent(errno);
	r = identity_of(id->pid, &now);
	if (r == 0 && now.start == id->start && strcmp(now.boot, id->boot) == 0)
		return fd;
	close(fd);
	return r == ERR_UNAVAILABLE ? r : ERR_NOTFOUND;
}

static int write_file(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool done;

	if (fd < 0)
		return -1;
	done = write(fd, text, n) == (ssize_t)n;
	return close(fd) == 0 && done ? 0 : -1;
}

int identity_write(const struct identity *id, const char *path, struct why *why)
{
	char text[FILE_BYTES], next[4096];
	int n = snprintf(text, sizeof text, "pid %llu start %llu settings %llu at %llu boot %s\n",
			 (unsigned long long)id->pid, (unsigned long long)id->start,
			 (unsigned long long)id->settings, (unsigned long long)id->at, id->boot);

	must(n > 0 && (size_t)n < sizeof text);
	if (snprintf(next, sizeof next, "%s.new", path) >= (int)sizeof next)
		return why_set(why, ERR_IO, "the path %s is too long", path);
	if (write_file(next, text, (size_t)n) < 0 || rename(next, path) < 0)
		return why_errno(why, ERR_IO, "cannot write %s", path);
	return 0;
}

int identity_read(struct identity *ret_identity, const char *path)
{
	struct identity id = { 0 };
	char text[FILE_BYTES];
	const char *p = text;
	struct str boot;
	int r = read_small(path, text, sizeof text);

	if (r < 0)
		return r;
	if (!number_behind(&p, "pid", &id.pid) || !number_behind(&p, "start", &id.start) ||
	    !number_behind(&p, "settings", &id.settings) || !number_behind(&p, "at", &id.at) ||
	    !str_is(word(&p), "boot"))
		return ERR_FORMAT;
	boot = word(&p);
	if (boot.n == 0 || !str_copy(id.boot, sizeof id.boot, boot))
		return ERR_FORMAT;
	*ret_identity = id;
	return 0;
}
