/*
 * event_filter.h - which events somebody wants: of one workspace, of one account, of some types.
 *
 * Types are names as in policy/journal.h ("account.status") or the names before a dot and a star
 * ("account.*"), with commas between.
 */
#ifndef RELINK_OUT_EVENT_FILTER_H
#define RELINK_OUT_EVENT_FILTER_H
#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/str.h"

struct event_filter {
	char workspace[LIMIT_WORKSPACE + 1], account[LIMIT_ACCOUNT_ID + 1]; /* "": any */
	uint64_t kinds; /* a bit for each of enum journal_kind; 0: all */
};

/* Is it this type, or of the names before the dot and the star? */
bool event_type_fits(struct str pattern, const char *type);
/* The kinds that `types` names.  False: *ret_bad is the first that there is not. */
bool event_filter_types(struct str types, uint64_t *ret_kinds, struct str *ret_bad);
bool event_filter_takes(const struct event_filter *, unsigned kind, struct str account,
			struct str workspace);

#endif
