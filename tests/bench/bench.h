/*
 * bench.h - figures as ratios: ours and the limit, measured in turns in one run.
 */
#ifndef RELINK_BENCH_H
#define RELINK_BENCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_ROUNDS 7

/* One thing that is measured.  `limit` and `ours` return a figure in `unit`; they take turns, so that what
 * else the machine does hits both. */
struct bench {
	const char *name, *unit;
	double (*limit)(void);
	double (*ours)(void);
	double goal;  /* for ours / limit */
	bool at_most; /* else at least */
};
/* Measure and print one line of JSON: medians, ratio, goal. */
void bench_run(const struct bench *);
/* Seconds since `began_ns` of clock_mono_ns(). */
double bench_since(uint64_t began_ns);
double bench_median(double *v, size_t n);
/* Stay on this CPU, where there are two or more.  Who speaks
 * with whom on the same CPU, or wakes it on another, is then no chance: that alone is a factor of five. */
void bench_pin(unsigned cpu);

#endif
