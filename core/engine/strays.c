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

struct member *session_owner(struct engine *e, struct str session, struct instance **ret_at)
{
	struct member *m = member_by_session(e, session);
	struct stray *s = m == NULL ? stray_by_session(e, session) : NULL;

	if (s == NULL) {
		*ret_at = m != NULL ? m->instance : NULL;
		return m;
	}
	*ret_at = s->instance;
	return member_by_row(e, s->life.row);
}

struct stray *stray_by_life(struct engine *e, uint64_t row, uint64_t generation)
{
	const struct life life = { row, generation };
	struct stray *s;

	/* The analyzer loses sight of the bytes of a struct that the hash reads one by one.
	 * NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	HASH_FIND(hh_life, e->strays_by_life, &life, sizeof life, s);
	return s;
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
	s->life = (struct life){ row, generation };
	s->instance = i;
	orphan_init(&s->o, &e->orphan_rules, minted_at, e->now, closing);
	HASH_ADD_KEYPTR(hh, e->strays, s->session, session.n, s);
	HASH_ADD(hh_life, e->strays_by_life, life, sizeof s->life, s);
	DL_APPEND(e->stray_list, s);
	DL_APPEND2(i->stray_list, s, i_prev, i_next);
	e->stats.orphans++;
	m = member_by_row(e, row);
	i->strays++;
	if (m != NULL) {
		m->n_strays++;
		DL_APPEND2(m->strays, s, m_prev, m_next);
		s->mark = m->mark; /* a list that is being read may have had it already */
	}
	return s;
}

void stray_free(struct engine *e, struct stray **stray)
{
	struct stray *s = *stray;
	struct member *m;

	if (s == NULL)
		return;
	if (s->end != NULL)
		s->end->stray = NULL;
	if (s->look != NULL)
		s->look->stray = NULL;
	HASH_DEL(e->strays, s);
	HASH_DELETE(hh_life, e->strays_by_life, s);
	DL_DELETE(e->stray_list, s);
	DL_DELETE2(s->instance->stray_list, s, i_prev, i_next);
	e->stats.orphans--;
	s->instance->strays--;
	m = member_by_row(e, s->life.row);
	if (m != NULL) {
		m->n_strays--;
		DL_DELETE2(m->strays, s, m_prev, m_next);
		account_moved(e, m); /* it may have waited for this */
	}
	free(s->session);
	free(s->told);
	free(s);
	*stray = NULL;
}

static void stray_journal(struct engine *e, const struct stray *s, unsigned kind, struct str text)
{
	const struct member *m = member_by_row(e, s->life.row);
	struct journal_record r = { .row = s->life.row,
				    .generation = s->life.generation,
				    .kind = (uint8_t)kind,
				    .status = m != NULL ? m->a.status : STATUS_DISCONNECTED,
				    .cause = m != NULL ? m->a.cause : RELINK_NONE,
				    .action = m != NULL ? m->a.action : ACTION_NONE,
				    .account = str_of(s->account),
				    .workspace = str_of(s->workspace),
				    .text = text };

	batch_journal(e, &r);
}

void stray_told(struct stray *s, struct str account)
{
	if (s->account[0] == '\0' && account.n > 0 && member_set(&s->told, account))
		s->account = s->told;
}

void stray_seen(struct engine *e, struct stray *s, uint64_t at)
{
	const struct member *m = member_by_row(e, s->life.row);
	struct orphan_rules rules = e->orphan_rules;

	rules.hold = m != NULL && hands_off_ours(e, m);
	if (orphan_seen(&s->o, &rules, e->now, at) != ORPHAN_KILL)
		return;
	e->stats.orphans_ended++;
	LOG(INFO, ENGINE, "orphan.end", f_text("account", s->account),
	    f_text("session", s->session), f_u64("generation", s->life.generation));
	stray_journal(e, s, JOURNAL_ORPHAN,
		      STR("a life that was given up is still listed; ending it"));
	/* not at once: that we gave it up may not be durable yet */
	batch_act(e, &(struct act){ ACT_END, s->life.row, s->life.generation, false });
}

void stray_absent(struct engine *e, struct stray *s, uint64_t at)
{
	struct member *m;

	if (orphan_absent(&s->o, &e->orphan_rules, at) != ORPHAN_GONE)
		return;
	KP("engine.gone");
	commit_attempt_close(batch_commit(e), s->life.row, s->life.generation, ATTEMPT_GONE,
			     e->now);
	stray_journal(e, s, JOURNAL_GONE, STR_NONE);
	m = member_by_row(e, s->life.row);
	stray_free(e, &s);
	if (m != NULL && m->a.state == ST_DELETED)
		account_changed(e, m); /* it may be forgotten now */
}

/* ---- sessions that we hold nothing about ---- */

#define STRANGERS_KEPT 4096 /* of an instance */
#define QUESTIONS_MAX  64   /* the reader has other work, too */

struct question {
	struct question *prev, *next;
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
	DL_DELETE(e->questions, q);
	e->n_questions--;
	free(q);
	engine_post(e, item);
}

static struct stranger *stranger_by_session(struct instance *i, struct str session)
{
	struct stranger *s;

	HASH_FIND(hh, i->strangers, session.p, session.n, s);
	return s;
}

static void stranger_forget(struct instance *i, struct stranger *s)
{
	HASH_DEL(i->strangers, s);
	free(s);
}

/* What is not ours stays so: an id that we mint later is another one. */
static bool stranger_note(struct instance *i, struct str session)
{
	struct stranger *s;

	if (HASH_COUNT(i->strangers) >= STRANGERS_KEPT)
		stranger_forget(
		    i, i->strangers); /* the oldest; if it is listed again it is asked again */
	s = calloc(1, sizeof *s + session.n + 1);
	if (s == NULL)
		return false;
	str_copy(s->session, session.n + 1, session);
	HASH_ADD_KEYPTR(hh, i->strangers, s->session, session.n, s);
	if (s->hh.tbl != NULL)
		return true;
	free(s);
	return false;
}

static bool ask_ledger(struct engine *e, struct instance *i, struct str session)
{
	struct question *q = calloc(1, sizeof *q + session.n);
	char *room = (char *)(q + 1);

	if (q == NULL)
		return false;
	q->e = e;
	q->instance = i;
	q->session = inbox_copy(&room, session);
	DL_APPEND(e->questions, q);
	if (e->n_questions < QUESTIONS_MAX &&
	    store_find_attempt(e->store, q->session, on_ledger_answer, q) == 0) {
		e->n_questions++;
		return true;
	}
	DL_DELETE(e->questions, q);
	free(q);
	return false;
}

bool stranger_seen(struct engine *e, struct instance *i, struct str session)
{
	struct stranger *s;

	e->stats.foreign++;
	if (session.n == 0 || session.n > LIMIT_SESSION_ID)
		return true;
	s = stranger_by_session(i, session);
	if (s != NULL)
		return s->foreign;
	if (stranger_note(i, session) && !ask_ledger(e, i, session))
		stranger_forget(i, stranger_by_session(i, session)); /* the next list asks again */
	return false;
}

void strangers_free(struct engine *e)
{
	struct question *q, *next;

	DL_FOREACH_SAFE(e->questions, q, next)
	{
		DL_DELETE(e->questions, q);
		free(q);
	}
	for (size_t p = 0; p < e->n_providers; p++) {
		for (size_t i = 0; i < e->providers[p].n_instances; i++) {
			struct instance *in = &e->providers[p].instances[i];

			while (in->strangers != NULL)
				stranger_forget(in, in->strangers);
		}
	}
}

void stranger_known(struct engine *e, struct inbox_ledger *l)
{
	const struct attempt_record *a = &l->attempt;
	struct stranger *stranger;
	struct member *m;
	struct stray *s;

	stranger = stranger_by_session(l->instance, l->session);
	if (stranger != NULL && l->result == 0 && !l->known) {
		stranger->foreign = true; /* shown, never touched */
		return;
	}
	if (stranger != NULL)
		stranger_forget(l->instance, stranger);
	if (l->result < 0 || !l->known)
		return;
	if (member_by_session(e, l->session) != NULL || stray_by_session(e, l->session) != NULL)
		return;
	m = member_by_row(e, a->row);
	/* It came to life after we had proven it gone: a create that was applied very late. */
	s = stray_new(e, a->row, a->generation, l->session, str_of(m != NULL ? m->id : NULL),
		      str_of(m != NULL ? m->workspace : NULL), l->instance, a->minted_at, false);
	if (m != NULL)
		account_moved(e, m);
	LOG(WARN, ENGINE, "orphan.late", f_text("session", s->session),
	    f_u64("generation", s->life.generation));
	commit_attempt_close(batch_commit(e), a->row, a->generation, ATTEMPT_ABANDONED, e->now);
	list_want(e, l->instance, e->now);
}
