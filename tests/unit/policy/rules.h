/*
 * rules.h - what holds of an account at any time, and of any step that it makes.
 *
 * Each rule is a sentence and a check; core/policy/README.md has the sentences.  Every test of the
 * account asks all of them after every step.
 */
#ifndef RELINK_TESTS_POLICY_RULES_H
#define RELINK_TESTS_POLICY_RULES_H
#include "policy/account.h"

/* A step: an event came to `before` and made it `a`. */
struct moment {
	const struct policy *p;
	const struct account *before;
	const struct account_event *e;
	const struct effects *fx;
	const struct account *a;
};

/* The first rule that does not hold, NULL: all do. */
const char *rule_broken(const struct moment *);
/* Only the rules that an account obeys by itself, wherever it came from. */
const char *account_rule_broken(const struct policy *, const struct account *);
/* The sentences in order; NULL after the last. */
const char *account_rule(unsigned n);
const char *step_rule(unsigned n);

/* Member by member, since memcmp also sees the padding. */
bool same_account(const struct account *, const struct account *);
bool same_in_store(const struct account *, const struct account *);
bool same_effects(const struct effects *, const struct effects *);
bool no_effects(const struct effects *);

#endif
