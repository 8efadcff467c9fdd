/*
 * hands_off.c - where automation is paused: for everything, a provider, a workspace or an account.
 *
 * A pause is a row in the store and one look into a small table wherever automation would act: at
 * admission, at each event of an account (so at its deadlines and at evidence), before a move, and
 * before a life that was given up is ended.  What a person asks for is carried out as always.
 *
 * Who waits for a start while automation is paused stands in no queue.  When a pause begins or ends all
 * accounts are gone through, a bounded number in a turn, so that those who wait leave or enter their
 * queues and are shown as they are; then admission takes them in as it always does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "base/killpoint.h"
#include "engine/state.h"

#ifdef CHANGES_A_TIME /* the simulation lets every pass be cut, too */
#define LOOKED_A_TURN 8
#else
#define LOOKED_A_TURN 1024 /* accounts, and those taken out of queues */
#endif
#define KEY_MAX (LIMIT_ACCOUNT_ID + 2)

/* Texts lie behind the struct. */
struct pause {
	struct pause_record r;
	UT_hash_handle hh;
	char key[KEY_MAX]; /* scope and name */
	char texts[];
};

/* ---- the table ---- */

static struct pause *find(const struct engine *e, unsigned scope, struct str name)
{
	char key[KEY_MAX];
	struct pause *p;
	int n = snprintf(key, sizeof key, "%u%.*s", scope, STR_ARG(name));

	if (n < 0 || (size_t)n >= sizeof key)
		return NULL;
	HASH_FIND(hh, e->pauses, key, (unsigned)n, p);
	return p;
}

static void drop(struct engine *e, struct pause *p)
{
	HASH_DEL(e->pauses, p);
	e->n_pauses[p->r.scope]--;
	free(p);
}

void pauses_free(struct engine *e)
{
	while (e->pauses != NULL)
		drop(e, e->pauses);
}

int pause_add(struct engine *e, const struct pause_record *r)
{
	struct pause *p, *old;
	char *room;

	if (r->scope >= PAUSE_SCOPES || r->name.n > LIMIT_ACCOUNT_ID)
		return 0; /* made by a newer Relink */
	p = malloc(sizeof *p + r->name.n + r->by.n + r->reason.n);
	if (p == NULL)
		return ERR_NOMEM;
	old = find(e, r->scope, r->name);
	room = p->texts;
	p->r = *r;
	p->r.name = inbox_copy(&room, r->name);
	p->r.by = inbox_copy(&room, r->by);
	p->r.reason = inbox_copy(&room, r->reason);
	snprintf(p->key, sizeof p->key, "%u%.*s", r->scope, STR_ARG(r->name));
	if (old != NULL)
		drop(e, old);
	HASH_ADD_STR(e->pauses, key, p);
	e->n_pauses[r->scope]++;
	return 0;
}

static const struct pause *in_force(const struct engine *e, unsigned scope, const char *name)
{
	const struct pause *p = e->n_pauses[scope] > 0 ? find(e, scope, str_of(name)) : NULL;

	return p != NULL && (p->r.until == 0 || p->r.until > e->now) ? p : NULL;
}

/* The widest that covers the account; NULL: automation acts. */
static const struct pause *pause_of(const struct engine *e, const struct member *m)
{
	const struct pause *p;

	if (e->pauses == NULL)
		return NULL;
	p = in_force(e, PAUSE_EVERYTHING, "");
	if (p == NULL)
		p = in_force(e, PAUSE_PROVIDER, m->provider);
	if (p == NULL)
		p = in_force(e, PAUSE_WORKSPACE, m->workspace);
	return p != NULL ? p : in_force(e, PAUSE_ACCOUNT, m->id);
}

/* ---- what automation asks ---- */

bool hands_off(const struct engine *e, const struct member *m)
{
	return e->pauses != NULL && pause_of(e, m) != NULL;
}

bool hands_off_ours(const struct engine *e, const struct member *m)
{
	return m->a.want && !m->a.person && hands_off(e, m);
}

struct member *hands_off_next(struct engine *e, struct provider *p,
			      struct member *next(struct engine *, struct provider *))
{
	struct member *m;

	for (unsigned n = 0; n < LOOKED_A_TURN && p->queued > 0; n++) {
		m = next(e, p);
		if (m == NULL || !hands_off_ours(e, m))
			return m;
		queue_take(e, m); /* the pause is newer than its place in there */
	}
	if (p->queued > 0)
		timer_set(e, &e->place_timer, e->now);
	return NULL;
}

/* ---- those who wait ---- */

static void look_at(struct engine *e, struct member *m)
{
	struct happening h = { .e = { .kind = EV_HANDS } };
	char text[LIMIT_WAITS];
	unsigned action;

	if (m->a.state != ST_QUEUED && m->a.state != ST_WAITING)
		return;
	h.text = hands_off_waits(e, m, text, sizeof text, &action);
	account_happens(e, m, &h);
}

static void look_at_all(struct engine *e)
{
	e->hands_left = e->last_row + 1;
	timer_set(e, &e->place_timer, e->now);
}

void hands_off_go_on(struct engine *e)
{
	struct member *m;

	if (e->hands_left == 0 || e->stopping || !e->store_ok || e->held != NULL)
		return;
	for (unsigned n = 0; n < LOOKED_A_TURN && e->hands_left > 0; n++) {
		e->hands_row = e->hands_row < e->last_row ? e->hands_row + 1 : 0;
		e->hands_left--;
		m = member_by_row(e, e->hands_row);
		if (m != NULL)
			look_at(e, m);
		turn_breathe(e);
	}
	if (e->hands_left > 0)
		timer_set(e, &e->place_timer, e->now);
}

/* ---- it begins and ends ---- */

/* The next that ends by itself. */
static void arrange_end(struct engine *e)
{
	uint64_t at = 0;

	for (const struct pause *p = e->pauses; p != NULL; p = p->hh.next) {
		if (p->r.until != 0 && (at == 0 || p->r.until < at))
			at = p->r.until;
	}
	timer_set(e, &e->pause_timer, at);
}

/* As after a start of the core: with one token, then at the usual rate, and by a ramp at each instance. */
static void take_in_slowly(struct engine *e, struct provider *p)
{
	bucket_init(&p->bucket, e->now);
	for (size_t n = 0; n < p->n_instances; n++)
		starts_begin_low(e, &p->instances[n]);
}

static void begin_slowly(struct engine *e, const struct pause_record *r)
{
	for (size_t n = 0; n < e->n_providers; n++) {
		struct provider *p = &e->providers[n];

		if (r->scope == PAUSE_EVERYTHING ||
		    (r->scope == PAUSE_PROVIDER && str_is(r->name, p->conf->name)))
			take_in_slowly(e, p);
		places_stir(e, p);
	}
}

static void changed(struct engine *e, const struct pause_record *r)
{
	struct member *m = r->scope == PAUSE_ACCOUNT ? member_by_id(e, r->name) : NULL;

	arrange_end(e);
	if (r->scope != PAUSE_ACCOUNT)
		look_at_all(e);
	else if (m != NULL)
		look_at(e, m);
}

static void record(struct engine *e, const struct pause_record *r, unsigned kind, struct str by)
{
	const struct member *m = r->scope == PAUSE_ACCOUNT ? member_by_id(e, r->name) : NULL;
	struct journal_record line = { .kind = (uint8_t)kind,
				       .tell = true,
				       .row = m != NULL ? m->row : 0,
				       .status = m != NULL ? m->a.status : STATUS_NEW,
				       .account = m != NULL ? r->name : STR_NONE,
				       .workspace = r->scope == PAUSE_WORKSPACE ? r->name
						    : m != NULL ? str_of(m->workspace)
								: STR_NONE,
				       .text = r->reason };
	struct buf data;
	struct jw j;

	buf_init(&data, 1024);
	j = jw_to(&data);
	jw_object(&j, NULL);
	jw_text(&j, "scope", pause_scope_name(r->scope));
	jw_str(&j, "name", r->name);
	jw_str(&j, "by", by);
	jw_time(&j, "until", r->until);
	jw_object_end(&j);
	line.data = buf_all(&data);
	batch_journal(e, &line);
	buf_fini(&data);
	LOG(WARN, ENGINE, kind == JOURNAL_PAUSED ? "automation.paused" : "automation.resumed",
	    f_text("scope", pause_scope_name(r->scope)), f_str("name", r->name), f_str("by", by),
	    f_str("reason", r->reason));
}

static void end(struct engine *e, struct pause *p, struct str by)
{
	struct pause_record r = p->r;
	char name[LIMIT_ACCOUNT_ID + 1];

	must(str_copy(name, sizeof name, r.name));
	r.name = str_of(name);
	record(e, &p->r, JOURNAL_RESUMED, by);
	commit_pause_delete(batch_commit(e), r.scope, r.name);
	drop(e, p);
	begin_slowly(e, &r);
	changed(e, &r);
}

void pauses_end_by_themselves(struct engine *e)
{
	struct pause *p, *next;

	HASH_ITER(hh, e->pauses, p, next)
	{
		if (p->r.until != 0 && p->r.until <= e->now)
			end(e, p, STR("its time"));
	}
	arrange_end(e);
}

void pauses_begin(struct engine *e)
{
	if (e->pauses == NULL)
		return;
	arrange_end(e);
	look_at_all(e);
}

void pause_forget(struct engine *e, struct str account)
{
	struct pause *p = e->n_pauses[PAUSE_ACCOUNT] > 0 ? find(e, PAUSE_ACCOUNT, account) : NULL;

	if (p == NULL)
		return;
	commit_pause_delete(batch_commit(e), PAUSE_ACCOUNT, account);
	drop(e, p);
	arrange_end(e);
}

/* ---- commands ---- */

static bool is_there(struct engine *e, struct command **c)
{
	struct member *m;

	if ((*c)->pause_scope == PAUSE_PROVIDER && provider_by_name(e, (*c)->name) == NULL) {
		command_refuse(e, c, ERR_NOTFOUND, "provider_not_found",
			       "there is no provider \"%s\"", (*c)->name);
		return false;
	}
	m = (*c)->pause_scope == PAUSE_ACCOUNT ? member_by_id(e, str_of((*c)->name)) : NULL;
	if ((*c)->pause_scope == PAUSE_ACCOUNT && m == NULL) {
		command_refuse(e, c, ERR_NOTFOUND, "account_not_found",
			       "there is no account \"%s\"; list them with GET /v1/accounts",
			       (*c)->name);
		return false;
	}
	return true;
}

static void accept(struct engine *e, struct command *c)
{
	char subject[LIMIT_ACCOUNT_ID + 16];
	struct command_result done = { .account = { subject, 0 } };

	snprintf(subject, sizeof subject, "%s/%s", pause_scope_name(c->pause_scope), c->name);
	done.account = str_of(subject);
	command_remember_as(e, c, done.account);
	KP("engine.pause.changed");
	batch_reply(e, &c, &done);
}

static void pause_begin(struct engine *e, struct command *c)
{
	const struct pause *old = find(e, c->pause_scope, str_of(c->name));
	struct pause_record r = { .scope = c->pause_scope,
				  .name = str_of(c->name),
				  .since = old != NULL ? old->r.since : e->now,
				  .until = c->until,
				  .by = str_of(c->by),
				  .reason = str_of(c->label) };

	if (!is_there(e, &c))
		return;
	if (old == NULL && HASH_COUNT(e->pauses) >= LIMIT_PAUSES) {
		command_refuse(e, &c, ERR_FULL, "too_many_pauses",
			       "automation is paused in %u places, which is as many as Relink "
			       "holds; pause a workspace or a provider instead",
			       LIMIT_PAUSES);
		return;
	}
	if (pause_add(e, &r) < 0) {
		command_refuse(e, &c, ERR_NOMEM, "overloaded", "no memory for a pause; try again");
		return;
	}
	commit_pause(batch_commit(e), &r);
	record(e, &r, JOURNAL_PAUSED, r.by);
	changed(e, &r);
	accept(e, c);
}

static void pause_end(struct engine *e, struct command *c)
{
	struct pause *p = find(e, c->pause_scope, str_of(c->name));

	if (p == NULL) {
		command_refuse(e, &c, ERR_NOTFOUND, "pause_not_found",
			       "automation is not paused for %s%s%s; GET /v1/pauses lists where it "
			       "is",
			       pause_scope_name(c->pause_scope), c->name[0] != '\0' ? " " : "",
			       c->name);
		return;
	}
	end(e, p, str_of(c->by));
	accept(e, c);
}

void pause_command(struct engine *e, struct command *c)
{
	must(c->name != NULL && c->pause_scope < PAUSE_SCOPES);
	if (c->kind == COMMAND_PAUSE)
		pause_begin(e, c);
	else
		pause_end(e, c);
}

/* ---- what people are told ---- */

static struct pause_view view_of(const struct pause *p)
{
	return (struct pause_view){ .scope = pause_scope_name(p->r.scope),
				    .name = p->r.name,
				    .since = p->r.since,
				    .until = p->r.until,
				    .by = p->r.by,
				    .reason = p->r.reason };
}

void pauses_each(const struct engine *e, void (*each)(void *arg, const struct pause_view *),
		 void *arg)
{
	for (const struct pause *p = e->pauses; p != NULL; p = p->hh.next) {
		struct pause_view v = view_of(p);

		each(arg, &v);
	}
}

bool pause_view_of(const struct engine *e, const struct member *m, struct pause_view *ret_view)
{
	const struct pause *p = pause_of(e, m);

	if (p != NULL)
		*ret_view = view_of(p);
	return p != NULL;
}

struct str hands_off_waits(const struct engine *e, const struct member *m, char *text, size_t size,
			   unsigned *ret_action)
{
	const struct pause *p = m->a.person || !m->a.want ? NULL : pause_of(e, m);
	const char *what = p != NULL ? pause_scope_name(p->r.scope) : "";
	bool all = p != NULL && p->r.scope == PAUSE_EVERYTHING;
	char since[32] = "";
	struct tm tm;
	time_t s;

	if (p == NULL || (m->a.state != ST_QUEUED && m->a.state != ST_WAITING))
		return STR_NONE;
	s = (time_t)(p->r.since / 1000);
	if (gmtime_r(&s, &tm) != NULL)
		strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(text, size,
		 "automation is paused for %s%s%.*s since %s by %s%.*s: %.*s; resume with "
		 "relinkctl resume %s%s%s%.*s",
		 what, all ? "" : " ", STR_ARG(p->r.name), since,
		 p->r.by.n > 0 ? "key " : "the admin", STR_ARG(p->r.by), STR_ARG(p->r.reason),
		 p->r.scope == PAUSE_ACCOUNT ? "" : "--", p->r.scope == PAUSE_ACCOUNT ? "" : what,
		 all || p->r.scope == PAUSE_ACCOUNT ? "" : " ", STR_ARG(p->r.name));
	*ret_action = ACTION_NONE;
	return str_of(text);
}
