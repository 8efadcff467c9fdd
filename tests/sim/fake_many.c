/* fake_many.c - the part of fake_store.c that is about pauses, and about what plays no part here. */
#include <string.h>

#include "sim.h"

/* One of each scope, which is what the simulation asks for. */
static struct pause_kept {
	uint64_t since, until;
	char name[LIMIT_ACCOUNT_ID + 1];
} pauses[PAUSE_SCOPES];

void fake_pause_keep(const struct pause_record *r, const char *name)
{
	struct pause_kept *k = &pauses[r->scope];

	k->since = r->since;
	k->until = r->until;
	str_copy(k->name, sizeof k->name, str_of(name));
}

int fake_pauses_load(const struct store_loader *l)
{
	int r = 0;

	for (unsigned n = 0; n < PAUSE_SCOPES && r == 0; n++) {
		if (pauses[n].since != 0 && l->pause != NULL)
			r = l->pause(l->ctx, &(struct pause_record){ .scope = (uint8_t)n,
								     .name = str_of(pauses[n].name),
								     .since = pauses[n].since,
								     .until = pauses[n].until });
	}
	return r;
}

void fake_pauses_reset(void)
{
	memset(pauses, 0, sizeof pauses);
}

uint64_t durable_pause(unsigned scope, const char *name)
{
	const struct pause_kept *k = &pauses[scope];
	bool covers = (scope != PAUSE_ACCOUNT && scope != PAUSE_WORKSPACE) || name == NULL ||
		      strcmp(k->name, name) == 0;

	return covers && (k->until == 0 || k->until > sim.now) ? k->since : 0;
}

/* A change that nobody reads again. */
static void nothing(struct commit *c)
{
	commit_idem(c, &(struct idem_record){ 0 });
}

/* Keys of the API play no part in the simulation. */
void commit_api_key(struct commit *c, const struct api_key_record *r)
{
	(void)r;
	nothing(c);
}

/* Nor do links. */
void commit_qr_link(struct commit *c, const struct qr_link_record *r)
{
	(void)r;
	nothing(c);
}

void commit_qr_link_delete(struct commit *c, uint64_t row)
{
	(void)row;
	nothing(c);
}

void commit_api_key_delete(struct commit *c, struct str id)
{
	(void)id;
	nothing(c);
}

void commit_pause_delete(struct commit *c, uint8_t scope, struct str name)
{
	commit_pause(c, &(struct pause_record){ .scope = scope, .name = name });
}

void commit_bulk(struct commit *c, const struct bulk_record *r)
{
	(void)r;
	nothing(c);
}

void commit_bulk_delete(struct commit *c, struct str id)
{
	(void)id;
	nothing(c);
}

/* Nor does history. */
void commit_attempt_outcome(struct commit *c, const struct attempt_outcome *outcome)
{
	(void)c;
	(void)outcome;
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

void commit_cursor(struct commit *c, const struct cursor_record *r)
{
	(void)r;
	nothing(c);
}

void commit_death(struct commit *c, const struct death_record *r)
{
	(void)r;
	nothing(c);
}
