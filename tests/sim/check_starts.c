/*
 * check_starts.c - who was let in, and who was not: turns of workspaces, the ramp, codes at once.
 *
 * Looks at the accounts after each turn and knows nothing of how the engine keeps its queues.
 */
#include "sim.h"

#define INSTANCES  8
#define WORKSPACES 3
#define ROWS       4096
/* Whoever is before us in the line, and what a turn of many steps hides. */
#define BEFORE_US 2

static struct {
	uint64_t generation[ROWS]; /* by row, at the last look, and one; 0: not looked at yet */
	bool person[ROWS];         /* whose its newest start is */
	bool waits[INSTANCES][ADMIT_CLASSES][WORKSPACES];
	/* starts of the second workspace there, while the first waits and was served nowhere */
	unsigned ahead[INSTANCES][ADMIT_CLASSES][WORKSPACES][WORKSPACES];
} seen;

/* What this turn did. */
static struct {
	unsigned starts[INSTANCES][ADMIT_CLASSES][WORKSPACES];
	bool served[ADMIT_CLASSES][WORKSPACES];
	bool waits[INSTANCES][ADMIT_CLASSES][WORKSPACES];
	bool person[INSTANCES], other[INSTANCES], scanner[INSTANCES];
	uint64_t scans[INSTANCES], persons[INSTANCES];
} now;

void check_starts_reset(void)
{
	memset(&seen, 0, sizeof seen);
}

/* "w0", "w1", ...; an account keeps its own. */
static unsigned workspace_of(const struct member *m)
{
	unsigned w = (unsigned)(m->workspace[1] - '0');

	must(w < WORKSPACES);
	return w;
}

static unsigned class_of(const struct member *m)
{
	return m->queue_line / 2;
}

static bool shows_a_code(const struct account *a)
{
	return a->state == ST_QR || (a->state == ST_STARTING && a->profile != PROFILE_GOOD &&
				     a->profile != PROFILE_SUSPECT);
}

static void look_at(const struct member *m, unsigned i)
{
	unsigned w = workspace_of(m);
	bool started;

	if (m->row >= ROWS || i >= INSTANCES)
		return;
	started = m->a.state == ST_STARTING && seen.generation[m->row] != 0 &&
		  m->a.generation + 1 != seen.generation[m->row];
	if (started) {
		now.starts[i][class_of(m)][w]++;
		now.served[class_of(m)][w] = true;
		now.person[i] |= m->a.person;
		now.other[i] |= !m->a.person;
		now.scanner[i] |= shows_a_code(&m->a);
	}
	if (m->queued && m->queue_line % 2 == 0)
		now.waits[i][class_of(m)][w] = true;
	now.scans[i] += shows_a_code(&m->a);
	if (started || seen.generation[m->row] == 0)
		seen.person[m->row] = m->a.person;
	now.persons[i] += m->a.slot && seen.person[m->row];
	seen.generation[m->row] = m->a.generation + 1;
}

static void check_turns(unsigned i, unsigned c, unsigned w)
{
	bool waited = seen.waits[i][c][w] && now.waits[i][c][w] && !now.served[c][w];

	for (unsigned v = 0; v < WORKSPACES; v++) {
		unsigned *ahead = &seen.ahead[i][c][w][v];

		*ahead = waited && v != w ? *ahead + now.starts[i][c][v] : 0;
		if (*ahead > BEFORE_US)
			broken("workspaces take turns",
			       "w%u had %u starts in class %u at instance %u while w%u waits", v,
			       *ahead, c, i, w);
	}
	seen.waits[i][c][w] = now.waits[i][c][w];
}

static void check_instance(const struct instance *in, unsigned i)
{
	uint64_t most = in->conf->concurrent_starts, codes = in->conf->max_qr_waiting;

	uint64_t slots = ramp_slots(&in->ramp, most);

	if ((now.other[i] && in->starting > slots) ||
	    (now.person[i] && now.persons[i] > ramp_slots(&in->ramp, most + 1)))
		broken("starts are capped by the ramp", "%llu at %s, of them %llu of persons",
		       (unsigned long long)in->starting, in->conf->id,
		       (unsigned long long)now.persons[i]);
	if (in->starting_persons != now.persons[i])
		broken("starts of persons are counted", "%llu, not %llu at %s",
		       (unsigned long long)in->starting_persons, (unsigned long long)now.persons[i],
		       in->conf->id);
	if (in->scans != now.scans[i])
		broken("codes are counted", "%llu, not %llu at %s", (unsigned long long)in->scans,
		       (unsigned long long)now.scans[i], in->conf->id);
	if (codes != 0 && now.scanner[i] && now.scans[i] > codes)
		broken("codes at once are capped", "%llu at %s", (unsigned long long)now.scans[i],
		       in->conf->id);
	for (unsigned c = 0; c < ADMIT_CLASSES; c++) {
		for (unsigned w = 0; w < WORKSPACES; w++)
			check_turns(i, c, w);
	}
}

void check_starts(const struct engine *e)
{
	const struct provider *p = &e->providers[0];

	memset(&now, 0, sizeof now);
	for (uint64_t row = 1; row <= e->last_row; row++) {
		const struct member *m = e->rows[row];

		if (m != NULL)
			look_at(m, (unsigned)(m->instance - p->instances));
	}
	for (unsigned i = 0; i < p->n_instances && i < INSTANCES; i++)
		check_instance(&p->instances[i], i);
}
