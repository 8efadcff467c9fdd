/*
 * service_story.h - one service, told event by event, under rules as in story.h.
 */
#ifndef RELINK_TESTS_POLICY_SERVICE_STORY_H
#define RELINK_TESTS_POLICY_SERVICE_STORY_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those above before it. */
#include <cmocka.h>

#include "policy/service.h"

struct service_story {
	struct service_rules r;
	struct service s, before; /* before the last step */
	struct service_event e;
	struct service_effects fx;
	uint64_t now;
};

/* No process, under the daemon's default rules. */
void service_begin(struct service_story *);
/* One event, a millisecond after the one before; its rules are asked. */
void service_tell(struct service_story *, enum service_event_kind, bool unfit);

/* --- verbs; an event that cannot come fails the test --- */

void service_pass(struct service_story *, uint64_t ms);
void service_gets(struct service_story *, enum service_event_kind);
void service_time_comes(struct service_story *);
/* From no process, or one that starts, to ready; its worker serves. */
void service_to_ready(struct service_story *);

#define assert_service(story, name) assert_string_equal(service_state_name((story)->s.state), name)

struct service_situation {
	const char *name;
	enum service_state state;
	bool shown; /* has a row in core/policy/README.md */
	void (*make)(struct service_story *);
};
/* NULL after the last. */
const struct service_situation *service_situation(unsigned n);
void service_make(struct service_story *, const struct service_situation *);

/* The rules of a service; NULL after the last. */
const char *service_rule(unsigned n);

#endif
