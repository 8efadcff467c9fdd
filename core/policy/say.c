/* say.c - words into a buffer.  Pure, so no printf. */
#include "policy/say.h"

#define DAY_MS 86400000ull

struct say say_to(char *p, size_t room)
{
	p[0] = '\0';
	return (struct say){ p, room, 0 };
}

void say_str(struct say *s, struct str words)
{
	for (size_t i = 0; i < words.n && s->n + 1 < s->room; i++)
		s->p[s->n++] = words.p[i];
	s->p[s->n] = '\0';
}

void say(struct say *s, const char *words)
{
	while (*words != '\0' && s->n + 1 < s->room)
		s->p[s->n++] = *words++;
	s->p[s->n] = '\0';
}

static void say_digits(struct say *s, uint64_t v, unsigned least)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	while (sizeof digits - at < least)
		digits[--at] = '0';
	say_str(s, (struct str){ digits + at, sizeof digits - at });
}

void say_u64(struct say *s, uint64_t v)
{
	say_digits(s, v, 1);
}

void say_ms(struct say *s, uint64_t ms)
{
	static const struct {
		uint64_t from, unit;
		const char *name;
	} units[] = { { 7200000, 3600000, " h" }, { 120000, 60000, " min" }, { 1000, 1000, " s" } };

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (ms < units[i].from)
			continue;
		say_u64(s, ms / units[i].unit);
		say(s, units[i].name);
		return;
	}
	say_u64(s, ms);
	say(s, " ms");
}

/* Days since 1970 as a date; Howard Hinnant's civil_from_days, for dates after year 0. */
static void say_day(struct say *s, uint64_t days)
{
	uint64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	uint64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;

	say_digits(s, yoe + era * 400 + (month <= 2), 4);
	say(s, "-");
	say_digits(s, month, 2);
	say(s, "-");
	say_digits(s, day, 2);
}

void say_time(struct say *s, uint64_t at, uint64_t now)
{
	uint64_t in_day = at % DAY_MS / 1000;

	if (at / DAY_MS != now / DAY_MS) {
		say_day(s, at / DAY_MS);
		say(s, " ");
	}
	say_digits(s, in_day / 3600, 2);
	say(s, ":");
	say_digits(s, in_day / 60 % 60, 2);
	say(s, ":");
	say_digits(s, in_day % 60, 2);
	say(s, " UTC");
}
