/*
 * admission.c - who may start now.
 *
 * A queue for each instance and class; a permit needs an instance that serves and was listed, a free
 * start slot, room for a session, and a token of the provider's bucket.  Classes are strict over the
 * whole provider; within one, instances take turns and each queue is first come, first served.
 */
#include "engine/state.h"

void queue_put(struct engine *e, struct member *m)
{
	struct instance *i = m->instance;

	(void)e;
	must(!m->queued);
	m->queue_class = (uint8_t)admit_class(&m->a);
	DL_APPEND2(i->queue[m->queue_class], m, q_prev, q_next);
	m->queued = true;
	i->queued++;
	i->provider->queued++;
}

void queue_take(struct engine *e, struct member *m)
{
	struct instance *i = m->instance;

	(void)e;
	must(m->queued);
	DL_DELETE2(i->queue[m->queue_class], m, q_prev, q_next);
	m->queued = false;
	i->queued--;
	i->provider->queued--;
}

static bool can_start(const struct engine *e, const struct instance *i)
{
	return instance_serves(e, i) && i->listed_at != 0 && i->reachable && i->drained_at == 0 &&
	       i->starting < i->conf->concurrent_starts && i->open < i->conf->capacity;
}

/* The next account of this class that may start, taking instances in turn; NULL: none. */
static struct member *next_of(const struct engine *e, struct provider *p, unsigned class)
{
	for (size_t n = 0; n < p->n_instances; n++) {
		struct instance *i = &p->instances[(p->turn + n) % p->n_instances];

		if (i->queue[class] == NULL || !can_start(e, i))
			continue;
		p->turn = (unsigned)((p->turn + n + 1) % p->n_instances);
		return i->queue[class];
	}
	return NULL;
}

static struct member *next_in(const struct engine *e, struct provider *p)
{
	struct member *m = NULL;

	for (unsigned class = 0; class < ADMIT_CLASSES && m == NULL; class ++)
		m = next_of(e, p, class);
	return m;
}

static void admit_provider(struct engine *e, struct provider *p)
{
	uint64_t wait_ms;
	struct member *m;

	while (p->queued > 0 && (m = next_in(e, p)) != NULL) {
		struct happening h = { .e = { .kind = EV_PERMIT } };

		if (!bucket_take(&p->bucket, p->conf->starts_per_minute, p->conf->start_burst,
				 e->now, &wait_ms)) {
			timer_set(e, &p->timer, e->now + wait_ms);
			return;
		}
		account_happens(e, m, &h);
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
