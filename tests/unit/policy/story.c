/* story.c - verbs of story.h. */
#include "story.h"

#include <string.h>

#include "rules.h"

#define BEGINNING_MS 1700000000000ull

void story_begin(struct story *s)
{
	memset(s, 0, sizeof *s);
	s->now = BEGINNING_MS;
	s->p = (struct policy){ .backoff_base = 2 * SECOND,
				.backoff_cap = 5 * MINUTE,
				.stable = 5 * MINUTE,
				.start_deadline = 90 * SECOND,
				.qr_deadline = 5 * MINUTE,
				.settle = 30 * SECOND,
				.join = 5 * SECOND,
				.close_retry_cap = 30 * SECOND,
				.slow = { 5 * MINUTE, 15 * MINUTE, HOUR },
				.slow_cap = HOUR,
				.flap = { HOUR, 15 * MINUTE, 30 * MINUTE, 0 }, /* off */
				.max_fails = 10,
				.max_close_tries = 8 };
	account_init(&s->a, 42, s->now);
}

void story_check(const struct story *s)
{
	const struct moment m = { &s->p, &s->before, &s->e, &s->fx, &s->a };
	const char *rule = rule_broken(&m);

	if (rule != NULL)
		fail_msg("broken: %s (%s in %s, now %s)", rule, event_name(s->e.kind),
			 state_name(s->before.state), state_name(s->a.state));
}

void story_step(struct story *s, const struct account_event *e)
{
	s->e = *e;
	s->e.now = s->now;
	s->e.hands_off |= s->hands_off;
	if (s->e.at == 0)
		s->e.at = s->now;
	s->before = s->a;
	account_step(&s->p, &s->a, &s->e, &s->fx);
	story_check(s);
}

/* The next event, a moment later. */
static void happens(struct story *s, struct account_event e)
{
	s->now++;
	story_step(s, &e);
	assert_false(s->fx.bug);
}

void pass(struct story *s, uint64_t ms)
{
	s->now += ms;
}

void they_ask(struct story *s, enum account_event_kind wish)
{
	happens(s, (struct account_event){ .kind = (uint8_t)wish });
}

void permit(struct story *s)
{
	happens(s, (struct account_event){ .kind = EV_PERMIT });
}

void time_comes(struct story *s)
{
	assert_int_not_equal(s->a.timer_at, 0);
	if (s->now < s->a.timer_at)
		s->now = s->a.timer_at - 1;
	happens(s, (struct account_event){ .kind = EV_TIMER });
}

void time_comes_cut_off(struct story *s)
{
	assert_int_not_equal(s->a.timer_at, 0);
	s->now = s->a.timer_at - 1;
	happens(s, (struct account_event){ .kind = EV_TIMER, .cut_off = true });
}

void worker_dies(struct story *s)
{
	happens(s, (struct account_event){ .kind = EV_LOST });
}

/* What was not kept is anything at all. */
static void forget(struct account *a)
{
	a->op = 1;
	a->sure = 1;
	a->slot = a->state != ST_STARTING;
	a->suspect = RELINK_GONE;
	a->suspect_source = SOURCE_LIST;
	a->evidence_at = a->absent_since = 1;
}

void restart(struct story *s)
{
	s->now++;
	forget(&s->a);
	account_restore(&s->p, &s->a, s->now);
	assert_null(account_rule_broken(&s->p, &s->a));
}

void answer(struct story *s, enum account_event_kind kind)
{
	answer_with(s, kind, RELINK_NONE);
}

void answer_with(struct story *s, enum account_event_kind kind, enum relink_cause cause)
{
	happens(s, (struct account_event){ .kind = (uint8_t)kind,
					   .cause = (uint8_t)cause,
					   .source = SOURCE_ASKED,
					   .generation = s->a.generation });
}

static void hear(struct story *s, enum evidence_source source, enum account_event_kind kind,
		 enum relink_cause cause)
{
	happens(s, (struct account_event){ .kind = (uint8_t)kind,
					   .cause = (uint8_t)cause,
					   .source = (uint8_t)source,
					   .generation = s->a.generation });
}

void push(struct story *s, enum account_event_kind kind)
{
	hear(s, SOURCE_PUSH, kind, RELINK_NONE);
}

void push_down(struct story *s, enum relink_cause cause)
{
	hear(s, SOURCE_PUSH, EV_DOWN, cause);
}

void list(struct story *s, enum account_event_kind kind)
{
	hear(s, SOURCE_LIST, kind, RELINK_NONE);
}

void list_down(struct story *s, enum relink_cause cause)
{
	hear(s, SOURCE_LIST, EV_DOWN, cause);
}

void health(struct story *s, enum account_event_kind kind)
{
	hear(s, SOURCE_ASKED, kind, RELINK_NONE);
}

void to_starting(struct story *s)
{
	if (s->a.state != ST_QUEUED)
		they_ask(s, EV_CONNECT);
	permit(s);
	assert_state(s, "starting");
}

void to_qr(struct story *s)
{
	to_starting(s);
	answer(s, EV_CREATED);
	push(s, EV_QR);
	assert_state(s, "qr");
}

void to_auth(struct story *s)
{
	to_qr(s);
	push(s, EV_AUTH);
	assert_state(s, "auth");
}

void to_up(struct story *s)
{
	to_auth(s);
	push(s, EV_UP);
	assert_state(s, "up");
}

void life_ends(struct story *s, enum relink_cause cause)
{
	push_down(s, cause);
	assert_true(s->a.open);
	list_down(s, cause);
	assert_state(s, "closing");
	answer(s, EV_CLOSED);
	assert_false(account_has_life(&s->a));
}

void next_try(struct story *s)
{
	assert_state(s, "waiting");
	time_comes(s);
	permit(s);
	assert_state(s, "starting");
}

uint64_t timer_in(const struct story *s)
{
	assert_true(s->a.timer_at >= s->now);
	return s->a.timer_at - s->now;
}

bool account_has_life(const struct account *a)
{
	return a->open || a->state == ST_CLOSING;
}
