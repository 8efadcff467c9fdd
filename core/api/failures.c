/* failures.c - wrong keys by address. */
#include "api/failures.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/log.h"
#include "base/obj.h"

struct failure {
	struct peer peer;
	uint64_t since, n;
	UT_hash_handle hh;
};

static void drop(struct failures *f, struct failure *one)
{
	HASH_DEL(f->peers, one);
	free(one);
}

static struct failure *begin(struct failures *f, const struct peer *peer, uint64_t now)
{
	struct failure *one;

	if (HASH_COUNT(f->peers) >= FAILURES_PEERS)
		drop(f, f->peers);
	one = calloc(1, sizeof *one);
	if (one == NULL)
		return NULL;
	one->peer = *peer;
	one->since = now;
	HASH_ADD(hh, f->peers, peer, sizeof one->peer, one);
	return one;
}

static void tell(const struct peer *peer, uint64_t before)
{
	char address[PEER_TEXT];

	peer_text(peer, address);
	LOG(WARN, API, "key.wrong", f_text("peer", address), f_u64("in_the_minute_before", before));
}

unsigned failures_add(struct failures *f, const struct peer *peer, uint64_t now)
{
	struct failure *one;
	uint64_t before = 0;

	HASH_FIND(hh, f->peers, peer, sizeof *peer, one);
	if (one != NULL && now - one->since >= FAILURES_WINDOW_MS) {
		before = one->n;
		drop(f, one);
		one = NULL;
	}
	if (one == NULL) {
		one = begin(f, peer, now);
		tell(peer, before);
	}
	if (one == NULL || ++one->n <= FAILURES_ALLOWED)
		return 0;
	return (unsigned)((one->since + FAILURES_WINDOW_MS - now + 999) / 1000);
}

void failures_fini(struct failures *f)
{
	while (f->peers != NULL)
		drop(f, f->peers);
}
