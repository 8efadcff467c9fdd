/* backoff.c - full jitter.  Pure. */
#include "policy/backoff.h"

#include "base/rng.h"

uint64_t backoff_delay(uint64_t *rng, uint64_t base_ms, uint64_t cap_ms, unsigned n)
{
	uint64_t top = base_ms;

	/* doubling step by step can't overflow: it stops at the cap */
	for (; n > 0 && top < cap_ms; n--)
		top = top > cap_ms / 2 ? cap_ms : top * 2;
	if (top > cap_ms)
		top = cap_ms;
	return top <= base_ms ? base_ms : base_ms + rng_next(rng) % (top - base_ms + 1);
}

uint64_t backoff_spread(uint64_t *rng, uint64_t ms)
{
	return ms + rng_next(rng) % (ms / 10 + 1);
}
