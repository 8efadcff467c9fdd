/*
 * situations.h - accounts in every state, each brought there by events as they really come.
 */
#ifndef RELINK_TESTS_POLICY_SITUATIONS_H
#define RELINK_TESTS_POLICY_SITUATIONS_H
#include "story.h"

struct situation {
	const char *name;
	enum account_state state;
	bool shown; /* has a row in core/policy/README.md */
	void (*make)(struct story *);
};

/* NULL after the last.  Those that are shown have failed once before, so that forgiving shows. */
const struct situation *situation(unsigned n);
const struct situation *situation_named(const char *name);
void story_make(struct story *, const struct situation *);

#endif
