/*
 * meter.h - what the engine counts for /metrics, as it happens: nothing walks over the accounts later.
 *
 * A few words for each account (struct member), one block for each provider, one for all.
 */
#ifndef RELINK_ENGINE_METER_H
#define RELINK_ENGINE_METER_H
#include "base/histogram.h"
#include "policy/account.h"
#include "policy/admit.h"

struct effects;
struct engine;
struct member;
struct op;
struct inbox_reply;

enum op_outcome {
	OUTCOME_OK,      /* answered */
	OUTCOME_REFUSED, /* answered with an error */
	OUTCOME_TIMEOUT, /* no answer before its deadline */
	OUTCOME_LOST,    /* the worker died first */
	OUTCOME_UNSENT,  /* it was not asked */
	OUTCOME_COUNT
};
#define METER_OPS 10 /* enum op_kind of state.h */

struct provider_meter {
	uint64_t status[STATUS_COUNT]; /* accounts */
	uint64_t queued[ADMIT_CLASSES];
	uint64_t fresh, resumed;                       /* starts */
	uint64_t connected, ended[RELINK_CAUSE_COUNT]; /* what became of them */
	uint64_t session_ends[RELINK_CAUSE_COUNT];     /* of those that had connected */
	uint64_t ops[METER_OPS][OUTCOME_COUNT];
	struct histogram op_ms[METER_OPS], wait_ms[ADMIT_CLASSES], qr_ms, connected_ms;
};

struct engine_meter {
	uint64_t homeless[STATUS_COUNT]; /* accounts whose provider is not configured */
	struct histogram state_ms[ST_COUNT];
};

/* What an account is counted as; in struct member. */
struct member_meter {
	uint8_t status;       /* + 1; 0: not counted */
	unsigned started : 1; /* its life has shown a QR code or connected */
	unsigned up : 1;      /* its life was connected once */
};

/* How an account was before a step. */
struct meter_before {
	uint64_t since;
	uint8_t state;
};
struct meter_before meter_before(const struct member *);
void meter_step(struct engine *, struct member *, const struct meter_before *,
		const struct effects *);
/* Its status may be another one now; it is no more. */
void meter_place(struct engine *, struct member *);
void meter_forget(struct engine *, struct member *);
void meter_op(struct engine *, const struct op *, const struct inbox_reply *);

#endif
