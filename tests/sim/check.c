/*
 * check.c - the invariants: the engine's beliefs against the world's truth.
 *
 * Some are asked at the moment when a request reaches the provider, some after each turn, and some at
 * the end, when everything has been calm for long enough that nothing is an excuse any more.
 */
#include <stdlib.h>

#include "sim.h"

#define ACCOUNTS_MAX 65536

#define WINDOW_MS     60000
#define LATE_MS       5000
#define WIRE_SLACK_MS 10000 /* between a permit and the create's arrival, on a slow disk */

static struct {
	uint64_t at[4096];
	unsigned n;
} creates, core_crashes;
static int acked[ACCOUNTS_MAX]; /* by row: last wish that was answered: 1 up, 0 down, -1 none */
static uint64_t asked[ACCOUNTS_MAX], wished_at[ACCOUNTS_MAX];
static uint64_t last_told;
static bool sick[ACCOUNTS_MAX]; /* by row: the last that was told durably */

void check_reset(void)
{
	creates.n = core_crashes.n = 0;
	last_told = 0;
	memset(wished_at, 0, sizeof wished_at);
	check_starts_reset();
	check_steps_reset();
	for (unsigned i = 0; i < ACCOUNTS_MAX; i++) {
		acked[i] = -1;
		sick[i] = false;
	}
}

void check_judged(uint64_t row, bool now_sick)
{
	const struct member *m = member_by_row(sim.engine, row);

	if (m->instance == NULL || !m->instance->reachable)
		broken("who can't be seen is not sick", "row %llu", (unsigned long long)row);
	if (now_sick && m->a.open && (m->a.suspect != RELINK_NONE || m->a.absent_since != 0))
		broken("one piece of evidence makes nobody sick", "row %llu",
		       (unsigned long long)row);
}

void check_told_health(uint64_t row, bool now_sick)
{
	must(row < ACCOUNTS_MAX);
	if (sick[row] == now_sick)
		broken("health is told once each way", "row %llu: %s again",
		       (unsigned long long)row, now_sick ? "unhealthy" : "healthy");
	sick[row] = now_sick;
}

uint64_t check_asked(uint64_t row)
{
	must(row < ACCOUNTS_MAX);
	wished_at[row] = sim.now;
	return ++asked[row];
}

void check_acked(uint64_t row, uint64_t number, bool want)
{
	const struct account_record *r = durable_account(row);
	const struct member *m = member_by_row(sim.engine, row);

	/* deleted meanwhile: by its id the wish may have reached the next account of that name */
	if (want && (m == NULL || member_is_deleted(m)))
		return;
	acked[row] = want;
	/* when nothing was asked since, what is on disk is what was answered */
	if (asked[row] == number && (r != NULL && r->want) != want)
		broken("answered when durable", "row %llu: answered %s, on disk %s",
		       (unsigned long long)row, want ? "connect" : "disconnect",
		       r != NULL && r->want ? "up" : "down");
}

/* How many of the times in a ring are less than a window ago. */
static unsigned in_window(const uint64_t *at, unsigned n)
{
	unsigned in = 0, kept = n < 4096 ? n : 4096;

	while (in < kept && sim.now - at[(n - in - 1) % 4096] < WINDOW_MS)
		in++;
	return in;
}

void check_crashed(void)
{
	core_crashes.at[core_crashes.n++ % ARRAY_LEN(core_crashes.at)] = sim.now;
	check_starts_reset();
}

void check_reloaded(void)
{
	for (unsigned n = 0; n < sim.engine->n_slots; n++) {
		if (sim.engine->slots[n].w.state == WS_HELD)
			broken("a reload tries who is held", "slot %u", n);
	}
	for (unsigned n = 0; n < sim.engine->n_services; n++) {
		const struct service_slot *s = &sim.engine->service_slots[n];

		if (s->s.state == SS_HELD && s->s.since != sim.now)
			broken("a reload tries who is held", "service %u", n);
	}
}

static void check_drained(const struct request *r)
{
	uint64_t drained_at = durable_drained_at(sim.conf->providers[0].instances[r->instance].id);

	if (drained_at != 0 && durable_minted_at(r->session) > drained_at)
		broken("nobody starts on a drained instance", "%s on instance %u", r->session,
		       r->instance);
}

void check_open(const struct request *r, const char *other, unsigned at, bool was_given_up)
{
	if (!sim.s.move || !was_given_up)
		broken("a profile is open at one instance", "%s at %u, while %s lives at %u",
		       r->session, r->instance, other, at);
}

void check_decided(unsigned instance, bool drained)
{
	const char *id = sim.conf->providers[0].instances[instance].id;
	struct instance_view v;
	struct api_port port = engine_api_port(sim.engine);

	/* decided again meanwhile: then the newest word counts */
	if (port.instance(port.ctx, str_of(id), &v) && (v.drained_at != 0) != drained)
		return;
	if ((durable_drained_at(id) != 0) != drained)
		broken("answered when durable", "instance %s is not %s on disk", id,
		       drained ? "drained" : "resumed");
}

/* How each account was when it was last looked at, by row; of this core's time only. */
static struct seen {
	uint64_t epoch, generation, up_generation, created_at;
	uint8_t state, flap_step, fails;
	bool was_flapping; /* when its last life was created */
} seen[ACCOUNTS_MAX];

static struct seen *seen_of(const struct member *m)
{
	struct seen *s = &seen[m->row % ACCOUNTS_MAX];

	if (s->epoch != sim.epoch)
		*s = (struct seen){ .epoch = sim.epoch };
	return s;
}

/* Who connects and is lost again and again is started slowly, and never given up for it. */
static void check_flapping(const struct member *m)
{
	const struct account *a = &m->a;
	const struct policy *p = &m->instance->provider->policy;
	struct seen *s = seen_of(m);
	bool lost = s->state == ST_UP && s->generation == a->generation && !a->open;

	if (a->state == ST_WAITING && a->flap.step > 1 &&
	    a->timer_at < a->since + (p->flap.wait << (a->flap.step - 2)))
		broken("a flapping account waits for its ladder", "%s waits %lld ms on step %u",
		       m->id, (long long)(a->timer_at - a->since), a->flap.step);
	if (lost && s->flap_step > 0 && a->flap.step > 0 && a->fails > s->fails)
		broken("never held for flapping", "%s: a loss cost an attempt, for %s", m->id,
		       cause_name(a->cause));
	if (a->state == ST_UP)
		s->up_generation = a->generation;
	s->generation = a->generation;
	s->state = a->state;
	s->flap_step = a->flap.step;
	s->fails = a->fails;
}

/* A life that follows on one that was connected, of an account that stays where it is. */
static void check_flapping_start(const struct request *r)
{
	const struct member *m =
	    sim.engine != NULL ? member_by_id(sim.engine, str_of(r->account)) : NULL;
	struct seen *s;

	if (m == NULL || sim.s.move || sim.s.shared || m->a.generation != r->generation)
		return;
	s = seen_of(m);
	if (s->was_flapping && account_is_flapping(&m->a) && !m->a.person &&
	    s->up_generation + 1 == r->generation &&
	    sim.now < s->created_at + m->instance->provider->policy.flap.wait)
		broken("a flapping account is not started more often than its ladder",
		       "%s after %llu ms", m->id, (unsigned long long)(sim.now - s->created_at));
	s->was_flapping = account_is_flapping(&m->a);
	s->created_at = sim.now;
	sim.t.flapping += s->was_flapping;
}

/* Since when automation leaves the account alone; 0: it does not. */
static uint64_t paused_since(const struct member *m, const char *account)
{
	uint64_t since = 0;

	for (unsigned scope = 0; scope < PAUSE_SCOPES && m != NULL; scope++) {
		uint64_t at =
		    durable_pause(scope, scope == PAUSE_WORKSPACE ? m->workspace : account);

		if (at != 0 && (since == 0 || at < since))
			since = at;
	}
	return since;
}

static bool is_a_person_s(const struct member *m, uint64_t since)
{
	return m == NULL || m->a.person || !m->a.want || wished_at[m->row] >= since;
}

static void check_starts_by_itself(const struct request *r)
{
	struct instance *at;
	const struct member *m =
	    sim.engine == NULL ? NULL : session_owner(sim.engine, str_of(r->session), &at);
	uint64_t since = paused_since(m, r->account);

	if (since != 0 && durable_minted_at(r->session) > since && !is_a_person_s(m, since))
		broken("nobody starts by himself while automation is paused", "%s of %s",
		       r->session, r->account);
}

static void check_ends_by_itself(const struct request *r)
{
	struct instance *at; /* by its session: the id may be another account's by now */
	const struct member *m =
	    sim.engine == NULL ? NULL : session_owner(sim.engine, str_of(r->session), &at);
	uint64_t since = paused_since(m, r->account);

	if (since != 0 && sim.now > since + WIRE_SLACK_MS && !is_a_person_s(m, since))
		broken("nothing is ended by itself while automation is paused", "%s of %s",
		       r->session, r->account);
}

void check_hands(unsigned scope, const char *name, bool paused)
{
	struct engine *e = sim.engine;
	struct member *m = scope == PAUSE_ACCOUNT ? member_by_id(e, str_of(name)) : e->rows[1];

	if (m == NULL || member_is_deleted(m) || hands_off(e, m) != paused)
		return; /* decided again meanwhile, or another pause covers it */
	if ((durable_pause(scope, name) != 0) != paused && (paused || scope != PAUSE_ACCOUNT))
		broken("answered when durable", "automation of scope %u is not %s on disk", scope,
		       paused ? "paused" : "resumed");
}

void check_create(const struct request *r)
{
	const struct conf_provider *p = &sim.conf->providers[0];
	const char *good = world_good_profile(r->account);
	uint64_t allowed;

	/* 2: the session id and generation are durable before create is sent */
	if (durable_attempt_of_session(r->session) < 0)
		broken("intent before effect", "create of %s, which the ledger does not know",
		       r->session);
	/* 7: starts never exceed the bucket, whatever the crowd; a new core begins with one token */
	creates.at[creates.n++ % ARRAY_LEN(creates.at)] = sim.now;
	allowed = p->start_burst + (WINDOW_MS + WIRE_SLACK_MS) * p->starts_per_minute / 60000 + 1 +
		  in_window(core_crashes.at, core_crashes.n);
	if (in_window(creates.at, creates.n) > allowed)
		broken("starts within the bucket", "%u starts in %u ms, %llu allowed",
		       in_window(creates.at, creates.n), WINDOW_MS, (unsigned long long)allowed);
	check_drained(r);
	check_flapping_start(r);
	/* two rounds may come within a minute; how long recognition takes is the first minute's business */
	if (sim.s.faults.waves > 0 && world_wave_age() > 2 * WINDOW_MS &&
	    in_window(creates.at, creates.n) > 2 * sim.conf->incident_canaries)
		broken("only canaries start while it holds", "%u starts in %u ms",
		       in_window(creates.at, creates.n), WINDOW_MS);
	check_starts_by_itself(r);
	/* no automatic action gives up a living login */
	if (good != NULL && strcmp(good, r->profile) != 0) {
		if (!world_fresh_allowed(r->account))
			broken("logins are kept", "account %s starts on %s, though %s is logged in",
			       r->account, r->profile, good);
		world_moves_to(r->account, r->profile, r->generation);
	}
}

void check_close(const struct request *r)
{
	int state = durable_attempt_of_session(r->session);
	const struct member *m;

	if (state < 0)
		broken("only ours is closed", "disconnect of %s, which the ledger does not know",
		       r->session);
	if (state == ATTEMPT_OPEN)
		broken("store first, kill after", "disconnect of %s, which the ledger has as open",
		       r->session);
	if (sim.engine != NULL)
		check_ends_by_itself(r);
	/* two pieces of evidence: one word that was not true ends nothing */
	m = sim.engine != NULL ? member_by_id(sim.engine, str_of(r->account)) : NULL;
	if (m != NULL && m->session != NULL && strcmp(m->session, r->session) == 0 &&
	    m->a.cause == RELINK_UNKNOWN && m->a.close_tries == 0 && world_is_connected(r->session))
		broken("nothing is closed on one piece of evidence", "%s is connected", r->session);
}

void check_place(const struct request *r)
{
	struct engine *e = sim.engine;
	struct instance *at;
	const struct member *m = session_owner(e, str_of(r->session), &at);

	if (m != NULL && blame_verdict(&m->blame, e->now) != BLAME_NONE &&
	    !e->slots[r->slot].quarantine)
		broken("who works alone is at nobody else's worker", "%s of %s at %u", r->session,
		       m->id, r->slot);
}

/* An account that was never seen logged in may leave its instance, since somebody asks for a start that
 * it could not give; if its code was scanned unseen, that login stays behind.  A login that was seen
 * never does. */
static void check_left_behind(const struct member *m)
{
	const struct provider *p = m->instance->provider;
	const char *good;

	if (sim.s.shared || sim.engine->stats.moved + sim.t.moved == 0)
		return;
	good = world_good_profile(m->id);
	if (good == NULL || world_profile_is_at(good, (unsigned)(m->instance - p->instances)))
		return;
	if (account_has_login(&m->a) && !m->a.fresh_next && m->profile != NULL &&
	    strcmp(m->profile, good) == 0)
		broken("a login stays with its account", "%s went to %s", m->id,
		       m->instance->conf->id);
	world_allow_fresh(m->id, true);
}

#define RECOGNISED_MS 60000

/* What befalls all at once is no account's own fault.  (That nobody came to scan is.) */
static void check_wave(const struct member *m)
{
	const struct account *a = &m->a;

	if (sim.s.faults.waves == 0 || world_good_profile(m->id) == NULL ||
	    sim.now < a->since + RECOGNISED_MS)
		return;
	if ((a->state == ST_PARKED || a->state == ST_HELD) && a->cause != RELINK_QR_EXPIRED)
		broken("nobody is parked for a wave", "%s is in %s for %s", m->id,
		       state_name(a->state), cause_name(a->cause));
	if (a->profile == PROFILE_DEAD || a->profile == PROFILE_SUSPECT)
		broken("logins are kept", "that of %s is good", m->id);
	if (a->fails > 0)
		broken("no attempt is burned in an incident", "%s has %u in %s for %s", m->id,
		       a->fails, state_name(a->state), cause_name(a->cause));
}

/* Does the engine get to its passes over accounts at the moment? */
static bool passes_go_on(const struct engine *e)
{
	return !e->stopping && e->store_ok && e->held == NULL;
}

static void check_member(const struct member *m)
{
	const struct account *a = &m->a;
	const struct policy *p = &m->instance->provider->policy;
	bool life = a->state >= ST_STARTING && a->state <= ST_UP;

	check_left_behind(m);
	check_flapping(m);
	check_wave(m);
	check_alerts(m);
	if ((bool)a->open != life)
		broken("a life is open exactly in its states", "%s: open %d in %s", m->id, a->open,
		       state_name(a->state));
	if (a->open && !a->want)
		broken("only the wanted live", "%s in %s", m->id, state_name(a->state));
	/* after a change of pauses the accounts are gone through in pieces */
	if ((m->queued != (a->state == ST_QUEUED && !account_waits_for_proof(m) &&
			   !hands_off_ours(sim.engine, m)) &&
	     sim.engine->hands_left == 0 && passes_go_on(sim.engine)) ||
	    (m->queued && (a->state != ST_QUEUED || account_waits_for_proof(m))) ||
	    m->counted_open != a->open || m->counted_slot != a->slot ||
	    (m->hh_session.tbl != NULL) != (bool)a->open ||
	    (m->timer.node.slot != HEAP_NOWHERE) != (a->timer_at != 0))
		broken("a state is a place", "%s in %s", m->id, state_name(a->state));
	if (a->slot && a->state != ST_STARTING)
		broken("a start slot is held by starts only", "%s in %s", m->id,
		       state_name(a->state));
	if (a->state == ST_WAITING && a->timer_at == 0)
		broken("who waits has a timer", "%s", m->id);
	if (a->state == ST_WAITING && !account_is_flapping(a) &&
	    a->timer_at > a->since + p->slow_cap + p->slow_cap / 10 &&
	    a->timer_at > sim.now + p->slow_cap + p->slow_cap / 10)
		broken("delays are inside their bounds", "%s waits %llu ms", m->id,
		       (unsigned long long)(a->timer_at - a->since));
	if (a->state == ST_WAITING && !account_is_flapping(a) &&
	    cause_then(p->causes, a->cause) != THEN_SLOW &&
	    a->timer_at > a->since + p->backoff_cap && a->timer_at > sim.now + p->backoff_cap)
		broken("backoff is at most its cap", "%s waits %llu ms for %s", m->id,
		       (unsigned long long)(a->timer_at - a->since), cause_name(a->cause));
	if (a->state == ST_WAITING && a->timer_at < a->since + p->backoff_base)
		broken("backoff is at least its base", "%s waits %lld ms", m->id,
		       (long long)(a->timer_at - a->since));
	if ((a->state == ST_PARKED || a->state == ST_HELD) && a->timer_at != 0)
		broken("parked means at no cost", "%s has a timer", m->id);
	/* A deleted account keeps its last cause, and its life may be left to the orphans. */
	if (a->state == ST_UP && m->session != NULL && world_never_connected(m->session))
		broken("only the connected are connected", "%s of %s", m->session, m->id);
	if (a->cause == RELINK_GONE && a->seen && !a->open && m->session != NULL &&
	    a->state != ST_CLOSING && a->state != ST_DELETED && world_is_live(m->session))
		broken("only the dead are given up", "%s of %s lives", m->session, m->id);
	/* or in idle or deleted, when nobody wants it any more by then */
	if (a->fails >= p->max_fails && a->state != ST_HELD && a->state != ST_CLOSING && a->want)
		broken("the budget ends in held", "%s has %u fails in %s", m->id, a->fails,
		       state_name(a->state));
}

static void check_slot(const struct slot *s)
{
	const struct worker *w = &s->w;
	bool pause = w->state == WS_COOLING || w->state == WS_HELD;
	uint64_t asked_at = fake_pool_asked_at(s->number);

	if ((w->state == WS_EMPTY || pause) && pool_pid(sim.pool, s->number) != 0)
		broken("an empty slot has no process", "slot %u in %s", s->number,
		       worker_state_name(w->state));
	if ((pause || w->state == WS_SPAWNED || w->state == WS_OPENING) && w->timer_at == 0)
		broken("no worker is waited for in vain", "slot %u in %s", s->number,
		       worker_state_name(w->state));
	if (asked_at != 0 && sim.now > asked_at + LATE_MS && passes_go_on(sim.engine))
		broken("who has no last words is killed", "slot %u was asked %llu ms ago",
		       s->number, (unsigned long long)(sim.now - asked_at));
	if ((s->timer.node.slot != HEAP_NOWHERE) != (w->timer_at != 0))
		broken("a state is a place", "slot %u in %s", s->number,
		       worker_state_name(w->state));
}

/* Where nobody answers nobody is on the way: who waits there keeps no other from moving. */
static void check_moving(const struct engine *e, const struct member *m)
{
	const struct instance *i = m->instance;
	bool up = instance_serves(e, i) && i->reachable && i->listed_at != 0;

	if (m->moving && !up && passes_go_on(e))
		broken("who waits is not on the way", "%s at %s, which does not answer", m->id,
		       i->conf->id);
}

/* An instance without a process is down, and given up when its time comes; nothing reminds us of it but
 * the clock. */
static void check_without_process(const struct instance *i)
{
	struct instance_view v;
	struct api_port port = engine_api_port(sim.engine);

	if (!service_is_down(i) || sim.engine->stopping)
		return;
	must(port.instance(port.ctx, str_of(i->conf->id), &v));
	if (i->drained_at == 0 && strcmp(v.state, "down") != 0)
		broken("an instance without a process is down", "%s is %s", v.id.p, v.state);
	if (sim.s.move && !i->given_up && passes_go_on(sim.engine) &&
	    sim.now > i->down_since + MOVE_AFTER_MS + LATE_MS)
		broken("an instance without a process is given up", "%s is down for %llu ms",
		       v.id.p, (unsigned long long)(sim.now - i->down_since));
}

/* The counters of an instance are what its accounts are. */
static void check_places(const struct engine *e)
{
	const struct provider *p = &e->providers[0];
	uint64_t accounts[64] = { 0 }, moving = 0, strays[64] = { 0 };
	const struct stray *s;

	for (uint64_t row = 1; row <= e->last_row; row++) {
		const struct member *m = e->rows[row];

		if (m == NULL)
			continue;
		accounts[m->instance - p->instances]++;
		moving += m->moving;
		check_moving(e, m);
	}
	DL_FOREACH(e->stray_list, s)
	strays[s->instance - p->instances]++;
	for (size_t i = 0; i < p->n_instances; i++) {
		const struct member *m;
		uint64_t n = 0;

		DL_FOREACH2(p->instances[i].members, m, i_next)
		n += m->instance == &p->instances[i];
		if (n != accounts[i])
			broken("an instance's accounts are a ring", "%llu of %llu at %s",
			       (unsigned long long)n, (unsigned long long)accounts[i],
			       p->instances[i].conf->id);
		if (accounts[i] != p->instances[i].accounts || strays[i] != p->instances[i].strays)
			broken("an account belongs to one instance", "%s counts %llu and %llu",
			       p->instances[i].conf->id,
			       (unsigned long long)p->instances[i].accounts,
			       (unsigned long long)p->instances[i].strays);
	}
	if (moving != p->moving)
		broken("who moves is counted", "%llu, not %llu", (unsigned long long)moving,
		       (unsigned long long)p->moving);
}

/* What /metrics tells is what a walk over all accounts finds. */
static void check_meter(const struct engine *e)
{
	const struct provider_meter *p = &e->providers[0].meter;
	uint64_t status[STATUS_COUNT] = { 0 }, queued[ADMIT_CLASSES] = { 0 };

	for (uint64_t row = 1; row <= e->last_row; row++) {
		const struct member *m = e->rows[row];

		if (m != NULL && !member_is_deleted(m))
			status[m->a.status]++;
		if (m != NULL && m->queued)
			queued[m->queue_line / 2]++;
	}
	for (unsigned s = 0; s < STATUS_COUNT; s++) {
		if (p->status[s] + e->meter.homeless[s] != status[s])
			broken("accounts are counted by status", "%s: %llu, not %llu",
			       status_name(s), (unsigned long long)p->status[s],
			       (unsigned long long)status[s]);
	}
	if (memcmp(p->queued, queued, sizeof queued) != 0)
		broken("who waits to start is counted by class", "%llu in all",
		       (unsigned long long)e->providers[0].queued);
	if (p->fresh + p->resumed != e->stats.mints)
		broken("starts are counted", "%llu, not %llu",
		       (unsigned long long)(p->fresh + p->resumed),
		       (unsigned long long)e->stats.mints);
}

void check_all(void)
{
	const struct engine *e = sim.engine;
	struct bus_subscriber *l = &sim.listener;
	struct bus_event event;

	if (e == NULL)
		return;
	for (uint64_t row = 1; row <= e->last_row; row++) {
		if (e->rows[row] != NULL)
			check_member(e->rows[row]);
	}
	for (unsigned n = 0; n < e->n_slots; n++)
		check_slot(&e->slots[n]);
	for (unsigned n = 0; n < e->n_services; n++)
		fake_services_check(&e->service_slots[n]);
	check_places(e);
	check_meter(e);
	check_starts(e);
	check_steps(e);
	if (e->stats.blamed > 0 && fake_pool_own_deaths() == 0)
		broken("nobody is blamed for what somebody else did", "%llu are",
		       (unsigned long long)e->stats.blamed);
	for (size_t i = 0; i < e->providers[0].n_instances; i++) {
		const struct instance *in = &e->providers[0].instances[i];

		check_without_process(in);
		/* lives that were open before a restart count, but nothing is started on top */
		if (in->starting > in->conf->concurrent_starts)
			broken("starts under way are capped", "%llu at %s",
			       (unsigned long long)in->starting, in->conf->id);
		if (in->open > in->conf->capacity)
			broken("sessions are capped", "%llu at %s", (unsigned long long)in->open,
			       in->conf->id);
	}
	while (bus_next(sim.bus, l, &event) == 1) {
		if (l->seq > durable_seq())
			broken("told after stored", "event %llu, durable up to %llu",
			       (unsigned long long)l->seq, (unsigned long long)durable_seq());
		if (l->seq <= last_told)
			broken("told once, in order", "event %llu after %llu",
			       (unsigned long long)l->seq, (unsigned long long)last_told);
		check_told(l->seq);
		last_told = l->seq;
		sim.t.told++;
	}
}

static void settled_member(const struct member *m)
{
	const struct account *a = &m->a;
	const char *session = NULL;
	unsigned live = world_live_of(m->id, &session);

	if (m->row < ACCOUNTS_MAX && acked[m->row] >= 0 && a->want != (unsigned)acked[m->row])
		broken("no accepted command is lost", "%s: answered %s, wants %s", m->id,
		       acked[m->row] ? "connect" : "disconnect", a->want ? "up" : "down");
	if (live > 1)
		broken("in the end at most one live session", "%s has %u", m->id, live);
	switch (a->state) {
	case ST_UP:
		if (live != 1 || strcmp(session, m->session) != 0)
			broken("connected means connected", "%s: %u live, the session is %s", m->id,
			       live, live > 0 ? session : "none");
		break;
	case ST_IDLE:
	case ST_PARKED:
	case ST_HELD:
	case ST_DELETED:
		if (a->state == ST_DELETED && m->n_strays == 0)
			broken("the deleted are forgotten", "%s is still there", m->id);
		if (live != 0)
			broken("nothing lives unwatched", "%s in %s has %s", m->id,
			       state_name(a->state), session);
		break;
	default:
		broken(
		    "everything settles", "%s is in %s (cause %s, since %llu ms, timer in %lld ms)",
		    m->id, state_name(a->state), cause_name(a->cause),
		    (unsigned long long)(sim.now - a->since), (long long)(a->timer_at - sim.now));
	}
	if (sim.s.crash_only) {
		if (a->state != ST_UP)
			broken("a crash costs nothing", "%s is in %s", m->id, state_name(a->state));
		if (world_applied_of(m->id) != 1)
			broken("a crash costs no start", "%s was started %llu times", m->id,
			       (unsigned long long)world_applied_of(m->id));
	}
}

void check_settled(void)
{
	const struct engine *e = sim.engine;

	for (uint64_t row = 1; row <= e->last_row; row++) {
		if (e->rows[row] != NULL)
			settled_member(e->rows[row]);
	}
	for (unsigned n = 0; n < e->n_slots; n++) {
		bool idle = e->slots[n].quarantine && e->slots[n].w.state == WS_EMPTY;

		if (e->slots[n].w.state != WS_READY && !idle)
			broken("every worker comes back", "slot %u is %s", n,
			       worker_state_name(e->slots[n].w.state));
	}
	for (unsigned n = 0; n < e->n_services; n++) {
		if (e->service_slots[n].s.state != SS_READY)
			broken("every service comes back", "%u is %s", n,
			       service_state_name(e->service_slots[n].s.state));
	}
	for (size_t i = 0; i < e->providers[0].n_instances; i++) {
		const struct instance *in = &e->providers[0].instances[i];

		if (in->drained_at != 0 && in->open > 0)
			broken("a drained instance becomes empty", "%s has %llu sessions",
			       in->conf->id, (unsigned long long)in->open);
		if (!in->reachable || in->given_up)
			broken("every instance answers again", "%s", in->conf->id);
		if (in->foreign != (sim.s.listable ? 1 : 0))
			broken("whose sessions are not ours is counted", "%llu at %s",
			       (unsigned long long)in->foreign, in->conf->id);
	}
	if (durable_strays() != 0 || e->stray_list != NULL)
		broken("every life ends", "%u lives are given up and not proven gone",
		       durable_strays());
	check_steps(e);
	check_nothing_owed();
}
