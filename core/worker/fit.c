/* fit.c - see fit.h. */
#include "worker/fit.h"

#include "base/must.h"

/* How many bytes the character at the front of `s` has; 0 when it is none. */
static size_t character(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return n <= s.n && str_is_utf8((struct str){ s.p, n }) ? n : 0;
}

struct str fit_copy(struct fit_room *room, struct relink_str from, size_t max)
{
	static const char replacement[] = "\xef\xbf\xbd";
	struct str s = fit_str(from);
	char *to = room->p + room->n;
	size_t n = 0, i = 0;

	must(room->size - room->n >= max);
	while (i < s.n) {
		size_t len = character((struct str){ s.p + i, s.n - i });
		const char *put = len > 0 ? s.p + i : replacement;
		size_t put_n = len > 0 ? len : sizeof replacement - 1;

		if (put_n > max - n)
			break;
		memcpy(to + n, put, put_n);
		n += put_n;
		i += len > 0 ? len : 1;
	}
	room->n += n;
	return (struct str){ to, n };
}

struct str fit_text(struct fit_room *room, struct relink_str from, size_t max)
{
	struct str s = fit_str(from);

	return s.n <= max && str_is_utf8(s) ? s : fit_copy(room, from, max);
}

uint64_t fit_state(enum relink_state state)
{
	return (unsigned)state < RELINK_STATE_COUNT ? state : RELINK_STATE_UNKNOWN;
}

uint64_t fit_cause(enum relink_cause cause)
{
	return (unsigned)cause < RELINK_CAUSE_COUNT ? cause : RELINK_UNKNOWN;
}
