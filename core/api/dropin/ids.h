/*
 * ids.h - the application's names for things, and ours for the same things.
 *
 * What fits is taken as it is, so that people find it again; what does not becomes a digest.  Both
 * are stable for ever and no two names share one: a name that looks like such a digest becomes one.
 */
#ifndef RELINK_API_DROPIN_IDS_H
#define RELINK_API_DROPIN_IDS_H
#include "base/limits.h"
#include "base/str.h"

/* The old service took letters, digits, _ and -. */
#define DROPIN_SESSION_MAX 128

bool dropin_session_is_valid(struct str session);
/* The id of the account that is made for a session id.  False when memory is out. */
bool dropin_account_id(struct str session, char to[LIMIT_ACCOUNT_ID + 1]);
/* The workspace of a workspace_id; "default" for an empty one.  `prefix` may be NULL.  False when
 * memory is out. */
bool dropin_workspace(const char *prefix, struct str name, char to[LIMIT_WORKSPACE + 1]);
/* Our status in the words of the old service. */
const char *dropin_status(const char *status);
/* A phone number's digits: blanks and +-.() are left out, and so is "@c.us" at its end.  False
 * unless 5 to 20 digits are left, or for anything else in it. */
#define DROPIN_PHONE_MAX 20
bool dropin_phone(struct str number, char to[DROPIN_PHONE_MAX + 1]);

#endif
