/*
 * worker_story.h - one worker slot, told event by event, under rules as in story.h.
 */
#ifndef RELINK_TESTS_POLICY_WORKER_STORY_H
#define RELINK_TESTS_POLICY_WORKER_STORY_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those above before it. */
#include <cmocka.h>

#include "policy/worker.h"

struct worker_story {
	struct worker_rules r;
	struct worker w, before; /* before the last step */
	struct worker_event e;
	struct worker_effects fx;
	uint64_t now;
};

/* An empty slot under the daemon's default rules. */
void slot_begin(struct worker_story *);
/* One event, a millisecond after the one before; its rules are asked. */
void slot_step(struct worker_story *, enum worker_event_kind, bool misconfigured);

/* --- verbs; an event that cannot come fails the test --- */

void slot_pass(struct worker_story *, uint64_t ms);
void slot_gets(struct worker_story *, enum worker_event_kind);
void slot_time_comes(struct worker_story *);
/* Gone, with the exit status that says "my configuration is wrong". */
void slot_dies_misconfigured(struct worker_story *);
/* It can't open its instances: for now, or because its configuration is wrong. */
void slot_refuses(struct worker_story *, bool misconfigured);
/* From no process to serving. */
void slot_to_ready(struct worker_story *);

#define assert_slot(s, name) assert_string_equal(worker_state_name((s)->w.state), name)

/* --- slots in every state --- */

struct slot_situation {
	const char *name;
	enum worker_state state;
	bool shown; /* has a row in core/policy/README.md */
	void (*make)(struct worker_story *);
};
/* NULL after the last. */
const struct slot_situation *slot_situation(unsigned n);
void slot_make(struct worker_story *, const struct slot_situation *);
/* Can this event come in this state at all? */
bool slot_expects(unsigned state, unsigned event);

/* The rules of a slot; NULL after the last. */
const char *slot_rule(unsigned n);

#endif
