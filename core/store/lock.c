/*
 * lock.c - flock on relink.lock, and what is asked of the directory.
 *
 * The kernel drops the lock when its owner dies; what stands in the file (pid and boot id) is only
 * for the message to the one who came second.  The file is never removed: a lock on a removed file
 * excludes nobody.
 */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/killpoint.h"
#include "base/obj.h"
#include "base/str.h"

#define BOOT_ID_PATH  "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_BYTES 40

/* Locks and shared memory across machines can't be trusted. */
static bool is_network(const char *dir)
{
	static const uint32_t kinds[] = { NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC,
					  SMB2_SUPER_MAGIC };
	struct statfs fs;

	if (statfs(dir, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if ((uint32_t)fs.f_type == kinds[i])
			return true;
	}
	return false;
}

static int check_dir(const char *dir, struct why *why)
{
	struct stat st;

	if (stat(dir, &st) < 0)
		return why_errno(why, ERR_CONFIG,
				 "cannot use state_dir %s; create it for the daemon's user", dir);
	if (!S_ISDIR(st.st_mode))
		return why_set(why, ERR_CONFIG, "state_dir %s is not a directory", dir);
	if ((st.st_mode & S_IWOTH) != 0)
		return why_set(why, ERR_CONFIG,
			       "state_dir %s can be written by everybody; run \"chmod o-w %s\"",
			       dir, dir);
	if (is_network(dir))
		return why_set(why, ERR_CONFIG,
			       "state_dir %s is on a network file system; use a local disk", dir);
	return 0;
}

static void read_boot_id(char *to)
{
	int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, to, BOOT_ID_BYTES - 1) : 0;

	to[n > 0 ? n : 0] = '\0';
	to[strcspn(to, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

/* "pid 123 boot 4f1c..." with a boot id that is the running one. */
static bool read_owner(const char *text, uint64_t *ret_pid)
{
	char boot_id[BOOT_ID_BYTES];
	size_t n;

	if (strncmp(text, "pid ", 4) != 0)
		return false;
	text += 4;
	n = strspn(text, "0123456789");
	if (!str_to_u64((struct str){ text, n }, INT_MAX, ret_pid) ||
	    strncmp(text + n, " boot ", 6) != 0)
		return false;
	text += n + 6;
	read_boot_id(boot_id);
	return str_is((struct str){ text, strcspn(text, "\n") }, boot_id);
}

/* 0 when the file doesn't say, or speaks of somebody who is no more. */
static pid_t owner_of(int fd)
{
	char text[96];
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	uint64_t pid;

	text[n > 0 ? n : 0] = '\0';
	if (!read_owner(text, &pid) || pid == 0)
		return 0;
	return kill((pid_t)pid, 0) == 0 || errno == EPERM ? (pid_t)pid : 0;
}

static int say_busy(int fd, const char *dir, struct why *why)
{
	pid_t pid = owner_of(fd);

	if (pid > 0)
		return why_set(why, ERR_BUSY,
			       "another relinkd (pid %d) owns %s; stop it or use another state_dir",
			       (int)pid, dir);
	return why_set(why, ERR_BUSY, "another relinkd owns %s; stop it or use another state_dir",
		       dir);
}

static void write_owner(int fd)
{
	char text[96], boot_id[BOOT_ID_BYTES];
	int n;

	read_boot_id(boot_id);
	n = snprintf(text, sizeof text, "pid %d boot %s\n", (int)getpid(), boot_id);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) < 0) {
		/* the lock holds all the same; a second core can't say whose it is */
	}
}

int lock_take(int *ret_fd, const char *dir, struct why *why)
{
	char path[PATH_MAX];
	int fd, r = check_dir(dir, why);

	if (r < 0)
		return r;
	if ((size_t)snprintf(path, sizeof path, "%s/relink.lock", dir) >= sizeof path)
		return why_set(why, ERR_CONFIG, "the path of state_dir is too long");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return why_errno(why, ERR_IO,
				 "cannot open %s; check that it belongs to the daemon's user",
				 path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = errno == EWOULDBLOCK ? say_busy(fd, dir, why)
					 : why_errno(why, ERR_IO, "cannot lock %s", path);
		close(fd);
		return r;
	}
	write_owner(fd);
	KP("store.lock");
	*ret_fd = fd;
	return 0;
}
