/*
 * story.h - one account, told event by event.
 *
 * A verb is one event, a millisecond after the one before, so that no two things happen at once.
 * After each the rules of rules.h are asked; a broken one fails the test.
 */
#ifndef RELINK_TESTS_POLICY_STORY_H
#define RELINK_TESTS_POLICY_STORY_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those above before it. */
#include <cmocka.h>

#include "policy/account.h"

#define SECOND 1000ull
#define MINUTE 60000ull
#define HOUR   3600000ull

struct story {
	struct policy p;
	struct account a, before; /* before the last step */
	struct account_event e;   /* the last event */
	struct effects fx;        /* and its effects */
	uint64_t now;
	bool hands_off; /* automation is paused for it */
};

/* A new account under the daemon's default policy, at a provider that does not fence. */
void story_begin(struct story *);
/* One step; `e` without its time. */
void story_step(struct story *, const struct account_event *e);
/* The last step's rules were not asked yet: fail the test when one is broken. */
void story_check(const struct story *);

/* --- verbs --- */

void pass(struct story *, uint64_t ms);
void they_ask(struct story *, enum account_event_kind wish);
void permit(struct story *);
/* The timer's time comes. */
void time_comes(struct story *);
/* The same, while the instance does not answer. */
void time_comes_cut_off(struct story *);
void worker_dies(struct story *);
/* The core dies too; the next one has loaded what was kept. */
void restart(struct story *);
/* The newest life's operation is answered. */
void answer(struct story *, enum account_event_kind);
void answer_with(struct story *, enum account_event_kind, enum relink_cause);
/* The provider says something of the newest life: by itself, in a list, or because it was asked. */
void push(struct story *, enum account_event_kind);
void push_down(struct story *, enum relink_cause);
void list(struct story *, enum account_event_kind);
void list_down(struct story *, enum relink_cause);
void health(struct story *, enum account_event_kind);

/* --- ways to get somewhere --- */

void to_starting(struct story *); /* from wherever a start is possible */
void to_qr(struct story *);
void to_auth(struct story *);
void to_up(struct story *);
/* A push and a list say that the newest life is down with this cause, and its end is answered. */
void life_ends(struct story *, enum relink_cause);
/* The wait is over and admission lets it start. */
void next_try(struct story *);

/* --- what is so --- */

#define assert_state(s, name)  assert_string_equal(state_name((s)->a.state), name)
#define assert_status(s, name) assert_string_equal(status_name((s)->a.status), name)
#define assert_cause(s, name)  assert_string_equal(cause_name((s)->a.cause), name)
#define assert_action(s, name) assert_string_equal(action_name((s)->a.action), name)
/* How long until the timer. */
uint64_t timer_in(const struct story *);
bool account_has_life(const struct account *);

#endif
