/* shares.c - connections by address. */
#include "api/shares.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/obj.h"

struct share {
	struct peer peer;
	uint64_t n;
	UT_hash_handle hh;
};

static struct share *find(const struct shares *s, const struct peer *peer)
{
	struct share *one;

	HASH_FIND(hh, s->peers, peer, sizeof *peer, one);
	return one;
}

uint64_t shares_add(struct shares *s, const struct peer *peer)
{
	struct share *one = find(s, peer);

	if (one == NULL) {
		one = calloc(1, sizeof *one);
		if (one == NULL)
			return 0;
		one->peer = *peer;
		HASH_ADD(hh, s->peers, peer, sizeof one->peer, one);
	}
	return ++one->n;
}

void shares_remove(struct shares *s, const struct peer *peer)
{
	struct share *one = find(s, peer);

	must(one != NULL && one->n > 0);
	if (--one->n > 0)
		return;
	HASH_DEL(s->peers, one);
	free(one);
}
