/*
 * explain.h - why things were done, in plain English.
 *
 * One sentence or a few for each line of the journal, made when it is read, and three for an account:
 * why it is not connected, what happens next, what a person can do.  Every state, event and cause has
 * words; a test walks them all.
 */
#ifndef RELINK_POLICY_EXPLAIN_H
#define RELINK_POLICY_EXPLAIN_H
#include "policy/journal.h"

#define EXPLAIN_MAX 512 /* bytes of a text, with its NUL */

/* What a line of the timeline says. */
void explain_line(const struct journal_record *, char *out, size_t room);

struct policy;
struct account;
struct explanation {
	char why[EXPLAIN_MAX];  /* why it is not connected, or that it is */
	char next[EXPLAIN_MAX]; /* what happens next by itself, and when */
	char todo[EXPLAIN_MAX]; /* what a person can do */
};
/* `waits`: why an account that is queued or waits for its next try is not started; empty: its turn or its
 * time has not come.  `action`: what to do
 * about that. */
void explain_account(const struct policy *, const struct account *, struct str waits,
		     unsigned action, uint64_t now, struct explanation *ret_explanation);

/* What a cause means, for people who do not write plugins. */
const char *explain_cause(unsigned cause);
/* The last sentence of both: what a person can do about `action`. */
const char *explain_action(unsigned action);

#endif
