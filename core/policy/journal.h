/*
 * journal.h - one line of an account's history.
 *
 * The same line is the timeline that people read, the event that subscribers hear (so the journal is
 * their outbox: it is written in the transaction of the change), and the record from which a run can
 * be replayed: it holds the event, its time and what it changed.
 */
#ifndef RELINK_POLICY_JOURNAL_H
#define RELINK_POLICY_JOURNAL_H
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "policy/why.h"

/* Numbers are stored; never reuse one.  Names are the API's event types. */
#define JOURNAL_KINDS(K)                                                                           \
	K(STEP, 1, "account.step")     /* the state machine moved; no new status */                \
	K(STATUS, 2, "account.status") /* status, cause or user action changed */                  \
	K(QR, 3, "account.qr")         /* a new QR code can be fetched; never the code */          \
	K(CREATED, 4, "account.created")                                                           \
	K(CHANGED, 5, "account.changed") /* label, metadata or priority were patched */            \
	K(DELETED, 6, "account.deleted")                                                           \
	K(ORPHAN, 7, "session.orphan") /* a life that we had given up was seen and ended */        \
	K(GONE, 8, "session.gone")     /* proven: the life is over at the provider */              \
	K(VERB, 9, "account.verb")     /* a provider verb was carried out */                       \
	K(RECEIVED, 10, "message.received")                                                        \
	K(SENT, 11, "message.sent")         /* from here or from the phone */                      \
	K(ACK, 12, "message.ack")           /* it got further: server, device, read */             \
	K(FAILED, 13, "message.failed")     /* one of ours was not sent, or nobody knows */        \
	K(MOVED, 16, "account.moved")       /* it belongs to another instance now */               \
	K(INCIDENT, 17, "incident.changed") /* many accounts of a provider fail together */        \
	K(CALM, 18, "incident.closed")                                                             \
	K(FLAPPING, 19,                                                                            \
	  "account.flapping")           /* connected and lost too often: it starts slowly now */   \
	K(STEADY, 20, "account.steady") /* no more: it stayed connected, or a person asked */      \
	K(HEALTH, 22, "account.health") /* it became unhealthy, or is healthy again */             \
	K(PAUSED, 23, "automation.paused") /* hands off: of everything, a provider, ... */         \
	K(RESUMED, 24, "automation.resumed")                                                       \
	K(BULK, 25, "bulk.job")            /* work on many accounts began or ended */              \
	K(HALTED, 26, "instance.halted")   /* its trial failed: it takes no new accounts */        \
	K(QR_LINK, 31, "account.qr_link")  /* a link to its code was made, opened, or has ended */ \
	K(ENDPOINT, 27, "webhook.changed") /* made, changed, rotated, deleted; no account */       \
	K(DISABLED, 28, "webhook.disabled") /* its receiver says that it is gone */                \
	K(ALERT, 33, "alert.raised")        /* somebody should look: policy/alert.h */             \
	K(RELIEF, 34, "alert.cleared")      /* no more */                                          \
	K(BLAMED, 40, "account.blamed")     /* a worker died while its operation was open */

enum journal_kind {
#define K(id, n, name) JOURNAL_##id = (n),
	JOURNAL_KINDS(K)
#undef K
};
/* "account.status"; NULL for a number that is not in the table. */
const char *journal_kind_name(unsigned kind);

/* `seq` grows by one over the whole journal and is the engine's.  `tell`: subscribers hear of it.
 * Strings are lent. */
struct journal_record {
	uint64_t seq, at, row, generation;
	uint8_t kind;                  /* enum journal_kind */
	uint8_t event, from, to;       /* policy/account.h: event, state before, state after */
	uint8_t status, cause, action; /* after it */
	bool tell;
	struct str account; /* public id: a deleted account's lines stay readable */
	struct str workspace;
	struct str text;     /* the provider's words or ours */
	struct str data;     /* JSON object or empty; never a QR code */
	struct step_why why; /* of STEP and STATUS: explain.h makes sentences of it */
};

#endif
