/*
 * call.h - a request for a command: sent, printed as JSON when --json asks for that, and explained
 * on standard error when it failed.
 */
#ifndef RELINKCTL_CALL_H
#define RELINKCTL_CALL_H
#include "cli.h"
#include "http.h"

/* CTL_OK: a 2xx answer whose JSON (if it has a body) is in *ret_answer.  CTL_FAILED: refused, and
 * said so.  CTL_UNREACHABLE: no answer, and said so.  End *ret_answer with answer_fini in every
 * case. */
int call(struct cli *, const struct request *, struct answer *ret_answer);
/* The same without --json's copy on standard output. */
int call_unprinted(struct cli *, const struct request *, struct answer *ret_answer);
/* The same without a word about what the daemon refuses: CTL_OK is any answer. */
int call_probe(struct cli *, const struct request *, struct answer *ret_answer);
/* With --json: the answer's body as it came, and a line end. */
void call_print_json(const struct cli *, const struct answer *);
/* "relinkctl: code: detail" for an answer that is not ok. */
void call_explain(struct cli *, const struct answer *);
/* "/v1/accounts/ID", and "/TAIL" when there is one. */
void call_account(struct request *, const char *method, const char *id, const char *tail);

#endif
