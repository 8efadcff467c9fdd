/*
 * alerts.h - what somebody should look at: raised once, cleared once, also over restarts.
 */
#ifndef RELINK_ENGINE_ALERTS_H
#define RELINK_ENGINE_ALERTS_H
#include "api/port.h"
#include "policy/alert.h"
#include "store/store.h"

struct engine;
struct member;
struct scope;
struct slot;

/* After each step of the account, in the commit of that step. */
void alerts_judge(struct engine *, struct member *);
/* Of an incident's number, a slot's, or a webhook's id.  Nothing happens when it is open, or is not. */
void alert_raise(struct engine *, unsigned kind, struct str subject, struct str workspace,
		 struct str provider, unsigned cause, struct str text);
void alert_clear(struct engine *, unsigned kind, struct str subject);
bool alert_is_open(const struct engine *, unsigned kind, struct str subject);
void alert_number(char text[21], uint64_t number);

/* An incident is over: its accounts are looked at again, a bounded number in a turn. */
void alerts_look(struct engine *);
void alerts_go_on(struct engine *);

int alert_add(struct engine *, const struct alert_record *); /* ERR_NOMEM */
void alerts_begin(struct engine *);                          /* after loading */
void alerts_free(struct engine *);

/* Newest first, those below `before` (0: all), until `each` says false. */
void alerts_each(const struct engine *, uint64_t before,
		 bool (*each)(void *arg, const struct alert_view *), void *arg);

#endif
