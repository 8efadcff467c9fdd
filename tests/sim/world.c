/*
 * world.c - the provider's side and the people: the truth of a simulation.
 *
 * Sessions are born, show a QR or log in from their profile, connect and die; requests are lost,
 * applied late, answered twice as late; lists fail, are partial, or don't show what is being born.
 * In class F (fenced) a create with a generation below the highest seen of its account is refused and
 * a newer one ends the lives before; in class L (listable) lives of an account can stand side by
 * side, but not two on one profile.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

#define BIRTH_MS 1500 /* a session may be invisible to lists for so long */

struct session {
	char id[LIMIT_SESSION_ID + 1], account[LIMIT_ACCOUNT_ID + 1], profile[LIMIT_PROFILE + 1];
	uint64_t generation, visible_at, serial;
	unsigned instance, state, cause;
	uint64_t began_at;
	bool was_connected;
	UT_hash_handle hh;
	struct session *prev, *next; /* of its instance */
};
struct known_profile {
	char name[LIMIT_PROFILE + 1];
	bool login;
	unsigned instance; /* where it lies, unless all see it */
	UT_hash_handle hh;
};
struct known_account {
	char id[LIMIT_ACCOUNT_ID + 1];
	uint64_t highest, applied;
	uint64_t moved_at; /* generation with which a person gave an older login up */
	bool fresh_allowed;
	bool
	    reborn; /* its id was deleted and taken again: whose login it is cannot be told by it */
	char profile[LIMIT_PROFILE + 1]; /* with the newest login */
	UT_hash_handle hh;
};
struct place {
	struct session *sessions;
	uint64_t down_until, boot;
	uint64_t down_from;
	uint64_t given_up_at; /* by then it had been down for so long */
	unsigned n;
};

static struct session *sessions;
static struct known_profile *profiles;
static struct known_account *accounts;
static struct place places[64];
static uint64_t serials;
static struct {
	enum wave kind;
	uint64_t began_at, until;
} wave;

static struct known_account *account_of(const char *id)
{
	struct known_account *a;

	HASH_FIND_STR(accounts, id, a);
	if (a == NULL) {
		a = calloc(1, sizeof *a);
		str_copy(a->id, sizeof a->id, str_of(id));
		HASH_ADD_STR(accounts, id, a);
	}
	return a;
}

static struct known_profile *profile_of(const char *name)
{
	struct known_profile *p;

	HASH_FIND_STR(profiles, name, p);
	if (p == NULL) {
		p = calloc(1, sizeof *p);
		p->instance = UINT32_MAX;
		str_copy(p->name, sizeof p->name, str_of(name));
		HASH_ADD_STR(profiles, name, p);
	}
	return p;
}

static struct session *session_of(const char *id)
{
	struct session *s;

	HASH_FIND_STR(sessions, id, s);
	return s;
}

static bool wave_is(enum wave kind)
{
	return wave.kind == kind && sim.now < wave.until && !sim.calm;
}

/* What is said of a session, as opposed to what it is. */
static unsigned said(const struct session *s, unsigned *ret_cause)
{
	bool lie = wave_is(WAVE_LOGOUT) &&
		   (s->state == RELINK_STATE_CONNECTED || s->state == RELINK_STATE_AUTHENTICATED);

	*ret_cause = lie ? RELINK_LOGGED_OUT : s->cause;
	return lie ? RELINK_STATE_DOWN : s->state;
}

static void push(const struct session *s)
{
	unsigned cause, state = said(s, &cause);

	worker_push(s->instance, s->id, s->account, s->generation, state, cause);
}

static void session_end(struct session *s)
{
	HASH_DEL(sessions, s);
	DL_DELETE(places[s->instance].sessions, s);
	places[s->instance].n--;
	free(s);
}

/* --- what a session does by itself --- */

struct stir {
	char id[LIMIT_SESSION_ID + 1];
	uint64_t serial;
};

static void stir_in(struct session *s, uint64_t ms, void (*fn)(void *arg))
{
	struct stir *x = calloc(1, sizeof *x);

	str_copy(x->id, sizeof x->id, str_of(s->id));
	x->serial = s->serial;
	later(ms, fn, x);
}

static struct session *stirred(void *arg)
{
	struct stir *x = arg;
	struct session *s = session_of(x->id);
	uint64_t serial = x->serial;

	free(x);
	return s != NULL && s->serial == serial ? s : NULL;
}

static void on_death(void *arg)
{
	struct session *s = stirred(arg);

	if (s == NULL || sim.calm || s->state != RELINK_STATE_CONNECTED)
		return;
	sim.t.deaths++;
	if (happens(sim.s.faults.logged_out)) {
		profile_of(s->profile)->login = false;
		s->state = RELINK_STATE_DOWN;
		s->cause = RELINK_LOGGED_OUT;
		push(s);
		if (chance(2) == 0)
			session_end(s);
		return;
	}
	s->state = RELINK_STATE_DOWN;
	switch (chance(4)) {
	case 0:
		s->cause = RELINK_ENGINE_CRASH;
		push(s);
		break; /* stays listed as down */
	case 1:
		s->cause = chance(2) == 0 ? RELINK_NETWORK : RELINK_REPLACED;
		push(s);
		session_end(s);
		break;
	case 2:
		session_end(s); /* without a word */
		break;
	default:
		/* a false alarm: the push says down, the session lives on */
		s->cause = RELINK_UNKNOWN;
		push(s);
		s->state = RELINK_STATE_CONNECTED;
		s->cause = RELINK_NONE;
		stir_in(s, 60000 + chance(600000), on_death);
		break;
	}
}

static uint64_t lifetime(void)
{
	uint64_t mean =
	    sim.s.faults.session_dies > 0 ? 60000ull * 10000 / sim.s.faults.session_dies : 0;

	return mean > 0 ? 1 + chance(2 * mean) : 0;
}

static void on_connected(void *arg)
{
	struct session *s = stirred(arg);
	uint64_t ms = lifetime();

	if (s == NULL)
		return;
	s->state = RELINK_STATE_CONNECTED;
	s->was_connected = true;
	push(s);
	if (ms > 0)
		stir_in(s, ms, on_death);
}

static void on_logged_in(void *arg)
{
	struct session *s = stirred(arg);

	if (s == NULL)
		return;
	s->state = RELINK_STATE_AUTHENTICATED;
	profile_of(s->profile)->login = true;
	if (s->generation >= account_of(s->account)->moved_at)
		str_copy(account_of(s->account)->profile, LIMIT_PROFILE + 1, str_of(s->profile));
	push(s);
	stir_in(s, 500 + chance(3000), on_connected);
}

static void on_scan(void *arg)
{
	struct session *s = stirred(arg);

	if (s == NULL || s->state != RELINK_STATE_QR)
		return;
	sim.t.scans++;
	stir_in(s, 50 + chance(200), on_logged_in);
}

static void on_qr(void *arg)
{
	struct session *s = stirred(arg);

	if (s == NULL)
		return;
	s->state = RELINK_STATE_QR;
	push(s);
	if (sim.s.crash_only || chance(4) != 0)
		stir_in(s, 2000 + chance(sim.s.crash_only ? 20000 : 400000), on_scan);
}

static unsigned live_at(unsigned instance, const char *account)
{
	struct session *s;
	unsigned n = 0;

	DL_FOREACH(places[instance].sessions, s)
	n += strcmp(s->account, account) == 0;
	return n;
}

/* No instance knows what another one has open, so only Relink can see to it that a profile is open
 * once. */
static void check_profile(const struct request *r)
{
	struct known_profile *p = profile_of(r->profile);
	struct session *s, *next;

	if (p->instance == UINT32_MAX || sim.s.shared)
		p->instance = r->instance;
	if (p->instance != r->instance && p->login)
		broken("credentials stay where they are", "%s lies at %u and is opened at %u",
		       r->profile, p->instance, r->instance);
	p->instance = r->instance;
	HASH_ITER(hh, sessions, s, next)
	{
		uint64_t silent_at = sim.s.services ? backend_given_up_at(s->instance)
						    : places[s->instance].given_up_at;

		if (s->instance != r->instance && s->state != RELINK_STATE_DOWN &&
		    strcmp(s->profile, r->profile) == 0)
			check_open(r, s->id, s->instance,
				   s->began_at <= silent_at && silent_at <= sim.now);
	}
}

static void session_begin(const struct request *r)
{
	struct session *s = calloc(1, sizeof *s);
	struct known_account *a = account_of(r->account);

	check_profile(r);
	str_copy(s->id, sizeof s->id, str_of(r->session));
	str_copy(s->account, sizeof s->account, str_of(r->account));
	str_copy(s->profile, sizeof s->profile, str_of(r->profile));
	s->generation = r->generation;
	s->instance = r->instance;
	s->state = RELINK_STATE_STARTING;
	s->began_at = sim.now;
	s->visible_at = sim.now + chance(BIRTH_MS);
	s->serial = ++serials;
	HASH_ADD_STR(sessions, id, s);
	DL_APPEND(places[r->instance].sessions, s);
	places[r->instance].n++;
	a->applied++;
	sim.t.applied++;
	/* a deleted account's id may live on elsewhere for a moment; an instance fences its own */
	if (sim.s.fenced && live_at(r->instance, r->account) > 1)
		broken("class F: never two live", "account %s", r->account);
	if (profile_of(r->profile)->login)
		stir_in(s, 800 + chance(4000), on_logged_in);
	else
		stir_in(s, 800 + chance(4000), on_qr);
}

/* --- requests --- */

static void apply_create(struct request *r)
{
	struct known_account *a = account_of(r->account);
	struct session *s, *next;

	if (session_of(r->session) != NULL)
		broken("one create per (id, generation)", "session %s created again", r->session);
	DL_FOREACH_SAFE(places[r->instance].sessions, s, next)
	{
		if (strcmp(s->account, r->account) == 0 && sim.s.fenced &&
		    s->generation < r->generation)
			session_end(s);
	}
	if (a->highest < r->generation)
		a->highest = r->generation;
	session_begin(r);
}

static unsigned refusal(const struct request *r)
{
	struct session *s;

	if (sim.s.fenced && r->generation <= account_of(r->account)->highest)
		return RELINK_STALE;
	DL_FOREACH(places[r->instance].sessions, s)
	{
		if (!sim.s.fenced && strcmp(s->profile, r->profile) == 0)
			return RELINK_ENGINE_CRASH; /* the profile is locked */
	}
	if (wave_is(WAVE_STARTS))
		return chance(2) == 0 ? RELINK_CLIENT_OUTDATED : RELINK_ENGINE_CRASH;
	if (!sim.calm && happens(sim.s.faults.create_refused)) {
		static const unsigned causes[] = { RELINK_THROTTLED,    RELINK_REFUSED,
						   RELINK_ENGINE_CRASH, RELINK_PROVIDER_DOWN,
						   RELINK_UNKNOWN,      RELINK_NETWORK };

		return causes[chance(ARRAY_LEN(causes))];
	}
	return RELINK_NONE;
}

static void on_late_create(void *arg)
{
	struct request *r = arg;

	if (refusal(r) == RELINK_NONE)
		apply_create(r);
	request_never(r);
}

static void got_create(struct request *r)
{
	const struct faults *f = &sim.s.faults;
	unsigned cause;

	check_create(r);
	sim.t.creates++;
	if (!sim.calm && happens(f->create_lost)) {
		request_never(r);
		return;
	}
	if (!sim.calm && happens(f->create_late)) {
		later(1000 + chance(90000), on_late_create, r);
		return;
	}
	cause = refusal(r);
	if (cause != RELINK_NONE) {
		request_reply_error(r, cause, false,
				    cause == RELINK_STALE ? account_of(r->account)->highest : 0);
		return;
	}
	apply_create(r);
	if (!sim.calm && happens(f->create_denied)) {
		request_reply_error(r, RELINK_INTERNAL, false, 0); /* a lie */
		return;
	}
	if (!sim.calm && happens(f->create_reply_lost)) {
		if (chance(2) == 0)
			request_reply_error(r, RELINK_NETWORK, true, 0);
		else
			request_never(r);
		return;
	}
	request_reply_ok(r);
}

static void got_disconnect(struct request *r)
{
	const struct faults *f = &sim.s.faults;
	struct session *s = session_of(r->session);

	check_close(r);
	sim.t.closes++;
	if (!sim.calm && happens(f->close_lost)) {
		request_never(r);
		return;
	}
	if (s != NULL && !(!sim.calm && happens(f->close_lies)))
		session_end(s);
	if (!sim.calm && happens(f->close_reply_lost))
		request_never(r);
	else if (s == NULL && chance(2) == 0)
		request_reply_error(r, RELINK_GONE, false, 0);
	else
		request_reply_ok(r);
}

static void got_list(struct request *r)
{
	struct place *p = &places[r->instance];
	const struct faults *f = &sim.s.faults;
	unsigned instance = r->instance;
	struct session *s;

	sim.t.lists++;
	if (!sim.calm && happens(f->list_silent)) {
		request_never(r);
		return;
	}
	if (!sim.calm && happens(f->list_error)) {
		request_reply_error(r, chance(2) == 0 ? RELINK_NETWORK : RELINK_INTERNAL, false, 0);
		return;
	}
	r->sessions = calloc(p->n + 2, sizeof *r->sessions);
	r->complete = true;
	list_a_stranger(r);
	snprintf(r->boot_id, sizeof r->boot_id, "boot-%llu", (unsigned long long)p->boot);
	DL_FOREACH(p->sessions, s)
	{
		if (s->visible_at > sim.now)
			continue;
		unsigned cause, state = said(s, &cause);

		r->sessions[r->n_sessions++] =
		    (struct msg_session){ .session = { str_dup(str_of(s->id)), strlen(s->id) },
					  .generation = chance(3) == 0 ? 0 : s->generation,
					  .state = state,
					  .cause = cause };
	}
	if (!sim.calm && happens(f->list_partial)) {
		r->complete = false;
		while (r->n_sessions > 0 && chance(3) != 0)
			free((void *)(uintptr_t)r->sessions[--r->n_sessions].session.p);
	}
	request_reply_ok(r);
	if (!sim.calm && happens(f->service_dies_answering))
		fake_services_kill(instance);
}

static void got_health(struct request *r)
{
	struct session *s = session_of(r->session);

	r->state = RELINK_STATE_UNKNOWN;
	r->cause = RELINK_GONE;
	if (s != NULL)
		r->state = said(s, &r->cause);
	request_reply_ok(r);
}

void world_gets(struct request *r)
{
	/* The worker may be dead by now; what it had sent arrives all the same, now and then. */
	if ((r->epoch != sim.epoch || sim.pool == NULL) && chance(2) == 0) {
		request_never(r);
		return;
	}
	if (places[r->instance].down_until > sim.now) {
		if (chance(2) == 0)
			request_never(r);
		else
			request_reply_error(r, RELINK_NETWORK, false, 0);
		return;
	}
	if (!backend_answers(r->instance)) {
		if (backend_is_silent(r->instance))
			request_never(r);
		else
			request_reply_error(r, RELINK_NETWORK, false, 0);
		return;
	}
	switch (r->method) {
	case MSG_create:
		got_create(r);
		break;
	case MSG_disconnect:
		got_disconnect(r);
		break;
	case MSG_list:
		got_list(r);
		break;
	default:
		got_health(r);
		break;
	}
}

/* --- for the driver and the checks --- */

/* The backend restarts, and knows none of its sessions. */
void world_forgets(unsigned instance)
{
	struct place *p = &places[instance];
	struct session *s, *next;

	p->boot++;
	sim.t.restarts++;
	DL_FOREACH_SAFE(p->sessions, s, next)
	session_end(s);
}

/* The backend is gone for a while; half of the time it has forgotten its sessions afterwards. */
void world_instance_down(unsigned instance, uint64_t for_ms)
{
	struct place *p = &places[instance];

	if (p->down_until > sim.now)
		return;
	/* A question more may fail by chance before it and behind it, or not be asked in between. */
	if (p->down_until + 2 * LIST_MS < sim.now)
		p->down_from = sim.now;
	p->down_until = sim.now + for_ms;
	if (p->down_until + 2 * LIST_MS >= p->down_from + MOVE_AFTER_MS)
		p->given_up_at = p->down_from + MOVE_AFTER_MS - LIST_MS;
	if (chance(2) != 0)
		world_forgets(instance);
}

static void on_wave_over(void *arg)
{
	struct session *s, *next;

	(void)arg;
	if (sim.pool == NULL)
		return;
	HASH_ITER(hh, sessions, s, next)
	push(s);
}

void world_wave(enum wave kind, uint64_t for_ms)
{
	struct session *s, *next;

	if (sim.now < wave.until + 1800000)
		return; /* one after the other */
	wave.kind = kind;
	wave.began_at = sim.now;
	wave.until = sim.now + for_ms;
	HASH_ITER(hh, sessions, s, next)
	{
		if (kind == WAVE_LOGOUT)
			push(s);
	}
	for (unsigned i = 0; i < sim.s.instances && kind == WAVE_STARTS; i++)
		world_forgets(i);
	later(for_ms + 1, on_wave_over, NULL);
}

uint64_t world_wave_age(void)
{
	return wave_is(wave.kind) ? sim.now - wave.began_at : 0;
}

/* From here on nothing fails, people scan at once, and whoever was dying lives. */
void world_calm(void)
{
	struct session *s, *next;

	for (unsigned i = 0; i < sim.s.instances; i++)
		places[i].down_until = 0;
	HASH_ITER(hh, sessions, s, next)
	{
		if (s->state == RELINK_STATE_QR)
			stir_in(s, 1000 + chance(1000), on_scan);
	}
}

unsigned world_live_of(const char *account, const char **ret_session)
{
	struct session *s, *next;
	unsigned n = 0;

	HASH_ITER(hh, sessions, s, next)
	{
		if (strcmp(s->account, account) == 0) {
			n++;
			*ret_session = s->id;
		}
	}
	return n;
}

bool world_never_connected(const char *session)
{
	const struct session *s = session_of(session);

	return s != NULL && !s->was_connected;
}

bool world_is_live(const char *session)
{
	return session_of(session) != NULL;
}

static bool world_has_login(const char *profile)
{
	return profile_of(profile)->login;
}

bool world_is_connected(const char *session)
{
	struct session *s = session_of(session);

	return s != NULL && s->state == RELINK_STATE_CONNECTED;
}

const char *world_good_profile(const char *account)
{
	struct known_account *a = account_of(account);

	return !a->reborn && a->profile[0] != '\0' && world_has_login(a->profile) ? a->profile
										  : NULL;
}

bool world_profile_is_at(const char *profile, unsigned instance)
{
	return profile_of(profile)->instance == instance;
}

uint64_t world_applied_of(const char *account)
{
	return account_of(account)->applied;
}

void world_allow_fresh(const char *account, bool allowed)
{
	account_of(account)->fresh_allowed = allowed;
}

void world_reborn(const char *account)
{
	account_of(account)->reborn = true;
}

bool world_fresh_allowed(const char *account)
{
	return account_of(account)->fresh_allowed;
}

/* A person gave the login up: from here on the account is on `profile`. */
void world_moves_to(const char *account, const char *profile, uint64_t generation)
{
	str_copy(account_of(account)->profile, LIMIT_PROFILE + 1, str_of(profile));
	account_of(account)->moved_at = generation;
	account_of(account)->fresh_allowed = false;
}

void world_reset(void)
{
	struct session *s, *snext;
	struct known_profile *p, *pnext;
	struct known_account *a, *anext;

	HASH_ITER(hh, sessions, s, snext)
	session_end(s);
	HASH_ITER(hh, profiles, p, pnext)
	{
		HASH_DEL(profiles, p);
		free(p);
	}
	HASH_ITER(hh, accounts, a, anext)
	{
		HASH_DEL(accounts, a);
		free(a);
	}
	memset(places, 0, sizeof places);
	memset(&wave, 0, sizeof wave);
}
