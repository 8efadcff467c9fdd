/*
 * account_random_test.c - a million random events, beside a model of three fields; and replay.
 *
 * The model knows what was wished, which life is open and the highest generation: what any reader of
 * the ledger would know.  A run of events is kept and played again: the same accounts and effects
 * must come out, since the record of a run is the only witness after a crash.  The rounds are seeds;
 * a failure names its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/obj.h"
#include "base/rng.h"
#include "rules.h"
#include "story.h"

#define ROUNDS       500
#define ROUNDS_LONG  20000
#define ROUND_LENGTH 2000

/* ---- the model ---- */

struct model {
	enum { DOWN, UP, NEVER_AGAIN } wish;
	uint64_t open; /* generation of the open life, 0: none */
	uint64_t highest;
};

static const char *model_step(struct model *m, const struct story *s)
{
	if (s->e.kind == EV_DELETE)
		m->wish = NEVER_AGAIN;
	else if (s->e.kind <= EV_DISCONNECT && m->wish != NEVER_AGAIN)
		m->wish = s->e.kind == EV_DISCONNECT ? DOWN : UP;

	if (s->fx.abandon) {
		if (m->open == 0 || m->open != s->fx.abandoned)
			return "what is abandoned is the open life";
		m->open = 0;
	}
	if (s->fx.mint) {
		if (m->open != 0)
			return "at most one life is open";
		if (s->a.generation <= m->highest)
			return "no generation is minted twice";
		m->open = s->a.generation;
	}
	if (s->fx.close && s->fx.abandoned == m->open)
		return "the open life is never disconnected";
	if (s->a.generation < m->highest)
		return "generations never decrease";
	m->highest = s->a.generation;
	if (s->a.want != (m->wish == UP))
		return "wanted is what was wished last";
	if (s->a.open != (m->open != 0))
		return "open is what the ledger has open";
	return NULL;
}

/* ---- chance ---- */

static uint64_t below(uint64_t *rng, uint64_t n)
{
	return rng_next(rng) % n;
}

static unsigned some_cause(uint64_t *rng)
{
	static const uint8_t usual[] = { RELINK_GONE, RELINK_ENGINE_CRASH, RELINK_NETWORK,
					 RELINK_UNKNOWN };

	return (unsigned)(below(rng, 2) ? usual[below(rng, ARRAY_LEN(usual))]
					: below(rng, RELINK_CAUSE_COUNT));
}

/* People come seldom, but where only they can help; and hardly ever to delete. */
static unsigned some_wish(uint64_t *rng)
{
	return below(rng, 50) == 0 ? EV_DELETE : (unsigned)below(rng, EV_DELETE);
}

static bool can_come(const struct account *a, unsigned kind)
{
	return account_expects(a->state, kind) && (kind != EV_TIMER || a->timer_at != 0);
}

static unsigned some_kind(uint64_t *rng, const struct account *a)
{
	static const uint8_t quiet[] = { EV_LEAVE, EV_MOVED, EV_EXCUSED, EV_HANDS };
	unsigned kind;

	if (a->timer_at == 0 && !account_has_life(a) && a->state != ST_QUEUED)
		return below(rng, 6) == 0 ? quiet[below(rng, ARRAY_LEN(quiet))] : some_wish(rng);
	if (below(rng, 40) == 0)
		return some_wish(rng);
	do
		kind = EV_PERMIT + (unsigned)below(rng, EV_COUNT - EV_PERMIT);
	while (!can_come(a, kind) || (kind >= EV_LEAVE && below(rng, 8) != 0));
	return kind;
}

static struct account_event some_event(uint64_t *rng, struct story *s)
{
	struct account_event e = { .kind = (uint8_t)some_kind(rng, &s->a),
				   .cause = (uint8_t)some_cause(rng),
				   .source = (uint8_t)(1 + below(rng, 3)) };

	pass(s, below(rng, 4) ? below(rng, 5000) : below(rng, 2 * MINUTE));
	if (e.kind == EV_TIMER && s->now < s->a.timer_at)
		s->now = s->a.timer_at;
	e.at = s->now - below(rng, 2) * below(rng, 10000);
	e.cut_off = below(rng, 2);
	e.bare = below(rng, 2);
	e.crowded = below(rng, 2);
	if (below(rng, 4) == 0)
		e.brake = (uint8_t)below(rng, 3);
	if (e.kind == EV_EXCUSED) {
		e.failed_life = s->a.generation - below(rng, 2);
		e.before.profile = (uint8_t)below(rng, PROFILE_DEAD);
	}
	e.hands_off = below(rng, 4) == 0;
	if (!event_is_about_a_life(e.kind))
		return e;
	e.generation = s->a.generation;
	if (below(rng, 20) == 0)
		e.generation += below(rng, 3) - 1;
	if (below(rng, 4) == 0)
		e.retry_after = below(rng, 2 * HOUR);
	if (below(rng, 4) == 0)
		e.floor = e.generation + below(rng, 5);
	return e;
}

/* ---- rounds ---- */

struct line {
	bool restart; /* before the event */
	struct account_event e;
	struct effects fx;
	struct account a;
};

static struct line record[ROUND_LENGTH];
static uint64_t visits[ST_COUNT][EV_COUNT];
static uint64_t n_steps;

static void round_begin(struct story *s, uint64_t seed)
{
	uint64_t rng = seed;

	story_begin(s);
	s->p.fenced = below(&rng, 2);
	s->p.max_fails = (uint32_t)(1 + below(&rng, 12));
	s->p.max_close_tries = (uint32_t)(1 + below(&rng, 8));
	account_init(&s->a, rng_next(&rng), s->now);
}

static void check(const struct story *s, struct model *m, uint64_t seed, unsigned n)
{
	const struct moment moment = { &s->p, &s->before, &s->e, &s->fx, &s->a };
	const char *broken = rule_broken(&moment);

	if (broken == NULL)
		broken = model_step(m, s);
	if (broken != NULL)
		fail_msg("seed %" PRIu64 ", step %u, %s in %s: broken: %s", seed, n,
			 event_name(s->e.kind), state_name(s->before.state), broken);
}

static void play(uint64_t seed, unsigned *ret_lines)
{
	struct model m = { DOWN };
	uint64_t rng = ~seed;
	struct story s;
	unsigned n;

	round_begin(&s, seed);
	for (n = 0; n < ROUND_LENGTH && s.a.state != ST_DELETED; n++) {
		struct line *l = &record[n];

		*l = (struct line){ .restart = below(&rng, 200) == 0 };
		if (l->restart)
			account_restore(&s.p, &s.a, s.now);
		l->e = some_event(&rng, &s);
		l->e.now = s.now;
		s.e = l->e;
		s.before = s.a;
		visits[s.a.state][l->e.kind]++;
		account_step(&s.p, &s.a, &s.e, &s.fx);
		check(&s, &m, seed, n);
		l->fx = s.fx;
		l->a = s.a;
	}
	n_steps += n;
	*ret_lines = n;
}

static void replay(uint64_t seed, unsigned lines)
{
	struct story s;
	uint64_t now;

	round_begin(&s, seed);
	now = s.now;
	for (unsigned n = 0; n < lines; n++) {
		const struct line *l = &record[n];

		if (l->restart)
			account_restore(&s.p, &s.a, now);
		now = l->e.now;
		account_step(&s.p, &s.a, &l->e, &s.fx);
		if (!same_effects(&s.fx, &l->fx) || !same_account(&s.a, &l->a))
			fail_msg("seed %" PRIu64 ", step %u differs when replayed", seed, n);
	}
}

static void a_million_events_keep_the_rules_and_replay(void **state)
{
	uint64_t rounds = getenv("RELINK_LONG") != NULL ? ROUNDS_LONG : ROUNDS;

	(void)state;
	for (uint64_t seed = 1; seed <= rounds || n_steps < 1300000; seed++) {
		unsigned lines;

		play(seed, &lines);
		replay(seed, lines);
	}
	printf("%" PRIu64 " steps\n", n_steps);
}

/* Otherwise the million says little. */
static void chance_came_to_every_cell(void **state)
{
	(void)state;
	for (unsigned st = 0; st < ST_DELETED; st++) {
		for (unsigned ev = 0; ev < EV_COUNT; ev++) {
			if (account_expects(st, ev) && ev != EV_LOST && visits[st][ev] < 20)
				fail_msg("%s in %s came %" PRIu64 " times", event_name(ev),
					 state_name(st), visits[st][ev]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_events_keep_the_rules_and_replay),
		cmocka_unit_test(chance_came_to_every_cell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
