/*
 * check_steps.c - what holds for each step of the policy, each event that is told and each operation.
 *
 * The linker puts this around account_step (--wrap), so the engine and the policy stay as they are.
 */
#include <stdio.h>

#include "sim.h"

#define OWED_MAX 65536

#define LONGEST_OP_MS 61000 /* a start's deadline is 60 s (fake_pool.c) */
#define LATE_MS       5000

void __real_account_step(const struct policy *, struct account *, const struct account_event *,
			 struct effects *ret_fx);
void __wrap_account_step(const struct policy *, struct account *, const struct account_event *,
			 struct effects *ret_fx);

static uint64_t late_events;
static struct {
	uint64_t seq[OWED_MAX];
	uint64_t first, end;
} owed; /* events that are durable, and not told yet */

void check_steps_reset(void)
{
	late_events = 0;
	owed.first = owed.end = 0;
}

/* A step is a function of what goes in, so that a replay of the same events gives the same effects. */
void __wrap_account_step(const struct policy *p, struct account *a, const struct account_event *e,
			 struct effects *ret_fx)
{
	struct account before = *a, again = *a;
	struct effects fx;

	memset(&fx, 0, sizeof fx);
	memset(ret_fx, 0, sizeof *ret_fx);
	__real_account_step(p, &again, e, &fx);
	__real_account_step(p, a, e, ret_fx);
	if (memcmp(a, &again, sizeof again) != 0 || memcmp(ret_fx, &fx, sizeof fx) != 0)
		broken("the same event gives the same effects", "%s in %s", event_name(e->kind),
		       state_name(before.state));
	if (event_is_about_a_life(e->kind) && e->generation != before.generation) {
		late_events++;
		if (!ret_fx->stale || memcmp(a, &before, sizeof before) != 0)
			broken("a late event changes nothing", "%s of life %llu in %s of life %llu",
			       event_name(e->kind), (unsigned long long)e->generation,
			       state_name(before.state), (unsigned long long)before.generation);
	}
}

void check_owed(uint64_t seq)
{
	must(owed.end - owed.first < OWED_MAX);
	owed.seq[owed.end++ % OWED_MAX] = seq;
}

void check_told(uint64_t seq)
{
	if (owed.first == owed.end || owed.seq[owed.first++ % OWED_MAX] != seq)
		broken("every stored event is told, in order", "event %llu",
		       (unsigned long long)seq);
}

void check_nothing_owed(void)
{
	if (owed.first != owed.end)
		broken("every stored event is told, in order", "%llu are not",
		       (unsigned long long)(owed.end - owed.first));
}

void check_steps(const struct engine *e)
{
	if (e->stats.stale < late_events)
		broken("late events are counted", "%llu of %llu",
		       (unsigned long long)e->stats.stale, (unsigned long long)late_events);
	if (e->stopping || !e->store_ok || e->held != NULL)
		return;
	for (const struct op *op = e->ops; op != NULL; op = op->hh.next) {
		if (sim.now > op->asked_at + LONGEST_OP_MS + LATE_MS)
			broken("every operation is answered", "one is open for %llu ms",
			       (unsigned long long)(sim.now - op->asked_at));
	}
}

/* Somebody else's; the form of an id proves nothing. */
void list_a_stranger(struct request *r)
{
	char id[LIMIT_SESSION_ID + 1];
	int n = snprintf(id, sizeof id, "sim_w0_1600000000_%08x", r->instance);

	r->sessions[r->n_sessions++] = (struct msg_session){ { str_dup(str_of(id)), (size_t)n },
							     .state = RELINK_STATE_CONNECTED };
}
