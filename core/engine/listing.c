/*
 * listing.c - what instances say about their sessions: lists, pushes and looks.
 *
 * Polling is the truth: one list for each instance and interval, at once when something is suspicious
 * or unknown.  A push is a hint.  An error or a partial list is never an empty list; and before the
 * first complete list of a worker's life nothing is dead and nothing is started.
 */
#include "base/clock.h"
#include "base/killpoint.h"
#include "engine/state.h"
#include "policy/backoff.h"

#define LIST_SPACING_MS 200 /* between two lists of an instance, however suspicious it is */
#define LIST_RETRY_MS   1000
#define ASKED_A_SWEEP   500 /* where the plugin can't list */
#define BOOTS_BELIEVED  5 /* new boot ids in a row: a backend that restarts with each list is none */

bool instance_serves(const struct engine *e, const struct instance *i)
{
	return slot_serves(e, i->slot);
}

static bool can_list(const struct instance *i)
{
	return (i->provider->caps & RELINK_CAP_LIST) != 0;
}

void list_want(struct engine *e, struct instance *i, uint64_t at)
{
	if (at < i->list_asked_at + LIST_SPACING_MS)
		at = i->list_asked_at + LIST_SPACING_MS;
	if (i->list_due != 0 && i->list_due <= at)
		return;
	i->list_due = at;
	timer_set(e, &i->timer, at);
}

void look(struct engine *e, struct member *m, unsigned how)
{
	if (can_list(m->instance))
		list_want(e, m->instance,
			  how == LOOK_NOW ? e->now : e->now + m->instance->provider->policy.settle);
	else if (how == LOOK_NOW && m->session != NULL)
		call_health(e, m, NULL);
	/* otherwise the next sweep asks */
}

void instance_heard(struct engine *e, struct instance *i, uint64_t asked_at,
		    const struct inbox_reply *r)
{
	if (can_list(i))
		return; /* its lists tell */
	if (r->result == 0 && service_is_current(i, asked_at))
		instance_answered(e, i);
	else if (r->result == 0)
		return;
	else if (r->result != ERR_STATE || r->cause == RELINK_NETWORK ||
		 r->cause == RELINK_PROVIDER_DOWN)
		instance_failed(e, i, r);
	if (r->result == 0)
		service_listed(e, i, asked_at, true);
	else
		service_refused(e, i, asked_at, r);
}

/* Ask about accounts in turn, so that everyone's turn comes; the number asked.  What a quarantine is asked
 * tells nothing about the instance, so it neither counts nor takes the place of a question that does. */
static unsigned sweep_members(struct engine *e, struct instance *i, unsigned most)
{
	unsigned asked = 0, apart = 0;

	for (uint64_t n = i->accounts; n > 0 && asked < most; n--) {
		struct member *m = i->members;
		unsigned *count = slot_for(e, i, m) == i->slot ? &asked : &apart;

		DL_DELETE2(i->members, m, i_prev, i_next);
		DL_APPEND2(i->members, m, i_prev, i_next);
		if ((!m->a.open && m->a.state != ST_CLOSING) || *count == most)
			continue;
		call_health(e, m, NULL);
		++*count;
	}
	return asked;
}

static unsigned sweep_strays(struct engine *e, struct instance *i, unsigned most)
{
	unsigned asked = 0;

	for (uint64_t n = e->stats.orphans; n > 0 && asked < most; n--) {
		struct stray *s = e->stray_list;

		DL_DELETE(e->stray_list, s);
		DL_APPEND(e->stray_list, s);
		if (s->instance != i || s->look != NULL)
			continue;
		call_look(e, s);
		asked++;
	}
	return asked;
}

/* A plugin that can't list: ask about each session, a bounded number at a time, and about one while
 * nobody answers. */
static void sweep(struct engine *e, struct instance *i)
{
	unsigned most = i->list_fails > 0 ? 1 : ASKED_A_SWEEP;
	unsigned asked = sweep_members(e, i, most);

	if (asked < most)
		asked += sweep_strays(e, i, most - asked);
	i->list_asked_at = e->now;
	i->listed_at = e->now;
	if (asked == 0)
		instance_answered(e, i); /* nothing says otherwise */
	list_want(e, i, e->now + backoff_spread(&e->rng, e->conf->list_interval_ms));
}

void list_due(struct engine *e, struct instance *i)
{
	i->list_due = 0;
	if (service_is_down(i))
		instance_judge(e, i);
	i->listing.again = i->listing.tag != 0;
	if (i->listing.again || !instance_serves(e, i) || service_is_down(i))
		return; /* the answer, the worker's readiness, or a new process asks again */
	if (can_list(i))
		call_list(e, i);
	else
		sweep(e, i);
}

static bool is_phone(struct str s)
{
	for (size_t n = 0; n < s.n; n++) {
		if ((s.p[n] < '0' || s.p[n] > '9') && !(s.p[n] == '+' && n == 0))
			return false;
	}
	return true;
}

static void learn_phone(struct engine *e, struct member *m, struct str phone)
{
	if (phone.n == 0 || phone.n > LIMIT_PHONE || !is_phone(phone) ||
	    str_is(phone, m->phone != NULL ? m->phone : ""))
		return;
	if (member_set(&m->phone, phone))
		account_changed(e, m);
}

static void evidence(struct engine *e, struct member *m, const struct inbox_session *s,
		     unsigned source, uint64_t at)
{
	struct happening h = {
		.e = { .generation = s->generation != 0 ? s->generation : m->a.generation,
		       .source = (uint8_t)source,
		       .at = at,
		       .cause = s->cause },
		.text = s->text,
	};
	int kind = event_of(s->state);

	if (kind < 0)
		return;
	h.e.kind = (uint8_t)kind;
	if (kind == EV_DOWN && h.e.cause == RELINK_NONE)
		h.e.cause = RELINK_UNKNOWN;
	account_happens(e, m, &h);
	if (m->a.open && h.e.generation == m->a.generation)
		learn_phone(e, m, s->phone);
}

/* The accounts of an instance are a ring: a pass turns it, see places.c. */
static struct member *behind_the_last(const struct instance *i)
{
	const struct member *last = i->listing.last;

	return last != NULL && last->i_next != NULL ? last->i_next : i->members;
}

/* A backend tells its sessions in much the same order each time, and that is how they stand in the ring: so
 * the one behind the last is most often meant.  Each step through the index costs memory that no cache has. */
static struct member *listed_member(struct engine *e, const struct instance *i, struct str session)
{
	struct member *m = behind_the_last(i);

	if (m != NULL && m->a.open && m->session != NULL && str_is(session, m->session))
		return m;
	return member_by_session(e, session);
}

/* While a pass goes round nobody changes places, or it would miss some. */
static void put_behind_the_last(struct instance *i, struct member *m)
{
	struct member *last = i->listing.last, *next = behind_the_last(i);

	i->listing.last = m;
	if (last == NULL || last == m || i->pass_left > 0 || next == m)
		return;
	DL_DELETE2(i->members, m, i_prev, i_next);
	DL_APPEND_ELEM2(i->members, last, m, i_prev, i_next);
}

static void session_listed(struct engine *e, struct instance *i, const struct inbox_session *s,
			   uint64_t at)
{
	struct member *m = listed_member(e, i, s->session);
	struct stray *stray;

	if (m != NULL && m->instance == i) {
		put_behind_the_last(i, m);
		m->mark = i->serial;
		evidence(e, m, s, SOURCE_LIST, at);
		return;
	}
	if (m != NULL) {
		e->stats.contradictions++;
		LOG(WARN, ENGINE, "session.elsewhere", f_text("account", m->id),
		    f_text("belongs_to", member_instance(m)), f_text("listed_by", i->conf->id));
		return;
	}
	stray = stray_by_session(e, s->session);
	if (stray == NULL) {
		i->listing.n_foreign += stranger_seen(e, i, s->session);
		return;
	}
	stray->mark = i->serial;
	m = member_by_row(e, stray->life.row);
	if (m != NULL && m->a.generation == stray->life.generation)
		m->mark = i->serial; /* its disconnect has not taken effect yet */
	stray_told(stray, s->account);
	stray_seen(e, stray, at);
}

/* What a part says is taken in at once, so that a list of any length needs no memory of its own; what
 * is absent is known when all parts are there. */
void list_part(struct engine *e, const struct listed_part *part)
{
	struct instance *i;
	struct op *op;

	HASH_FIND(hh, e->ops, &part->tag, sizeof part->tag, op);
	if (op == NULL || op->kind != OP_LIST || op->instance->listing.tag != part->tag)
		return;
	i = op->instance;
	i->listing.n_sessions += part->n;
	for (size_t n = 0; n < part->n; n++) {
		session_listed(e, i, &part->v[n], op->asked_at);
		turn_breathe(e);
	}
}

static void not_listed(struct engine *e, struct instance *i, uint64_t at)
{
	struct stray *s, *next;
	struct member *m, *next_member;

	DL_FOREACH_SAFE2(i->members, m, next_member, i_next) /* it may move with that */
	{
		struct happening h = { .e = { .kind = EV_ABSENT,
					      .generation = m->a.generation,
					      .source = SOURCE_LIST,
					      .at = at,
					      .cause = RELINK_GONE },
				       .text = STR("the provider no longer lists this session") };

		if (m->mark != i->serial && (m->a.open || m->a.state == ST_CLOSING))
			account_happens(e, m, &h);
		turn_breathe(e);
	}
	DL_FOREACH_SAFE2(i->stray_list, s, next, i_next)
	{
		if (s->mark != i->serial)
			stray_absent(e, s, at);
		turn_breathe(e);
	}
}

/* The backend restarted: what was absent before says nothing about what it will bring back. */
static void note_boot(struct engine *e, struct instance *i, struct str boot_id)
{
	struct member *m;
	struct stray *s;

	if (boot_id.n == 0)
		return;
	if (str_is(boot_id, i->boot_id)) {
		i->boots = 0;
		return;
	}
	if (i->boots == BOOTS_BELIEVED)
		LOG(WARN, ENGINE, "instance.boot_id_ignored", f_text("instance", i->conf->id),
		    f_text("why", "it is another one in each list"));
	i->boots = MIN_OF(i->boots + 1, BOOTS_BELIEVED + 1u);
	if (i->boot_id[0] != '\0' && i->boots <= BOOTS_BELIEVED) {
		LOG(WARN, ENGINE, "instance.restarted", f_text("instance", i->conf->id));
		i->up_since = e->now;
		starts_begin_low(e, i);
		DL_FOREACH2(i->members, m, i_next)
		{
			m->a.absent_since = 0;
			account_changed_apart(e, m);
		}
		DL_FOREACH2(i->stray_list, s, i_next)
		s->o.absent_since = 0;
	}
	str_copy(i->boot_id, sizeof i->boot_id, boot_id);
}

static void list_failed(struct engine *e, struct instance *i, uint64_t asked_at,
			const struct inbox_reply *r)
{
	uint64_t poll = service_poll_ms(i);

	e->stats.lists_failed++;
	instance_failed(e, i, r);
	if (poll == 0)
		poll =
		    backoff_delay(&e->rng, LIST_RETRY_MS, e->conf->list_interval_ms, i->list_fails);
	list_want(e, i, e->now + poll);
	service_refused(e, i, asked_at, r);
}

static void list_read(struct engine *e, struct instance *i, uint64_t asked_at,
		      const struct inbox_reply *r)
{
	bool complete = r->complete && r->total == i->listing.n_sessions;

	KP("engine.list.reading");
	note_boot(e, i, r->boot_id);
	if (service_is_current(i, asked_at))
		instance_answered(e, i);
	if (complete) {
		not_listed(e, i, asked_at);
		i->listed_at = asked_at;
		i->foreign = i->listing.n_foreign;
		health_round(e, i);
	} else {
		e->stats.lists_partial++;
		if (!i->partial)
			LOG(WARN, ENGINE, "instance.list_incomplete",
			    f_text("instance", i->conf->id),
			    f_u64("sessions", i->listing.n_sessions), f_u64("of", r->total));
		list_want(e, i, e->now + LIST_RETRY_MS);
	}
	i->partial = !complete;
	service_listed(e, i, asked_at, complete);
	KP("engine.list.read");
}

void list_answered(struct engine *e, struct instance *i, const struct op *op,
		   const struct inbox_reply *r)
{
	if (i->listing.tag != op->tag)
		return; /* its worker was lost meanwhile */
	if (r->result == 0)
		list_read(e, i, op->asked_at, r);
	else
		list_failed(e, i, op->asked_at, r);
	i->listing.tag = 0;
	if (i->listing.again)
		list_want(e, i, e->now);
	list_want(e, i, e->now + backoff_spread(&e->rng, e->conf->list_interval_ms));
}

/* A newer code, or the first one that we have since we started. */
static void learn_qr(struct engine *e, struct member *m, const struct inbox_session *s, bool told)
{
	bool news = m->qr == NULL || !str_is(s->qr, m->qr->text);
	struct qr_code *qr;

	if (s->qr.n == 0 || s->qr.n > LIMIT_QR)
		return;
	qr = malloc(sizeof *qr + s->qr.n + 1);
	if (qr == NULL)
		return; /* the next code comes soon */
	qr->expires_at = s->qr_expires > 0 ? e->now + s->qr_expires : 0;
	str_copy(qr->text, s->qr.n + 1, s->qr);
	if (news && !told)
		account_journal(e, m, JOURNAL_QR, true, STR_NONE, STR_NONE);
	free(m->qr);
	m->qr = qr;
}

bool speaks_for(const struct instance *i, unsigned slot, struct str name)
{
	return i != NULL && i->slot == slot && str_is(name, i->conf->id);
}

void note_contradiction(struct engine *e, unsigned slot, struct str name, struct str session)
{
	e->stats.contradictions++;
	LOG(WARN, ENGINE, "session.pushed_elsewhere", f_str("session", session),
	    f_str("pushed_by", name), f_u64("slot", slot));
}

void session_pushed(struct engine *e, unsigned slot, const struct inbox_session *s)
{
	struct member *m = member_by_session(e, s->session);
	struct stray *stray = stray_by_session(e, s->session);
	struct instance *at;
	const struct member *owner = session_owner(e, s->session, &at);
	unsigned before;

	if (!quarantine_may_tell(e, at, owner, &slot))
		return;
	if ((m != NULL && !speaks_for(m->instance, slot, s->instance)) ||
	    (stray != NULL && !speaks_for(stray->instance, slot, s->instance))) {
		note_contradiction(e, slot, s->instance, s->session);
		return;
	}
	if (m == NULL || (s->generation != 0 && m->a.generation != s->generation)) {
		/* Late news of an older life changes nothing; if it shows life, a list will tell and
		 * the life is ended then. */
		e->stats.stale++;
		if (stray != NULL && s->state != RELINK_STATE_DOWN)
			list_want(e, stray->instance, e->now);
		return;
	}
	before = m->a.state;
	KP("engine.pushed");
	evidence(e, m, s, SOURCE_PUSH, e->now);
	if (m->a.state == ST_QR && m->a.open)
		learn_qr(e, m, s, before != ST_QR);
}
