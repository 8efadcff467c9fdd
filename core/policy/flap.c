/* flap.c - losses in a window, and the ladder.  Pure. */
#include "policy/flap.h"

#include "policy/backoff.h"

#define STEPS 3

/* Did as many losses as that, with the newest, come within the window? */
static bool too_many(const struct flap_rules *r, const struct flap *f)
{
	uint64_t sum = 0;

	for (uint32_t n = 0; n + 1 < r->losses; n++) {
		uint64_t gap = f->gaps >> (16 * n) & FLAP_GAP_MAX;

		if (gap == FLAP_GAP_MAX)
			return false;
		sum += gap;
	}
	return sum <= r->window / 1000;
}

void flap_lost(const struct flap_rules *r, struct flap *f, uint64_t now)
{
	uint64_t now_s = now / 1000, gap;

	if (f->at_s == 0)
		f->gaps = UINT64_MAX;
	gap = f->at_s == 0 || now_s >= f->at_s + (uint64_t)FLAP_GAP_MAX ? FLAP_GAP_MAX
	      : now_s > f->at_s                                         ? now_s - f->at_s
									: 0;
	f->gaps = f->gaps << 16 | gap;
	f->at_s = (uint32_t)(now_s > 0 ? now_s : 1);
	if (f->step == 0 && r->losses > 0 && r->losses <= FLAP_LOSSES_MAX && too_many(r, f))
		f->step = 1;
}

uint64_t flap_wait(const struct flap_rules *r, struct flap *f, uint64_t *rng)
{
	unsigned step = f->step < STEPS ? f->step : STEPS;

	if (f->step < STEPS)
		f->step++;
	return backoff_spread(rng, r->wait << (step > 0 ? step - 1 : 0));
}

uint64_t flap_wait_max(const struct flap_rules *r)
{
	uint64_t last = r->wait << (STEPS - 1);

	return last + last / 10;
}

bool flap_is_over(const struct flap_rules *r, const struct flap *f, uint64_t up_since, uint64_t now)
{
	return f->step > 0 && up_since != 0 && now >= up_since + r->stable;
}

void flap_forget(struct flap *f)
{
	*f = (struct flap){ 0 };
}
