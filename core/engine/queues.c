/*
 * queues.c - who waits for a start, and whose turn it is.
 *
 * An instance has a line for each class and for the need of a scan; in a line each workspace has a lane,
 * first come, first served, and lanes take turns of one start each.  So a workspace with nearly all of the
 * accounts delays another one by one start at a time.
 *
 * A provider's starts are shared out too, so who was served goes to the end of the line at its other
 * instances as well; but not for ever: who waits at a slow instance, and is served again and again at a
 * fast one, lets others go first there at most once for each instance of the provider.
 *
 * All of this costs the same however long the lines are.
 */
#include <stdlib.h>

#include "engine/state.h"

static struct lane *lane_of(const struct instance *i, unsigned line, const char *workspace)
{
	char key[1 + LIMIT_WORKSPACE];
	size_t n = strlen(workspace);
	struct lane *lane;

	must(n <= LIMIT_WORKSPACE);
	key[0] = (char)line;
	memcpy(key + 1, workspace, n);
	HASH_FIND(hh, i->lanes, key, 1 + n, lane);
	return lane;
}

const struct line *lines_of(const struct instance *i, unsigned class)
{
	return &i->lines[(size_t)2 * class];
}

static void to_the_end(struct instance *i, struct lane *lane, uint64_t turn)
{
	struct line *line = &i->lines[(unsigned char)lane->key[0]];

	DL_DELETE(line->first, lane);
	DL_APPEND(line->first, lane);
	lane->turn = turn;
}

static struct lane *lane_new(struct instance *i, unsigned line, const char *workspace)
{
	size_t n = strlen(workspace);
	struct lane *lane = calloc(1, sizeof *lane + 1 + n);

	must(lane != NULL);
	lane->key[0] = (char)line;
	memcpy(lane->key + 1, workspace, n);
	lane->turn = ++i->provider->turns;
	HASH_ADD(hh, i->lanes, key, 1 + n, lane);
	DL_APPEND(i->lines[line].first, lane);
	i->lines[line].lanes++;
	return lane;
}

static void lane_free(struct instance *i, struct lane *lane)
{
	struct line *line = &i->lines[(unsigned char)lane->key[0]];

	HASH_DELETE(hh, i->lanes, lane);
	DL_DELETE(line->first, lane);
	line->lanes--;
	free(lane);
}

void queue_put(struct engine *e, struct member *m)
{
	struct instance *i = m->instance;
	struct lane *lane;

	(void)e;
	must(!m->queued);
	m->queue_line = (uint8_t)admit_line(&m->a);
	lane = lane_of(i, m->queue_line, m->workspace);
	if (lane == NULL)
		lane = lane_new(i, m->queue_line, m->workspace);
	DL_APPEND2(lane->first, m, q_prev, q_next);
	m->ticket = lane->tickets++;
	m->queued = true;
	i->lines[m->queue_line].accounts++;
	i->queued++;
	i->provider->queued++;
	i->provider->meter.queued[m->queue_line / 2]++;
}

void queue_take(struct engine *e, struct member *m)
{
	struct instance *i = m->instance;
	struct lane *lane = lane_of(i, m->queue_line, m->workspace);

	(void)e;
	must(m->queued && lane != NULL);
	DL_DELETE2(lane->first, m, q_prev, q_next);
	if (lane->first == NULL)
		lane_free(i, lane);
	m->queued = false;
	i->lines[m->queue_line].accounts--;
	i->queued--;
	i->provider->queued--;
	i->provider->meter.queued[m->queue_line / 2]--;
}

/* Of one workspace at two instances: where it let others go first more often. */
bool lane_is_older(const struct lane *lane, const struct lane *than)
{
	if (lane == NULL || than == NULL)
		return lane != NULL;
	return lane->turn != than->turn ? lane->turn < than->turn : lane->passed > than->passed;
}

/* A workspace whose two lanes are as old: who has waited for longer. */
struct lane *queue_next(const struct instance *i, unsigned class, bool may_scan)
{
	const struct line *l = lines_of(i, class);
	struct lane *login = l[0].first, *scan = l[1].first;

	if (!may_scan || scan == NULL)
		return login;
	if (login != NULL && login->turn == scan->turn)
		return scan->first->a.since < login->first->a.since ? scan : login;
	return login == NULL || scan->turn < login->turn ? scan : login;
}

/* Where it was served, it may let others go first again. */
static void served_here(struct instance *i, struct lane *lane, uint64_t turn)
{
	lane->passed = 0;
	to_the_end(i, lane, turn);
}

static void served_elsewhere(struct instance *i, struct lane *lane, uint64_t turn)
{
	if (lane->passed >= i->provider->n_instances)
		return;
	lane->passed++;
	to_the_end(i, lane, turn);
}

void queue_served(struct instance *at, unsigned class, const char *workspace)
{
	struct provider *p = at->provider;
	uint64_t turn = ++p->turns;

	for (size_t n = 0; n < p->n_instances; n++) {
		for (unsigned line = 2 * class; line <= 2 * class + 1; line++) {
			struct instance *i = &p->instances[n];
			struct lane *lane = lane_of(i, line, workspace);

			if (lane == NULL)
				continue;
			(i == at ? served_here : served_elsewhere)(i, lane, turn);
		}
	}
}

/* Before the n-th of a lane go n of each other lane, and nobody who came later in its own. */
uint64_t queue_ahead(const struct member *m)
{
	const struct instance *i = m->instance;
	const struct lane *lane = lane_of(i, m->queue_line, m->workspace);
	const struct line *l = lines_of(i, m->queue_line / 2u);
	uint64_t before = (uint32_t)(m->ticket - lane->first->ticket);
	uint64_t turns = before + (l[0].lanes + l[1].lanes - 1) * (before + 1);

	return MIN_OF(turns, l[0].accounts + l[1].accounts - 1);
}
