/*
 * roster.h - the accounts that `watch` knows, kept like the daemon's.
 *
 * Events only say which account to look at again; what is shown is always the daemon's own answer.
 */
#ifndef RELINKCTL_ROSTER_H
#define RELINKCTL_ROSTER_H
#include "cli.h"
#include "view.h"

struct roster;
/* Hears of every difference: `was` NULL, the account is new; `is` NULL, it is gone.  Lent. */
typedef void roster_change(void *ctx, const struct view *was, const struct view *is);

/* The filters among the options (--status and so on) hold for the roster.  `cli` is kept. */
int roster_new(struct roster **ret_roster, struct cli *cli, roster_change *changed, void *ctx,
	       struct why *why);
void roster_free(struct roster **);
/* Look at this account in the next roster_update. */
void roster_touch(struct roster *, struct str id);
/* Look at all of them in the next roster_update: events may have been missed. */
void roster_touch_all(struct roster *);
/* Look at what was touched.  Returns an exit code; what could not be looked at stays touched.
 * `aloud`: say on standard error what went wrong. */
int roster_update(struct roster *, bool aloud);
/* All accounts, those first that want somebody's eye; the views are lent. */
void roster_each(struct roster *, void (*each)(void *ctx, const struct view *), void *ctx);

#endif
