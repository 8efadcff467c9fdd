/*
 * step.c - one event into one account, and everything that follows from it.
 *
 * The only caller of account_step.  The order in here is the order on disk: the ledger closes the old
 * life before it opens a new one, and the account row is written last, once a turn.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/killpoint.h"
#include "base/rng.h"
#include "engine/state.h"
#include "policy/why.h"
#include "record/recorder.h"

void account_changed(struct engine *e, struct member *m)
{
	batch_of_turn(e);
	if (m->dirty)
		return;
	m->dirty = true;
	e->n_dirty++;
	*e->dirty_last = m;
	e->dirty_last = &m->d_next;
}

void account_journal(struct engine *e, struct member *m, unsigned kind, bool tell, struct str text,
		     struct str data)
{
	struct journal_record r = { .row = m->row,
				    .generation = m->a.generation,
				    .kind = (uint8_t)kind,
				    .from = m->a.state,
				    .to = m->a.state,
				    .status = m->a.status,
				    .cause = m->a.cause,
				    .action = m->a.action,
				    .tell = tell,
				    .account = str_of(m->id),
				    .workspace = str_of(m->workspace),
				    .text = text,
				    .data = data };

	batch_journal(e, &r);
}

static bool keeps_profiles_apart(const struct member *m)
{
	return (m->instance->provider->caps & RELINK_CAP_PROFILES) != 0;
}

/* No instance knows which credentials another one has open.  One that was given up can't be asked;
 * that it may still run is the price of when_down: move. */
static bool lives_elsewhere(const struct member *m)
{
	const struct stray *s;

	DL_FOREACH2(m->strays, s, m_next)
	{
		if (s->instance != m->instance && !s->instance->given_up)
			return true;
	}
	return false;
}

bool account_waits_for_proof(const struct member *m)
{
	if (m->a.fresh_next || !account_may_resume(&m->a))
		return false;
	if (!keeps_profiles_apart(m))
		return m->n_strays > 0 || m->lost_at != NULL;
	return m->n_strays > 0 && lives_elsewhere(m);
}

/* Whose a slot is, is known when it is taken: on the way a person may ask, or a verdict forget it. */
static void count_slot(struct instance *i, struct member *m)
{
	uint64_t one = m->a.slot ? 1 : -1ull;

	if (m->a.slot)
		m->person_slot = m->a.person;
	i->starting += one;
	i->starting_persons += m->person_slot ? one : 0;
	m->counted_slot = m->a.slot;
}

void account_moved(struct engine *e, struct member *m)
{
	struct account *a = &m->a;
	struct instance *i = m->instance;
	bool indexed = m->hh_session.tbl != NULL;
	bool queues;

	timer_set(e, &m->timer, i != NULL ? a->timer_at : 0);
	if (a->open && !indexed && m->session != NULL) {
		HASH_ADD_KEYPTR(hh_session, e->by_session, m->session, strlen(m->session), m);
	} else if (!a->open && indexed) {
		HASH_DELETE(hh_session, e->by_session, m);
		m->hh_session.tbl = NULL;
	}
	meter_place(e, m);
	if (a->state != ST_QR && m->qr != NULL) {
		free(m->qr);
		m->qr = NULL;
	}
	if (i == NULL)
		return;
	if (a->open != m->counted_open) {
		i->open += a->open ? 1 : -1ull;
		m->counted_open = a->open;
	}
	if (a->slot != m->counted_slot) {
		count_slot(i, m);
		if (!a->slot)
			start_ended(e, m, start_outcome_of(a));
	}
	if (admit_scans(a) != m->counted_scan) {
		m->counted_scan = !m->counted_scan;
		i->scans += m->counted_scan ? 1 : -1ull;
	}
	queues = a->state == ST_QUEUED && !account_waits_for_proof(m) && !hands_off_ours(e, m);
	place_settled(e, m);
	bulk_settled(m);
	if (m->queued && (!queues || m->queue_line != admit_line(a)))
		queue_take(e, m);
	if (!m->queued && queues)
		queue_put(e, m);
}

/* `<provider>_<workspace>_<unix seconds>_<8 hex>`, the form that the seed's application mints too. */
static char *mint_session(struct engine *e, const struct member *m)
{
	char id[LIMIT_SESSION_ID + 1], hex[9];
	struct str s;

	do {
		rng_hex(hex, 8);
		snprintf(id, sizeof id, "%s_%s_%llu_%s", m->provider, m->workspace,
			 (unsigned long long)(e->now / 1000), hex);
		s = str_of(id);
	} while (member_by_session(e, s) != NULL || stray_by_session(e, s) != NULL);
	return str_dup(s);
}

static uint8_t begun_by(const struct account *a)
{
	return a->person ? BEGUN_PERSON : a->cause != RELINK_NONE ? BEGUN_RETRY : BEGUN_AGAIN;
}

/* The life is written down: from here on the ledger proves that it is ours. */
static void mint(struct engine *e, struct member *m, const struct effects *fx)
{
	struct attempt_record attempt = { .row = m->row,
					  .generation = m->a.generation,
					  .minted_at = m->a.minted_at,
					  .state = ATTEMPT_OPEN,
					  .begun_by = begun_by(&m->a),
					  .begun_cause = m->a.cause,
					  .begun_on = fx->resume ? LOGIN_SAME : LOGIN_NEW };
	bool again = fx->resume && !keeps_profiles_apart(m);
	char *session = again ? str_dup(str_of(m->profile)) : mint_session(e, m);

	must(session != NULL);
	free(m->session);
	m->session = session;
	if (!fx->resume) {
		must(member_set(&m->profile, str_of(session)));
		must(member_set(&m->lost_at, STR_NONE)); /* it was on the old one */
	}
	attempt.session = str_of(m->session);
	attempt.profile = str_of(m->profile);
	attempt.instance = str_of(member_instance(m));
	commit_attempt(batch_commit(e), &attempt);
	batch_act(e, &(struct act){ ACT_CREATE, m->row, m->a.generation, fx->resume });
	e->stats.mints++;
	KP("engine.minted");
}

static void abandon(struct engine *e, struct member *m, const struct effects *fx,
		    uint64_t minted_at)
{
	commit_attempt_close(batch_commit(e), m->row, fx->abandoned, ATTEMPT_ABANDONED, e->now);
	if (m->instance != NULL)
		stray_new(e, m->row, fx->abandoned, str_of(m->session), str_of(m->id),
			  str_of(m->workspace), m->instance, minted_at, fx->close);
	else
		must(member_set(&m->lost_at, str_of(member_instance(m))));
	KP("engine.abandoned");
}

/* The ledger tells how the life ended and what follows: as soon as it is given up, and once more when
 * its closing is over, since people may have wished otherwise meanwhile. */
static void note_outcome(struct engine *e, const struct member *m, const struct happening *h,
			 const struct effects *fx, const struct account *before,
			 const struct step_why *why)
{
	bool closed = fx->from == ST_CLOSING && m->a.state != ST_CLOSING;
	struct attempt_outcome o = { m->row, before->generation, { .why = *why } };

	if (!fx->abandon && !closed)
		return;
	if (fx->abandon) {
		o.end.up_at = before->up_since;
		o.end.ended_at = e->now;
		o.end.event = h->e.kind;
		o.end.from = fx->from;
		o.end.cause = m->a.cause;
	}
	if (m->a.state != ST_WAITING)
		o.end.why.timer_at = 0;
	commit_attempt_outcome(batch_commit(e), &o);
}

/* What the timeline says of this step beyond its numbers. */
static void step_data(struct buf *out, const struct member *m, const struct effects *fx)
{
	struct jw j = jw_to(out);

	if (!fx->mint && m->a.timer_at == 0)
		return;
	jw_object(&j, NULL);
	if (fx->mint) {
		jw_text(&j, "session_id", m->session);
		jw_bool(&j, "resume", fx->resume);
	}
	if (m->a.state == ST_WAITING)
		jw_time(&j, "next_attempt_at", m->a.timer_at);
	else if (m->a.timer_at != 0)
		jw_time(&j, "deadline_at", m->a.timer_at);
	jw_object_end(&j);
}

static void write_step(struct engine *e, struct member *m, const struct happening *h,
		       const struct effects *fx, const struct step_why *why)
{
	struct journal_record r = { .row = m->row,
				    .generation = m->a.generation,
				    .kind = fx->tell ? JOURNAL_STATUS : JOURNAL_STEP,
				    .event = h->e.kind,
				    .from = fx->from,
				    .to = m->a.state,
				    .status = m->a.status,
				    .cause = m->a.cause,
				    .action = m->a.action,
				    .tell = fx->tell && !member_is_deleted(m),
				    .account = str_of(m->id),
				    .workspace = str_of(m->workspace),
				    .text = h->text,
				    .why = *why };
	struct buf data;

	buf_init(&data, 512);
	step_data(&data, m, fx);
	r.data = buf_all(&data);
	batch_journal(e, &r);
	buf_fini(&data);
	LOG(DEBUG, ENGINE, "account.step", f_text("account", m->id),
	    f_text("event", event_name(h->e.kind)), f_text("from", state_name(fx->from)),
	    f_text("to", state_name(m->a.state)), f_u64("generation", m->a.generation));
	if (fx->tell)
		LOG(INFO, ENGINE, "account.status", f_text("account", m->id),
		    f_text("status", status_name(m->a.status)),
		    f_text("cause", cause_name(m->a.cause)),
		    f_text("user_action", action_name(m->a.action)), f_str("text", h->text));
}

void engine_policy_of(const struct engine *e, const struct member *m, struct policy *ret_policy)
{
	if (m->instance != NULL)
		*ret_policy = m->instance->provider->policy;
	else
		engine_policy(e->conf, NULL, 0, 0, ret_policy);
}

/* Without its instance an account is left alone, but it may be forgotten, or leave for another one:
 * its life is given up in the ledger, and ended if that instance ever comes back. */
static bool policy_for(const struct engine *e, const struct member *m, unsigned event,
		       struct policy *ret_policy)
{
	engine_policy_of(e, m, ret_policy);
	return m->instance != NULL || event == EV_DELETE || event == EV_LEAVE;
}

/* Subscribers hear why it does not start, when somebody must do something about it. */
static void begin_to_wait(struct engine *e, struct member *m)
{
	struct journal_record r = { .kind = JOURNAL_STATUS, .tell = true, .why.notes = NOTE_QUEUE };
	unsigned action = ACTION_NONE;
	char text[LIMIT_WAITS];

	place_anew(e, m);
	if (m->instance == NULL)
		return;
	r.text = place_waits(e, m, text, sizeof text, &action);
	if (action == ACTION_NONE)
		return;
	r.row = m->row;
	r.generation = m->a.generation;
	r.from = r.to = m->a.state;
	r.status = m->a.status;
	r.cause = m->a.cause;
	r.action = (uint8_t)(m->a.action != ACTION_NONE ? m->a.action : action);
	r.account = str_of(m->id);
	r.workspace = str_of(m->workspace);
	batch_journal(e, &r);
}

#define EXCUSE_SETTLES 10 /* so many settle times after an outage, all that it took is known */

/* Was its instance away just now, or is it?  Then that took the session, and not what ails it. */
static bool is_excused(const struct engine *e, const struct member *m)
{
	const struct instance *i = m->instance;

	return i != NULL && m->a.state == ST_UP &&
	       (instance_is_down(e, i) ||
		(i->up_since > m->a.up_since &&
		 e->now < i->up_since + EXCUSE_SETTLES * e->conf->settle_ms));
}

/* Subscribers hear once that it begins to flap, and once that it does no more. */
static void tell_flapping(struct engine *e, struct member *m, bool was)
{
	bool is = account_is_flapping(&m->a);

	if (is == was)
		return;
	account_journal(e, m, is ? JOURNAL_FLAPPING : JOURNAL_STEADY, !member_is_deleted(m),
			is ? STR("it was connected and lost too often: it starts slowly now")
			   : STR("it is treated as any other again"),
			STR_NONE);
	LOG(INFO, ENGINE, is ? "account.flapping" : "account.steady", f_text("account", m->id));
}

/* The numbers of no provider: see policy_for. */
#define POLICY_OF_NONE (RECORDER_POLICIES - 1)

static void record_step(struct engine *e, const struct member *m, const struct policy *p,
			const struct account *before, const struct account_event *event,
			const struct effects *fx)
{
	const struct provider *of = m->instance != NULL ? m->instance->provider : NULL;
	struct recorder_step s = { .row = m->row,
				   .id = str_of(m->id),
				   .policy = POLICY_OF_NONE,
				   .p = p,
				   .before = before,
				   .after = &m->a,
				   .event = event,
				   .fx = fx };

	if (of != NULL) {
		s.policy = (unsigned)(of - e->providers) % POLICY_OF_NONE;
		s.provider = str_of(of->conf->name);
	}
	recorder_step(e->recorder, &s);
}

void account_changed_apart(struct engine *e, const struct member *m)
{
	recorder_forget(e->recorder, m->row);
}

void account_happens(struct engine *e, struct member *m, struct happening *h)
{
	const struct account before = m->a;
	struct effects fx;
	struct step_why why;
	struct meter_before metered = meter_before(m);
	struct policy p;

	if (!policy_for(e, m, h->e.kind, &p))
		return;
	h->e.now = e->now;
	h->e.crowded = h->e.kind == EV_QR && m->instance != NULL && scan_is_one_too_many(m);
	h->e.hands_off = hands_off(e, m);
	if (h->e.at == 0)
		h->e.at = e->now;
	h->e.excused = is_excused(e, m);
	if (h->e.brake == BRAKE_NONE)
		h->e.brake = (uint8_t)incident_brake(e, m);
	e->stats.steps++;
	account_step(&p, &m->a, &h->e, &fx);
	if (e->recorder != NULL)
		record_step(e, m, &p, &before, &h->e, &fx);
	must(!fx.bug);
	if (fx.stale) {
		e->stats.stale++;
		return;
	}
	meter_step(e, m, &metered, &fx);
	canary_saw(e, m->instance, &m->a, h->e.kind, &fx);
	if (h->e.kind <= EV_REGENERATE && fx.from == ST_HELD)
		blame_again(&m->blame, e->now);
	if (fx.reason)
		member_set(&m->reason, (struct str){ h->text.p, MIN_OF(h->text.n, LIMIT_REASON) });
	why_of(&p, &before, &h->e, &m->a, &fx, &why);
	if (fx.abandon)
		abandon(e, m, &fx, before.minted_at);
	note_outcome(e, m, h, &fx, &before, &why);
	if (fx.abandon || m->a.open == 0) {
		/* out of the index before the session's text may change */
		account_moved(e, m);
	}
	if (fx.mint)
		mint(e, m, &fx);
	if (fx.close)
		batch_act(e, &(struct act){ ACT_CLOSE, m->row, fx.abandoned, false });
	account_moved(e, m);
	if (fx.changed) {
		account_changed(e, m);
		write_step(e, m, h, &fx, &why);
		tell_flapping(e, m, account_is_flapping(&before));
	}
	if (fx.tell && m->a.status == STATUS_CONNECTED)
		qr_link_connected(e, m);
	incident_learns(e, m, &before, &h->e, &fx);
	if (fx.look != LOOK_NO && m->instance != NULL)
		look(e, m, fx.look);
	if (m->a.state == ST_QUEUED && fx.from != ST_QUEUED)
		begin_to_wait(e, m);
	health_judge(e, m);
	if (fx.changed)
		alerts_judge(e, m);
}
