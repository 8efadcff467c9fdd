/*
 * strays.c - lives that the ledger has given up, until they are proven gone.
 *
 * Whatever is listed and is not a current life is looked up in the ledger.  What we once minted is
 * ended; what we never minted is counted and left alone: the form of an id proves nothing.
 */
#include "base/killpoint.h"
#include "engine/state.h"

struct stray *stray_by_session(struct engine *e, struct str session)
{
	struct stray *s;

	HASH_FIND(hh, e->strays, session.p, session.n, s);
	return s;
}

/* They are few: whoever is abandoned is soon gone. */
struct stray *stray_by_life(struct engine *e, uint64_t row, uint64_t generation)
{
	struct stray *s;

	DL_FOREACH(e->stray_list, s)
	{
		if (s->row == row && s->generation == generation)
			return s;
	}
	return NULL;
}

struct stray *stray_new(struct engine *e, uint64_t row, uint64_t generation, struct str session,
			struct str account, struct str workspace, struct instance *i,
			uint64_t minted_at, bool closing)
{
	struct stray *s = stray_by_session(e, session);
	struct member *m;
	char *room;

	if (s != NULL)
		return s;
	s = calloc(1, sizeof *s);
	room = malloc(session.n + account.n + workspace.n + 3);
	must(s != NULL && room != NULL);
	s->session = room;
	str_copy(room, session.n + 1, session);
	room += session.n + 1;
	s->account = room;
	str_copy(room, account.n + 1, account);
	room += account.n + 1;
	s->workspace = room;
	str_copy(room, workspace.n + 1, workspace);
	s->row = row;
	s->generation = generation;
	s->instance = i;
	orphan_init(&s->o, &e->orphan_rules, minted_at, e->now, closing);
	HASH_ADD_KEYPTR(hh, e->strays, s->session, session.n, s);
	DL_APPEND(e->stray_list, s);
	e->stats.orphans++;
	m = member_by_row(e, row);
	if (m != NULL)
		m->n_strays++;
	return s;
}

void stray_free(struct engine *e, struct stray **stray)
{
	struct stray *s = *stray;
	struct member *m;

	if (s == NULL)
		return;
	ops_forget_stray(e, s);
	HASH_DEL(e->strays, s);
	DL_DELETE(e->stray_list, s);
	e->stats.orphans--;
	m = member_by_row(e, s->row);
	if (m != NULL)
		m->n_strays--;
	free(s->session);
	free(s);
	*stray = NULL;
}

static void stray_journal(struct engine *e, const struct stray *s, unsigned kind, struct str text)
{
	struct journal_record r = { .row = s->row,
				    .generation = s->generation,
				    .kind = (uint8_t)kind,
				    .account = str_of(s->account),
				    .workspace = str_of(s->workspace),
				    .text = text };

	batch_journal(e, &r);
}

void stray_seen(struct engine *e, struct stray *s, uint64_t at)
{
	if (orphan_seen(&s->o, &e->orphan_rules, e->now, at) != ORPHAN_KILL)
		return;
	e->stats.orphans_ended++;
	LOG(INFO, ENGINE, "orphan.end", f_text("account", s->account),
	    f_text("session", s->session), f_u64("generation", s->generation));
	stray_journal(e, s, JOURNAL_ORPHAN,
		      STR("a life that was given up is still listed; ending it"));
	/* not at once: that we gave it up may not be durable yet */
	batch_act(e, &(struct act){ ACT_END, s->row, s->generation, false });
}

void stray_absent(struct engine *e, struct stray *s, uint64_t at)
{
	struct member *m;

	if (orphan_absent(&s->o, &e->orphan_rules, at) != ORPHAN_GONE)
		return;
	KP("engine.gone");
	commit_attempt_close(batch_commit(e), s->row, s->generation, ATTEMPT_GONE, e->now);
	stray_journal(e, s, JOURNAL_GONE, STR_NONE);
	m = member_by_row(e, s->row);
	stray_free(e, &s);
	if (m != NULL && m->a.state == ST_DELETED)
		account_changed(e, m); /* it may be forgotten now */
}

/* ---- sessions that we hold nothing about ---- */

struct question {
	struct engine *e;
	struct instance *instance;
	struct str session;
};

static void on_ledger_answer(void *ctx, int result, const struct attempt_record *a)
{
	struct question *q = ctx;
	struct engine *e = q->e;
	struct inbox_item *item;
	char *room;

	item = inbox_item_new(IN_LEDGER, 0, q->session.n, &room);
	must(item != NULL);
	item->ledger.instance = q->instance;
	item->ledger.result = result;
	item->ledger.known = a != NULL;
	item->ledger.session = inbox_copy(&room, q->session);
	if (a != NULL) {
		item->ledger.attempt = *a;
		item->ledger.attempt.session = item->ledger.session;
		item->ledger.attempt.profile = STR_NONE;
		item->ledger.attempt.instance = STR_NONE;
	}
	free(q);
	engine_post(e, item);
}

void stranger_seen(struct engine *e, struct instance *i, struct str session)
{
	struct question *q;
	char *room;

	e->stats.foreign++;
	if (session.n == 0 || session.n > LIMIT_SESSION_ID)
		return;
	q = malloc(sizeof *q + session.n);
	if (q == NULL)
		return; /* the next list asks again */
	room = (char *)(q + 1);
	q->e = e;
	q->instance = i;
	q->session = inbox_copy(&room, session);
	if (store_find_attempt(e->store, q->session, on_ledger_answer, q) < 0)
		free(q);
}

void stranger_known(struct engine *e, struct inbox_ledger *l)
{
	const struct attempt_record *a = &l->attempt;
	struct member *m;
	struct stray *s;

	if (l->result < 0 || !l->known)
		return; /* not ours: shown, never touched */
	if (member_by_session(e, l->session) != NULL || stray_by_session(e, l->session) != NULL)
		return;
	m = member_by_row(e, a->row);
	/* It came to life after we had proven it gone: a create that was applied very late. */
	s = stray_new(e, a->row, a->generation, l->session, str_of(m != NULL ? m->id : "?"),
		      str_of(m != NULL ? m->workspace : "?"), l->instance, a->minted_at, false);
	LOG(WARN, ENGINE, "orphan.late", f_text("session", s->session),
	    f_u64("generation", s->generation));
	commit_attempt_close(batch_commit(e), a->row, a->generation, ATTEMPT_ABANDONED, e->now);
	list_want(e, l->instance, e->now);
}
