/* rig.c - an engine made by hand. */
#include "rig.h"

#include <stdlib.h>

#include "base/must.h"

#define NOW_MS 1700000000000ull

void rig_make(struct rig *r)
{
	static char name[] = "mock", one[] = "one", two[] = "two";
	struct engine *e = &r->e;

	*r = (struct rig){ .provider = { .name = name, .workers = 1, .n_instances = 2 },
			   .conf = { .n_providers = 1, .list_interval_ms = 1000 } };
	r->instances[0] = (struct conf_instance){ .id = one, .capacity = 10 };
	r->instances[1] = (struct conf_instance){ .id = two, .capacity = 10 };
	r->provider.instances = r->instances;
	r->conf.providers = &r->provider;
	OBJ_INIT(e, ENGINE_MAGIC);
	e->conf = &r->conf;
	e->now = NOW_MS;
	e->dirty_last = &e->dirty;
	e->place_timer = (struct timer){ { HEAP_NOWHERE }, TIMER_PLACES };
	e->pause_timer = (struct timer){ { HEAP_NOWHERE }, TIMER_PAUSE };
	e->slots = calloc(engine_slots(&r->conf), sizeof *e->slots);
	e->providers = calloc(1, sizeof *e->providers);
	must(e->slots != NULL && e->providers != NULL);
	e->n_providers = 1;
	must(engine_make_provider(e, &e->providers[0], &r->provider) == 0);
	engine_make_quarantine(e, &e->providers[0]);
	for (unsigned n = 0; n < e->n_slots; n++)
		e->slots[n].w.state = WS_READY;
}

struct member *rig_account(struct rig *r, const char *id, unsigned instance, unsigned state)
{
	return rig_account_of(r, id, "default", instance, state, false, false);
}

struct member *rig_account_of(struct rig *r, const char *id, const char *workspace,
			      unsigned instance, unsigned state, bool person, bool login)
{
	struct engine *e = &r->e;
	struct account_record record = { .row = e->last_row + 1,
					 .id = str_of(id),
					 .workspace = str_of(workspace),
					 .provider = STR("mock"),
					 .instance = str_of(r->instances[instance].id),
					 .session = str_of(id),
					 .profile = str_of(id),
					 .state = (uint8_t)state,
					 .flags = (state == ST_UP) | (unsigned)person << 1,
					 .profile_state = login ? PROFILE_GOOD : PROFILE_NONE,
					 .want = true,
					 .generation = 1 };
	struct why why = { 0 };
	struct member *m = member_new(e, &record, &why);

	must(m != NULL);
	m->instance = &e->providers[0].instances[instance];
	must(member_add(e, m) == 0);
	account_moved(e, m);
	return m;
}

void rig_end(struct rig *r)
{
	struct engine *e = &r->e;

	ops_free(e);
	for (uint64_t row = 0; row < e->n_rows; row++)
		member_free(e, &e->rows[row]);
	heap_fini(&e->timers);
	free(e->rows);
	free(e->providers[0].instances);
	free(e->providers);
	free(e->slots);
}
