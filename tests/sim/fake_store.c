/*
 * fake_store.c - store.h without a disk: what is durable survives sim crashes, the rest may not.
 *
 * A commit is a list of closures over copied records.  It becomes durable after a short while, in
 * order.  When the core crashes, a random prefix of what was submitted turns out to be durable, as
 * with a real disk.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "sim.h"

enum change_kind {
	CH_ACCOUNT,
	CH_DELETE,
	CH_ATTEMPT,
	CH_CLOSE,
	CH_JOURNAL,
	CH_IDEM,
	CH_INSTANCE,
	CH_INCIDENT,
	CH_PAUSE,
	CH_ALERT
};
enum { HEALTH_NOTHING, HEALTH_SICK, HEALTH_WELL };
struct change {
	uint8_t kind, health, told; /* health, told: CH_JOURNAL, of health or an alert: which */
	bool tell;
	struct account_record account;
	struct attempt_record attempt;
	struct instance_record instance;
	struct incident_record incident;
	struct pause_record pause; /* since 0: deleted */
	struct alert_record alert; /* seq 0: deleted */
	uint64_t row, seq;
	char *texts[10];
	struct change *next;
};
struct commit {
	struct change *first, **last;
	void (*done)(void *ctx);
	void *ctx;
	struct commit *next;
};
struct store {
	struct commit *first, **last;
	uint64_t waiting, epoch;
	bool scheduled, closed;
	struct store *next_dead;
};

/* --- what is durable --- */
struct row_kept {
	uint64_t row;
	struct account_record r;
	char *texts[10];
	UT_hash_handle hh;
};
struct attempt_kept {
	uint64_t key[2]; /* row, generation */
	struct attempt_record r;
	char *session, *instance;
	UT_hash_handle hh, hh_session;
};
static struct row_kept *rows;
static struct attempt_kept *attempts, *attempts_by_session;
struct instance_kept {
	char id[LIMIT_INSTANCE + 1];
	uint64_t drained_at;
	UT_hash_handle hh;
};
static struct instance_kept *instances;
static struct incident_kept {
	struct incident_record r;
	char *texts[10];
} incidents[INCIDENTS_KEPT]; /* by id */
static uint64_t last_seq, last_row, token;
static struct store *graveyard; /* agenda entries may still point at a dead core's store */

#define ROWS_MAX 65536
static uint64_t minted_upto[ROWS_MAX], open_life[ROWS_MAX];

static void keep_texts(struct account_record *r, char **texts)
{
	struct str *s[] = { &r->id,       &r->workspace, &r->provider, &r->instance, &r->label,
			    &r->metadata, &r->session,   &r->profile,  &r->phone,    &r->reason };

	for (size_t i = 0; i < ARRAY_LEN(s); i++) {
		texts[i] = str_dup(*s[i]);
		s[i]->p = texts[i];
	}
}

static void free_texts(char **texts)
{
	for (unsigned i = 0; i < 10; i++)
		free(texts[i]);
}

static void mint(struct change *c)
{
	uint64_t row = c->attempt.row, generation = c->attempt.generation;
	struct attempt_kept *a;

	must(row < ROWS_MAX);
	if (generation <= minted_upto[row])
		broken("generations grow", "row %llu minted %llu after %llu",
		       (unsigned long long)row, (unsigned long long)generation,
		       (unsigned long long)minted_upto[row]);
	if (open_life[row] != 0)
		broken("one open life", "row %llu minted %llu while %llu is open",
		       (unsigned long long)row, (unsigned long long)generation,
		       (unsigned long long)open_life[row]);
	minted_upto[row] = open_life[row] = generation;
	a = calloc(1, sizeof *a);
	a->key[0] = row;
	a->key[1] = generation;
	a->r = c->attempt;
	a->session = str_dup(c->attempt.session);
	a->r.session = str_of(a->session);
	a->instance = str_dup(c->attempt.instance);
	a->r.instance = str_of(a->instance);
	HASH_ADD(hh, attempts, key, sizeof a->key, a);
	HASH_ADD_KEYPTR(hh_session, attempts_by_session, a->session, strlen(a->session), a);
}

static void close_life(struct change *c)
{
	uint64_t key[2] = { c->attempt.row, c->attempt.generation };
	struct attempt_kept *a;

	if (open_life[key[0]] == key[1])
		open_life[key[0]] = 0;
	HASH_FIND(hh, attempts, key, sizeof key, a);
	if (a == NULL) {
		/* proven gone long ago, and seen again: only its session is still known */
		for (a = attempts_by_session; a != NULL; a = a->hh_session.next) {
			if (a->key[0] == key[0] && a->key[1] == key[1])
				break;
		}
		if (a == NULL)
			broken("the ledger is complete", "closing a life that was never minted");
		HASH_ADD(hh, attempts, key, sizeof a->key, a);
	}
	a->r.state = c->attempt.state;
	if (a->r.state == ATTEMPT_GONE)
		HASH_DEL(attempts, a);
}

static void check_id(const struct row_kept *row)
{
	for (const struct row_kept *r = rows; r != NULL; r = r->hh.next) {
		if (r != row && !r->r.forgotten && !row->r.forgotten && str_eq(r->r.id, row->r.id))
			broken("ids are unique", "rows %llu and %llu are both %s",
			       (unsigned long long)r->row, (unsigned long long)row->row,
			       row->texts[0]);
	}
}

/* Its texts are taken over. */
static void keep_incident(const struct incident_record *r, char *texts[10])
{
	struct incident_kept *k = &incidents[r->id % INCIDENTS_KEPT];

	free_texts(k->texts);
	*k = (struct incident_kept){ .r = *r };
	for (unsigned i = 0; i < 4; i++)
		k->texts[i] = TAKE(texts[i]);
	k->r.provider = str_of(k->texts[0]);
	k->r.instance = str_of(k->texts[1]);
	k->r.causes = str_of(k->texts[2]);
	k->r.text = str_of(k->texts[3]);
}

static void keep_instance(const struct instance_record *r, const char *id)
{
	struct instance_kept *k;

	HASH_FIND_STR(instances, id, k);
	if (k == NULL) {
		k = calloc(1, sizeof *k);
		str_copy(k->id, sizeof k->id, str_of(id));
		HASH_ADD_STR(instances, id, k);
	}
	k->drained_at = r->drained_at;
}

uint64_t durable_drained_at(const char *id)
{
	struct instance_kept *k;

	HASH_FIND_STR(instances, id, k);
	return k != NULL ? k->drained_at : 0;
}

static void apply(struct change *c)
{
	struct row_kept *row;

	switch ((enum change_kind)c->kind) {
	case CH_ACCOUNT:
		HASH_FIND(hh, rows, &c->account.row, sizeof(uint64_t), row);
		if (row == NULL) {
			row = calloc(1, sizeof *row);
			row->row = c->account.row;
			HASH_ADD(hh, rows, row, sizeof(uint64_t), row);
		} else {
			free_texts(row->texts);
		}
		row->r = c->account;
		keep_texts(&row->r, row->texts);
		if (last_row < row->row)
			last_row = row->row;
		check_id(row);
		break;
	case CH_DELETE:
		HASH_FIND(hh, rows, &c->row, sizeof(uint64_t), row);
		if (row != NULL) {
			HASH_DEL(rows, row);
			free_texts(row->texts);
			free(row);
		}
		break;
	case CH_ATTEMPT:
		mint(c);
		break;
	case CH_CLOSE:
		close_life(c);
		break;
	case CH_JOURNAL:
		if (c->seq <= last_seq)
			broken("journal grows", "seq %llu after %llu", (unsigned long long)c->seq,
			       (unsigned long long)last_seq);
		last_seq = c->seq;
		if (c->tell)
			check_owed(c->seq);
		if (c->told != 0)
			fake_alert_told(c->told == JOURNAL_ALERT);
		if (c->health != HEALTH_NOTHING)
			check_told_health(c->row, c->health == HEALTH_SICK);
		break;
	case CH_INSTANCE:
		keep_instance(&c->instance, c->texts[0]);
		break;
	case CH_INCIDENT:
		keep_incident(&c->incident, c->texts);
		break;
	case CH_PAUSE:
		fake_pause_keep(&c->pause, c->texts[0]);
		break;
	case CH_ALERT:
		fake_alert_keep(&c->alert, c->texts);
		break;
	case CH_IDEM:
		break;
	}
}

static void commit_drop(struct commit *c)
{
	struct change *ch;

	while ((ch = c->first) != NULL) {
		c->first = ch->next;
		free_texts(ch->texts);
		free(ch);
	}
	free(c);
}

static void commit_apply(struct commit *c)
{
	for (struct change *ch = c->first; ch != NULL; ch = ch->next)
		apply(ch);
	fake_alerts_applied();
}

/* --- store.h --- */

int store_open(struct store **ret_store, const struct store_options *o, struct why *why)
{
	struct store *s = calloc(1, sizeof *s);

	(void)o;
	(void)why;
	s->last = &s->first;
	s->epoch = sim.epoch;
	token++;
	*ret_store = s;
	return 0;
}

int store_load(struct store *s, const struct store_loader *l, struct store_facts *f,
	       struct why *why)
{
	struct row_kept *row, *next;
	struct attempt_kept *a, *anext;
	struct instance_kept *k;
	int r = 0;

	(void)s;
	(void)why;
	for (k = instances; k != NULL && r == 0; k = k->hh.next)
		r = l->instance(
		    l->ctx, &(struct instance_record){ str_of(k->id), k->drained_at, 0, STR_NONE });
	if (r == 0)
		r = fake_pauses_load(l);
	if (r == 0)
		r = fake_alerts_load(l);
	HASH_ITER(hh, rows, row, next)
	{
		if (r == 0)
			r = l->account(l->ctx, &row->r);
	}
	HASH_ITER(hh, attempts, a, anext)
	{
		if (r == 0 && a->r.state != ATTEMPT_GONE)
			r = l->attempt(l->ctx, &a->r);
	}
	for (unsigned i = 0; i < INCIDENTS_KEPT && r == 0; i++) {
		if (incidents[i].r.id != 0)
			r = l->incident(l->ctx, &incidents[i].r);
	}
	*f = (struct store_facts){ .last_seq = last_seq, .last_row = last_row, .token = token };
	return r;
}

int store_start(struct store *s, struct uv_loop_s *loop, const struct store_port *p,
		struct why *why)
{
	(void)s;
	(void)loop;
	(void)p;
	(void)why;
	return 0;
}

struct commit *commit_new(struct store *s)
{
	struct commit *c = calloc(1, sizeof *c);

	(void)s;
	c->last = &c->first;
	return c;
}

void commit_free(struct commit **c)
{
	if (*c != NULL)
		commit_drop(*c);
	*c = NULL;
}

bool commit_is_empty(const struct commit *c)
{
	return c->first == NULL;
}

static struct change *change_new(struct commit *c, enum change_kind kind)
{
	struct change *ch = calloc(1, sizeof *ch);

	ch->kind = (uint8_t)kind;
	*c->last = ch;
	c->last = &ch->next;
	return ch;
}

void commit_account(struct commit *c, const struct account_record *r)
{
	struct change *ch = change_new(c, CH_ACCOUNT);

	ch->account = *r;
	keep_texts(&ch->account, ch->texts);
}

void commit_account_delete(struct commit *c, uint64_t row)
{
	change_new(c, CH_DELETE)->row = row;
}

void commit_attempt(struct commit *c, const struct attempt_record *r)
{
	struct change *ch = change_new(c, CH_ATTEMPT);

	ch->attempt = *r;
	ch->texts[0] = str_dup(r->session);
	ch->attempt.session = str_of(ch->texts[0]);
	ch->texts[1] = str_dup(r->instance);
	ch->attempt.instance = str_of(ch->texts[1]);
	ch->attempt.profile = STR_NONE;
}

void commit_attempt_close(struct commit *c, uint64_t row, uint64_t generation,
			  enum attempt_state state, uint64_t at)
{
	struct change *ch = change_new(c, CH_CLOSE);

	ch->attempt = (struct attempt_record){
		.row = row, .generation = generation, .state = state, .closed_at = at
	};
}

/* History plays no part in the simulation. */
void commit_journal(struct commit *c, const struct journal_record *r)
{
	struct change *ch = change_new(c, CH_JOURNAL);

	ch->seq = r->seq;
	ch->tell = r->tell;
	if (r->kind == JOURNAL_ALERT || r->kind == JOURNAL_RELIEF)
		ch->told = r->kind;
	if (r->kind == JOURNAL_ALERT)
		check_alert_raised(r->row);
	if (r->kind == JOURNAL_HEALTH) {
		ch->row = r->row;
		ch->health =
		    strncmp(r->data.p, "{\"unhealthy\":true", 17) == 0 ? HEALTH_SICK : HEALTH_WELL;
		check_judged(r->row, ch->health == HEALTH_SICK);
	}
}

void commit_instance(struct commit *c, const struct instance_record *r)
{
	struct change *ch = change_new(c, CH_INSTANCE);

	ch->instance = *r;
	ch->texts[0] = str_dup(r->id);
}

void commit_incident(struct commit *c, const struct incident_record *r)
{
	struct change *ch = change_new(c, CH_INCIDENT);

	ch->incident = *r;
	ch->texts[0] = str_dup(r->provider);
	ch->texts[1] = str_dup(r->instance);
	ch->texts[2] = str_dup(r->causes);
	ch->texts[3] = str_dup(r->text);
}

void commit_alert(struct commit *c, const struct alert_record *r)
{
	struct change *ch = change_new(c, CH_ALERT);

	ch->alert = *r;
	ch->texts[0] = str_dup(r->subject);
	ch->texts[1] = str_dup(r->workspace);
	ch->texts[2] = str_dup(r->provider);
	ch->texts[3] = str_dup(r->text);
}

void commit_pause(struct commit *c, const struct pause_record *r)
{
	struct change *ch = change_new(c, CH_PAUSE);

	ch->pause = *r;
	ch->texts[0] = str_dup(r->name);
}

void commit_idem(struct commit *c, const struct idem_record *r)
{
	(void)r;
	change_new(c, CH_IDEM);
}

static void on_disk(void *arg)
{
	struct store *s = arg;
	struct commit *c = s->first;

	if (s->closed || s->epoch != sim.epoch)
		return; /* its core is dead; the block was freed by the crash */
	s->scheduled = false;
	if (c == NULL)
		return;
	s->first = c->next;
	if (s->first == NULL)
		s->last = &s->first;
	s->waiting--;
	commit_apply(c);
	if (s->first != NULL) {
		s->scheduled = true;
		later(1 + chance(3), on_disk, s);
	}
	if (c->done != NULL)
		c->done(c->ctx);
	commit_drop(c);
}

int store_submit(struct store *s, struct commit **given, void (*done)(void *ctx), void *ctx)
{
	struct commit *c = TAKE(*given);

	c->done = done;
	c->ctx = ctx;
	*s->last = c;
	s->last = &c->next;
	s->waiting++;
	if (!s->scheduled) {
		s->scheduled = true;
		later(happens(sim.s.faults.disk_slow) ? 1 + chance(4000) : 1 + chance(3), on_disk,
		      s);
	}
	return 0;
}

uint64_t store_backlog(const struct store *s)
{
	return s->waiting;
}

/* Small, so that the engine has to wait for it. */
bool store_has_room(struct store *s)
{
	return s->waiting < 20;
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

struct question {
	uint64_t epoch;
	attempt_fn *fn;
	void *ctx;
	char session[LIMIT_SESSION_ID + 1];
};

static void on_found(void *arg)
{
	struct question *q = arg;
	struct attempt_kept *a;

	if (q->epoch == sim.epoch && !sim.calm && happens(sim.s.faults.ledger_fails)) {
		q->fn(q->ctx, ERR_IO, NULL);
	} else if (q->epoch == sim.epoch) {
		HASH_FIND(hh_session, attempts_by_session, q->session, strlen(q->session), a);
		q->fn(q->ctx, 0, a != NULL ? &a->r : NULL);
	}
	free(q);
}

int store_find_attempt(struct store *s, struct str session, attempt_fn *fn, void *ctx)
{
	struct question *q = calloc(1, sizeof *q);

	(void)s;
	q->epoch = sim.epoch;
	q->fn = fn;
	q->ctx = ctx;
	str_copy(q->session, sizeof q->session, session);
	later(1 + chance(5), on_found, q);
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
	(void)store;
}

/* --- for the simulator --- */

void fake_store_crash(void)
{
	struct store *s = sim.store;
	uint64_t survive = chance(s->waiting + 1);
	struct commit *c;

	while ((c = s->first) != NULL) {
		s->first = c->next;
		if (survive > 0) {
			commit_apply(c);
			survive--;
		}
		commit_drop(c);
	}
	s->closed = true;
	s->last = &s->first;
	s->next_dead = graveyard;
	graveyard = s;
	sim.store = NULL;
}

void fake_store_reset(void)
{
	struct row_kept *row, *next;
	struct attempt_kept *a, *anext;

	HASH_ITER(hh, rows, row, next)
	{
		HASH_DEL(rows, row);
		free_texts(row->texts);
		free(row);
	}
	HASH_CLEAR(hh, attempts);
	HASH_ITER(hh_session, attempts_by_session, a, anext)
	{
		HASH_DELETE(hh_session, attempts_by_session, a);
		free(a->session);
		free(a->instance);
		free(a);
	}
	for (unsigned i = 0; i < INCIDENTS_KEPT; i++) {
		free_texts(incidents[i].texts);
		incidents[i] = (struct incident_kept){ 0 };
	}
	while (graveyard != NULL) {
		struct store *dead = graveyard;

		graveyard = dead->next_dead;
		free(dead);
	}
	while (instances != NULL) {
		struct instance_kept *k = instances;

		HASH_DEL(instances, k);
		free(k);
	}
	fake_pauses_reset();
	fake_alerts_reset();
	last_seq = last_row = 0;
	memset(minted_upto, 0, sizeof minted_upto);
	memset(open_life, 0, sizeof open_life);
}

const struct account_record *durable_account(uint64_t row)
{
	struct row_kept *r;

	HASH_FIND(hh, rows, &row, sizeof row, r);
	return r != NULL ? &r->r : NULL;
}

int durable_attempt_of_session(const char *session)
{
	struct attempt_kept *a;

	HASH_FIND(hh_session, attempts_by_session, session, strlen(session), a);
	return a != NULL ? (int)a->r.state : -1;
}

uint64_t durable_minted_at(const char *session)
{
	struct attempt_kept *a;

	HASH_FIND(hh_session, attempts_by_session, session, strlen(session), a);
	return a != NULL ? a->r.minted_at : 0;
}

uint64_t durable_seq(void)
{
	return last_seq;
}

/* Lives that are given up and not proven gone. */
unsigned durable_strays(void)
{
	unsigned n = 0;

	for (struct attempt_kept *a = attempts; a != NULL; a = a->hh.next)
		n += a->r.state == ATTEMPT_ABANDONED;
	return n;
}
