/*
 * answer.h - from a plugin's result to the reply that the core gets.
 *
 * A result without a cause is the method's reply, one with a cause is an error.  Health is the
 * exception, since its cause may be about the session: it is a reply when the plugin says what the
 * session is (any state but UNKNOWN), or that it is gone; UNKNOWN with another cause means that the
 * question failed.
 */
#ifndef RELINK_WORKER_ANSWER_H
#define RELINK_WORKER_ANSWER_H
#include "worker/worker.h"

/* `result` has this header's size and fit numbers.  The op stays the caller's. */
void answer_result(struct worker *, struct op *, const struct relink_result *);
/* The worker answers in the plugin's place: nobody knows whether it happened. */
void answer_unknown(struct worker *, struct op *, enum relink_cause, const char *text);
/* A request that was never given to the plugin. */
void answer_refuse(struct worker *, const struct msg *request, enum relink_cause,
		   uint64_t generation, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
