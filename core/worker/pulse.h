/*
 * pulse.h - does the loop turn?
 *
 * Two answers: the longest turn since the last ping, for the core; and a watchdog, for a loop that
 * does not turn at all: it aborts the process where it hangs, so that the backtrace in the report
 * names the call that blocks.  One pulse a process.
 */
#ifndef RELINK_WORKER_PULSE_H
#define RELINK_WORKER_PULSE_H
#include <stdint.h>
#include <uv.h>

/* The longest that a turn may take, ms. */
#define PULSE_STALL_MS 9000

void pulse_start(uv_loop_t *);
void pulse_close(void);
/* The longest turn since this was asked last, ms. */
uint64_t pulse_lag_ms(void);
/* Resident memory, KiB; 0 when the system does not tell. */
uint64_t pulse_rss_kib(void);
/* From a signal handler: the loop must turn within `ms`, else abort. */
void pulse_hurry(unsigned ms);

#endif
