/*
 * people.c - who scan QR codes, and who click when an account stays down.
 *
 * The same people stand behind Relink and behind each peer's rule.
 */
#include <stdlib.h>

#include "relink/plugin.h"
#include "sim.h"

bool people_scan(struct session *l)
{
	(void)l;
	return part() < sim.s->scan;
}

struct clicker {
	struct event ev;
	uint32_t account;
};

static void on_click(struct event *ev)
{
	struct clicker *c = (struct clicker *)(void *)ev;
	struct phone *p = &sim.phones[c->account];

	p->asked = false;
	sim.f.waiting--;
	if (p->down_at != 0) {
		sim.f.clicks++;
		p->clicked = true;
		sim.driver->click(c->account, sim.s->insist);
	}
	free(c);
}

void people_see_stop(uint32_t account)
{
	struct phone *p = &sim.phones[account];
	struct clicker *c;

	if (p->asked || part() >= sim.s->click)
		return;
	c = malloc(sizeof *c);
	must(c != NULL);
	*c = (struct clicker){ { { HEAP_NOWHERE }, NULL }, account };
	p->asked = true;
	sim.f.waiting++;
	after(around(sim.s->click_after), &c->ev, on_click);
}

void people_click(uint64_t n)
{
	uint64_t from = below(sim.s->accounts);

	for (uint64_t i = 0; i < sim.s->accounts && n > 0; i++) {
		uint32_t account = (uint32_t)((from + i) % sim.s->accounts);

		if (sim.phones[account].down_at == 0 || sim.phones[account].clicked)
			continue;
		sim.f.clicks++;
		sim.phones[account].clicked = true;
		sim.driver->click(account, true);
		n--;
	}
}
