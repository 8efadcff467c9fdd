/*
 * echo.h - a worker that does nothing but speak the protocol: hello, and an answer to each health.
 *
 * The benchmarks start themselves as such (the pool runs its worker program with SLOT PLUGIN NAME).
 */
#ifndef RELINK_BENCH_ECHO_H
#define RELINK_BENCH_ECHO_H
#include <stdbool.h>

#define ECHO_PLUGIN "bench-echo"

/* True when the arguments say so. */
bool echo_is(int argc, char **argv);
/* Serve descriptor 3 until the other end is gone. */
int echo_run(void);

#endif
