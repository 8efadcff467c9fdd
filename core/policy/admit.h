/*
 * admit.h - who may start now: a token bucket per provider, classes, codes that wait for a scan.  Pure.
 *
 * A start is expensive (a browser each) and the time after an outage is when everybody wants one.  How
 * many may be under way at an instance is ramp.h.
 */
#ifndef RELINK_POLICY_ADMIT_H
#define RELINK_POLICY_ADMIT_H
#include <stdbool.h>
#include <stdint.h>

struct account;

/* Tokens are counted in parts of a start, so that a slow rate refills smoothly. */
struct bucket {
	uint64_t parts, at;
};
/* A full bucket would let `burst` starts go at once; a new core begins with one token, so that boot
 * is a ramp and not a burst. */
void bucket_init(struct bucket *, uint64_t now);
/* Take a token if there is one; from a bucket that holds two or more, all but a person leave the last
 * one, so that who clicks in a storm finds one.  The rate stays the same.  Otherwise *ret_wait_ms says
 * when there will be one. */
bool bucket_take(struct bucket *, uint64_t per_minute, uint64_t burst, bool person, uint64_t now,
		 uint64_t *ret_wait_ms);
/* How long until so many starts have been let in behind each other, the last one this. */
uint64_t bucket_time(const struct bucket *, uint64_t per_minute, uint64_t burst, bool person,
		     uint64_t now, uint64_t starts);

/* Lower classes go first: a person waits > was connected > others; in each high, normal, low. */
#define ADMIT_CLASSES 9
unsigned admit_class(const struct account *);
static inline bool admit_is_person(unsigned class)
{
	return class < 3;
}

/* A class has two lines: who has a login, and who will need a scan, since no more than so many codes
 * are shown at an instance at once and the others must not wait behind. */
#define ADMIT_LINES (2 * ADMIT_CLASSES)
unsigned admit_line(const struct account *);
static inline bool admit_line_scans(unsigned line)
{
	return line % 2 != 0;
}
/* Does it show a code, or is it on the way to one? */
bool admit_scans(const struct account *);
/* Is there room for one code more?  The last place is a person's; `most` 0: no limit. */
bool admit_may_scan(uint64_t scans, uint64_t most, bool person);

#endif
