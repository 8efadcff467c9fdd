/* blame.c - see blame.h.  Pure. */
#include "policy/blame.h"

#define TO_BE_ALONE 2
#define TO_BE_HELD  3

static uint8_t marks_now(const struct blame *b, uint64_t now)
{
	return now >= b->at && now - b->at >= BLAME_WINDOW_MS ? 0 : b->marks;
}

enum blame_verdict blame_verdict(const struct blame *b, uint64_t now)
{
	uint8_t marks = marks_now(b, now);

	if (marks >= TO_BE_HELD)
		return BLAME_HOLD;
	return marks == TO_BE_ALONE ? BLAME_ALONE : BLAME_NONE;
}

/* Among others nobody is proven guilty, however often. */
void blame_mark(struct blame *b, bool alone, uint64_t now)
{
	uint8_t most = alone ? TO_BE_HELD : TO_BE_ALONE, marks = marks_now(b, now);

	b->marks = marks < most ? marks + 1 : marks;
	b->at = now;
}

void blame_again(struct blame *b, uint64_t now)
{
	if (marks_now(b, now) < TO_BE_HELD)
		return;
	b->marks = TO_BE_ALONE;
	b->at = now;
}
