/*
 * estimate.c - when a queued account will start, as far as anybody can tell.
 *
 * From how many go first (an upper bound), the slots that the instance's ramp gives now, how long its last
 * starts took, and the provider's rate; the slower of the two counts.  Who comes later and goes first is
 * not in it, nor that the ramp may widen.  Nothing is said when nothing is known: the instance takes no
 * starts, or none has ended yet and all slots are taken, or people must scan first.
 */
#include "engine/state.h"

/* In this class at an instance.  Who must scan and can't goes after those who are here. */
static uint64_t in_class(const struct instance *i, unsigned class, uint64_t *ret_lanes)
{
	const struct line *l = lines_of(i, class);
	bool scans = can_scan(i, admit_is_person(class));

	*ret_lanes = l[0].lanes + (scans ? l[1].lanes : 0);
	return l[0].accounts + (scans ? l[1].accounts : 0);
}

static uint64_t before_class(const struct instance *i, unsigned class)
{
	uint64_t n = 0, lanes;

	for (unsigned c = 0; c < class; c++)
		n += in_class(i, c, &lanes);
	return n;
}

/* Those of other instances who share the bucket and go first: in this class at most as many of each
 * workspace as at its own instance. */
static uint64_t elsewhere(const struct engine *e, const struct instance *than, unsigned class,
			  uint64_t turns)
{
	const struct provider *p = than->provider;
	uint64_t n = 0, here, lanes;

	for (size_t k = 0; k < p->n_instances; k++) {
		const struct instance *i = &p->instances[k];

		if (i == than || i->queued == 0 || !takes_starts(e, i))
			continue;
		n += before_class(i, class);
		here = class < ADMIT_CLASSES ? in_class(i, class, &lanes) : 0;
		n += here > 0 ? MIN_OF(here, lanes * turns) : 0;
	}
	return n;
}

/* So many starts from now at this instance, with as many as that before them at others. */
static bool time_of(const struct engine *e, const struct instance *i, bool person, uint64_t starts,
		    uint64_t others, uint64_t *ret_ms)
{
	const struct conf_provider *p = i->provider->conf;
	uint64_t others_here = person ? i->starting - i->starting_persons : 0;
	uint64_t most = i->conf->concurrent_starts, slots = start_slots(i);
	uint64_t by_bucket, by_slots;

	if (others_here + slots > most) /* a person's slots are apart, within the most */
		slots = most > others_here ? most - others_here : 0;
	if (!takes_starts(e, i) || starts > i->conf->capacity - i->open ||
	    !ramp_time(&i->ramp, slots, i->starting - others_here, starts, &by_slots))
		return false;
	by_bucket = bucket_time(&i->provider->bucket, p->starts_per_minute, p->start_burst, person,
				e->now, starts + others);
	*ret_ms = by_bucket > by_slots ? by_bucket : by_slots;
	return true;
}

uint64_t estimate_start_at(const struct engine *e, const struct member *m)
{
	uint64_t here, ms;
	unsigned class = m->queue_line / 2;
	bool person = admit_is_person(class);

	if (!m->queued || (admit_line_scans(m->queue_line) && !can_scan(m->instance, person)))
		return 0;
	here = queue_ahead(m) + 1;
	return time_of(e, m->instance, person, before_class(m->instance, class) + here,
		       elsewhere(e, m->instance, class, here), &ms)
		   ? e->now + ms
		   : 0;
}

bool estimate_drained(const struct engine *e, const struct instance *i, uint64_t *ret_ms)
{
	bool scans = false;

	*ret_ms = 0;
	if (i->queued == 0)
		return true;
	for (unsigned class = 0; class < ADMIT_CLASSES; class ++)
		scans |= i->lines[2 * class + 1].accounts > 0;
	if (scans && !can_scan(i, false))
		return false;
	return time_of(e, i, false, i->queued, elsewhere(e, i, ADMIT_CLASSES, 0), ret_ms);
}
