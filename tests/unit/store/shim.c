/* shim.c - see shim.h. */
#include "shim.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"

struct shim_file {
	sqlite3_file base;
	enum shim_file_kind kind;
	const char *path;   /* SQLite keeps it */
	sqlite3_file *real; /* behind this struct */
};

struct shim shim;
static sqlite3_vfs shim_vfs;
static sqlite3_vfs *real_vfs;

static sqlite3_file *real(sqlite3_file *f)
{
	return ((struct shim_file *)f)->real;
}

static bool is_the_nth(enum shim_op op)
{
	if (shim.nth == 0 || (shim.fail_errno == ENOSPC && op != SHIM_WRITE))
		return false;
	return atomic_fetch_sub(&shim.nth, 1) == 1;
}

/* 0, or the code with which the operation shall fail. */
static int verdict(sqlite3_file *f, enum shim_op op)
{
	static const int codes[SHIM_OPS] = {
		[SHIM_WRITE] = SQLITE_IOERR_WRITE,
		[SHIM_TRUNCATE] = SQLITE_IOERR_TRUNCATE,
		[SHIM_SYNC] = SQLITE_IOERR_FSYNC,
		[SHIM_READ] = SQLITE_IOERR_READ,
	};
	int code = (shim.mask & ((struct shim_file *)f)->kind) != 0 ? shim.fail[op] : 0;

	if (code == 0 && is_the_nth(op))
		code = codes[op];
	if (code != 0)
		errno = shim.fail_errno;
	return code;
}

static int tell(sqlite3_file *f, int rc, enum shim_op op, const void *bytes, int64_t at, int64_t n)
{
	const struct shim_file *file = (const struct shim_file *)f;
	const struct shim_event e = { op, file->kind, file->path, bytes, at, n };

	void (*watch)(void *, const struct shim_event *) =
	    shim.watch; /* a test may take it away now */

	if (rc == SQLITE_OK && watch != NULL)
		watch(shim.ctx, &e);
	return rc;
}

static int on_close(sqlite3_file *f)
{
	return real(f)->pMethods->xClose(real(f));
}

static int on_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	int rc = verdict(f, SHIM_READ);

	return rc != 0 ? rc : real(f)->pMethods->xRead(real(f), to, n, at);
}

static int on_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	int rc = verdict(f, SHIM_WRITE);

	if (rc == 0)
		rc = real(f)->pMethods->xWrite(real(f), from, n, at);
	return tell(f, rc, SHIM_WRITE, from, at, n);
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = verdict(f, SHIM_TRUNCATE);

	if (rc == 0)
		rc = real(f)->pMethods->xTruncate(real(f), size);
	return tell(f, rc, SHIM_TRUNCATE, NULL, size, 0);
}

static int on_sync(sqlite3_file *f, int flags)
{
	int rc;

	if (shim.hold_syncs)
		shim.n_held++;
	while (shim.hold_syncs)
		usleep(100);
	rc = verdict(f, SHIM_SYNC);
	if (rc == 0)
		rc = real(f)->pMethods->xSync(real(f), flags);
	return tell(f, rc, SHIM_SYNC, NULL, 0, 0);
}

static int on_file_size(sqlite3_file *f, sqlite3_int64 *ret_size)
{
	return real(f)->pMethods->xFileSize(real(f), ret_size);
}

static int on_lock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xLock(real(f), level);
}

static int on_unlock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xUnlock(real(f), level);
}

static int on_check_lock(sqlite3_file *f, int *ret_locked)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), ret_locked);
}

static int on_control(sqlite3_file *f, int op, void *arg)
{
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int on_sector_size(sqlite3_file *f)
{
	return real(f)->pMethods->xSectorSize(real(f));
}

static int on_characteristics(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int on_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret_p)
{
	return real(f)->pMethods->xShmMap(real(f), page, size, extend, ret_p);
}

static int on_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}

static void on_shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int on_shm_unmap(sqlite3_file *f, int delete)
{
	return real(f)->pMethods->xShmUnmap(real(f), delete);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_file_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_check_lock,
	.xFileControl = on_control,
	.xSectorSize = on_sector_size,
	.xDeviceCharacteristics = on_characteristics,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap,
};

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	struct shim_file *file = (struct shim_file *)f;
	int rc;

	(void)vfs;
	file->real = (sqlite3_file *)(file + 1);
	file->path = name;
	file->kind = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? SHIM_DB
		     : (flags & SQLITE_OPEN_WAL) != 0   ? SHIM_LOG
							: SHIM_OTHER;
	rc = real_vfs->xOpen(real_vfs, name, file->real, flags, ret_flags);
	file->base.pMethods = rc == SQLITE_OK ? &methods : NULL;
	return rc;
}

void shim_register(void)
{
	real_vfs = sqlite3_vfs_find("unix");
	must(real_vfs != NULL);
	shim_vfs = *real_vfs;
	shim_vfs.zName = "shim";
	shim_vfs.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
	shim_vfs.xOpen = on_open;
	must(sqlite3_vfs_register(&shim_vfs, 1) == SQLITE_OK);
	shim_reset();
}

void shim_reset(void)
{
	for (unsigned i = 0; i < SHIM_OPS; i++)
		shim.fail[i] = 0;
	shim.fail_errno = 0;
	shim.nth = 0;
	shim.mask = SHIM_DB | SHIM_LOG;
	shim.hold_syncs = false;
	shim.n_held = 0;
	shim.watch = NULL;
}
