/*
 * idempotency.h - what makes a repetition recognisable: the Idempotency-Key and the request's hash.
 *
 * Remembering and comparing is the engine's.
 */
#ifndef RELINK_API_IDEMPOTENCY_H
#define RELINK_API_IDEMPOTENCY_H
#include "api/http.h"
#include "api/port.h"
#include "api/who.h"

/* Read the header into cmd->idem_*; `status` is what the answer will have.  No header: nothing is
 * set.  < 0 with *problem. */
int idempotency_read(const struct http_request *, const struct who *, unsigned status,
		     struct command *cmd, struct problem *);

#endif
