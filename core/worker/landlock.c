/*
 * landlock.c - see landlock.h.
 *
 * Raw calls, since no C library has functions for them; and numbers of our own for what is newer than
 * the headers of Debian 12.
 */
#include "worker/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FS_REFER     (1ull << 13) /* version 2: to another folder */
#define FS_TRUNCATE  (1ull << 14) /* 3 */
#define FS_IOCTL_DEV (1ull << 15) /* 5 */
#define SCOPES       3ull         /* 6: abstract sockets, signals */

#define FS_FIRST ((1ull << 13) - 1) /* all of version 1 */
#define FS_READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* No devices, sockets, pipes and links: others would trip over them. */
#define FS_WRITE                                                                 \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |          \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | FS_REFER | FS_TRUNCATE)
/* What can be said of something that is no folder. */
#define FS_OF_FILES                                                   \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	 LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

/* struct landlock_ruleset_attr as it is since version 6; older kernels take its beginning. */
struct ruleset {
	uint64_t fs, net, scoped;
};

int landlock_version(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static uint64_t handled(int version)
{
	uint64_t fs = FS_FIRST;

	if (version >= 2)
		fs |= FS_REFER;
	if (version >= 3)
		fs |= FS_TRUNCATE;
	if (version >= 5)
		fs |= FS_IOCTL_DEV;
	return fs;
}

static uint64_t fs_of(enum right right)
{
	switch (right) {
	case RIGHT_READ:
		return FS_READ;
	case RIGHT_WRITE:
		return FS_WRITE;
	case RIGHT_DEVICE:
		return LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;
	case RIGHT_APPEND:
		return LANDLOCK_ACCESS_FS_WRITE_FILE;
	case RIGHT_PROGRAM:
		return FS_READ | LANDLOCK_ACCESS_FS_EXECUTE;
	}
	return 0;
}

/* What is not there, or is behind a folder that is shut to us, needs no rule. */
static bool is_nothing(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP;
}

/*
 * The folder of a process is made anew when the kernel needs its memory and nobody has it open, and a rule
 * is about the folder that it was made for.  So this one is held open until the end.
 */
static bool must_stay_open(const struct place *p)
{
	return strcmp(p->path, "/proc/self") == 0;
}

static int allow(int ruleset, uint64_t can, struct place *p)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = -1 };
	struct stat st;
	int r, failed;

	rule.parent_fd = open(p->path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return is_nothing(errno) ? 0 : -errno;
	r = fstat(rule.parent_fd, &st);
	if (r == 0) {
		p->dev = st.st_dev;
		p->ino = st.st_ino;
		rule.allowed_access = fs_of(p->right) & can;
		if (!S_ISDIR(st.st_mode))
			rule.allowed_access &= FS_OF_FILES;
		r = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule,
				 0);
	}
	failed = errno;
	if (r < 0 || !must_stay_open(p))
		close(rule.parent_fd);
	return r < 0 ? -failed : 0;
}

static int allow_all(int ruleset, uint64_t can, struct places *all, struct why *why)
{
	for (size_t i = 0; i < all->n; i++) {
		int r = allow(ruleset, can, &all->v[i]);

		if (r < 0)
			return why_set(why, ERR_UNAVAILABLE, "Landlock does not take %.100s (%s)",
				       all->v[i].path, strerror(-r));
	}
	return 0;
}

int landlock_enter(int version, struct places *all, struct why *why)
{
	const struct ruleset rules = { .fs = handled(version),
				       .scoped = version >= 6 ? SCOPES : 0 };
	size_t size = version >= 6 ? sizeof rules : sizeof rules.fs;
	int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	int r;

	if (fd < 0)
		return why_errno(why, ERR_UNAVAILABLE, "Landlock takes no rules");
	r = allow_all(fd, rules.fs, all, why);
	if (r == 0 && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		r = why_errno(why, ERR_UNAVAILABLE, "Landlock does not take its rules");
	close(fd);
	return r;
}
