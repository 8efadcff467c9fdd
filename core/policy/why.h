/*
 * why.h - what a step was decided by, beyond its states and its cause.
 *
 * Kept with each step in the journal, and with each life in the ledger, so that both can say in plain
 * words why things were done (explain.h), also after a restart and by another version.
 */
#ifndef RELINK_POLICY_WHY_H
#define RELINK_POLICY_WHY_H
#include <stdint.h>

/* Who said that a session is down or not there any more. */
#define EVIDENCE_PUSHED 1u
#define EVIDENCE_LISTED 2u
#define EVIDENCE_ASKED  4u
#define EVIDENCE_ABSENT 8u /* the list lacked it */

#define NOTE_PERSON     1u /* a person asked for the start */
#define NOTE_RESUME     2u /* the start is on the login that there is */
#define NOTE_FRESH      4u /* the start is on a new one */
#define NOTE_FRESH_NEXT 8u /* the next start will be */
#define NOTE_FLAPPING   16u
#define NOTE_SLOW       32u   /* its cause is of the slow ladder */
#define NOTE_FREE       64u   /* the failure counted as no attempt */
#define NOTE_SUSPECT    128u  /* the login failed twice: it may be locked or corrupt */
#define NOTE_UNSURE     256u  /* nobody has been able to look */
#define NOTE_QUEUE      512u  /* not a step: why it is not started yet */
#define NOTE_BRAKED     1024u /* it failed while many others did: an incident */

/* Numbers are stored; times in ms. */
struct step_why {
	uint64_t lacked_ms; /* how long lists have lacked it */
	uint64_t timer_at;  /* what the state it came to waits for; 0: nothing */
	uint32_t notes;
	uint8_t evidence;
	uint8_t after;            /* enum after: what follows the closing */
	uint8_t fails, max_fails; /* attempts that count, and after how many it is given up */
};

struct policy;
struct account;
struct account_event;
struct effects;
/* Of a step that made `before` to `after`. */
void why_of(const struct policy *, const struct account *before, const struct account_event *,
	    const struct account *after, const struct effects *, struct step_why *ret_why);

#endif
