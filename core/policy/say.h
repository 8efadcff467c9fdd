/*
 * say.h - English into a buffer that is given: words, numbers, times.
 */
#ifndef RELINK_POLICY_SAY_H
#define RELINK_POLICY_SAY_H
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* What does not fit is left out; the text ends with a NUL. */
struct say {
	char *p;
	size_t room, n;
};
struct say say_to(char *p, size_t room);
void say(struct say *, const char *words);
void say_str(struct say *, struct str);
void say_u64(struct say *, uint64_t);
/* "450 ms", "31 s", "5 min", "2 h". */
void say_ms(struct say *, uint64_t ms);
/* "14:03:20", and the day when it is another than that of `now`; UTC. */
void say_time(struct say *, uint64_t at, uint64_t now);

#endif
