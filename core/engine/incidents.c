/*
 * incidents.c - many accounts of a provider or an instance that fail together: who counts, who may start,
 * and what is written down and told of it.
 *
 * Each instance remembers which of its accounts failed lately and what that cost them (a mark).  When
 * policy/incident.h raises the alarm, what the marks cost is given back, a bounded number in a turn; while
 * the incident lasts nothing is held against anybody (account_event.brake).  An incident of the provider
 * swallows those of its instances: one fault, one incident.
 */
#include "base/clock.h"
#include "base/rng.h"
#include "engine/incident.h"

#define EXCUSED_A_TURN 256
#define BRAKE_MS       2000 /* time for the instances to show that it is one fault of all of them */

/* ---- rules and scopes ---- */

static struct incident_rules rules_of(const struct engine *e, const struct provider *p)
{
	const struct conf *c = e->conf;

	return (struct incident_rules){
		.window = c->incident_window_ms,
		.brake = MIN_OF(BRAKE_MS, c->incident_probe_ms),
		.probe_base = c->incident_probe_ms,
		.probe_cap = c->incident_probe_cap_ms,
		.round = 2 * p->policy.start_deadline + c->op_deadline_ms,
		.ramp_step = MAX_OF(c->incident_probe_ms / 2, 1u),
		.quiet = MAX_OF(c->incident_quiet_ms, 3 * c->list_interval_ms),
		.believe = c->incident_believe_ms,
		.min_accounts = (uint32_t)c->incident_accounts,
		.share = (uint32_t)c->incident_share,
		.canaries = (uint32_t)c->incident_canaries,
		.full = (uint32_t)p->conf->starts_per_minute,
	};
}

static void scope_init(struct scope *s, struct provider *p, struct instance *or_null)
{
	s->provider = p;
	s->instance = or_null;
	s->timer = (struct timer){ { HEAP_NOWHERE }, TIMER_INCIDENT };
	incident_init(&s->i, rng_u64());
}

void incidents_make(struct provider *p)
{
	scope_init(&p->scope, p, NULL);
	for (size_t n = 0; n < p->n_instances; n++)
		scope_init(&p->instances[n].scope, p, &p->instances[n]);
}

static void arm(struct engine *e, struct scope *s)
{
	uint64_t at = scope_is_calm(s) ? 0 : s->i.timer_at;

	if (s->permit_at > e->now && (at == 0 || s->permit_at < at))
		at = s->permit_at;
	timer_set(e, &s->timer, at);
}

/* ---- its course ---- */

static void is_over(struct engine *e, struct scope *s)
{
	if (s->id != 0) {
		incident_write_down(e, s, true);
		incident_log(s);
	}
	if (s->merged_into == 0) {
		for (size_t k = 0; k < s->provider->n_instances; k++) {
			if (scope_holds(s, &s->provider->instances[k]))
				marks_free(&s->provider->instances[k]);
		}
		alerts_look(e);
	}
	s->id = s->accounts = s->merged_into = s->permit_at = 0;
	memset(s->causes, 0, sizeof s->causes);
}

static void happens(struct engine *e, struct scope *s, unsigned event)
{
	struct incident_rules rules = rules_of(e, s->provider);
	unsigned before = s->i.state;
	bool changed;

	if (s->i.state == INCIDENT_CALM && event != IE_ALARM)
		return;
	changed = incident_step(&rules, &s->i, event, e->now);
	s->permit_at = 0;
	arm(e, s);
	if (!changed)
		return;
	scope_count_accounts(s);
	/* That of an instance is told a moment later, when it has not become its provider's. */
	if (s->i.state == INCIDENT_BRAKING && s->instance != NULL)
		return;
	if (s->i.state == INCIDENT_CALM) {
		is_over(e, s);
		return;
	}
	if (s->id == 0) {
		incident_write_down(e, s, true);
		incident_log(s);
		return;
	}
	incident_write_down(e, s, s->i.state != before);
}

/* From now on it is about all of the provider's. */
static void swallow(struct engine *e, struct scope *big, struct scope *small)
{
	if (scope_is_calm(small))
		return;
	for (unsigned c = 0; c < RELINK_CAUSE_COUNT; c++)
		big->causes[c] += small->causes[c];
	small->merged_into = e->last_incident + (big->id == 0);
	happens(e, small, IE_MERGED);
}

static void open_it(struct engine *e, struct scope *s)
{
	struct provider *p = s->provider;

	for (size_t n = 0; n < p->n_instances; n++) {
		struct instance *i = &p->instances[n];

		if (!scope_holds(s, i))
			continue;
		marks_prune(e, i);
		if (s->instance == NULL)
			swallow(e, s, &i->scope);
		if (i->excuse_next == NULL)
			i->excuse_next = i->mark_list;
	}
	happens(e, s, IE_ALARM);
}

/* ---- recognition ---- */

static uint64_t others_of(const struct instance *i)
{
	return i->open > i->n_open_marks ? i->open - i->n_open_marks : 0;
}

static bool alarm_of(const struct incident_rules *r, uint64_t failing, uint64_t others,
		     uint64_t starts, uint64_t good)
{
	struct incident_rules of_starts = *r;

	of_starts.share = MIN_OF(2 * r->share, 100u);
	return incident_alarm(r, failing, others) || incident_alarm(&of_starts, starts, good);
}

static bool instance_alarm(const struct engine *e, const struct instance *i)
{
	struct incident_rules r = rules_of(e, i->provider);

	return alarm_of(&r, HASH_CNT(hh, i->marks), others_of(i), i->n_start_marks,
			good_starts(e, i));
}

/* Of several instances at least two must have something to do with it. */
static bool provider_alarm(struct engine *e, struct provider *p)
{
	struct incident_rules r = rules_of(e, p);
	uint64_t failing = 0, others = 0, starts = 0, good = 0, at = 0;

	for (size_t n = 0; n < p->n_instances; n++) {
		struct instance *i = &p->instances[n];

		marks_prune(e, i);
		failing += HASH_CNT(hh, i->marks);
		at += HASH_CNT(hh, i->marks) >= 2;
		others += others_of(i);
		starts += i->n_start_marks;
		good += good_starts(e, i);
	}
	return (at >= 2 || p->n_instances == 1) && alarm_of(&r, failing, others, starts, good);
}

static void look_at_all(struct engine *e, struct instance *i)
{
	struct provider *p = i->provider;

	if (!scope_is_calm(&p->scope))
		return;
	/* what one instance can't tell, all of them can't either, unless each has some */
	if (provider_alarm(e, p))
		open_it(e, &p->scope);
	else if (p->n_instances > 1 && scope_is_calm(&i->scope) && instance_alarm(e, i))
		open_it(e, &i->scope);
}

/* ---- what an account has to do with it ---- */

static bool is_about_logins(const struct scope *s)
{
	return cause_rule(scope_main_cause(s))->login_dead;
}

static bool is_suspected(const struct account *a)
{
	return a->suspect != RELINK_NONE || a->absent_since != 0;
}

/* What went wrong with this event; RELINK_NONE: nothing that could be its provider's fault. */
static unsigned what_is_bad(const struct account *was, const struct account *a,
			    const struct effects *fx)
{
	unsigned cause = RELINK_NONE;

	if (fx->kept)
		cause = fx->kept_cause;
	else if (fx->abandon)
		cause = a->cause;
	else if (a->state == ST_QR && was->state == ST_STARTING)
		cause = !was->fresh && account_has_login(was) ? RELINK_LOGGED_OUT : RELINK_NONE;
	else if (a->state == ST_QR && (was->state == ST_AUTH || was->state == ST_UP))
		cause = RELINK_LOGGED_OUT;
	else if (a->state == ST_UP && is_suspected(a) && !is_suspected(was))
		cause = a->suspect != RELINK_NONE ? a->suspect : RELINK_GONE;
	if (cause == RELINK_NETWORK && !was->sure)
		return RELINK_NONE; /* our own worker or core died: nobody could see it */
	return incident_counts(cause) ? cause : RELINK_NONE;
}

static bool is_good(const struct scope *s, const struct account *was, const struct account *a)
{
	if (a->state == ST_UP)
		return was->state != ST_UP || (is_suspected(was) && !is_suspected(a));
	return a->state == ST_QR && was->state == ST_STARTING && was->fresh && !is_about_logins(s);
}

static bool is_start(const struct account *was)
{
	return was->state == ST_STARTING || was->state == ST_AUTH;
}

static void bad(struct engine *e, struct member *m, const struct account *was, unsigned cause,
		const struct effects *fx)
{
	struct instance *i = m->instance;
	struct scope *s = scope_of(i);
	struct fault_mark *k;
	bool over = fx->abandon || m->a.state == ST_QR;

	marks_prune(e, i);
	k = mark_bad(e, m, was);
	if (k != NULL && over && !k->ended) {
		k->ended = true;
		i->n_open_marks--;
	}
	if (k != NULL && over && is_start(was) && !k->start) {
		k->start = true;
		i->n_start_marks++;
	}
	s->causes[cause]++;
	if (scope_is_calm(s)) {
		look_at_all(e, i);
		if (scope_is_calm(scope_of(i)))
			memset(s->causes, 0, sizeof s->causes);
		return;
	}
	if (fx->abandon && !is_start(was))
		s->i.ended++;
	if (over && is_start(was) && was->minted_at > s->i.opened_at)
		happens(e, s, cause_rule(cause)->login_dead ? IE_LOGOUT : IE_BAD);
	else if (e->now > s->i.bad_at)
		incident_still(&s->i, e->now);
}

static void good(struct engine *e, struct member *m, const struct account *was)
{
	struct instance *i = m->instance;
	struct scope *s = scope_of(i);
	struct fault_mark *k = mark_of(i, m->row);

	if (is_start(was))
		tally_add(e, i);
	if (!scope_is_calm(s)) {
		if (was->minted_at > s->i.opened_at || (k != NULL && was->state == ST_UP))
			happens(e, s, IE_GOOD);
	} else if (k != NULL) {
		mark_drop(i, k);
	}
}

unsigned incident_brake(const struct engine *e, const struct member *m)
{
	struct scope *s = m->instance != NULL ? scope_of(m->instance) : NULL;
	struct incident_rules rules;

	if (s == NULL || scope_is_calm(s))
		return BRAKE_NONE;
	if (m->a.state != ST_UP)
		/* its own start has shown it, and that is believed */
		return s->i.real && is_start(&m->a) && m->a.minted_at > s->i.opened_at ? BRAKE_NONE
										       : BRAKE_SOFT;
	rules = rules_of(e, s->provider);
	if (s->provider->queued > 0 && s->i.state == INCIDENT_PROBING)
		return BRAKE_KEEP; /* there are canaries enough */
	return incident_may_end(&rules, &s->i) ? BRAKE_SOFT : BRAKE_KEEP;
}

/* Its instance was away or began anew, and its session is gone since then: that is explained, and the
 * instance's starts begin low anyway. */
static bool is_explained(const struct account_event *ev)
{
	return ev->excused && (ev->kind == EV_ABSENT ||
			       (ev->kind == EV_DOWN &&
				(ev->cause == RELINK_GONE || ev->cause == RELINK_ENGINE_CRASH)));
}

void incident_learns(struct engine *e, struct member *m, const struct account *was,
		     const struct account_event *ev, const struct effects *fx)
{
	bool evidence = ev->kind >= EV_BORN && event_is_about_a_life(ev->kind);
	unsigned cause = RELINK_NONE;
	struct scope *s;

	if (m->instance == NULL || e->conf->incident_window_ms == 0)
		return;
	s = scope_of(m->instance);
	if (ev->kind == EV_PERMIT && !scope_is_calm(s)) {
		struct incident_rules rules = rules_of(e, s->provider);

		incident_takes(&rules, &s->i, e->now);
		arm(e, s);
		return;
	}
	if (ev->kind != EV_TIMER && ev->kind != EV_REFUSED && !evidence)
		return;
	if (scope_is_calm(s) && is_explained(ev))
		return;
	/* Who does not answer at all is down, which is known and waited for without this; but who tells
	 * us something is there, whatever became of the last list. */
	if (evidence || m->instance->reachable)
		cause = what_is_bad(was, &m->a, fx);
	if (cause != RELINK_NONE)
		bad(e, m, was, cause, fx);
	else if (is_good(s, was, &m->a))
		good(e, m, was);
}

bool incident_admits(struct engine *e, struct instance *i, unsigned class)
{
	struct scope *s = scope_of(i);
	struct incident_rules rules;
	uint64_t wait_ms;

	if (scope_is_calm(s) || admit_is_person(class))
		return true;
	rules = rules_of(e, s->provider);
	if (incident_permits(&rules, &s->i, e->now, &wait_ms))
		return true;
	if (wait_ms > 0 && s->permit_at <= e->now) {
		s->permit_at = e->now + wait_ms;
		arm(e, s);
	}
	return false;
}

/* ---- time ---- */

static void excuse(struct engine *e, struct fault_mark *k)
{
	struct member *m = member_by_row(e, k->row);
	struct happening h = { .e = { .kind = EV_EXCUSED,
				      .brake = BRAKE_SOFT,
				      .failed_life = k->life,
				      .before = k->before },
			       .text = STR("it failed together with many others: that was not its "
					   "fault") };

	if (k->ended && m != NULL && m->instance != NULL)
		account_happens(e, m, &h);
}

void incidents_go_on(struct engine *e)
{
	unsigned left = EXCUSED_A_TURN;

	for (size_t p = 0; p < e->n_providers; p++) {
		for (size_t n = 0; n < e->providers[p].n_instances; n++) {
			struct instance *i = &e->providers[p].instances[n];
			struct fault_mark *k;

			while (left > 0 && (k = i->excuse_next) != NULL) {
				i->excuse_next = k->next;
				excuse(e, k);
				left--;
				turn_breathe(e);
			}
			if (i->excuse_next != NULL)
				timer_set(e, &scope_of(i)->timer, e->now);
		}
	}
}

void incident_due(struct engine *e, struct scope *s)
{
	if (s->permit_at <= e->now)
		s->permit_at = 0;
	if (!scope_is_calm(s) && s->i.timer_at != 0 && s->i.timer_at <= e->now)
		happens(e, s, IE_TIMER);
	else
		arm(e, s);
}

/* ---- load ---- */

int incident_loaded(struct engine *e, const struct incident_record *r)
{
	struct instance *i = r->instance.n > 0 ? instance_by_id(e, r->instance) : NULL;
	char name[LIMIT_PROVIDER + 1];
	struct provider *p =
	    str_copy(name, sizeof name, r->provider) ? provider_by_name(e, name) : NULL;
	struct scope *s = i != NULL ? &i->scope : p != NULL ? &p->scope : NULL;
	struct incident_rules rules;

	if (incident_keep(e, r) < 0)
		return ERR_NOMEM;
	if (r->closed_at != 0 || s == NULL || (i == NULL && r->instance.n > 0))
		return 0;
	rules = rules_of(e, s->provider);
	incident_restore(&rules, &s->i, r->state, r->opened_at, r->rounds, e->now);
	s->id = r->id;
	s->accounts = r->accounts;
	s->causes[RELINK_UNKNOWN] = 0;
	return 0;
}

void incidents_begin(struct engine *e)
{
	for (size_t p = 0; p < e->n_providers; p++) {
		struct provider *pr = &e->providers[p];

		for (size_t n = 0; n <= pr->n_instances; n++) {
			struct scope *s =
			    n < pr->n_instances ? &pr->instances[n].scope : &pr->scope;

			if (scope_is_calm(s))
				continue;
			s->i.bad_at = s->i.since = e->now;
			s->i.timer_at = e->now + BRAKE_MS;
			arm(e, s);
		}
	}
}
