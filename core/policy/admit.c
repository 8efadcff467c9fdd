/* admit.c - token bucket and classes.  Pure. */
#include "policy/admit.h"

#include "policy/account.h"

void bucket_init(struct bucket *b, uint64_t now)
{
	*b = (struct bucket){ 1000, now };
}

bool bucket_take(struct bucket *b, uint64_t per_minute, uint64_t burst, uint64_t now,
		 uint64_t *ret_wait_ms)
{
	uint64_t full = burst * 1000, passed = now > b->at ? now - b->at : 0, missing;

	/* per_minute starts a minute are per_minute / 60 thousandths a millisecond */
	if (passed > 0) {
		uint64_t gain = passed >= full * 60 / per_minute ? full : passed * per_minute / 60;

		b->milli = b->milli + gain > full ? full : b->milli + gain;
		b->at = now;
		if (gain == 0)
			b->at = now - passed; /* keep what was too little to count */
	}
	if (b->milli >= 1000) {
		b->milli -= 1000;
		return true;
	}
	missing = 1000 - b->milli;
	*ret_wait_ms = missing * 60 / per_minute + 1;
	return false;
}

unsigned admit_class(const struct account *a)
{
	unsigned kind = a->person ? 0 : a->was_up ? 1 : 2;

	return kind * 3 + (a->priority <= PRIORITY_LOW ? a->priority : PRIORITY_LOW);
}
