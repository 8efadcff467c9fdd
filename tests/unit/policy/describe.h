/*
 * describe.h - the tables of core/policy/README.md, made by asking core/policy.
 *
 * What a cell says is what really happens to the account, or the worker slot, of its row.
 */
#ifndef RELINK_TESTS_POLICY_DESCRIBE_H
#define RELINK_TESTS_POLICY_DESCRIBE_H
#include "base/buf.h"

/* Append the last part of the README, in Markdown. */
void describe_policy(struct buf *out);

#endif
