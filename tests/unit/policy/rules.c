/*
 * rules.c - the account's invariants, each said a second time and in another way than account*.c does.
 *
 * A rule of an account looks at m->a only; a rule of a step at all of the moment.
 */
#include "rules.h"

#include "base/obj.h"
#include "policy/members.h"

#define RULE(name) static bool name(const struct moment *m)

/* ---- members ---- */

bool same_in_store(const struct account *a, const struct account *b)
{
#define F(name) &&a->name == b->name
	return true ACCOUNT_KEPT_MEMBERS(F);
#undef F
}

bool same_account(const struct account *a, const struct account *b)
{
#define F(name) &&a->name == b->name
	return same_in_store(a, b) ACCOUNT_VOLATILE_MEMBERS(F);
#undef F
}

bool same_effects(const struct effects *a, const struct effects *b)
{
#define F(name) &&a->name == b->name
	return true EFFECTS_MEMBERS(F);
#undef F
}

bool no_effects(const struct effects *fx)
{
	struct effects none = { .from = fx->from, .stale = fx->stale, .bug = fx->bug };

	return same_effects(fx, &none);
}

/* ---- of an account ---- */

static bool lives(const struct account *a)
{
	return a->state == ST_STARTING || a->state == ST_QR || a->state == ST_AUTH ||
	       a->state == ST_UP;
}

RULE(numbers_are_in_their_lists)
{
	const struct account *a = m->a;

	return a->state < ST_COUNT && a->status < STATUS_COUNT && a->cause < RELINK_CAUSE_COUNT &&
	       a->action < ACTION_COUNT && a->profile <= PROFILE_DEAD && a->after <= AFTER_DELETE &&
	       a->suspect < RELINK_CAUSE_COUNT && a->suspect_source <= SOURCE_ASKED;
}

RULE(open_in_the_states_of_a_life)
{
	return m->a->open == lives(m->a) && (!m->a->open || m->a->generation > 0);
}

RULE(wanted_by_state)
{
	const struct account *a = m->a;
	bool closing_for_good = a->after == AFTER_IDLE || a->after == AFTER_DELETE;

	if (a->state == ST_CLOSING)
		return a->want == !closing_for_good;
	return a->want == (a->state != ST_IDLE && a->state != ST_DELETED);
}

RULE(slot_in_starting)
{
	return m->a->slot == (m->a->state == ST_STARTING);
}

static bool has_something_to_forgive(const struct account *a)
{
	return a->fails > 0 || a->waits > 0 || a->slow_step > 0 || a->replaced || a->flap.step > 0;
}

RULE(timer_where_needed)
{
	const struct account *a = m->a;

	switch ((enum account_state)a->state) {
	case ST_STARTING:
	case ST_QR:
	case ST_AUTH:
	case ST_WAITING:
		return a->timer_at != 0;
	case ST_UP:
		return (a->timer_at != 0) == has_something_to_forgive(a);
	case ST_CLOSING:
		return true; /* between two disconnects */
	default:
		return a->timer_at == 0;
	}
}

RULE(volatile_with_a_life_only)
{
	const struct account *a = m->a;

	return a->open || (!a->op && !a->sure && a->suspect == RELINK_NONE &&
			   a->absent_since == 0 && a->evidence_at == 0 && a->looks == 0);
}

RULE(suspicion_has_a_source)
{
	const struct account *a = m->a;

	return (a->suspect != RELINK_NONE) == (a->suspect_source != SOURCE_NONE);
}

RULE(up_since_in_up)
{
	return (m->a->up_since != 0) == (m->a->state == ST_UP);
}

RULE(profile_fits_the_life)
{
	const struct account *a = m->a;

	if (a->state == ST_AUTH || a->state == ST_UP)
		return a->profile == PROFILE_GOOD;
	return !a->open || (account_may_resume(a) && (!a->fresh || a->profile == PROFILE_NEW));
}

RULE(status_follows_from_the_state)
{
	static const uint8_t status[ST_COUNT] = {
		[ST_QR] = STATUS_QR_SCANNING,       [ST_AUTH] = STATUS_AUTHENTICATED,
		[ST_UP] = STATUS_CONNECTED,         [ST_PARKED] = STATUS_DISCONNECTED,
		[ST_DELETED] = STATUS_DISCONNECTED, [ST_HELD] = STATUS_FAILED,
	};
	const struct account *a = m->a;
	unsigned on_its_way = a->was_up ? STATUS_RECONNECTING : STATUS_CONNECTING;
	bool never_used = a->generation == 0 && a->cause == RELINK_NONE;

	switch ((enum account_state)a->state) {
	case ST_IDLE:
		return a->status == (never_used ? STATUS_NEW : STATUS_DISCONNECTED);
	case ST_QUEUED:
	case ST_WAITING:
		if (m->e == NULL || m->fx->stale)
			return a->status == on_its_way || a->status == STATUS_DISCONNECTED;
		return a->status ==
		       (m->e->hands_off && !a->person ? STATUS_DISCONNECTED : on_its_way);
	case ST_STARTING:
		return a->status == on_its_way;
	case ST_CLOSING:
		return a->after == AFTER_PARK   ? a->status == STATUS_DISCONNECTED
		       : a->after == AFTER_HOLD ? a->status == STATUS_FAILED
		       : a->want                ? a->status == on_its_way
						: true;
	default:
		return a->status == status[a->state];
	}
}

RULE(spent_budget_ends_the_tries)
{
	const struct account *a = m->a;

	return a->fails < m->p->max_fails || a->state == ST_HELD || !a->want ||
	       (a->state == ST_CLOSING && a->after == AFTER_HOLD);
}

/* ---- of a step ---- */

static bool about_a_life(const struct account_event *e)
{
	return event_is_about_a_life(e->kind);
}

/* Only two voices of the same opinion may come in any order. */
static bool outdated(const struct account *a, const struct account_event *e)
{
	bool sick = e->kind == EV_DOWN || e->kind == EV_ABSENT;

	if (e->kind < EV_BORN || !about_a_life(e) || !lives(a) || e->at >= a->evidence_at)
		return false;
	return !sick || (a->suspect == RELINK_NONE && a->absent_since == 0);
}

RULE(stale_is_nothing)
{
	bool stale = about_a_life(m->e) && (m->e->generation != m->before->generation ||
					    !(lives(m->before) || m->before->state == ST_CLOSING) ||
					    outdated(m->before, m->e));

	return m->fx->from == m->before->state && m->fx->stale == stale &&
	       (!stale || (no_effects(m->fx) && same_account(m->before, m->a)));
}

RULE(unexpected_is_a_bug)
{
	bool bug = !m->fx->stale && !account_expects(m->before->state, m->e->kind);

	return m->fx->bug == bug && (!bug || (no_effects(m->fx) && same_account(m->before, m->a)));
}

RULE(generation_grows_with_mints)
{
	uint64_t was = m->before->generation, is = m->a->generation;
	bool floored = m->e->kind == EV_REFUSED && m->e->cause == RELINK_STALE &&
		       m->e->floor >= was && m->e->floor <= GENERATION_MAX / 2 &&
		       m->before->state == ST_STARTING;

	if (m->fx->mint)
		return is == was + 1;
	return is == was || (floored && is == m->e->floor);
}

RULE(minted_by_permit)
{
	bool permitted = m->before->state == ST_QUEUED && m->e->kind == EV_PERMIT;

	return m->fx->mint == permitted &&
	       (!permitted || (m->a->state == ST_STARTING && m->a->op && !m->a->seen &&
			       m->a->minted_at == m->e->now));
}

RULE(old_profile_where_possible)
{
	bool resume = account_may_resume(m->before) && !m->before->fresh_next;

	return !m->fx->mint
		   ? !m->fx->resume
		   : m->fx->resume == resume && m->a->fresh == !resume && !m->a->fresh_next;
}

RULE(life_ends_by_abandon)
{
	bool ended = m->before->open && !m->a->open;

	return m->fx->abandon == ended && (!ended || m->fx->abandoned == m->before->generation);
}

RULE(only_the_abandoned_are_disconnected)
{
	bool entered = m->a->state == ST_CLOSING && m->before->state != ST_CLOSING;
	bool ours = m->before->want && !m->before->person;
	bool again =
	    m->before->state == ST_CLOSING && m->e->kind == EV_TIMER && !(ours && m->e->hands_off);

	return m->fx->close == (entered || again) &&
	       (!m->fx->close || (m->a->state == ST_CLOSING && !m->a->open &&
				  m->fx->abandoned == m->a->generation)) &&
	       (!entered || m->fx->abandon);
}

RULE(two_pieces_of_evidence)
{
	const struct account *b = m->before;
	const struct account_event *e = m->e;

	if (!m->fx->abandon || e->kind < EV_BORN || !about_a_life(e))
		return true;
	if (e->kind == EV_ABSENT && b->suspect == RELINK_NONE)
		return b->absent_since != 0 && e->at >= b->absent_since + m->p->settle;
	/* a canary that shows a QR is our own start, which needs no second piece */
	if (e->kind == EV_QR && e->brake != BRAKE_NONE)
		return b->state == ST_STARTING || b->suspect != RELINK_NONE;
	return (e->kind == EV_DOWN || e->kind == EV_ABSENT) &&
	       (b->suspect != RELINK_NONE || b->absent_since != 0);
}

RULE(logins_are_kept)
{
	const struct account *b = m->before, *a = m->a;

	if (b->profile != PROFILE_GOOD || a->profile == PROFILE_GOOD)
		return true;
	switch ((enum profile_state)a->profile) {
	case PROFILE_DEAD:
		return cause_rule(a->cause)->login_dead;
	case PROFILE_SUSPECT:
		return b->profile_fails > 0 && cause_rule(a->cause)->blames_profile;
	case PROFILE_NEW:
		return (m->fx->mint && b->fresh_next) || a->state == ST_QR;
	case PROFILE_NONE: /* the person who asked for a new code has given it up */
		return m->e->kind == EV_MOVED && m->e->bare && b->fresh_next;
	default:
		return false;
	}
}

RULE(told_when_new)
{
	const struct account *b = m->before, *a = m->a;
	bool news = a->status != b->status || a->cause != b->cause || a->action != b->action;

	return m->fx->tell == news && (!news || m->fx->changed) &&
	       (a->cause == b->cause || m->fx->reason);
}

RULE(a_stop_is_shown_when_done)
{
	return m->a->state != ST_CLOSING || m->a->want || m->a->status == m->before->status;
}

RULE(since_is_the_entry)
{
	bool moved = m->a->state != m->before->state;

	return m->a->since == (moved ? m->e->now : m->before->since) && (!moved || m->fx->changed);
}

static bool within(uint64_t v, uint64_t low, uint64_t high)
{
	return v >= low && v <= high;
}

static uint64_t backoff_top(const struct policy *p, unsigned n)
{
	uint64_t top = p->backoff_base;

	while (n-- > 0 && top < p->backoff_cap)
		top *= 2;
	return top < p->backoff_cap ? top : p->backoff_cap;
}

RULE(waits_are_in_bounds)
{
	const struct policy *p = m->p;
	const struct account *b = m->before, *a = m->a;
	uint64_t wait = a->timer_at - m->e->now,
		 step = p->slow[b->slow_step < 3 ? b->slow_step : 2];
	bool spared = m->e->brake != BRAKE_NONE || m->e->kind == EV_EXCUSED;

	if (a->state != ST_WAITING || b->state == ST_WAITING)
		return true;
	if (a->flap.step == 0 && spared) /* the incident says who starts when */
		return within(wait, p->backoff_base, backoff_top(p, 1));
	if (a->flap.step > 0)
		return within(wait, p->flap.wait, 11 * p->slow_cap / 10 + 44 * p->flap.wait / 10);
	if (cause_then(p->causes, a->cause) != THEN_SLOW)
		return within(wait, p->backoff_base, backoff_top(p, b->waits));
	if (m->e->retry_after > 0)
		step = MIN_OF(m->e->retry_after, p->slow_cap);
	if (step < p->backoff_base)
		step = p->backoff_base;
	return within(wait, step, step + step / 10);
}

/* Whoever loses what it had goes slower; it costs no attempt, and nothing else makes it so. */
RULE(flapping_is_slow_and_not_given_up)
{
	const struct account *b = m->before, *a = m->a;
	unsigned step = b->flap.step < 3 ? b->flap.step : 3;
	bool lost = b->state == ST_UP && a->state != ST_UP;

	if (m->e->kind == EV_EXCUSED) /* losses are taken back, and nothing else */
		return a->flap.at_s <= b->flap.at_s && a->flap.step <= b->flap.step;
	if (b->flap.step == 0)
		return a->flap.step == 0 ||
		       (lost && !m->e->excused && m->e->kind >= EV_BORN && m->e->kind <= EV_ABSENT);
	if (a->flap.step == 0)
		return m->e->kind <= EV_REGENERATE ||
		       (m->e->kind == EV_TIMER && b->state == ST_UP && b->sure &&
			m->e->now >= b->up_since + m->p->flap.stable);
	if (a->state == ST_WAITING && b->state != ST_WAITING &&
	    a->timer_at < m->e->now + (m->p->flap.wait << (step - 1)))
		return false;
	return !lost || a->fails == b->fails;
}

RULE(deadlines_are_whole)
{
	const struct account *a = m->a;
	uint64_t left = a->timer_at - m->e->now;

	if (a->state == m->before->state)
		return true;
	switch ((enum account_state)a->state) {
	case ST_STARTING:
	case ST_AUTH:
		return left == m->p->start_deadline;
	case ST_QR:
		return left == (m->e->crowded ? 0 : m->p->qr_deadline);
	case ST_UP:
		return a->timer_at == 0 || left == m->p->stable;
	default:
		return true;
	}
}

RULE(timers_come_once)
{
	return m->e->kind != EV_TIMER || m->fx->bug || m->a->timer_at == 0 ||
	       m->a->timer_at > m->e->now;
}

RULE(wishes_are_people_s)
{
	bool up = m->e->kind <= EV_REGENERATE,
	     down = m->e->kind == EV_DISCONNECT || m->e->kind == EV_DELETE;

	return m->a->want == m->before->want || (m->a->want ? up : down);
}

RULE(who_waits_for_a_person_is_left_alone)
{
	unsigned was = m->before->state;

	return m->a->state == was || m->e->kind <= EV_DELETE ||
	       (m->e->kind == EV_EXCUSED && was != ST_IDLE) ||
	       (was != ST_IDLE && was != ST_PARKED && was != ST_HELD);
}

RULE(deleted_is_the_end)
{
	return m->before->state != ST_DELETED ||
	       (same_account(m->before, m->a) && no_effects(m->fx));
}

/* Elsewhere it may go on only when nobody can be asked to end it here. */
RULE(leaving_is_orderly)
{
	bool left = m->e->kind == EV_LEAVE && m->before->open && !m->a->open;

	return !left || (m->e->cut_off ? !m->fx->close : m->fx->close && m->before->state == ST_UP);
}

RULE(a_move_costs_nothing)
{
	const struct account *b = m->before, *a = m->a;

	if (m->e->kind != EV_LEAVE && m->e->kind != EV_MOVED)
		return true;
	return a->fails == b->fails && a->profile_fails <= b->profile_fails && a->want == b->want &&
	       a->fresh_next == b->fresh_next &&
	       (a->profile == b->profile ||
		(m->e->bare && (b->profile == PROFILE_NEW || b->fresh_next) &&
		 a->profile == PROFILE_NONE));
}

/* While automation is paused only a person ends what is not proven gone. */
RULE(hands_off_ends_nothing)
{
	const struct account *b = m->before;
	if (!m->e->hands_off || !m->fx->close || m->e->kind <= EV_DELETE)
		return true;
	return m->e->kind == EV_TIMER && b->state == ST_CLOSING && (b->person || !b->want);
}

RULE(looks_have_an_object)
{
	return m->fx->look == LOOK_NO || m->a->open || m->a->state == ST_CLOSING;
}

#undef RULE

/* ---- the lists ---- */

struct rule {
	const char *sentence;
	bool (*holds)(const struct moment *);
};

static const struct rule account_rules[] = {
	{ "every number is in its list", numbers_are_in_their_lists },
	{ "a life is open exactly in starting, qr, auth and up", open_in_the_states_of_a_life },
	{ "idle, deleted and what is on its way there are not wanted; everything else is",
	  wanted_by_state },
	{ "a start slot is held exactly in starting", slot_in_starting },
	{ "a timer runs in starting, qr, auth and waiting, in up while there are failures to "
	  "forgive, "
	  "in closing between two tries, and nowhere else",
	  timer_where_needed },
	{ "what only this process knows is about an open life", volatile_with_a_life_only },
	{ "a suspicion says who raised it", suspicion_has_a_source },
	{ "up_since is known exactly in up", up_since_in_up },
	{ "an open life has a usable profile, a login a good one", profile_fits_the_life },
	{ "the public status follows from the state", status_follows_from_the_state },
	{ "when the budget is spent there is no further try", spent_budget_ends_the_tries },
};

static const struct rule step_rules[] = {
	{ "an event of another life, of none, or of an earlier time changes nothing and is counted",
	  stale_is_nothing },
	{ "what cannot come is reported as a bug and changes nothing", unexpected_is_a_bug },
	{ "the generation grows by one with each mint, else only to the floor of a stale create",
	  generation_grows_with_mints },
	{ "a life is minted by a permit and by nothing else", minted_by_permit },
	{ "a start opens the old profile unless there is none of use or a new one was asked for",
	  old_profile_where_possible },
	{ "a life ends by being abandoned, in the same step", life_ends_by_abandon },
	{ "only an abandoned life is disconnected", only_the_abandoned_are_disconnected },
	{ "evidence ends a life only as the second piece", two_pieces_of_evidence },
	{ "a good login is given up for proof or for a person only", logins_are_kept },
	{ "subscribers hear of a new status, cause or user action, and only of that",
	  told_when_new },
	{ "a stop changes the status when it is done, not when it is wished",
	  a_stop_is_shown_when_done },
	{ "`since` is when the state was entered, and a new state is remembered",
	  since_is_the_entry },
	{ "each wait is inside its bounds", waits_are_in_bounds },
	{ "who begins to flap has just lost a connection of its own; its starts follow their "
	  "ladder, a loss "
	  "costs it no attempt, and only connected time that was seen, a person or an incident's "
	  "excuse ends it",
	  flapping_is_slow_and_not_given_up },
	{ "each deadline is whole when its state is entered, but of a code too many",
	  deadlines_are_whole },
	{ "a timer that came is over, or set anew", timers_come_once },
	{ "only people change what is wanted", wishes_are_people_s },
	{ "idle, parked and held are left by people only", who_waits_for_a_person_is_left_alone },
	{ "deleted is the end", deleted_is_the_end },
	{ "who leaves an instance that answers is disconnected there, and only from connected",
	  leaving_is_orderly },
	{ "a move costs no attempt and no login", a_move_costs_nothing },
	{ "while automation is paused only people end what is not proven gone",
	  hands_off_ends_nothing },
	{ "a look is asked for only where a life is open or closing", looks_have_an_object },
};

const char *account_rule(unsigned n)
{
	return n < ARRAY_LEN(account_rules) ? account_rules[n].sentence : NULL;
}

const char *step_rule(unsigned n)
{
	return n < ARRAY_LEN(step_rules) ? step_rules[n].sentence : NULL;
}

const char *account_rule_broken(const struct policy *p, const struct account *a)
{
	const struct moment m = { .p = p, .a = a };

	for (size_t i = 0; i < ARRAY_LEN(account_rules); i++) {
		if (!account_rules[i].holds(&m))
			return account_rules[i].sentence;
	}
	return NULL;
}

const char *rule_broken(const struct moment *m)
{
	for (size_t i = 0; i < ARRAY_LEN(step_rules); i++) {
		if (!step_rules[i].holds(m))
			return step_rules[i].sentence;
	}
	return account_rule_broken(m->p, m->a);
}
