/*
 * life.h - one session, and what time does to it.
 *
 * Its whole course is planned when it is created or scanned, as absolute times that stand in the
 * journal.  So it shows its QR, is scanned, connects and drops also while no worker runs.
 *
 *	starting -> qr -> authenticated -> connected     on a profile without a login
 *	starting -> connected                            on one with a login
 */
#ifndef RELINK_MOCK_LIFE_H
#define RELINK_MOCK_LIFE_H
#include "words.h"

struct world;
struct account;
struct profile;

struct life {
	struct life *prev, *next; /* of the account */
	struct account *account;
	struct profile *profile;
	uint64_t generation;
	/* The plan; 0: not planned. */
	uint64_t begins, qr, scan, up, drop;
	uint64_t refresh; /* ms a QR code stands; 0: for ever */
	uint64_t since;   /* in this state */
	uint32_t code;    /* which QR code is on show, from 0 */
	uint32_t slot;    /* agenda's */
	uint32_t serial;  /* who was made first goes first when two are due at one time */
	uint8_t state;    /* enum relink_state; UNKNOWN: not yet begun */
	uint8_t cause;    /* with DOWN */
	uint8_t drop_cause, drop_how;
	bool listed; /* false: alive, but list and disconnect do not find it */
	char session[];
};

static inline bool life_is_pending(const struct life *l)
{
	return l->state == RELINK_STATE_UNKNOWN;
}
static inline bool life_is_alive(const struct life *l)
{
	return !life_is_pending(l) && l->state != RELINK_STATE_DOWN;
}
static inline bool life_is_listed(const struct life *l)
{
	return !life_is_pending(l) && l->listed;
}

/* A life of the account in the list under this session id (generation 0: whatever it is); NULL. */
struct life *life_listed(const struct account *, struct relink_str session, uint64_t generation);
/* Exactly this life, listed or not, begun or not; of two with one name the listed one. */
struct life *life_find(const struct account *, struct relink_str session, uint64_t generation);

/* Carry out what is due at `until` at the latest; called by world_advance. */
void life_step(struct world *, struct life *, uint64_t until);
/* The plan was made or changed: enter it in the agenda. */
void life_plan(struct world *, struct life *);
/* The session is over (or, when it is down already, leaves the list).  May free the life. */
void life_end(struct world *, struct life *, enum relink_cause, enum how);

/* How long the code on show still stands at `now`; 0: for ever. */
uint64_t life_code_expires_ms(const struct life *, uint64_t now);

#endif
