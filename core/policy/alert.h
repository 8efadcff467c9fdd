/*
 * alert.h - what is worth waking somebody: the kinds of alerts, and when an account has one.
 *
 * An alert is raised once and cleared once, however often its reason comes and goes in between.
 */
#ifndef RELINK_POLICY_ALERT_H
#define RELINK_POLICY_ALERT_H
#include "policy/account.h"

/* Numbers are stored; never reuse one. */
#define ALERT_KINDS(K)                                                                         \
	K(NEEDS_PERSON, 1, "needs_person")     /* an account waits until somebody acts */      \
	K(RECONNECT_LOOP, 2, "reconnect_loop") /* it is started again and again */             \
	K(INCIDENT, 3, "incident")             /* many accounts fail together */               \
	K(WORKER, 4, "worker_quarantined")     /* it died too often, or can't be configured */ \
	K(OUTBOX, 5, "outbox_stuck")           /* a webhook does not take its events */
enum alert_kind {
#define K(id, n, name) ALERT_##id = (n),
	ALERT_KINDS(K)
#undef K
	    ALERT_KIND_END
};
/* "needs_person"; NULL for a number that is not in the table. */
const char *alert_kind_name(unsigned kind);

/* So many waits in a row without a stable connection are a loop: with the default backoff about half
 * an hour. */
#define ALERT_LOOP_WAITS 12

enum alert_verdict { ALERT_KEEP, ALERT_RAISE, ALERT_CLEAR };
/* Of NEEDS_PERSON and RECONNECT_LOOP.  Pure.  An account that was never linked needs no alert to be scanned:
 * whoever made it knows. */
enum alert_verdict alert_of(const struct account *, unsigned kind);

#endif
