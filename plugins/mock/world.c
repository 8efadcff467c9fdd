/* world.c - the tables of accounts, profiles and sessions, and the passing of time. */
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

void world_init(struct world *w, const struct script *config)
{
	*w = (struct world){ .config = config };
	script_clear(&w->script);
}

/* The oldest. */
static void forget_sent(struct world *w)
{
	struct sent *s = w->sent;

	HASH_DEL(w->sent, s);
	free(s);
}

void world_free(struct world *w)
{
	struct life *l;
	struct account *a, *next_account;
	struct profile *p, *next_profile;

	while ((l = world_next_life(w, NULL)) != NULL)
		world_drop_life(w, l);
	HASH_ITER(hh, w->accounts, a, next_account)
	{
		HASH_DEL(w->accounts, a);
		free(a->script);
		free(a->base);
		free(a);
	}
	HASH_ITER(hh, w->profiles, p, next_profile)
	{
		HASH_DEL(w->profiles, p);
		free(p);
	}
	while (w->sent != NULL)
		forget_sent(w);
	agenda_free(&w->agenda);
	free(w->base);
	*w = (struct world){ 0 };
}

void world_advance(struct world *w, uint64_t until)
{
	uint64_t due;
	struct life *l;

	while ((due = agenda_next(&w->agenda)) <= until) {
		if (due > w->now)
			w->now = due;
		l = agenda_pop_due(&w->agenda, until);
		life_step(w, l, until);
	}
	if (until > w->now)
		w->now = until;
}

void world_set_login(struct world *w, struct profile *p, enum login login)
{
	p->login = login;
	if (w->keep != NULL)
		w->keep(w->tell_arg, p);
}

bool world_is_down(const struct world *w)
{
	return w->down_until > w->now;
}

struct account *world_account(const struct world *w, struct relink_str id)
{
	struct account *a;

	HASH_FIND(hh, w->accounts, id.p, id.n, a);
	return a;
}

struct profile *world_profile(const struct world *w, struct relink_str name)
{
	struct profile *p;

	HASH_FIND(hh, w->profiles, name.p, name.n, p);
	return p;
}

struct account *world_make_account(struct world *w, struct relink_str id)
{
	struct account *a = world_account(w, id);

	if (a != NULL)
		return a;
	a = calloc(1, sizeof *a + id.n + 1);
	if (a == NULL)
		return NULL;
	memcpy(a->id, id.p, id.n);
	HASH_ADD_KEYPTR(hh, w->accounts, a->id, id.n, a);
	if (a->hh.tbl == NULL) {
		free(a);
		return NULL;
	}
	return a;
}

static struct profile *make_profile(struct world *w, struct relink_str name)
{
	struct profile *p = world_profile(w, name);

	if (p != NULL)
		return p;
	p = calloc(1, sizeof *p + name.n + 1);
	if (p == NULL)
		return NULL;
	memcpy(p->name, name.p, name.n);
	HASH_ADD_KEYPTR(hh, w->profiles, p->name, name.n, p);
	if (p->hh.tbl == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

static void forget_unused(struct world *w, struct profile *p)
{
	if (p->uses > 0 || p->login != LOGIN_NONE)
		return;
	HASH_DEL(w->profiles, p);
	free(p);
}

struct life *world_make_life(struct world *w, struct account *a, struct relink_str profile,
			     struct relink_str session)
{
	struct profile *p = make_profile(w, profile);
	struct life *l;

	if (p == NULL)
		return NULL;
	l = calloc(1, sizeof *l + session.n + 1);
	if (l == NULL || !agenda_reserve(&w->agenda, w->n_lives + 1)) {
		free(l);
		forget_unused(w, p);
		return NULL;
	}
	memcpy(l->session, session.p, session.n);
	l->account = a;
	l->profile = p;
	l->slot = AGENDA_NOWHERE;
	l->listed = true;
	l->serial = w->next_serial++;
	p->uses++;
	w->n_lives++;
	DL_APPEND(a->lives, l);
	return l;
}

void world_drop_life(struct world *w, struct life *l)
{
	struct profile *p = l->profile;

	agenda_set(&w->agenda, l, AGENDA_NEVER);
	DL_DELETE(l->account->lives, l);
	w->n_lives--;
	p->uses--;
	free(l);
	forget_unused(w, p);
}

struct script *world_make_script(struct world *w, struct account *a)
{
	if (a == NULL)
		return &w->script;
	if (a->script == NULL) {
		a->script = malloc(sizeof *a->script);
		if (a->script != NULL)
			script_clear(a->script);
	}
	return a->script;
}

struct layers world_layers(struct world *w, struct account *a)
{
	return (struct layers){ .account = a != NULL ? a->script : NULL,
				.instance = &w->script,
				.config = w->config };
}

/* Both in one name; a session has no blank in it. */
static struct sent *sent_new(struct relink_str session, struct relink_str request)
{
	struct sent *s = calloc(1, sizeof *s + session.n + request.n + 2);

	if (s == NULL)
		return NULL;
	memcpy(s->name, session.p, session.n);
	s->name[session.n] = ' ';
	memcpy(s->name + session.n + 1, request.p, request.n);
	return s;
}

uint64_t world_was_sent(const struct world *w, struct relink_str session, struct relink_str request)
{
	struct sent *s = session.n > 0 && request.n > 0 ? sent_new(session, request) : NULL;
	const struct sent *found = NULL;

	if (s != NULL)
		HASH_FIND_STR(w->sent, s->name, found);
	free(s);
	return found != NULL ? found->number : 0;
}

int world_send(struct world *w, struct relink_str session, struct relink_str request)
{
	struct sent *s;

	w->n_sent++;
	if (session.n == 0 || request.n == 0)
		return 0;
	s = sent_new(session, request);
	if (s == NULL)
		return -ENOMEM;
	s->number = w->n_sent;
	HASH_ADD_KEYPTR(hh, w->sent, s->name, strlen(s->name), s);
	if (s->hh.tbl == NULL) {
		free(s);
		return -ENOMEM;
	}
	if (HASH_COUNT(w->sent) > SENT_REMEMBERED)
		forget_sent(w);
	return 0;
}

struct profile *world_next_login(const struct world *w, const struct account *a,
				 const struct profile *last)
{
	struct profile *p = last != NULL ? last->hh.next : w->profiles;

	while (p != NULL && (p->owner != a || p->login != LOGIN_GOOD))
		p = p->hh.next;
	return p;
}

struct life *world_next_life(const struct world *w, const struct life *last)
{
	const struct account *a = last != NULL ? last->account->hh.next : w->accounts;

	if (last != NULL && last->next != NULL)
		return last->next;
	while (a != NULL && a->lives == NULL)
		a = a->hh.next;
	return a != NULL ? a->lives : NULL;
}
