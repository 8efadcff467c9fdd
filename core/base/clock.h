/*
 * clock.h - the only source of time.
 *
 * clock_ms() is milliseconds since the epoch as the wall clock said when the process started, moved
 * on by CLOCK_BOOTTIME.  So it never jumps while we run (a stepped or frozen wall clock moves no
 * timer; a suspended machine finds its deadlines passed), and yet it can be stored and compared by
 * the next process.  Signature windows, which must follow the real wall clock, use clock_wall_ms().
 * Any thread may ask, after the main thread has asked once.
 */
#ifndef RELINK_BASE_CLOCK_H
#define RELINK_BASE_CLOCK_H
#include <stdint.h>

uint64_t clock_ms(void);
uint64_t clock_wall_ms(void);
/* For measuring durations: CLOCK_MONOTONIC in nanoseconds. */
uint64_t clock_mono_ns(void);
/* Start no earlier than `ms`: what the store remembers must not lie in our future after the wall
 * clock was set back between two runs.  Call before anything keeps a time. */
void clock_floor(uint64_t ms);
/* Tests: time stands at `ms` until it is set again; 0 gives real time back. */
void clock_virtual(uint64_t ms);

#endif
