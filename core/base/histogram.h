/*
 * histogram.h - how often a figure was how large, in fixed steps: counts and a sum, nothing else.
 *
 * The steps are a table that whoever counts and whoever tells share.  Not atomic: one thread's, or
 * under its lock.
 */
#ifndef RELINK_BASE_HISTOGRAM_H
#define RELINK_BASE_HISTOGRAM_H
#include <stdint.h>

#define HISTOGRAM_STEPS 15

/* `upto` ascends; what is above the last goes into one more.  `per_unit`: how many of what is counted
 * make one of what is told (1000: milliseconds are counted and seconds told). */
struct histogram_steps {
	unsigned n;
	uint64_t per_unit;
	uint64_t upto[HISTOGRAM_STEPS];
};
extern const struct histogram_steps steps_call_ms;  /* an operation, a request: 5 ms to 2 min */
extern const struct histogram_steps steps_state_ms; /* a wait, a state: 100 ms to 7 days */
extern const struct histogram_steps steps_disk_us;  /* a write: 100 us to 10 s */
extern const struct histogram_steps steps_size;     /* of a group: 1 to 4096 */

struct histogram {
	uint64_t sum;
	uint64_t n[HISTOGRAM_STEPS + 1]; /* in each step, not below it */
};

void histogram_add(struct histogram *, const struct histogram_steps *, uint64_t v);
uint64_t histogram_count(const struct histogram *);

#endif
