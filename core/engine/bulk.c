/*
 * bulk.c - work on many accounts: which ones, one after another at a rate, and how far it has got.
 *
 * A job walks over the accounts by row, so it needs no list of them: where it is stands in its row of
 * the store, which is written in the same commit as what was done to the account.  So a core that dies
 * goes on with the next account and asks nothing of any account twice.
 *
 * What it asks for is no person's click: it waits behind those in admission, and no more of its accounts
 * are on their way than may start at once, so that nobody is disconnected who could not start again now.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/killpoint.h"
#include "base/rng.h"
#include "engine/state.h"

#define LOOKED_A_TURN 1024 /* accounts, of a job */
#define FED_A_TURN    64
#define RETRY_MS      200 /* for one that cannot go on at the moment */
#define RUNNING_MAX   4
#define KEPT          32 /* jobs, ended ones among them */

/* Texts lie behind the struct, but for the error. */
struct bulk_job {
	struct timer timer; /* first: see OWNER in engine.c */
	struct bulk_record r;
	struct bucket bucket;
	char *last_error;
	const char *waits; /* why it does not go on; NULL: it does */
	struct bulk_job *prev, *next;
	char texts[];
};

/* ---- the table ---- */

static struct bulk_job *find(const struct engine *e, struct str id)
{
	struct bulk_job *j;

	DL_FOREACH(e->bulk, j)
	{
		if (str_eq(j->r.id, id))
			return j;
	}
	return NULL;
}

static void drop(struct engine *e, struct bulk_job *j)
{
	timer_set(e, &j->timer, 0);
	DL_DELETE(e->bulk, j);
	free(j->last_error);
	free(j);
}

void bulk_free(struct engine *e)
{
	while (e->bulk != NULL)
		drop(e, e->bulk);
}

static void texts_of(struct bulk_record *r, struct str *texts[9])
{
	struct str *all[] = { &r->id,    &r->workspace,    &r->provider, &r->instance, &r->status,
			      &r->cause, &r->label_prefix, &r->ids,      &r->by };

	memcpy(texts, all, sizeof all);
}

int bulk_add(struct engine *e, const struct bulk_record *given)
{
	struct bulk_record r = *given;
	struct str *texts[9];
	struct bulk_job *j;
	size_t n = 0;
	char *room;

	texts_of(&r, texts);
	for (unsigned i = 0; i < ARRAY_LEN(texts); i++)
		n += texts[i]->n + 1;
	j = calloc(1, sizeof *j + n);
	if (j == NULL)
		return ERR_NOMEM;
	j->r = r;
	texts_of(&j->r, texts);
	room = j->texts;
	for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
		*texts[i] = inbox_copy(&room, *texts[i]);
		room++; /* they are C strings, too */
	}
	j->timer = (struct timer){ { HEAP_NOWHERE }, TIMER_BULK };
	member_set(&j->last_error, given->last_error);
	j->r.last_error = str_of(j->last_error);
	bucket_init(&j->bucket, e->now);
	DL_APPEND(e->bulk, j);
	if (j->r.state == BULK_RUNNING)
		timer_set(e, &j->timer, e->now);
	return 0;
}

static void write(struct engine *e, const struct bulk_job *j)
{
	commit_bulk(batch_commit(e), &j->r);
}

static void record(struct engine *e, const struct bulk_job *j)
{
	struct journal_record line = { .kind = JOURNAL_BULK,
				       .tell = true,
				       .workspace = j->r.workspace };
	struct buf data;
	struct jw w;

	buf_init(&data, 1024);
	w = jw_to(&data);
	jw_object(&w, NULL);
	jw_str(&w, "id", j->r.id);
	jw_text(&w, "action", bulk_action_name(j->r.action));
	jw_text(&w, "state", bulk_state_name(j->r.state));
	jw_u64(&w, "total", j->r.total);
	jw_u64(&w, "done", j->r.done);
	jw_u64(&w, "failed", j->r.failed);
	jw_object_end(&w);
	line.data = buf_all(&data);
	batch_journal(e, &line);
	buf_fini(&data);
}

static void end(struct engine *e, struct bulk_job *j, enum bulk_state how)
{
	j->r.state = (uint8_t)how;
	j->r.ended_at = e->now;
	j->waits = NULL;
	timer_set(e, &j->timer, 0);
	write(e, j);
	record(e, j);
	LOG(INFO, ENGINE, "bulk.ended", f_str("job", j->r.id),
	    f_text("state", bulk_state_name(j->r.state)), f_u64("done", j->r.done),
	    f_u64("failed", j->r.failed));
}

/* ---- which accounts ---- */

static bool is(struct str wanted, const char *has)
{
	return wanted.n == 0 || str_is(wanted, has);
}

/* A reconnect in bulk ends no start that is under way, wakes nobody whom people have disconnected, and
 * asks nobody for a scan. */
static bool may_reconnect(const struct account *a)
{
	bool under_way = a->state == ST_QUEUED || a->state == ST_STARTING || a->state == ST_QR ||
			 a->state == ST_CLOSING;

	return a->want && !under_way && !a->fresh_next && account_may_resume(a);
}

static bool fits(const struct bulk_record *r, const struct member *m)
{
	if (member_is_deleted(m) || !is(r->workspace, m->workspace) ||
	    !is(r->provider, m->provider) || !is(r->instance, member_instance(m)) ||
	    !is(r->status, status_name(m->a.status)) || !is(r->cause, cause_name(m->a.cause)) ||
	    strncmp(m->label, r->label_prefix.p != NULL ? r->label_prefix.p : "",
		    r->label_prefix.n) != 0)
		return false;
	return r->action != BULK_RECONNECT || may_reconnect(&m->a);
}

/* The id behind byte `at` of a list of lines; empty: there is none. */
static struct str line_at(struct str ids, uint64_t at)
{
	const char *from = ids.p + at, *to;

	if (at >= ids.n)
		return STR_NONE;
	to = memchr(from, '\n', ids.n - (size_t)at);
	return (struct str){ from, to != NULL ? (size_t)(to - from) : ids.n - (size_t)at };
}

/* The next account that fits, behind *cursor, which moves to it; NULL: none within `*steps` looks. */
static struct member *next_of(struct engine *e, const struct bulk_record *r, uint64_t *cursor,
			      unsigned *steps)
{
	while (*steps > 0) {
		struct member *m;

		if (r->ids.n > 0) {
			struct str id = line_at(r->ids, *cursor);

			if (id.n == 0)
				return NULL;
			*cursor += id.n + 1;
			m = member_by_id(e, id);
		} else {
			if (*cursor >= r->last_row)
				return NULL;
			m = member_by_row(e, ++*cursor);
		}
		--*steps;
		if (m != NULL && m->row <= r->last_row && fits(r, m))
			return m;
	}
	return NULL;
}

static bool is_through(const struct bulk_record *r, uint64_t cursor)
{
	return r->ids.n > 0 ? cursor >= r->ids.n : cursor >= r->last_row;
}

/* ---- may it be asked now? ---- */

void bulk_settled(struct member *m)
{
	unsigned state = m->a.state;

	if (!m->in_bulk || state == ST_CLOSING || state == ST_QUEUED || state == ST_STARTING ||
	    state == ST_AUTH)
		return;
	m->in_bulk = false;
	m->instance->provider->in_bulk--;
}

static uint64_t starts_of(const struct provider *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->n_instances; i++)
		n += start_slots(&p->instances[i]);
	return n;
}

static bool answers(const struct engine *e, const struct instance *i)
{
	return instance_serves(e, i) && i->listed_at != 0 && i->reachable;
}

/* What keeps the job from going on with this account at the moment; NULL: nothing. */
static const char *must_wait(const struct engine *e, const struct bulk_record *r,
			     const struct member *m)
{
	const struct instance *i = m->instance;

	if (r->action == BULK_DISCONNECT || i == NULL)
		return NULL;
	if (hands_off(e, m))
		return "automation is paused for the account that is next; relinkctl pauses says "
		       "why";
	if (i->drained_at == 0 && !answers(e, i) && !instance_is_down(e, i))
		return "the instance of the account that is next has not answered yet";
	if (i->drained_at == 0 && answers(e, i) &&
	    (i->starting + i->queued >= start_slots(i) ||
	     i->provider->in_bulk >= starts_of(i->provider)))
		return "as many starts are under way as there may be";
	return NULL;
}

/* Why it is not asked at all; NULL: it is. */
static const char *cannot(const struct engine *e, const struct bulk_record *r,
			  const struct member *m)
{
	const struct instance *i = m->instance;

	if (i == NULL)
		return "its instance is not configured";
	if (r->action == BULK_DISCONNECT)
		return NULL;
	if (i->drained_at != 0)
		return "its instance is drained";
	if (!answers(e, i))
		return "its instance does not answer";
	if (!m->a.open && i->open >= i->conf->capacity)
		return "its instance is full";
	return NULL;
}

/* ---- one after another ---- */

static void fail(struct bulk_job *j, const struct member *m, const char *why)
{
	char text[LIMIT_REASON];

	snprintf(text, sizeof text, "%s: %s", m->id, why);
	member_set(&j->last_error, str_of(text));
	j->r.last_error = str_of(j->last_error);
	j->r.failed++;
}

static void carry_out(struct engine *e, struct bulk_job *j, struct member *m)
{
	static const uint8_t wishes[BULK_ACTIONS] = { [BULK_CONNECT] = EV_CONNECT,
						      [BULK_DISCONNECT] = EV_DISCONNECT,
						      [BULK_RECONNECT] = EV_RECONNECT };
	struct happening h = { .e = { .kind = wishes[j->r.action], .bulk = true } };
	const char *why = cannot(e, &j->r, m);

	if (why != NULL) {
		fail(j, m, why);
	} else {
		if (j->r.action != BULK_DISCONNECT && !m->in_bulk) {
			m->in_bulk = true;
			m->instance->provider->in_bulk++;
		}
		account_happens(e, m, &h);
		bulk_settled(m);
		j->r.done++;
	}
	write(e, j); /* with what was done to the account, in one commit */
	KP("engine.bulk.fed");
}

/* The next account; false: not now. */
static bool feed(struct engine *e, struct bulk_job *j, unsigned *steps)
{
	uint64_t cursor = j->r.cursor, wait_ms = RETRY_MS;
	struct member *m = next_of(e, &j->r, &cursor, steps);

	if (m == NULL) {
		j->r.cursor = cursor;
		if (is_through(&j->r, cursor))
			end(e, j, BULK_DONE);
		else
			timer_set(e, &j->timer, e->now);
		return false;
	}
	j->waits = must_wait(e, &j->r, m);
	if (j->waits != NULL ||
	    !bucket_take(&j->bucket, j->r.rate, 1 + j->r.rate / 600, true, e->now, &wait_ms)) {
		timer_set(e, &j->timer, e->now + wait_ms);
		return false;
	}
	j->r.cursor = cursor;
	carry_out(e, j, m);
	turn_breathe(e);
	return true;
}

void bulk_due(struct engine *e, struct timer *t)
{
	struct bulk_job *j = (struct bulk_job *)(void *)t;
	unsigned steps = LOOKED_A_TURN;

	if (j->r.state != BULK_RUNNING)
		return;
	if (!e->store_ok) {
		timer_set(e, &j->timer, e->now + RETRY_MS);
		return;
	}
	for (unsigned n = 0; n < FED_A_TURN; n++) {
		if (!feed(e, j, &steps))
			return;
	}
	timer_set(e, &j->timer, e->now);
}

/* ---- commands ---- */

static struct bulk_record record_of(const struct command *c)
{
	return (struct bulk_record){ .action = c->bulk_action,
				     .rate = c->rate,
				     .workspace = str_of(c->workspace),
				     .provider = str_of(c->provider),
				     .instance = str_of(c->instance),
				     .status = str_of(c->status),
				     .cause = str_of(c->cause),
				     .label_prefix = str_of(c->label),
				     .ids = str_of(c->ids),
				     .by = str_of(c->by) };
}

void bulk_count(struct engine *e, const struct command *c, struct bulk_count *ret_count,
		void (*each)(void *arg, struct str id), void *arg)
{
	struct bulk_record r = record_of(c);
	struct bulk_count n = { 0 };
	unsigned steps = UINT32_MAX;
	uint64_t cursor = 0;
	struct member *m;

	r.last_row = e->last_row;
	while ((m = next_of(e, &r, &cursor, &steps)) != NULL) {
		n.total++;
		n.need_scan += r.action == BULK_CONNECT && !account_may_resume(&m->a);
		if (each != NULL && n.total <= BULK_SHOWN)
			each(arg, str_of(m->id));
	}
	*ret_count = n;
}

/* Ended jobs go as new ones come, the oldest first; false: too many run. */
static bool make_room(struct engine *e)
{
	struct bulk_job *j, *oldest = NULL;
	unsigned running = 0, kept = 0;

	DL_FOREACH(e->bulk, j)
	{
		running += j->r.state == BULK_RUNNING;
		kept++;
		if (j->r.state != BULK_RUNNING && oldest == NULL)
			oldest = j;
	}
	if (running >= RUNNING_MAX)
		return false;
	if (kept >= KEPT && oldest != NULL) {
		commit_bulk_delete(batch_commit(e), oldest->r.id);
		drop(e, oldest);
	}
	return true;
}

static void accept(struct engine *e, struct command *c, const struct bulk_job *j)
{
	struct command_result done = { .account = j->r.id, .created = c->kind == COMMAND_BULK };

	command_remember_as(e, c, j->r.id);
	KP("engine.bulk.changed");
	batch_reply(e, &c, &done);
}

static void begin(struct engine *e, struct command *c)
{
	struct bulk_record r = record_of(c);
	struct bulk_count count;
	char id[32], hex[13];

	if (!make_room(e)) {
		command_refuse(e, &c, ERR_FULL, "too_many_jobs",
			       "%u jobs run already, which is as many as may; wait for one, or "
			       "cancel it: GET /v1/bulk lists them",
			       RUNNING_MAX);
		return;
	}
	rng_hex(hex, sizeof hex - 1);
	snprintf(id, sizeof id, "bulk_%s", hex);
	bulk_count(e, c, &count, NULL, NULL);
	r.id = str_of(id);
	r.created_at = e->now;
	r.last_row = e->last_row;
	r.total = count.total;
	if (bulk_add(e, &r) < 0) {
		command_refuse(e, &c, ERR_NOMEM, "overloaded", "no memory for a job; try again");
		return;
	}
	write(e, find(e, r.id));
	record(e, find(e, r.id));
	LOG(INFO, ENGINE, "bulk.begun", f_str("job", r.id),
	    f_text("action", bulk_action_name(r.action)), f_u64("accounts", r.total),
	    f_u64("rate_per_minute", r.rate), f_str("by", r.by));
	accept(e, c, find(e, r.id));
}

static void cancel(struct engine *e, struct command *c)
{
	struct bulk_job *j = find(e, str_of(c->name));

	if (j == NULL || (c->scope != NULL && !str_is(j->r.workspace, c->scope))) {
		command_refuse(e, &c, ERR_NOTFOUND, "job_not_found",
			       "there is no job \"%s\"; list them with GET /v1/bulk", c->name);
		return;
	}
	if (j->r.state == BULK_RUNNING)
		end(e, j, BULK_CANCELLED);
	accept(e, c, j);
}

void bulk_command(struct engine *e, struct command *c)
{
	if (c->kind == COMMAND_BULK)
		begin(e, c);
	else
		cancel(e, c);
}

/* ---- what is shown ---- */

void bulk_each(const struct engine *e, void (*each)(void *arg, const struct bulk_view *), void *arg)
{
	struct bulk_job *j;

	DL_FOREACH(e->bulk, j)
	{
		const struct bulk_record *r = &j->r;
		uint64_t through = r->done + r->failed;
		bool runs = r->state == BULK_RUNNING;
		struct bulk_view v = { .id = r->id,
				       .action = bulk_action_name(r->action),
				       .state = bulk_state_name(r->state),
				       .workspace = r->workspace,
				       .provider = r->provider,
				       .instance = r->instance,
				       .status = r->status,
				       .cause = r->cause,
				       .label_prefix = r->label_prefix,
				       .ids = r->ids,
				       .by = r->by,
				       .rate = r->rate,
				       .created_at = r->created_at,
				       .ended_at = r->ended_at,
				       .total = r->total,
				       .done = r->done,
				       .failed = r->failed,
				       .waits = j->waits,
				       .last_error = r->last_error };

		if (r->state != BULK_DONE && r->total > through)
			v.left = r->total - through;
		v.skipped = r->state == BULK_DONE && r->total > through ? r->total - through : 0;
		v.eta_s = runs ? (v.left * 60 + r->rate - 1) / r->rate : 0;
		each(arg, &v);
	}
}
