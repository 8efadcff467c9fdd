/* place.c - least loaded with room; who may leave its instance.  Pure. */
#include "policy/place.h"

#include "policy/account.h"

static uint64_t load(const struct place_candidate *c)
{
	return c->accounts + c->open + c->queued;
}

/* Is `a` a better place than `b`?  a/b < c/d without dividing: all factors are far below 2^31. */
static bool better(const struct place_candidate *a, const struct place_candidate *b)
{
	if (a->down != b->down)
		return b->down;
	return load(a) * b->capacity < load(b) * a->capacity;
}

int place_choose(const struct place_candidate *c, int n)
{
	int best = -1;

	for (int i = 0; i < n; i++) {
		if (c[i].closed || c[i].accounts >= c[i].capacity)
			continue;
		if (best < 0 || better(&c[i], &c[best]))
			best = i;
	}
	return best;
}

bool place_tied(const struct account *a)
{
	if (a->fresh_next || !account_may_resume(a))
		return false;
	return a->profile != PROFILE_NEW || !a->person;
}

/* At the instance that the account belongs to nothing can be proven any more.  Where an id is its
 * credentials, opening them elsewhere would be the same id twice. */
static bool may_resume_elsewhere(const struct place_rules *r)
{
	return r->shared && (r->apart || !r->unproven);
}

/* Its start is the next thing that happens to it, and cannot happen where it is. */
static bool waits_to_start(const struct account *a, bool patient)
{
	return a->state == ST_QUEUED || (patient && a->state == ST_WAITING);
}

static enum place_do leave_in_order(const struct account *a, const struct place_rules *r)
{
	if (a->state == ST_UP && r->shared)
		return PLACE_LEAVE;
	return waits_to_start(a, false) && (r->shared || !place_tied(a)) ? PLACE_MOVE : PLACE_STAY;
}

static enum place_do leave_the_dead(const struct account *a, const struct place_rules *r)
{
	bool restarts = a->after == AFTER_START || a->after == AFTER_WAIT;

	if (waits_to_start(a, true))
		return !place_tied(a) || may_resume_elsewhere(r) ? PLACE_MOVE : PLACE_STAY;
	if (a->state == ST_CLOSING && restarts)
		return !place_tied(a) || (r->shared && r->apart) ? PLACE_FLEE : PLACE_STAY;
	return a->open && r->shared && r->apart ? PLACE_FLEE : PLACE_STAY;
}

enum place_do place_decide(const struct account *a, enum place_fault fault,
			   const struct place_rules *r)
{
	switch (fault) {
	case PLACE_FULL:
		return waits_to_start(a, false) && (r->shared || !place_tied(a)) ? PLACE_MOVE
										 : PLACE_STAY;
	case PLACE_DRAINED:
		return leave_in_order(a, r);
	case PLACE_DOWN:
		return waits_to_start(a, false) && !place_tied(a) ? PLACE_MOVE : PLACE_STAY;
	case PLACE_GIVEN_UP:
	case PLACE_NOWHERE:
		return leave_the_dead(a, r);
	case PLACE_OK:
		break;
	}
	return PLACE_STAY;
}
