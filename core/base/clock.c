/* clock.c - the only file that asks the system for the time; tests/lint looks for others. */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

/* The store's threads and every log line read them. */
static _Atomic uint64_t origin_ms; /* what to add to CLOCK_BOOTTIME; 0 until first use */
static _Atomic uint64_t virtual_ms;

static uint64_t read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

uint64_t clock_wall_ms(void)
{
	return virtual_ms != 0 ? virtual_ms : read_ns(CLOCK_REALTIME) / 1000000ull;
}

uint64_t clock_ms(void)
{
	uint64_t boot_ms, unset = 0;

	if (virtual_ms != 0)
		return virtual_ms;
	boot_ms = read_ns(CLOCK_BOOTTIME) / 1000000ull;
	if (origin_ms == 0) /* whoever is first decides */
		atomic_compare_exchange_strong(&origin_ms, &unset, clock_wall_ms() - boot_ms);
	return origin_ms + boot_ms;
}

uint64_t clock_mono_ns(void)
{
	return virtual_ms != 0 ? virtual_ms * 1000000ull : read_ns(CLOCK_MONOTONIC);
}

void clock_floor(uint64_t ms)
{
	uint64_t now = clock_ms();

	if (virtual_ms == 0 && now < ms)
		origin_ms += ms - now;
}

void clock_virtual(uint64_t ms)
{
	virtual_ms = ms;
}
