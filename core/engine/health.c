/*
 * health.c - failed messages of the last hour, and the facts that an account's score is made of.
 *
 * Failures are kept for those accounts that have some: the newest five of the present session.  They
 * end with it: a new session begins without them.  After a start of the daemon they are read back from
 * the newest lines of the journal, a bounded number of them.
 *
 * Five within the hour are one piece of evidence against the session, as good as a push: it is looked
 * at, and given up when the look agrees.  Where the look says that all is well, two more messages that
 * are sent after that and find a broken engine are the second piece.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "engine/state.h"

#define MORE_FAILURES 2  /* after a look that found nothing */
#define RECALL_PAGES  20 /* of LIMIT_PAGE lines of the journal */
#define OLD_INTERVALS 4  /* of policy.list_interval without a word */

struct failures {
	uint64_t generation;            /* of the life that they are about */
	uint64_t at[HEALTH_SENDS_MANY]; /* 0: none; in no order */
	uint64_t told_at;               /* when the policy heard of it; 0: not yet */
	uint8_t more;                   /* engine failures since then */
};

/* ---- failed messages ---- */

static unsigned lately(const struct member *m, uint64_t now, uint64_t *ret_newest)
{
	const struct failures *f = m->failures;
	unsigned n = 0;

	*ret_newest = 0;
	if (f == NULL || f->generation != m->a.generation)
		return 0;
	for (size_t i = 0; i < HEALTH_SENDS_MANY; i++) {
		if (f->at[i] == 0 || f->at[i] + HEALTH_HOUR_MS <= now)
			continue;
		n++;
		*ret_newest = MAX_OF(*ret_newest, f->at[i]);
	}
	return n;
}

/* In the place of the oldest.  Without memory it is not counted. */
static struct failures *note(struct member *m, uint64_t at)
{
	struct failures *f = m->failures;
	size_t oldest = 0;

	if (f == NULL)
		f = m->failures = calloc(1, sizeof *f);
	if (f == NULL)
		return NULL;
	if (f->generation != m->a.generation)
		*f = (struct failures){ .generation = m->a.generation };
	for (size_t i = 1; i < HEALTH_SENDS_MANY; i++) {
		if (f->at[i] < f->at[oldest])
			oldest = i;
	}
	f->at[oldest] = MAX_OF(f->at[oldest], at);
	return f;
}

static void evidence(struct engine *e, struct member *m, unsigned source, unsigned cause)
{
	struct happening h = { .e = { .kind = EV_DOWN,
				      .generation = m->a.generation,
				      .source = (uint8_t)source,
				      .at = e->now,
				      .cause = (uint8_t)cause },
			       .text = STR("5 or more messages failed within the last hour") };

	account_happens(e, m, &h);
}

void health_send_failed(struct engine *e, struct member *m, uint64_t asked_at, unsigned cause)
{
	struct failures *f;
	uint64_t newest;

	if (!health_counts_send(cause) || !m->a.open || m->instance == NULL)
		return;
	f = note(m, e->now);
	if (f == NULL || m->a.state != ST_UP)
		return;
	if (lately(m, e->now, &newest) < HEALTH_SENDS_MANY) {
		f->told_at = 0;
	} else if (f->told_at == 0) {
		f->told_at = e->now;
		f->more = 0;
		evidence(e, m, SOURCE_PUSH, cause);
		return;
	} else if (health_is_engine(cause) && asked_at > f->told_at && ++f->more == MORE_FAILURES) {
		f->told_at = e->now;
		f->more = 0;
		evidence(e, m, SOURCE_PUSH, cause);
		evidence(e, m, SOURCE_ASKED, cause);
		return;
	}
	look(e, m, LOOK_NOW);
}

/* ---- after a start ---- */

static void recall(struct engine *e);

static void on_line(void *ctx, int result, const struct journal_record *line)
{
	struct engine *e = ctx;
	struct member *m;

	if (line == NULL) {
		if (result == 0 && e->recall.lines == LIMIT_PAGE &&
		    e->recall.oldest_at + HEALTH_HOUR_MS > e->recall.now &&
		    e->recall.pages < RECALL_PAGES)
			recall(e);
		return;
	}
	e->recall.lines++;
	e->recall.before = line->seq;
	e->recall.oldest_at = line->at;
	if (line->kind != JOURNAL_FAILED || line->at + HEALTH_HOUR_MS <= e->recall.now ||
	    !health_counts_send(line->cause))
		return;
	m = member_by_row(e, line->row);
	if (m != NULL && m->a.generation == line->generation)
		note(m, line->at);
}

/* One page more, backwards.  A store that is too busy costs us the failures of before, no more. */
static void recall(struct engine *e)
{
	struct journal_query q = { .before = e->recall.before,
				   .told_only = true,
				   .limit = LIMIT_PAGE };

	e->recall.pages++;
	e->recall.lines = 0;
	if (store_read_journal(e->store, &q, on_line, e) < 0)
		LOG(DEBUG, ENGINE, "health.not_recalled");
}

void health_recall(struct engine *e)
{
	e->recall.now = e->now;
	e->recall.before = e->last_seq + 1;
	e->recall.oldest_at = e->now;
	if (e->last_seq > 0)
		recall(e);
}

/* ---- facts ---- */

unsigned health_failures(const struct engine *e, const struct member *m, uint64_t *ret_newest)
{
	return lately(m, e->now, ret_newest);
}

static bool is_idle(const struct engine *e, const struct member *m, uint64_t now)
{
	uint64_t last = MAX_OF(m->message_s * 1000ull, m->a.up_since);

	return e->conf->health_idle_points > 0 && m->a.state == ST_UP &&
	       last + e->conf->health_idle_ms <= now;
}

static struct health_facts facts_of(const struct engine *e, const struct member *m, uint64_t now,
				    uint64_t *ret_newest)
{
	struct health_facts f = health_facts_of(&m->a);
	const struct instance *i = m->instance;

	f.failed_sends = (uint8_t)lately(m, now, ret_newest);
	f.unreachable = i == NULL || !instance_serves(e, i) || !i->reachable;
	f.old_news =
	    m->a.state == ST_UP && m->a.sure && !f.unreachable &&
	    m->a.evidence_at + OLD_INTERVALS * e->conf->list_interval_ms + e->conf->op_deadline_ms <
		now;
	f.idle = is_idle(e, m, now);
	f.idle_points = (uint8_t)e->conf->health_idle_points;
	return f;
}

void health_of_member(const struct engine *e, const struct member *m, struct health *ret_health,
		      uint64_t *ret_since)
{
	uint64_t newest, since = m->a.since;
	struct health_facts f = facts_of(e, m, clock_ms(), &newest);

	health_of(&f, ret_health);
	if (f.failed_sends >= HEALTH_SENDS_MANY)
		since = MAX_OF(since, newest);
	if (f.differs || f.crashed || f.not_found)
		since = MAX_OF(since, MAX_OF(m->a.absent_since, m->a.evidence_at));
	*ret_since = since;
}

/* ---- sick or well ---- */

/* What costs it most; of equals the later, which says more.  HEALTH_COMPONENT_COUNT: nothing does. */
static unsigned gravest(const struct health *h)
{
	unsigned at = 0;

	for (unsigned n = 1; n < h->n; n++) {
		if (h->components[n].points <= h->components[at].points)
			at = n;
	}
	return h->n > 0 ? h->components[at].component : HEALTH_COMPONENT_COUNT;
}

static void tell(struct engine *e, struct member *m, const struct health *h)
{
	unsigned grave = gravest(h);
	struct buf data;
	struct jw j;

	buf_init(&data, 256);
	j = jw_to(&data);
	jw_object(&j, NULL);
	jw_bool(&j, "unhealthy", m->sick);
	jw_u64(&j, "score", h->score);
	jw_text(&j, "band", health_band_name(h->band));
	jw_text(&j, "component", h->n > 0 ? health_component_name(grave) : "none");
	jw_object_end(&j);
	account_journal(e, m, JOURNAL_HEALTH, true,
			m->sick    ? str_of(health_component_text(grave))
			: h->n > 0 ? STR("it is healthy again; not all is well yet")
				   : STR("it is healthy again"),
			buf_all(&data));
	buf_fini(&data);
}

/* After each thing that happened to it, lists included, so that no timer is needed.  A backend that is
 * down makes nobody sick, and neither does one that comes back and lists nobody, until a second list
 * agrees. */
void health_judge(struct engine *e, struct member *m)
{
	struct health_facts f;
	uint64_t newest;
	struct health h;
	bool sick;

	if (m->instance == NULL || member_is_deleted(m) || health_awaits(&m->a))
		return;
	f = facts_of(e, m, e->now, &newest);
	health_of(&f, &h);
	sick = health_is_sick(m->sick, &f, &h);
	if (sick == m->sick)
		return;
	m->sick = sick;
	tell(e, m, &h);
	account_changed(e, m); /* whether it is sick outlives us, so that it is told once */
}

void health_message(struct engine *e, struct member *m)
{
	m->message_s = (uint32_t)(e->now / 1000);
}
