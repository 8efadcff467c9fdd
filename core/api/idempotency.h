/*
 * idempotency.h - what makes a repetition recognisable: the Idempotency-Key and the request's hash.
 *
 * Remembering and comparing is the engine's.
 */
#ifndef RELINK_API_IDEMPOTENCY_H
#define RELINK_API_IDEMPOTENCY_H
#include "api/exchange.h"

/* Read the header into cmd->idem_*; `status` is what the answer will have.  No header: nothing is
 * set.  < 0 with x->problem. */
int idempotency_read(struct exchange *x, unsigned status, struct command *cmd);

#endif
