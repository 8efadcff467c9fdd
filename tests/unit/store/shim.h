/*
 * shim.h - a disk that fails, waits or is watched on demand: a VFS between SQLite and the real one.
 *
 * Once registered it is the default, so the store under test needs no hook for it.
 */
#ifndef RELINK_TESTS_STORE_SHIM_H
#define RELINK_TESTS_STORE_SHIM_H
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Which files: the database itself, its write-ahead log. */
enum shim_file_kind { SHIM_DB = 1, SHIM_LOG = 2, SHIM_OTHER = 4 };
enum shim_op { SHIM_WRITE, SHIM_TRUNCATE, SHIM_SYNC, SHIM_READ, SHIM_OPS };

struct shim_event {
	enum shim_op op;
	enum shim_file_kind file;
	const char *path;
	const void *bytes; /* of a write */
	int64_t at, n;     /* where and how much; TRUNCATE: the new size is `at` */
};

struct shim {
	/* What an operation answers with instead of being done: a code of SQLite and an errno; on the
	 * files in `mask` only. */
	_Atomic int fail[SHIM_OPS], fail_errno, mask;
	/* The n-th operation from now on fails, with fail_errno; 0: none.  ENOSPC: the n-th write. */
	_Atomic int64_t nth;
	_Atomic bool hold_syncs; /* they wait until it is false again */
	_Atomic uint64_t n_held; /* how many have waited */
	/* Called after the operation, on the thread that did it. */
	void (*_Atomic watch)(void *ctx, const struct shim_event *);
	void *ctx;
};
extern struct shim shim;

void shim_register(void);
/* All as on a good disk. */
void shim_reset(void);

#endif
