/*
 * pulse.c - see pulse.h.
 *
 * The watchdog is a timer of the kernel's that would send SIGABRT; the loop keeps pushing it
 * away. It counts real time, so a process that was stopped (SIGSTOP, a debugger) for longer is
 * aborted when it goes on, which is right: the core gave it up long ago.
 */
#include "worker/pulse.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/obj.h"
#include "worker/lastwords.h"

#define PUSH_EVERY_MS 1000

static struct {
	uv_prepare_t before_sleep;
	uv_check_t after_sleep;
	uv_timer_t push;
	timer_t watchdog;
	uint64_t turn_began_ms, longest_ms;
} pulse;

static uint64_t mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

static void watchdog_set(unsigned ms)
{
	const struct itimerspec in = { .it_value = { .tv_sec = ms / 1000,
						     .tv_nsec = (long)(ms % 1000) * 1000000 } };

	timer_settime(pulse.watchdog, 0, &in, NULL);
}

static void note(uint64_t ms)
{
	pulse.longest_ms = MAX_OF(pulse.longest_ms, ms);
}

/* This runs behind the callbacks that woke us; uv_now is when the sleep was over. */
static void on_after_sleep(uv_check_t *check)
{
	pulse.turn_began_ms = uv_now(check->loop);
}

static void on_before_sleep(uv_prepare_t *prepare)
{
	uint64_t now = mono_ms();

	(void)prepare;
	if (pulse.turn_began_ms != 0 && now > pulse.turn_began_ms)
		note(now - pulse.turn_began_ms);
}

static void on_push(uv_timer_t *timer)
{
	(void)timer;
	watchdog_set(PULSE_STALL_MS);
}

void pulse_start(uv_loop_t *loop)
{
	struct sigevent abort_us = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGABRT };

	uv_prepare_init(loop, &pulse.before_sleep);
	uv_check_init(loop, &pulse.after_sleep);
	uv_timer_init(loop, &pulse.push);
	if (timer_create(CLOCK_MONOTONIC, &abort_us, &pulse.watchdog) < 0)
		last_words(EXIT_BROKEN, "the system has no timer for the watchdog");
	uv_prepare_start(&pulse.before_sleep, on_before_sleep);
	uv_check_start(&pulse.after_sleep, on_after_sleep);
	uv_timer_start(&pulse.push, on_push, 0, PUSH_EVERY_MS);
}

void pulse_close(void)
{
	timer_delete(pulse.watchdog);
	uv_close((uv_handle_t *)&pulse.before_sleep, NULL);
	uv_close((uv_handle_t *)&pulse.after_sleep, NULL);
	uv_close((uv_handle_t *)&pulse.push, NULL);
}

/* Asked from inside a turn, which counts as far as it has come. */
uint64_t pulse_lag_ms(void)
{
	uint64_t now = mono_ms(), lag;

	if (now > uv_now(pulse.push.loop))
		note(now - uv_now(pulse.push.loop));
	lag = pulse.longest_ms;
	pulse.longest_ms = 0;
	return lag;
}

uint64_t pulse_rss_kib(void)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[128], *resident;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	resident = strchr(text, ' '); /* the first number is the size of all that is mapped */
	if (resident == NULL)
		return 0;
	return strtoul(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

void pulse_hurry(unsigned ms)
{
	watchdog_set(ms);
}
