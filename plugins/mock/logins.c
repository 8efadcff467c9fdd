/* logins.c - one small file a profile, replaced as a whole. */
#include "logins.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4352

/* Ids are made of harmless characters; whatever else comes is no file of ours. */
static bool path_of(char path[PATH_BYTES], const char *folder, struct relink_str profile,
		    const char *tail)
{
	if (profile.n == 0 || profile.n > 200 || profile.p[0] == '.' ||
	    memchr(profile.p, '/', profile.n) != NULL)
		return false;
	return snprintf(path, PATH_BYTES, "%s/%.*s%s", folder, STR_ARG(profile), tail) < PATH_BYTES;
}

int logins_open(const char *folder)
{
	return mkdir(folder, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

enum login logins_read(const char *folder, struct relink_str profile)
{
	char path[PATH_BYTES], c = '\0';
	int fd = path_of(path, folder, profile, "") ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return LOGIN_NONE;
	if (read(fd, &c, 1) != 1)
		c = '\0';
	close(fd);
	return c == 'g' ? LOGIN_GOOD : c == 'r' ? LOGIN_REVOKED : LOGIN_NONE;
}

int logins_write(const char *folder, const char *profile, enum login login)
{
	char path[PATH_BYTES], next[PATH_BYTES];
	const char *word = login_name(login);
	int fd, r = 0;

	if (!path_of(path, folder, str_of(profile), "") ||
	    !path_of(next, folder, str_of(profile), ".next"))
		return -EINVAL;
	if (login == LOGIN_NONE)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, word, strlen(word)) != (ssize_t)strlen(word))
		r = -EIO;
	close(fd);
	if (r == 0 && rename(next, path) < 0)
		r = -errno;
	return r;
}
