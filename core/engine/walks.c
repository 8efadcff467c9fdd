/* walks.c - see walks.h. */
#include "engine/walks.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* `what` is in lower case.  Letters beyond ASCII must be as they are. */
static bool holds(const char *text, struct str what)
{
	for (; *text != '\0'; text++) {
		size_t n = 0;

		while (n < what.n && lower(text[n]) == what.p[n])
			n++; /* ends at the text's end, for `what` has no NUL */
		if (n == what.n)
			return true;
	}
	return false;
}

bool account_fits(const struct account_filter *f, const struct member *m)
{
	return (f->workspace.n == 0 || str_is(f->workspace, m->workspace)) &&
	       (f->provider.n == 0 || str_is(f->provider, m->provider)) &&
	       (f->instance.n == 0 || str_is(f->instance, member_instance(m))) &&
	       (f->status.n == 0 || str_is(f->status, status_name(m->a.status))) &&
	       (f->label_prefix.n == 0 ||
		strncmp(m->label, f->label_prefix.p, f->label_prefix.n) == 0) &&
	       (f->search.n == 0 || holds(m->id, f->search) || holds(m->label, f->search));
}

/* Who has no score comes last; and of what changed, the latest first. */
static uint64_t key_of(const struct engine *e, const struct member *m, unsigned sort)
{
	struct health h;
	uint64_t since;

	switch (sort) {
	case SORT_STATUS:
		return m->a.status;
	case SORT_HEALTH:
		health_of_member(e, m, &h, &since);
		return h.scored ? h.score : 101;
	case SORT_CHANGED:
		return INT64_MAX - m->a.since;
	default:
		return 0;
	}
}

/* The last row of a piece that begins behind `after`. */
static uint64_t piece_end(const struct engine *e, uint64_t after, uint32_t rows)
{
	return MIN_OF(e->last_row, after < e->last_row ? after + rows : after);
}

uint64_t walk_find(void *ctx, const struct account_filter *f, uint32_t rows,
		   void (*each)(void *arg, uint64_t key, uint64_t row), void *arg)
{
	struct engine *e;
	uint64_t end;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	end = piece_end(e, f->after_row, rows);
	for (uint64_t row = f->after_row + 1; row <= end; row++) {
		const struct member *m = member_by_row(e, row);

		if (m != NULL && !member_is_deleted(m) && account_fits(f, m))
			each(arg, key_of(e, m, f->sort), row);
	}
	return end < e->last_row ? end : 0;
}

bool walk_account_at(void *ctx, uint64_t row, struct account_view *ret_view)
{
	const struct member *m;
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	m = member_by_row(e, row);
	if (m == NULL || member_is_deleted(m))
		return false;
	account_view_of(e, m, e->waits_text, ret_view);
	return true;
}

/* Into its place among the worst so far; who was first of equals stays before. */
static void rank(struct health_summary *s, struct account_score r)
{
	unsigned at = s->n_worst;

	while (at > 0 && s->worst[at - 1].score > r.score)
		at--;
	if (at == HEALTH_WORST)
		return;
	if (s->n_worst < HEALTH_WORST)
		s->n_worst++;
	for (unsigned i = s->n_worst - 1; i > at; i--)
		s->worst[i] = s->worst[i - 1];
	s->worst[at] = r;
}

static void add_up(const struct engine *e, const struct member *m, struct health_summary *s)
{
	struct health h;
	uint64_t since;

	s->accounts++;
	health_of_member(e, m, &h, &since);
	if (!h.scored)
		return;
	s->scored++;
	s->sum += h.score;
	s->bands[h.band]++;
	if (h.score < 100)
		rank(s, (struct account_score){ m->row, h.score });
}

uint64_t walk_health(void *ctx, uint64_t after_row, uint32_t rows, struct health_summary *s)
{
	struct engine *e;
	uint64_t end;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	end = piece_end(e, after_row, rows);
	for (uint64_t row = after_row + 1; row <= end; row++) {
		const struct member *m = member_by_row(e, row);

		if (m != NULL && !member_is_deleted(m))
			add_up(e, m, s);
	}
	return end < e->last_row ? end : 0;
}

void walk_totals(void *ctx, void (*each)(void *arg, const struct totals_view *), void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	for (size_t n = 0; n <= e->n_providers; n++) {
		const struct provider *p = n < e->n_providers ? &e->providers[n] : NULL;
		struct totals_view v = { .provider = p != NULL ? p->conf->name : NULL };

		memcpy(v.status, p != NULL ? p->meter.status : e->meter.homeless, sizeof v.status);
		each(arg, &v);
	}
}
