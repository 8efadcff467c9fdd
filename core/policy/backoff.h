/*
 * backoff.h - jittered delays from a seed of the caller's.  Pure.
 */
#ifndef RELINK_POLICY_BACKOFF_H
#define RELINK_POLICY_BACKOFF_H
#include <stdint.h>

/* Full jitter: uniform in [base, min(cap, base * 2^n)].  Exact bounds for any n; base <= cap. */
uint64_t backoff_delay(uint64_t *rng, uint64_t base_ms, uint64_t cap_ms, unsigned n);
/* `ms` and up to a tenth more, so that a crowd does not come back in step. */
uint64_t backoff_spread(uint64_t *rng, uint64_t ms);

#endif
