/*
 * restart.h - how often a process has died lately.  Pure; workers and services count alike.
 */
#ifndef RELINK_POLICY_RESTART_H
#define RELINK_POLICY_RESTART_H
#include <stdint.h>

#define RESTART_DEATHS 16 /* as many are remembered: no larger burst is ever reached */

/* s6's rule: who was ready for so long is started again at once. */
#define RESTART_WAS_READY_MS 1000
/* Ready for so long, it has no failed starts any more. */
#define RESTART_FORGIVEN_MS 60000

/* Times of the last deaths, a ring. */
struct deaths {
	uint64_t at[RESTART_DEATHS];
	uint32_t n;
};

static inline void deaths_note(struct deaths *d, uint64_t now)
{
	d->at[d->n++ % RESTART_DEATHS] = now;
}

/* How many of them were within the last `window` ms. */
static inline uint32_t deaths_within(const struct deaths *d, uint64_t now, uint64_t window)
{
	uint32_t n = 0, kept = d->n < RESTART_DEATHS ? d->n : RESTART_DEATHS;

	for (uint32_t i = 0; i < kept; i++)
		n += now - d->at[i] < window;
	return n;
}

#endif
