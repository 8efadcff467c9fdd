/*
 * events.c - what a scenario lets happen, and when it is over.
 */
#include <stdlib.h>

#include "api/port.h"
#include "relink/plugin.h"
#include "sim.h"

struct plan {
	struct event ev;
	const struct scenario_event *what;
	uint64_t until;
};

static void each_instance(const struct scenario_event *w, void (*fn)(unsigned, uint64_t, bool),
			  bool dead)
{
	for (unsigned i = 0; i < sim.s->instances; i++) {
		if (w->all || w->instance == i)
			fn(i, w->for_ms, dead);
	}
}

/* A part of the accounts: of all, or of one instance. */
static void each_account(const struct scenario_event *w, unsigned cause)
{
	for (uint32_t n = 0; n < sim.s->accounts; n++) {
		struct phone *p = &sim.phones[n];

		if (!w->all && (p->lives == NULL || p->lives->instance != w->instance))
			continue;
		if (part() >= w->part)
			continue;
		if (w->kind == HAPPENS_LOG_OUT)
			p->good = false;
		fleet_break(n, cause);
	}
}

static void set_level(const struct scenario_event *w, bool on)
{
	switch (w->kind) {
	case HAPPENS_BREAK_STARTS:
		sim.broken_starts = on ? w->part : 0;
		break;
	case HAPPENS_SLOW_STARTS:
		sim.start_time_ms = on ? w->time : sim.s->start_time;
		break;
	case HAPPENS_LOSS:
		sim.loss = on ? w->part : 0;
		break;
	case HAPPENS_FALSE_LOG_OUT:
		sim.lying = on;
		break;
	default:
		sim.push_loss = on ? w->part : 0;
		break;
	}
}

static void on_over(struct event *ev)
{
	struct plan *p = (struct plan *)(void *)ev;

	set_level(p->what, false);
	free(p);
}

static void on_flap(struct event *ev)
{
	struct plan *p = (struct plan *)(void *)ev;

	if (sim.now >= p->until) {
		free(p);
		return;
	}
	if (p->what->kind == HAPPENS_LOSE)
		fleet_break((uint32_t)p->what->account, RELINK_ENGINE_CRASH);
	for (unsigned i = 0; i < sim.s->instances && p->what->kind == HAPPENS_FLAP; i++) {
		if (p->what->all || p->what->instance == i)
			fleet_leave(i, 5000, true);
	}
	after(p->what->every, ev, on_flap);
}

/* Operators and workers are Relink's; for a peer nothing happens. */
static void ask_relink(const struct scenario_event *w)
{
	if (sim.driver->told != pool_tell)
		return;
	if (w->kind == HAPPENS_WORKER)
		pool_break((unsigned)(w->all ? 0 : w->instance % sim.s->workers));
	else if (w->kind == HAPPENS_CORE)
		sim_core_dies(w->for_ms);
	else
		sim_ask(w->kind == HAPPENS_DRAIN ? COMMAND_DRAIN : COMMAND_RESUME, NULL,
			(unsigned)(w->all ? 0 : w->instance));
}

static void on_event(struct event *ev)
{
	struct plan *p = (struct plan *)(void *)ev;
	const struct scenario_event *w = p->what;

	switch ((enum fate)w->kind) {
	case HAPPENS_DEAD:
	case HAPPENS_UNREACHABLE:
		each_instance(w, fleet_leave, w->kind == HAPPENS_DEAD);
		break;
	case HAPPENS_CRASH:
		each_account(w, RELINK_ENGINE_CRASH);
		break;
	case HAPPENS_LOG_OUT:
		each_account(w, RELINK_LOGGED_OUT);
		break;
	case HAPPENS_FALSE_LOG_OUT:
		each_account(w, RELINK_LOGGED_OUT);
		if (w->for_ms == 0)
			break;
		set_level(w, true);
		after(w->for_ms, ev, on_over);
		return;
	case HAPPENS_BREAK_STARTS:
	case HAPPENS_SLOW_STARTS:
	case HAPPENS_LOSS:
	case HAPPENS_PUSH_LOSS:
		set_level(w, true);
		after(w->for_ms, ev, on_over);
		return;
	case HAPPENS_CLOCK:
		sim_jump(w->for_ms);
		break;
	case HAPPENS_CLICK:
		people_click(w->count);
		break;
	case HAPPENS_POISON:
		sim.phones[w->account].poison = true;
		fleet_break((uint32_t)w->account, RELINK_ENGINE_CRASH);
		break;
	case HAPPENS_FLAP:
	case HAPPENS_LOSE:
		p->until = sim.now + w->for_ms;
		on_flap(ev);
		return;
	case HAPPENS_DRAIN:
	case HAPPENS_RESUME:
	case HAPPENS_WORKER:
	case HAPPENS_CORE:
		ask_relink(w);
		break;
	case HAPPENINGS_COUNT:
		break;
	}
	free(p);
}

void events_plan(void)
{
	for (unsigned i = 0; i < sim.s->n_events; i++) {
		struct plan *p = calloc(1, sizeof *p);

		must(p != NULL);
		*p = (struct plan){ { { HEAP_NOWHERE }, NULL }, &sim.s->events[i], 0 };
		after(sim.s->events[i].at, &p->ev, on_event);
		sim.core_dies = sim.core_dies || p->what->kind == HAPPENS_CORE;
	}
}
