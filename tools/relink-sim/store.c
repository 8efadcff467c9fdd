/*
 * store.c - store.h in memory: commits become durable after some ms, in order, and are then forgotten.
 *
 * What a core that dies leaves behind is kept by disk.c, in scenarios that let it die.  Who minted a session is
 * answered by the backends, which hold the same numbers.
 */
#include <stdlib.h>

#include "engine/state.h"
#include "sim.h"

#define DISK_MS 2

struct commit {
	struct commit *next;
	void (*done)(void *ctx);
	void *ctx;
	uint64_t changes;
	struct change *kept; /* disk.c; only if the core dies in this scenario */
};
struct store {
	struct event ev; /* the disk is ready */
	struct commit *first, **last;
	uint64_t backlog;
};

int store_open(struct store **ret_store, const struct store_options *o, struct why *why)
{
	struct store *s = calloc(1, sizeof *s);

	(void)o;
	if (s == NULL)
		return why_set(why, ERR_NOMEM, "no memory for the store");
	s->ev.node.slot = HEAP_NOWHERE;
	s->last = &s->first;
	*ret_store = s;
	return 0;
}

static int load_one(const struct store_loader *l, uint32_t n)
{
	const struct scenario *s = sim.s;
	const struct phone *p = &sim.phones[n];
	char id[16], session[16], profile[16], instance[16], workspace[16];
	bool big = (double)n < s->big_workspace * (double)s->accounts;
	const struct account_record *left = disk_find_account(n + 1);
	double place = left == NULL ? part() : 0;
	struct account_record r = {
		.row = n + 1,
		.provider = STR("sim"),
		.priority = place < s->high            ? PRIORITY_HIGH
			    : place < s->high + s->low ? PRIORITY_LOW
						       : PRIORITY_NORMAL,
		.want = 1,
		.rng = s->seed + n,
		.created_at = sim.now - 1000,
		.since = sim.now - 1000,
	};

	if (left != NULL)
		return l->account(l->ctx, left);
	snprintf(id, sizeof id, "a%u", n);
	snprintf(session, sizeof session, "s%u", n);
	snprintf(profile, sizeof profile, "p%u", n);
	snprintf(instance, sizeof instance, "i%u", p->instance);
	snprintf(workspace, sizeof workspace, big ? "big" : "w%u", n % 16);
	r.id = str_of(id);
	r.workspace = str_of(workspace);
	r.instance = str_of(instance);
	if (p->profile == 0) {
		r.state = ST_QUEUED;
		r.status = STATUS_NEW;
		return l->account(l->ctx, &r);
	}
	r.session = str_of(session);
	r.profile = str_of(profile);
	r.profile_state = PROFILE_GOOD;
	r.generation = 1;
	r.state = ST_UP;
	r.status = STATUS_CONNECTED;
	r.up_since = r.minted_at = sim.now - 1000;
	r.flags = 1u << 0 | 1u << 4 | 1u << 6; /* open, was_up, seen: engine/members.c */
	return l->account(l->ctx, &r);
}

int store_load(struct store *s, const struct store_loader *l, struct store_facts *f,
	       struct why *why)
{
	int r = 0;

	(void)s;
	(void)why;
	for (uint32_t n = 0; n < sim.s->accounts && r == 0; n++)
		r = load_one(l, n);
	if (r == 0)
		r = disk_load(l);
	*f = (struct store_facts){ .last_row = sim.s->accounts,
				   .last_seq = disk_last_seq(),
				   .token = 1 };
	return r;
}

struct commit *commit_new(struct store *s)
{
	(void)s;
	return calloc(1, sizeof(struct commit));
}

void commit_free(struct commit **c)
{
	if (*c != NULL)
		disk_lost(&(*c)->kept);
	free(*c);
	*c = NULL;
}

bool commit_is_empty(const struct commit *c)
{
	return c->changes == 0;
}

void commit_account(struct commit *c, const struct account_record *r)
{
	if (sim.core_dies)
		disk_account(&c->kept, r);
	c->changes++;
}

void commit_account_delete(struct commit *c, uint64_t row)
{
	(void)row;
	c->changes++;
}

void commit_attempt(struct commit *c, const struct attempt_record *r)
{
	if (sim.core_dies)
		disk_mint(&c->kept, r);
	c->changes++;
}

void commit_attempt_close(struct commit *c, uint64_t row, uint64_t generation,
			  enum attempt_state state, uint64_t at)
{
	(void)at;
	if (sim.core_dies)
		disk_close(&c->kept, row, generation, state);
	c->changes++;
}

void commit_journal(struct commit *c, const struct journal_record *r)
{
	if (sim.core_dies)
		disk_seq(&c->kept, r->seq);
	c->changes++;
}

void commit_api_key(struct commit *c, const struct api_key_record *r)
{
	(void)r;
	c->changes++;
}

void commit_api_key_delete(struct commit *c, struct str id)
{
	(void)id;
	c->changes++;
}

void commit_qr_link(struct commit *c, const struct qr_link_record *r)
{
	(void)r;
	c->changes++;
}

void commit_qr_link_delete(struct commit *c, uint64_t row)
{
	(void)row;
	c->changes++;
}

void commit_instance(struct commit *c, const struct instance_record *r)
{
	if (sim.core_dies)
		disk_instance(&c->kept, r);
	c->changes++;
}

void commit_idem(struct commit *c, const struct idem_record *r)
{
	(void)r;
	c->changes++;
}

void commit_death(struct commit *c, const struct death_record *r)
{
	(void)r;
	c->changes++;
}

void commit_endpoint(struct commit *c, const struct endpoint_record *r)
{
	(void)r;
	c->changes++;
}

void commit_endpoint_delete(struct commit *c, struct str id)
{
	(void)id;
	c->changes++;
}

void commit_cursor(struct commit *c, const struct cursor_record *r)
{
	(void)r;
	c->changes++;
}

void commit_incident(struct commit *c, const struct incident_record *r)
{
	if (sim.core_dies)
		disk_incident(&c->kept, r);
	c->changes++;
}

void commit_pause(struct commit *c, const struct pause_record *r)
{
	(void)r;
	c->changes++;
}

void commit_pause_delete(struct commit *c, uint8_t scope, struct str name)
{
	(void)scope;
	(void)name;
	c->changes++;
}

void commit_alert(struct commit *c, const struct alert_record *r)
{
	(void)r;
	c->changes++;
}

void commit_alert_delete(struct commit *c, uint8_t kind, struct str subject)
{
	(void)kind;
	(void)subject;
	c->changes++;
}

void commit_bulk(struct commit *c, const struct bulk_record *r)
{
	(void)r;
	c->changes++;
}

void commit_bulk_delete(struct commit *c, struct str id)
{
	(void)id;
	c->changes++;
}

void commit_attempt_outcome(struct commit *c, const struct attempt_outcome *o)
{
	(void)o;
	c->changes++;
}

/* All that waits is durable at once, as a group commit is. */
static void on_disk(struct event *ev)
{
	struct store *s = (struct store *)(void *)ev;
	struct commit *c = s->first, *next;

	s->first = NULL;
	s->last = &s->first;
	s->backlog = 0;
	for (; c != NULL; c = next) {
		next = c->next;
		disk_durable(&c->kept);
		if (c->done != NULL)
			c->done(c->ctx);
		free(c);
	}
}

int store_submit(struct store *s, struct commit **given, void (*done)(void *ctx), void *ctx)
{
	struct commit *c = TAKE(*given);

	c->done = done;
	c->ctx = ctx;
	*s->last = c;
	s->last = &c->next;
	s->backlog += c->changes;
	if (s->ev.node.slot == HEAP_NOWHERE)
		after(DISK_MS, &s->ev, on_disk);
	return 0;
}

uint64_t store_backlog(const struct store *s)
{
	return s->backlog;
}

bool store_has_room(struct store *s)
{
	return s->backlog < LIMIT_PENDING_CHANGES;
}

int store_read_journal(struct store *s, const struct journal_query *q, journal_row_fn *fn,
		       void *ctx)
{
	(void)s;
	(void)q;
	(void)fn;
	(void)ctx;
	return ERR_UNSUPPORTED;
}

int store_find_idem(struct store *s, struct str key, idem_fn *fn, void *ctx)
{
	(void)s;
	(void)key;
	(void)fn;
	(void)ctx;
	return ERR_UNSUPPORTED;
}

int store_read_deaths(struct store *s, uint64_t slot, uint32_t limit, death_fn *fn, void *ctx)
{
	(void)s;
	(void)slot;
	(void)limit;
	(void)fn;
	(void)ctx;
	return ERR_UNSUPPORTED;
}

int store_read_attempts(struct store *s, uint64_t row, uint64_t before, uint32_t limit,
			attempt_fn *fn, void *ctx)
{
	(void)s;
	(void)row;
	(void)before;
	(void)limit;
	(void)fn;
	(void)ctx;
	return ERR_UNSUPPORTED;
}

struct question {
	struct event ev;
	attempt_fn *fn;
	void *ctx;
	char session[LIMIT_SESSION_ID + 1];
};

/* Seldom asked, so that a look through all backends is cheap enough. */
static void on_found(struct event *ev)
{
	struct question *q = (struct question *)(void *)ev;
	struct attempt_record a = { .state = ATTEMPT_GONE };
	bool found = false;
	char instance[16];

	for (uint64_t i = 0; i < sim.s->instances && !found; i++) {
		struct session *l;

		DL_FOREACH2(sim.backends[i].lives, l, i_next)
		{
			if (strcmp(l->id, q->session) != 0)
				continue;
			snprintf(instance, sizeof instance, "i%u", (unsigned)i);
			a.row = l->account + 1;
			a.generation = l->generation;
			a.session = str_of(q->session);
			a.instance = str_of(instance);
			a.minted_at = l->began_at;
			found = true;
			break;
		}
	}
	q->fn(q->ctx, 0, found ? &a : NULL);
	free(q);
}

int store_find_attempt(struct store *s, struct str session, attempt_fn *fn, void *ctx)
{
	struct question *q = calloc(1, sizeof *q);

	(void)s;
	must(q != NULL);
	q->ev.node.slot = HEAP_NOWHERE;
	q->fn = fn;
	q->ctx = ctx;
	str_copy(q->session, sizeof q->session, session);
	after(DISK_MS, &q->ev, on_found);
	return 0;
}

void store_retain(struct store *s, uint64_t retention_ms, uint64_t journal_rows)
{
	(void)s;
	(void)retention_ms;
	(void)journal_rows;
}

void store_close(struct store **store)
{
	struct store *s = TAKE(*store);

	if (s == NULL)
		return;
	cancel(&s->ev);
	for (struct commit *c = s->first, *next; c != NULL; c = next) {
		next = c->next;
		commit_free(&c);
	}
	free(s);
}
