/* fence.c - see fence.h. */
#include "worker/fence.h"

#include <stdlib.h>

#include "base/err.h"
#include "proc/hash.h"

struct fence_entry {
	uint64_t highest;
	UT_hash_handle hh;
	size_t n;
	char account[];
};

static struct fence_entry *find(struct fence *f, struct str account)
{
	struct fence_entry *e;

	HASH_FIND(hh, f->entries, account.p, account.n, e);
	return e;
}

static void forget(struct fence *f, struct fence_entry *e)
{
	HASH_DEL(f->entries, e);
	free(e);
}

static int add(struct fence *f, struct str account, uint64_t generation)
{
	struct fence_entry *e = calloc(1, sizeof *e + account.n);

	if (e == NULL)
		return ERR_NOMEM;
	e->highest = generation;
	e->n = account.n;
	memcpy(e->account, account.p, account.n);
	HASH_ADD_KEYPTR(hh, f->entries, e->account, e->n, e);
	if (e->hh.tbl == NULL) {
		free(e);
		return ERR_NOMEM;
	}
	if (HASH_COUNT(f->entries) > FENCE_ACCOUNTS_MAX)
		forget(f, f->entries);
	return 0;
}

int fence_pass(struct fence *f, struct str account, uint64_t generation, uint64_t *ret_highest)
{
	struct fence_entry *e = find(f, account);

	if (e == NULL)
		return add(f, account, generation);
	if (generation <= e->highest) {
		*ret_highest = e->highest;
		return ERR_EXISTS;
	}
	e->highest = generation;
	return 0;
}

void fence_fini(struct fence *f)
{
	while (f->entries != NULL)
		forget(f, f->entries);
}
