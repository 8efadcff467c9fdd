/* bench.c - see bench.h. */
#include "bench.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, compare);
	return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

void bench_pin(unsigned cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		must(sched_setaffinity(0, sizeof one, &one) == 0);
}

double bench_since(uint64_t began_ns)
{
	return (double)(clock_mono_ns() - began_ns) / 1e9;
}

void bench_run(const struct bench *b)
{
	double limit[BENCH_ROUNDS], ours[BENCH_ROUNDS], ratio[BENCH_ROUNDS];

	for (int i = 0; i < BENCH_ROUNDS; i++) {
		limit[i] = b->limit();
		ours[i] = b->ours();
		ratio[i] = ours[i] / limit[i];
	}
	printf("{\"name\":\"%s\",\"unit\":\"%s\",\"limit\":%.6g,\"ours\":%.6g,\"ratio\":%.3f,"
	       "\"goal\":\"%s %g\"}\n",
	       b->name, b->unit, bench_median(limit, BENCH_ROUNDS),
	       bench_median(ours, BENCH_ROUNDS), bench_median(ratio, BENCH_ROUNDS),
	       b->at_most ? "<=" : ">=", b->goal);
	fflush(stdout);
}
