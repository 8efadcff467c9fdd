/* when.c - reads and says times. */
#include "when.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/obj.h"

uint64_t when_ms(struct str rfc3339)
{
	struct tm tm = { 0 };
	uint64_t ms = 0;
	char text[40];
	const char *rest;

	if (!str_copy(text, sizeof text, rfc3339))
		return 0;
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest == NULL)
		return 0;
	if (rest[0] == '.' && strlen(rest) >= 4)
		str_to_u64((struct str){ rest + 1, 3 }, 999, &ms);
	return (uint64_t)timegm(&tm) * 1000 + ms;
}

static void span(char *to, size_t size, uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (s < 60)
		snprintf(to, size, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(to, size, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(to, size, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(to, size, "%" PRIu64 "d%02" PRIu64 "h", s / 86400, s / 3600 % 24);
}

void when_span(char to[WHEN_MAX], uint64_t ms)
{
	span(to, WHEN_MAX, ms);
}

void when_ago(char to[WHEN_MAX], uint64_t ms)
{
	uint64_t now = clock_wall_ms();

	to[0] = '\0';
	if (ms != 0)
		span(to, WHEN_MAX, now > ms ? now - ms : 0);
}

void when_ahead(char to[WHEN_MAX], uint64_t ms)
{
	uint64_t now = clock_wall_ms();

	to[0] = '\0';
	if (ms == 0)
		return;
	snprintf(to, WHEN_MAX, ms > now ? "in " : "now");
	if (ms > now)
		span(to + 3, WHEN_MAX - 3, ms - now + 999);
}

void when_stamp(char to[WHEN_MAX], uint64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;

	to[0] = '\0';
	if (gmtime_r(&s, &tm) != NULL)
		strftime(to, WHEN_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

uint64_t when_seconds(const char *text)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t n = strlen(text);
	uint64_t v;

	if (n < 2 || !str_to_u64((struct str){ text, n - 1 }, 1000000000, &v))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (text[n - 1] == units[i].unit)
			return v * units[i].seconds;
	}
	return 0;
}

void when_brief(char to[WHEN_MAX], uint64_t ms)
{
	uint64_t now = clock_wall_ms();
	time_t s = (time_t)(ms / 1000);
	struct tm tm;

	to[0] = '\0';
	if (ms == 0 || gmtime_r(&s, &tm) == NULL)
		return;
	strftime(to, WHEN_MAX, now - MIN_OF(now, ms) < 86400000 ? "%H:%M:%S" : "%m-%d %H:%M", &tm);
}
