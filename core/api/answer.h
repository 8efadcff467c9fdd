/*
 * answer.h - the usual answers: a JSON document, nothing, a problem.
 *
 * JSON is written into one buffer that all connections share, and copied out by answer_send: begin
 * and send in the same callback.
 */
#ifndef RELINK_API_ANSWER_H
#define RELINK_API_ANSWER_H
#include "api/conn.h"
#include "api/problem.h"
#include "api/response.h"
#include "base/json.h"

/* Begin the content of the answer. */
struct jw answer_json(struct conn *);
/* Send `r` (its headers may be set) with the content that was written, as JSON. */
void answer_send(struct conn *, struct response *r);
/* Send a problem.  `allow`: methods that would do, with PROBLEM_method_not_allowed. */
void answer_problem(struct conn *, const struct problem *, const char *allow);
/* The same, made here. */
void answer_failure(struct conn *, enum problem_code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* {"success":true}, as the old service's clients and backends know it. */
void answer_success(struct conn *);

#endif
