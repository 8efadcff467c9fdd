/*
 * disk.c - what a store remembers, for scenarios in which the core dies; nothing else is read back.
 *
 * A change is a copy of what was committed; it counts from the moment when its commit is durable.
 */
#include <stdlib.h>

#include "engine/state.h"
#include "sim.h"

#define TEXTS_MAX 10

enum change_kind { CH_ACCOUNT, CH_MINT, CH_CLOSE, CH_INSTANCE, CH_INCIDENT, CH_SEQ };
struct change {
	struct change *next;
	uint8_t kind;
	char *texts[TEXTS_MAX];
	union {
		struct account_record account;
		struct attempt_record life;
		struct instance_record instance;
		struct incident_record incident;
		uint64_t seq;
	};
};

/* A life that is open or given up; `first`: the one that each account has at the beginning. */
struct kept_life {
	uint64_t key[2];
	struct change *minted; /* NULL: it is an account's first */
	enum attempt_state state;
	UT_hash_handle hh;
};

static struct change **accounts; /* by row; NULL: as at the beginning */
static struct change *instances[LIMIT_INSTANCES], *incidents[INCIDENTS_KEPT];
static struct kept_life *lives;
static uint64_t last_seq;

static struct change *change_new(struct change **first, enum change_kind kind)
{
	struct change *ch = calloc(1, sizeof *ch);

	must(ch != NULL);
	ch->kind = (uint8_t)kind;
	ch->next = *first;
	*first = ch;
	return ch;
}

static void keep_texts(struct change *ch, struct str *const *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ch->texts[i] = str_dup(*s[i]);
		must(ch->texts[i] != NULL);
		s[i]->p = ch->texts[i];
	}
}

static void change_free(struct change *ch)
{
	for (size_t i = 0; ch != NULL && i < TEXTS_MAX; i++)
		free(ch->texts[i]);
	free(ch);
}

void disk_account(struct change **first, const struct account_record *r)
{
	struct change *ch = change_new(first, CH_ACCOUNT);
	struct account_record *a = &ch->account;

	*a = *r;
	keep_texts(ch,
		   (struct str *[]){ &a->id, &a->workspace, &a->provider, &a->instance, &a->label,
				     &a->metadata, &a->session, &a->profile, &a->phone,
				     &a->reason },
		   10);
}

void disk_mint(struct change **first, const struct attempt_record *r)
{
	struct change *ch = change_new(first, CH_MINT);

	ch->life = *r;
	keep_texts(ch, (struct str *[]){ &ch->life.session, &ch->life.profile, &ch->life.instance },
		   3);
}

void disk_close(struct change **first, uint64_t row, uint64_t generation, unsigned state)
{
	change_new(first, CH_CLOSE)->life = (struct attempt_record){
		.row = row, .generation = generation, .state = (enum attempt_state)state
	};
}

void disk_instance(struct change **first, const struct instance_record *r)
{
	struct change *ch = change_new(first, CH_INSTANCE);

	ch->instance = *r;
	keep_texts(ch, (struct str *[]){ &ch->instance.id }, 1);
}

void disk_incident(struct change **first, const struct incident_record *r)
{
	struct change *ch = change_new(first, CH_INCIDENT);
	struct incident_record *i = &ch->incident;

	*i = *r;
	keep_texts(ch, (struct str *[]){ &i->provider, &i->instance, &i->causes, &i->text }, 4);
}

void disk_seq(struct change **first, uint64_t seq)
{
	change_new(first, CH_SEQ)->seq = seq;
}

static struct kept_life *life_of(uint64_t row, uint64_t generation)
{
	struct kept_life wanted = { .key = { row, generation } }, *k;

	/* The analyzer loses the bytes of a key that uthash reads three words at a time.
	 * NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	HASH_FIND(hh, lives, wanted.key, sizeof wanted.key, k);
	if (k == NULL) {
		k = calloc(1, sizeof *k);
		must(k != NULL);
		memcpy(k->key, wanted.key, sizeof wanted.key);
		HASH_ADD(hh, lives, key, sizeof k->key, k);
	}
	return k;
}

static void life_free(struct kept_life *k)
{
	HASH_DEL(lives, k);
	change_free(k->minted);
	free(k);
}

static void replace(struct change **kept, struct change *ch)
{
	change_free(*kept);
	*kept = ch;
}

static void apply(struct change *ch)
{
	struct kept_life *k;

	switch ((enum change_kind)ch->kind) {
	case CH_ACCOUNT:
		if (accounts == NULL)
			accounts = calloc(sim.s->accounts + 1, sizeof(struct change *));
		must(accounts != NULL && ch->account.row <= sim.s->accounts);
		replace(&accounts[ch->account.row], ch);
		return;
	case CH_MINT:
		k = life_of(ch->life.row, ch->life.generation);
		k->state = ATTEMPT_OPEN;
		replace(&k->minted, ch);
		return;
	case CH_CLOSE:
		k = life_of(ch->life.row, ch->life.generation);
		k->state = ch->life.state;
		if (k->state == ATTEMPT_GONE)
			life_free(k);
		break;
	case CH_INSTANCE:
		replace(&instances[strtoul(ch->texts[0] + 1, NULL, 10) % LIMIT_INSTANCES], ch);
		return;
	case CH_INCIDENT:
		replace(&incidents[ch->incident.id % INCIDENTS_KEPT], ch);
		return;
	case CH_SEQ:
		last_seq = ch->seq;
		break;
	}
	change_free(ch);
}

/* The newest stands first. */
static struct change *in_order(struct change *ch)
{
	struct change *first = NULL, *next;

	for (; ch != NULL; ch = next) {
		next = ch->next;
		ch->next = first;
		first = ch;
	}
	return first;
}

void disk_durable(struct change **given)
{
	struct change *ch = TAKE(*given), *next;

	ch = in_order(ch);
	for (; ch != NULL; ch = next) {
		next = ch->next;
		ch->next = NULL;
		apply(ch);
	}
}

void disk_lost(struct change **given)
{
	struct change *ch = TAKE(*given), *next;

	for (; ch != NULL; ch = next) {
		next = ch->next;
		change_free(ch);
	}
}

const struct account_record *disk_find_account(uint64_t row)
{
	return accounts != NULL && accounts[row] != NULL ? &accounts[row]->account : NULL;
}

uint64_t disk_last_seq(void)
{
	return last_seq;
}

static int load_life(const struct store_loader *l, const struct kept_life *k)
{
	struct attempt_record r = { .row = k->key[0], .generation = k->key[1] };
	char session[16], profile[16], instance[16];
	uint32_t n = (uint32_t)(r.row - 1);

	snprintf(session, sizeof session, "s%u", n);
	snprintf(profile, sizeof profile, "p%u", n);
	snprintf(instance, sizeof instance, "i%u", (unsigned)(n % sim.s->instances));
	r.session = str_of(session);
	r.profile = str_of(profile);
	r.instance = str_of(instance);
	if (k->minted != NULL)
		r = k->minted->life;
	r.state = k->state;
	return l->attempt(l->ctx, &r);
}

int disk_load(const struct store_loader *l)
{
	struct kept_life *k, *next;
	int r = 0;

	for (size_t i = 0; i < LIMIT_INSTANCES && r == 0; i++) {
		if (instances[i] != NULL)
			r = l->instance(l->ctx, &instances[i]->instance);
	}
	HASH_ITER(hh, lives, k, next)
	{
		if (r == 0)
			r = load_life(l, k);
	}
	for (size_t i = 0; i < INCIDENTS_KEPT && r == 0; i++) {
		if (incidents[i] != NULL)
			r = l->incident(l->ctx, &incidents[i]->incident);
	}
	return r;
}

void disk_forget(void)
{
	for (uint64_t row = 0; accounts != NULL && row <= sim.s->accounts; row++)
		change_free(accounts[row]);
	free(accounts);
	accounts = NULL;
	for (size_t i = 0; i < LIMIT_INSTANCES; i++)
		replace(&instances[i], NULL);
	for (size_t i = 0; i < INCIDENTS_KEPT; i++)
		replace(&incidents[i], NULL);
	while (lives != NULL)
		life_free(lives);
	last_seq = 0;
}
