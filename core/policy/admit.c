/* admit.c - token bucket and classes.  Pure. */
#include "policy/admit.h"

#include "policy/account.h"

#define START \
	60000 /* parts; so `per_minute` parts are one millisecond's worth, and nothing is rounded */

void bucket_init(struct bucket *b, uint64_t now)
{
	*b = (struct bucket){ START, now };
}

bool bucket_take(struct bucket *b, uint64_t per_minute, uint64_t burst, uint64_t now,
		 uint64_t *ret_wait_ms)
{
	uint64_t full = burst * START, passed = now > b->at ? now - b->at : 0;

	b->parts = passed > full / per_minute ? full : b->parts + passed * per_minute;
	b->parts = b->parts > full ? full : b->parts;
	b->at = now;
	if (b->parts >= START) {
		b->parts -= START;
		return true;
	}
	*ret_wait_ms = (START - b->parts + per_minute - 1) / per_minute;
	return false;
}

unsigned admit_class(const struct account *a)
{
	unsigned kind = a->person ? 0 : a->was_up ? 1 : 2;

	return kind * 3 + (a->priority <= PRIORITY_LOW ? a->priority : PRIORITY_LOW);
}
