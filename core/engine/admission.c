/*
 * admission.c - who may start now.
 *
 * A permit needs an instance that serves and was listed, a start slot that the instance's ramp gives, room
 * for a session, room for a QR code where one will be shown, and a token of the provider's bucket.  Classes
 * are strict over the whole provider; in one, workspaces take turns (queues.c), then instances.
 *
 * Some start slots, one code and one token are people's: who clicks in a storm does not wait for it.
 */
#include <stdio.h>

#include "engine/state.h"

bool takes_starts(const struct engine *e, const struct instance *i)
{
	return instance_serves(e, i) && i->listed_at != 0 && i->reachable && i->drained_at == 0 &&
	       i->open < i->conf->capacity;
}

uint64_t start_slots(const struct instance *i)
{
	return ramp_slots(&i->ramp, i->conf->concurrent_starts);
}

static bool can_start(const struct engine *e, const struct instance *i, bool person)
{
	return takes_starts(e, i) && ramp_lets(&i->ramp, i->conf->concurrent_starts, person,
					       i->starting, i->starting_persons);
}

bool can_scan(const struct instance *i, bool person)
{
	return admit_may_scan(i->scans, i->conf->max_qr_waiting, person);
}

/* The next account of this class that may start, of the workspace that was served longest ago; NULL:
 * none.  Otherwise instances take turns. */
static struct member *next_of(struct engine *e, struct provider *p, unsigned class)
{
	bool person = admit_is_person(class);
	struct lane *lane, *best = NULL;
	size_t at = 0;

	for (size_t n = 0; n < p->n_instances; n++) {
		struct instance *i = &p->instances[(p->turn + n) % p->n_instances];

		if (i->queued == 0 || !can_start(e, i, person))
			continue;
		lane = queue_next(i, class, can_scan(i, person));
		if (!lane_is_older(lane, best) || !incident_admits(e, i, class))
			continue;
		best = lane;
		at = n;
	}
	if (best == NULL)
		return NULL;
	p->turn = (unsigned)((p->turn + at + 1) % p->n_instances);
	return best->first;
}

static struct member *next_in(struct engine *e, struct provider *p)
{
	struct member *m = NULL;

	for (unsigned class = 0; class < ADMIT_CLASSES && m == NULL; class ++)
		m = next_of(e, p, class);
	return m;
}

static void permit(struct engine *e, struct member *m)
{
	struct happening h = { .e = { .kind = EV_PERMIT } };
	unsigned class = m->queue_line / 2;

	account_happens(e, m, &h);
	queue_served(m->instance, class, m->workspace);
}

static void admit_provider(struct engine *e, struct provider *p)
{
	uint64_t wait_ms;
	struct member *m;

	while (p->queued > 0 && (m = hands_off_next(e, p, next_in)) != NULL) {
		if (!bucket_take(&p->bucket, p->conf->starts_per_minute, p->conf->start_burst,
				 m->a.person, e->now, &wait_ms)) {
			timer_set(e, &p->timer, e->now + wait_ms);
			return;
		}
		permit(e, m);
		turn_breathe(e);
	}
}

void admit(struct engine *e)
{
	if (e->stopping || !e->store_ok || e->held != NULL)
		return;
	for (size_t i = 0; i < e->n_providers; i++)
		admit_provider(e, &e->providers[i]);
}

/* ---- how starts go ---- */

void start_ended(struct engine *e, struct member *m, enum start_outcome outcome)
{
	struct instance *i = m->instance;
	uint64_t before = start_slots(i), after;

	ramp_ended(&i->ramp, outcome, m->a.minted_at, e->now, i->starting + 1,
		   i->conf->concurrent_starts);
	after = start_slots(i);
	if (after < before)
		LOG(WARN, ENGINE, "instance.slower", f_text("instance", i->conf->id),
		    f_u64("starts_allowed", after), f_text("account", m->id),
		    f_text("cause", cause_name(m->a.cause)));
}

void starts_begin_low(struct engine *e, struct instance *i)
{
	ramp_restart(&i->ramp, i->conf->starts_at_first, e->now);
}

bool start_would_fit(const struct instance *i)
{
	return i->starting + i->queued < start_slots(i);
}

/* ---- codes that wait for a scan ---- */

bool scan_is_one_too_many(const struct member *m)
{
	const struct instance *i = m->instance;

	return !m->counted_scan && !m->a.person && i->conf->max_qr_waiting != 0 &&
	       i->scans >= i->conf->max_qr_waiting;
}

struct str scans_wait(const struct member *m, char *text, size_t size)
{
	const struct instance *i = m->instance;

	if (!m->queued || !admit_line_scans(m->queue_line) || can_scan(i, m->a.person))
		return STR_NONE;
	snprintf(text, size,
		 "%llu QR codes are waiting for a scan at instance \"%s\"; this account shows its "
		 "code when one of them is scanned or has expired",
		 (unsigned long long)i->scans, i->conf->id);
	return str_of(text);
}
