/*
 * watch.c - sees each step of the policy: queue waits, and starts against the bucket.
 *
 * The linker puts this around account_step (--wrap), so the engine and the policy stay as they are.
 */
#include "engine/state.h"
#include "sim.h"

void __real_account_step(const struct policy *, struct account *, const struct account_event *,
			 struct effects *ret_fx);
void __wrap_account_step(const struct policy *, struct account *, const struct account_event *,
			 struct effects *ret_fx);

#define SUB 8 /* buckets for each power of two */

static unsigned hist_bucket(uint64_t ms)
{
	unsigned log = 0;

	if (ms < SUB)
		return (unsigned)ms;
	while (ms >> (log + 1) >= SUB)
		log++;
	return (log + 1) * SUB + (unsigned)((ms >> log) - SUB) < HIST
		   ? (log + 1) * SUB + (unsigned)((ms >> log) - SUB)
		   : HIST - 1;
}

void hist_add(struct hist *h, uint64_t ms)
{
	h->n++;
	h->v[hist_bucket(ms)]++;
	if (h->max < ms)
		h->max = ms;
}

uint64_t hist_at(const struct hist *h, double p)
{
	uint64_t sum = 0, want = (uint64_t)(p * (double)h->n);

	for (unsigned i = 0; i < HIST; i++) {
		uint64_t top = i < SUB ? i : ((uint64_t)(SUB + i % SUB) + 1) << (i / SUB - 1);

		sum += h->v[i];
		if (sum > want)
			return top < h->max ? top : h->max;
	}
	return h->max;
}

/* The bucket, counted by somebody else than the engine: how full of starts it is. */
static void count_start(void)
{
	double drained =
	    (double)(sim.now - sim.level_at) * (double)sim.s->starts_per_minute / 60000;

	sim.level = sim.level > drained ? sim.level - drained : 0;
	sim.level_at = sim.now;
	sim.level += 1;
	if (sim.level > (double)sim.s->start_burst + 1e-6)
		sim.f.over_bucket++;
}

static void leaves_queue(struct phone *p, const struct account *a, bool person, bool started)
{
	uint32_t n = (uint32_t)(p - sim.phones);
	uint64_t ms = sim.now - p->queued_at;

	sim.f.queued--;
	p->queued_at = 0;
	if (!started)
		return;
	hist_add(&sim.f.wait[person ? WAIT_PERSON : a->was_up ? WAIT_WAS_UP : WAIT_OTHERS], ms);
	if ((double)n >= sim.s->big_workspace * (double)sim.s->accounts)
		hist_add(&sim.f.wait_small, ms);
}

void watch_again(void)
{
	sim.f.queued = 0;
	for (uint64_t n = 0; n < sim.s->accounts; n++) {
		const struct account_record *r = disk_find_account(n + 1);
		struct phone *p = &sim.phones[n];

		if (r != NULL && r->state == ST_QUEUED && p->queued_at == 0)
			p->queued_at = sim.now;
		else if (r != NULL && r->state != ST_QUEUED)
			p->queued_at = 0;
		sim.f.queued += p->queued_at != 0;
	}
}

void __wrap_account_step(const struct policy *policy, struct account *a,
			 const struct account_event *e, struct effects *ret_fx)
{
	struct member *m = (struct member *)(void *)((char *)a - offsetof(struct member, a));
	struct phone *p = &sim.phones[m->row - 1];
	bool person = a->person;
	unsigned from = a->state;

	__real_account_step(policy, a, e, ret_fx);
	if (ret_fx->mint)
		count_start();
	if (p->queued_at == 0 && from == ST_QUEUED)
		p->queued_at = BEGINNING_MS, sim.f.queued++;
	if (from != ST_QUEUED && a->state == ST_QUEUED) {
		p->queued_at = sim.now;
		sim.f.queued++;
	} else if (from == ST_QUEUED && a->state != ST_QUEUED) {
		leaves_queue(p, a, person, a->state == ST_STARTING);
	} else if (from == ST_QUEUED && !person && a->person) {
		p->queued_at = sim.now; /* a person's wait begins with the click */
	}
	if (from != a->state && (a->state == ST_PARKED || a->state == ST_HELD))
		people_see_stop((uint32_t)(m->row - 1));
}
