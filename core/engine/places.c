/*
 * places.c - which instance an account belongs to, and how it gets to another one.
 *
 * policy/place.h decides; here it is looked at when an account comes to wait for a start, and in
 * passes over the accounts of an instance that has a fault, a bounded number in a turn.  An account
 * belongs to one instance at any time and changes it only between two lives.  What it leaves behind
 * is a stray of the old instance, which is watched and ended there as any other.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/state.h"

#define LOOKED_A_TURN 256  /* accounts of an instance, or homeless ones */
#define STIR_MS       1000 /* between two looks at everybody because instances came back */

/* ---- where to ---- */

static bool is_up(const struct engine *e, const struct instance *i)
{
	return instance_serves(e, i) && i->reachable && i->listed_at != 0;
}

static struct instance *best_of(const struct provider *p, struct place_candidate *c)
{
	int best = place_choose(c, (int)p->n_instances);

	free(c);
	return best < 0 ? NULL : &p->instances[best];
}

static struct place_candidate *candidates(const struct engine *e, const struct provider *p)
{
	struct place_candidate *c = calloc(p->n_instances + 1, sizeof *c);

	for (size_t n = 0; c != NULL && n < p->n_instances; n++) {
		const struct instance *i = &p->instances[n];

		c[n] =
		    (struct place_candidate){ .accounts = i->accounts,
					      .capacity = i->conf->capacity,
					      .open = i->open,
					      .queued = i->queued,
					      .closed = i->drained_at != 0 || !canary_takes_one(i),
					      .down = instance_is_down(e, i) };
	}
	return c;
}

struct instance *place_for_new(const struct engine *e, const struct provider *p)
{
	struct place_candidate *c = candidates(e, p);

	return c != NULL ? best_of(p, c) : NULL;
}

/* Another one that answers now and has room; NULL: there is none at the moment. */
static struct instance *place_for(const struct engine *e, const struct member *m)
{
	struct provider *p = m->instance != NULL ? m->instance->provider : m->home;
	struct place_candidate *c = candidates(e, p);

	for (size_t n = 0; c != NULL && n < p->n_instances; n++)
		c[n].closed |= &p->instances[n] == m->instance || !is_up(e, &p->instances[n]);
	return c != NULL ? best_of(p, c) : NULL;
}

/* ---- whether ---- */

enum place_fault place_fault_of(const struct engine *e, const struct member *m)
{
	const struct instance *i = m->instance;

	if (i == NULL)
		return m->home != NULL && m->home->conf->when_down_move ? PLACE_NOWHERE : PLACE_OK;
	if (i->given_up)
		return PLACE_GIVEN_UP;
	if (i->drained_at != 0)
		return PLACE_DRAINED;
	if (instance_is_silent(e, i))
		return PLACE_DOWN;
	return i->open >= i->conf->capacity ? PLACE_FULL : PLACE_OK;
}

static struct place_rules rules_for(const struct member *m)
{
	const struct provider *p = m->instance != NULL ? m->instance->provider : m->home;

	return (struct place_rules){ .shared = p->conf->shared_credentials,
				     .apart = (p->caps & RELINK_CAP_PROFILES) != 0,
				     .unproven =
					 m->n_strays > 0 || m->lost_at != NULL || m->a.open };
}

static const char *const fault_words[] = {
	[PLACE_OK] = "it is not configured",     [PLACE_FULL] = "it is full",
	[PLACE_DRAINED] = "it is drained",       [PLACE_DOWN] = "it does not answer",
	[PLACE_GIVEN_UP] = "it does not answer", [PLACE_NOWHERE] = "it is not configured",
};

/* ---- moving ---- */

static void leave(struct engine *e, struct member *m, bool cut_off)
{
	struct happening h = { .e = { .kind = EV_LEAVE, .cut_off = cut_off } };

	account_happens(e, m, &h);
}

/* It has no life: from now on it belongs to `to`.  What it had at its old instance is a stray there. */
static bool move(struct engine *e, struct member *m, struct instance *to, enum place_fault fault)
{
	struct happening h = { .e = { .kind = EV_MOVED,
				      .bare = !to->provider->conf->shared_credentials } };
	char text[256];

	snprintf(text, sizeof text, "from instance \"%s\" to \"%s\": %s", member_instance(m),
		 to->conf->id, fault_words[fault]);
	if (!member_rehouse(e, m, to))
		return false; /* no memory: the next pass tries again */
	e->stats.moved++;
	account_happens(e, m, &h);
	account_changed(e, m);
	account_journal(e, m, JOURNAL_MOVED, true, str_of(text), STR_NONE);
	LOG(INFO, ENGINE, "account.moved", f_text("account", m->id), f_text("text", text));
	return true;
}

static bool has_life(const struct member *m)
{
	return m->a.open || m->a.state == ST_CLOSING;
}

/* One after another: as many as the instance may start at once are on their way, and nobody is
 * disconnected who could not start elsewhere now. */
static void leave_in_order(struct engine *e, struct member *m)
{
	struct instance *i = m->instance, *to;
	struct provider *p = i->provider;

	if (p->moving >= i->conf->concurrent_starts || !is_up(e, i))
		return;
	to = place_for(e, m);
	if (to == NULL || !start_would_fit(to))
		return;
	m->moving = true;
	p->moving++;
	leave(e, m, false);
}

/* Is it between two instances, and getting on?  Where nobody answers it waits, however long. */
static bool is_on_its_way(const struct engine *e, const struct member *m)
{
	unsigned state = m->a.state;

	return (state == ST_CLOSING || state == ST_QUEUED || state == ST_STARTING ||
		state == ST_AUTH) &&
	       is_up(e, m->instance);
}

void place_settled(struct engine *e, struct member *m)
{
	if (!m->moving || is_on_its_way(e, m))
		return;
	m->moving = false;
	m->instance->provider->moving--;
	places_stir(e, m->instance->provider);
}

/* False: nobody can move at the moment, nor is anybody on the way, so that looking at others is of no
 * use. */
static bool consider(struct engine *e, struct member *m)
{
	enum place_fault fault = place_fault_of(e, m);
	struct place_rules rules = rules_for(m);
	enum place_do what = place_decide(&m->a, fault, &rules);
	struct instance *to;

	place_settled(e, m);
	if (hands_off(e, m) && (m->a.state != ST_QUEUED || !m->a.person))
		return true;
	if (what == PLACE_LEAVE)
		leave_in_order(e, m);
	if (what == PLACE_STAY || what == PLACE_LEAVE)
		return true;
	to = place_for(e, m);
	if (to == NULL)
		return m->instance != NULL && m->instance->provider->moving > 0;
	if (what == PLACE_FLEE) {
		leave(e, m, true);
		rules = rules_for(m);
		what = m->instance == NULL || m->instance->given_up
			   ? place_decide(&m->a, fault, &rules)
			   : PLACE_STAY; /* it has moved with that */
	}
	return what != PLACE_MOVE || has_life(m) || move(e, m, to, fault);
}

/* ---- when ---- */

void place_anew(struct engine *e, struct member *m)
{
	if (m->instance != NULL && place_fault_of(e, m) != PLACE_OK)
		consider(e, m);
}

bool place_homeless(struct engine *e, struct member *m, bool fresh)
{
	struct place_rules rules;
	struct instance *to;
	bool tied;

	if (m->instance != NULL || m->home == NULL)
		return m->instance != NULL;
	rules = rules_for(m);
	/* somebody asks, and would scan */
	tied = place_tied(&m->a) && m->a.profile != PROFILE_NEW;
	if (!fresh && tied && !(rules.shared && (rules.apart || !rules.unproven)))
		return false;
	to = place_for(e, m);
	if (to == NULL)
		return false;
	leave(e, m, true);
	return move(e, m, to, PLACE_NOWHERE);
}

/* Those who are on their way to an instance that does not answer any more are looked at, too. */
void places_stir(struct engine *e, struct provider *p)
{
	p->stirred_at = e->now;
	p->stir_at = 0;
	for (size_t n = 0; n < p->n_instances; n++) {
		struct instance *i = &p->instances[n];

		if (i->members != NULL &&
		    (place_fault_of(e, i->members) != PLACE_OK || (p->moving > 0 && !is_up(e, i))))
			i->pass_left = i->accounts;
	}
	if (p->conf->when_down_move)
		p->homeless_left = p->n_homeless;
}

/* When many come back one after the other, once a second suffices; and when nothing is new, looking from
 * time to time, since there may be room where there was none. */
void places_answered(struct engine *e, struct provider *p, bool news)
{
	uint64_t wait = news ? STIR_MS : e->conf->list_interval_ms, at = p->stirred_at + wait;

	if (e->now >= at)
		places_stir(e, p);
	else if (news && p->stir_at == 0)
		p->stir_at = at;
}

static void pass(struct engine *e, struct member **list, uint64_t *left)
{
	struct member *m;

	for (unsigned n = 0; n<LOOKED_A_TURN && * left> 0 && *list != NULL; n++) {
		m = *list;
		DL_DELETE2(*list, m, i_prev, i_next);
		DL_APPEND2(*list, m, i_prev, i_next);
		--*left;
		if (!consider(e, m))
			*left = 0;
		turn_breathe(e);
	}
	if (*list == NULL)
		*left = 0;
}

static void pass_all(struct engine *e, struct provider *p)
{
	for (size_t n = 0; n < p->n_instances; n++) {
		if (p->instances[n].pass_left > 0)
			pass(e, &p->instances[n].members, &p->instances[n].pass_left);
	}
	if (p->homeless_left > 0)
		pass(e, &p->homeless, &p->homeless_left);
}

/* Also because one pass has found something new for another. */
static bool is_left(const struct provider *p)
{
	bool left = p->homeless_left > 0;

	for (size_t n = 0; n < p->n_instances; n++)
		left |= p->instances[n].pass_left > 0;
	return left;
}

void places_go_on(struct engine *e)
{
	uint64_t next = 0;

	if (e->stopping || !e->store_ok || e->held != NULL)
		return;
	for (size_t k = 0; k < e->n_providers; k++) {
		struct provider *p = &e->providers[k];

		if (p->stir_at != 0 && e->now >= p->stir_at)
			places_stir(e, p);
		pass_all(e, p);
	}
	for (size_t k = 0; k < e->n_providers; k++) {
		const struct provider *p = &e->providers[k];
		uint64_t at = is_left(p) ? e->now : p->stir_at;

		if (at != 0 && (next == 0 || at < next))
			next = at;
	}
	if (next != 0)
		timer_set(e, &e->place_timer, next);
}

void place_forgotten(struct engine *e, struct member *m)
{
	if (m->instance != NULL || !member_is_deleted(m))
		return;
	leave(e, m, true);
	account_changed(e, m);
}

/* ---- what people are told ---- */

/* Where the session is that must be proven gone before it starts; NULL: nowhere. */
static const char *place_of_old_life(const struct member *m)
{
	const struct stray *s;

	DL_FOREACH2(m->strays, s, m_next)
	{
		if (s->instance != m->instance)
			return s->instance->conf->id;
	}
	return m->strays != NULL ? m->strays->instance->conf->id : NULL;
}

static int say_proof(const struct engine *e, const struct member *m, char *text, size_t size,
		     unsigned *ret_action)
{
	const char *at = place_of_old_life(m);

	*ret_action = ACTION_NONE;
	if (!account_waits_for_proof(m))
		return 0;
	if (at != NULL)
		return snprintf(
		    text, size,
		    "it starts when its last session, at instance \"%s\", is proven gone", at);
	if (!instance_serves(e, m->instance))
		return 0; /* its plugin may keep profiles apart; who knows it waits for none */
	*ret_action = ACTION_FIX_CONFIG;
	return snprintf(
	    text, size,
	    "it starts when its last session is proven gone, at instance \"%s\", which is not "
	    "configured; add that to the configuration again, or ask for a new QR code, or "
	    "delete the account",
	    m->lost_at);
}

/* What its questions were answered with, or how its process ended. */
static const char *why_down(const struct instance *i)
{
	if (service_is_down(i))
		return service_last_death(i);
	return i->last_error != NULL ? i->last_error : "";
}

static int say(const struct engine *e, const struct member *m, char *text, size_t size,
	       unsigned *ret_action)
{
	const struct instance *i = m->instance;
	const char *id = member_instance(m), *or_move = "";
	bool shared = i != NULL && i->provider->conf->shared_credentials;

	*ret_action = i == NULL ? ACTION_FIX_CONFIG : ACTION_CHECK_PROVIDER;
	if (place_tied(&m->a) && !shared)
		or_move = ", or ask for a new QR code, which moves the account";
	if (i == NULL && m->home == NULL)
		return snprintf(text, size,
				"provider \"%s\" is not configured; add it to the configuration "
				"again, or delete the account",
				m->provider);
	if (i == NULL)
		return snprintf(text, size,
				"instance \"%s\" is not configured; add it to the configuration "
				"again, or ask for a new QR code, which moves the account",
				id);
	if (m->a.state != ST_QUEUED)
		return 0;
	switch (place_fault_of(e, m)) {
	case PLACE_DRAINED:
		return snprintf(text, size, "instance \"%s\" is drained%s; resume it%s", id,
				or_move[0] == '\0' ? " and no other has room" : "", or_move);
	case PLACE_DOWN:
	case PLACE_GIVEN_UP:
		return snprintf(
		    text, size,
		    "instance \"%s\" does not answer (%s%.200s); the account waits for it: "
		    "see to it%s",
		    id, service_is_down(i) ? "its process does not run: " : "", why_down(i),
		    or_move);
	case PLACE_FULL:
		return snprintf(
		    text, size,
		    "instance \"%s\" is full; raise its capacity, or disconnect others%s", id,
		    or_move);
	default:
		return say_proof(e, m, text, size, ret_action);
	}
}

struct str place_waits(const struct engine *e, const struct member *m, char *text, size_t size,
		       unsigned *ret_action)
{
	struct str paused = hands_off_waits(e, m, text, size, ret_action);
	unsigned action;

	if (paused.n > 0)
		return paused;
	if (member_is_deleted(m) || say(e, m, text, size, &action) == 0)
		return STR_NONE;
	*ret_action = action;
	return str_of(text);
}
