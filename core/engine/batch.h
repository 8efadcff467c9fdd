/*
 * batch.h - batch.c: remember, act, tell.
 *
 * Part of state.h, and included by nobody else.
 */
#ifndef RELINK_ENGINE_BATCH_H
#define RELINK_ENGINE_BATCH_H
#include <stdbool.h>
#include <stdint.h>

#include "api/port.h"
#include "store/store.h"

struct batch;
struct engine;

enum act_kind { ACT_CREATE, ACT_CLOSE, ACT_END };
struct act {
	uint8_t kind;
	uint64_t row, generation;
	bool resume;
};
struct batch *batch_of_turn(struct engine *);
struct commit *batch_commit(struct engine *);
void batch_journal(struct engine *, struct journal_record *); /* fills seq and at */
void batch_act(struct engine *, const struct act *);
/* A message or a verb with an Idempotency-Key.  Given: it leaves when everything before it is durable. */
void batch_send(struct engine *, struct command **);
/* Given: answered when everything before it is durable. */
void batch_reply(struct engine *, struct command **, const struct command_result *);
void batch_submit(struct engine *);
/* Give the store what was held, as far as it has room. */
void batch_push(struct engine *);
/* Changes in this turn's batch so far, accounts not counted. */
uint64_t batch_changes(const struct engine *);
void batch_free_all(struct engine *);
/* The disk is full: those who wait are told so. */
void batch_refuse_waiting(struct engine *);
void reply_now(struct engine *, struct command **, const struct command_result *);
void reply_stopping(struct engine *, struct command **);

#endif
