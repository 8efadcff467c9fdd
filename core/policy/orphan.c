/* orphan.c - end what we gave up, and prove that it is gone.  Pure. */
#include "policy/orphan.h"

#include "policy/backoff.h"

void orphan_init(struct orphan *o, const struct orphan_rules *r, uint64_t minted_at, uint64_t now,
		 bool closing)
{
	*o = (struct orphan){ .minted_at = minted_at,
			      .quiet_until = closing ? now + r->op_deadline : now };
}

enum orphan_do orphan_seen(struct orphan *o, const struct orphan_rules *r, uint64_t now,
			   uint64_t at)
{
	o->absent_since = 0;
	/* a list from before the last disconnect was answered says nothing about it */
	if (r->hold || o->op || now < o->quiet_until || at < o->quiet_until)
		return ORPHAN_NOTHING;
	o->seen = true;
	o->op = true;
	return ORPHAN_KILL;
}

enum orphan_do orphan_absent(struct orphan *o, const struct orphan_rules *r, uint64_t at)
{
	if (at < o->minted_at + r->settle)
		return ORPHAN_NOTHING; /* a birth may be invisible */
	if (o->absent_since == 0) {
		o->absent_since = at;
		return ORPHAN_NOTHING;
	}
	return at >= o->absent_since + r->settle ? ORPHAN_GONE : ORPHAN_NOTHING;
}

void orphan_answered(struct orphan *o, const struct orphan_rules *r, uint64_t now, uint64_t *rng)
{
	o->op = false;
	o->quiet_until =
	    now +
	    (o->tries > 0 ? backoff_delay(rng, r->backoff_base, r->backoff_cap, o->tries) : 0);
	if (o->tries < UINT8_MAX)
		o->tries++;
}
