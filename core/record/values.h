/*
 * values.h - the structs of account_step as rows of numbers with names (policy/members.h).
 */
#ifndef RELINK_RECORD_VALUES_H
#define RELINK_RECORD_VALUES_H
#include <stdbool.h>
#include <stdint.h>

#include "policy/account.h"

#define VALUES_MAX 128 /* members of one struct */

enum values_of { OF_ACCOUNT, OF_EVENT, OF_EFFECTS, OF_POLICY, OF_COUNT };

struct values {
	uint64_t v[VALUES_MAX];
};

const char *values_struct(enum values_of);
unsigned values_count(enum values_of);
const char *values_name(enum values_of, unsigned n);

void values_of_account(struct values *, const struct account *);
void values_of_event(struct values *, const struct account_event *);
void values_of_effects(struct values *, const struct effects *);
void values_of_policy(struct values *, const struct policy *);

/* And back.  False: a value does not fit into its member, or names nothing that the policy knows; what
 * is true goes into account_step without harm. */
bool values_to_account(const struct values *, struct account *);
bool values_to_event(const struct values *, struct account_event *);
bool values_to_effects(const struct values *, struct effects *);
bool values_to_policy(const struct values *, struct policy *);

/* In 32 bits: was it changed by somebody else between two steps? */
uint32_t values_digest(const struct values *, unsigned n);

#endif
