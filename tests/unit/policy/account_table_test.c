/*
 * account_table_test.c - every cell of the account's table, from many accounts in every state.
 *
 * The accounts are those of situations.h and what may vary in them; the events carry every cause,
 * source and wish that they may carry.  What must hold after each step is in rules.h.
 */
#include <string.h>

#include "base/obj.h"
#include "rules.h"
#include "situations.h"

/* Which cells can be reached, by kind of event: a dot is a cell that nothing leads to. */
// clang-format off
static const char *const expected[ST_COUNT] = {
	/*                wishes engine answers evidence places */
	[ST_IDLE]     = "xxxxx   ..x   .....  ......  xx",
	[ST_QUEUED]   = "xxxxx   x.x   .....  ......  xx",
	[ST_STARTING] = "xxxxx   .xx   xxx..  xxxxxx  x.",
	[ST_QR]       = "xxxxx   .xx   xxx..  xxxxxx  x.",
	[ST_AUTH]     = "xxxxx   .xx   xxx..  xxxxxx  x.",
	[ST_UP]       = "xxxxx   .xx   xxx..  xxxxxx  x.",
	[ST_CLOSING]  = "xxxxx   .xx   xxxxx  xxxxxx  x.",
	[ST_WAITING]  = "xxxxx   .xx   .....  ......  xx",
	[ST_PARKED]   = "xxxxx   ..x   .....  ......  xx",
	[ST_HELD]     = "xxxxx   ..x   .....  ......  xx",
	[ST_DELETED]  = "xxxxx   ..x   .....  ......  xx",
};
// clang-format on

static void the_table_expects_what_can_come(void **state)
{
	unsigned cells = 0;

	(void)state;
	for (unsigned st = 0; st < ST_COUNT; st++) {
		unsigned ev = 0;

		for (const char *c = expected[st]; *c != '\0'; c++) {
			if (*c == ' ')
				continue;
			if (account_expects(st, ev) != (*c == 'x'))
				fail_msg("%s in %s", event_name(ev), state_name(st));
			ev++;
			cells++;
		}
	}
	assert_int_equal(cells, 231);
}

/* ---- what may vary in an account without changing its state ---- */

enum suspicion { TRUSTED, PUSHED_GONE, PUSHED_LOGGED_OUT, LISTED_DOWN, MISSED, N_SUSPICIONS };

struct variation {
	unsigned sure : 1, seen : 1, op : 1, person : 1, brink : 1, fenced : 1;
	unsigned suspicion;
};
#define N_VARIATIONS (64 * N_SUSPICIONS)

static struct variation variation(unsigned n)
{
	return (struct variation){ .sure = n & 1,
				   .seen = n >> 1 & 1,
				   .op = n >> 2 & 1,
				   .person = n >> 3 & 1,
				   .brink = n >> 4 & 1,
				   .fenced = n >> 5 & 1,
				   .suspicion = n >> 6 };
}

static void suspect(struct story *s, unsigned suspicion)
{
	static const struct {
		uint8_t cause, source;
	} of[N_SUSPICIONS] = {
		[PUSHED_GONE] = { RELINK_GONE, SOURCE_PUSH },
		[PUSHED_LOGGED_OUT] = { RELINK_LOGGED_OUT, SOURCE_PUSH },
		[LISTED_DOWN] = { RELINK_ENGINE_CRASH, SOURCE_LIST },
	};
	struct account *a = &s->a;

	a->suspect = of[suspicion].cause;
	a->suspect_source = of[suspicion].source;
	a->evidence_at = suspicion == TRUSTED ? s->a.minted_at : s->now;
	a->absent_since = suspicion == MISSED ? s->now - s->p.settle : 0;
}

/* Everything that counts is one short of what it may be. */
static void bring_to_the_brink(struct story *s)
{
	struct account *a = &s->a;

	if (a->state != ST_HELD)
		a->fails = (uint8_t)(s->p.max_fails - 1);
	a->waits = 32;
	a->profile_fails = 1;
	a->slow_step = 3;
	a->replaced = 1;
	a->flap = (struct flap){ .at_s = (uint32_t)(s->now / 1000), .step = 3 };
	a->close_tries = (uint8_t)(s->p.max_close_tries - 1);
	if (a->state == ST_UP)
		a->timer_at = s->now + s->p.stable;
}

/* False: this account can't vary so. */
static bool vary(struct story *s, struct variation v)
{
	struct account *a = &s->a;

	if (!a->open && (v.sure || v.seen || v.op || v.suspicion != TRUSTED))
		return false;
	s->p.fenced = v.fenced;
	a->person = v.person;
	if (a->open) {
		a->sure = v.sure;
		a->seen = v.seen;
		a->op = v.op;
		suspect(s, v.suspicion);
	}
	if (v.brink)
		bring_to_the_brink(s);
	assert_null(account_rule_broken(&s->p, a));
	return true;
}

/* ---- events with all that they may carry ---- */

typedef void visit_fn(struct story *, const struct account_event *);

static void each_source(struct story *s, struct account_event e, visit_fn *visit)
{
	for (unsigned source = SOURCE_PUSH; source <= SOURCE_ASKED; source++) {
		e.source = (uint8_t)source;
		e.at = 0; /* asked now */
		visit(s, &e);
		e.at = s->a.minted_at; /* asked long ago */
		visit(s, &e);
	}
}

static void each_floor(struct story *s, struct account_event e, visit_fn *visit)
{
	for (unsigned above = 0; above < 8; above += 7) {
		e.floor = s->a.generation + above;
		visit(s, &e);
	}
}

static void each_wish_of_the_provider(struct story *s, struct account_event e, visit_fn *visit)
{
	static const uint64_t wishes[] = { 0, 1, 10 * MINUTE, UINT64_MAX };

	for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
		e.retry_after = wishes[i];
		visit(s, &e);
	}
}

static void each_way_of_leaving(struct story *s, struct account_event e, visit_fn *visit)
{
	for (unsigned n = 0; n < 4; n++) {
		e.cut_off = n & 1;
		e.bare = n & 2;
		visit(s, &e);
	}
}

static void each_event(struct story *s, unsigned kind, bool hands_off, visit_fn *visit)
{
	struct account_event e = { .kind = (uint8_t)kind, .hands_off = hands_off };

	if (event_is_about_a_life(kind))
		e.generation = s->a.generation;
	if (kind != EV_REFUSED && kind != EV_UNCLOSED && kind != EV_DOWN) {
		if (kind == EV_LEAVE || kind == EV_MOVED)
			each_way_of_leaving(s, e, visit);
		else if (kind >= EV_BORN)
			each_source(s, e, visit);
		else
			visit(s, &e);
		return;
	}
	for (unsigned n = 0; n < 3 * RELINK_CAUSE_COUNT; n++) {
		unsigned cause = n / 3;

		e.cause = (uint8_t)cause;
		e.brake = (uint8_t)(n % 3);
		if (kind == EV_DOWN)
			each_source(s, e, visit);
		else if (kind == EV_REFUSED && cause == RELINK_STALE)
			each_floor(s, e, visit);
		else
			each_wish_of_the_provider(s, e, visit);
	}
}

/* A timer that does not run does not come. */
static bool can_come(const struct account *a, unsigned kind)
{
	return kind != EV_TIMER || a->timer_at != 0 || !account_expects(a->state, kind);
}

static void visit_all(visit_fn *visit)
{
	const struct situation *to;

	for (unsigned i = 0; (to = situation(i)) != NULL; i++) {
		struct story made, s;

		story_make(&made, to);
		for (unsigned n = 0; n < N_VARIATIONS; n++) {
			s = made;
			if (!vary(&s, variation(n)))
				continue;
			for (unsigned kind = 0; kind < EV_COUNT; kind++) {
				if (!can_come(&s.a, kind))
					continue;
				each_event(&s, kind, false, visit);
				each_event(&s, kind, true, visit);
			}
		}
	}
}

/* ---- the walk ---- */

static bool walked[ST_COUNT][EV_COUNT];

static void walk(struct story *from, const struct account_event *e)
{
	struct story s = *from;
	bool lives = s.a.open || s.a.state == ST_CLOSING;

	s.now++;
	if (e->kind == EV_TIMER && s.a.timer_at != 0)
		s.now = s.a.timer_at;
	story_step(&s, e);
	if (s.fx.stale && lives && e->at != 0)
		return; /* of an earlier time: see the rules */
	if (account_expects(from->a.state, e->kind))
		assert_false(s.fx.bug || s.fx.stale);
	else if (event_is_about_a_life(e->kind) && !lives)
		assert_true(s.fx.stale);
	else
		assert_true(s.fx.bug);
	walked[from->a.state][e->kind] = true;
}

static void every_cell_keeps_the_rules(void **state)
{
	unsigned n = 0;

	(void)state;
	memset(walked, 0, sizeof walked);
	visit_all(walk);
	for (unsigned st = 0; st < ST_COUNT; st++) {
		for (unsigned ev = 0; ev < EV_COUNT; ev++) {
			if (!walked[st][ev])
				fail_msg("not walked: %s in %s", event_name(ev), state_name(st));
			n++;
		}
	}
	assert_int_equal(n, 11 * 26); /* numbers 22 to 24 are nobody's yet, and a bug everywhere */
}

static void find_what_is_not_written(struct story *from, const struct account_event *e)
{
	struct story s = *from;

	s.now++;
	story_step(&s, e);
	if (!s.fx.changed && !same_in_store(&s.before, &s.a))
		fail_msg("%s in %s changes what the store keeps and does not say so",
			 event_name(e->kind), state_name(s.before.state));
}

static void what_the_store_keeps_is_written_when_it_changes(void **state)
{
	(void)state;
	visit_all(find_what_is_not_written);
}

/* ---- events of other lives ---- */

static void tell_of_another_life(struct story *from, const struct account_event *e)
{
	static const int off_by[] = { -1, 1, 1000 };

	if (!event_is_about_a_life(e->kind))
		return;
	for (size_t i = 0; i < ARRAY_LEN(off_by); i++) {
		struct story s = *from;
		struct account_event other = *e;
		struct account before;

		other.generation += (uint64_t)off_by[i];
		memcpy(&before, &s.a, sizeof before);
		s.now++;
		story_step(&s, &other);
		assert_true(s.fx.stale);
		assert_true(no_effects(&s.fx));
		assert_memory_equal(&s.a, &before, sizeof before);
	}
}

static void events_of_older_and_newer_lives_change_nothing(void **state)
{
	(void)state;
	visit_all(tell_of_another_life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_expects_what_can_come),
		cmocka_unit_test(every_cell_keeps_the_rules),
		cmocka_unit_test(what_the_store_keeps_is_written_when_it_changes),
		cmocka_unit_test(events_of_older_and_newer_lives_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
