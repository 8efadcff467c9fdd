/* canary.c - instances on trial.  Pure. */
#include "policy/canary.h"

#include "policy/cause.h"

/* Halves that are over move back, or out. */
static struct canary_tally turned(const struct canary_tally *t, uint64_t now)
{
	struct canary_tally n = *t;

	if (now < t->at + CANARY_HALF_MS)
		return n;
	n = (struct canary_tally){ .at = now };
	if (now < t->at + 2 * (uint64_t)CANARY_HALF_MS) {
		n.good[1] = t->good[0];
		n.bad[1] = t->bad[0];
	}
	return n;
}

void canary_note(struct canary_tally *t, uint64_t now, bool good)
{
	uint32_t *n;

	*t = turned(t, now);
	n = good ? &t->good[0] : &t->bad[0];
	if (*n < UINT32_MAX)
		++*n;
}

struct canary_count canary_counted(const struct canary_tally *t, uint64_t now)
{
	struct canary_tally n = turned(t, now);

	return (struct canary_count){ (uint64_t)n.good[0] + n.good[1],
				      (uint64_t)n.bad[0] + n.bad[1] };
}

bool canary_blames(unsigned cause)
{
	switch (cause) {
	case RELINK_GONE:
	case RELINK_ENGINE_CRASH:
	case RELINK_ENGINE_HANG:
	case RELINK_NETWORK:
	case RELINK_PROVIDER_DOWN:
	case RELINK_REFUSED:
	case RELINK_LOGGED_OUT:
	case RELINK_UNPAIRED:
	case RELINK_AUTH_CORRUPT:
	case RELINK_CLIENT_OUTDATED:
	case RELINK_MISCONFIGURED:
	case RELINK_UNKNOWN:
	case RELINK_INTERNAL:
		return true;
	default:
		return false;
	}
}

/* All counts are far below 2^32, so that products fit. */
bool canary_fails(const struct canary_count *mine, const struct canary_count *others)
{
	uint64_t all = mine->good + mine->bad, theirs = others->good + others->bad;

	if (mine->bad < CANARY_FAILURES || mine->bad * 10 < all)
		return false;
	if (theirs == 0)
		return mine->bad * 2 >= all;
	return mine->bad * theirs >= 2 * others->bad * all;
}

bool canary_has_room(uint64_t here, uint64_t all, uint64_t percent)
{
	return here + 1 <= ((all + 1) * percent + 99) / 100;
}
