/* ramp.c - up by one, down by half.  Pure. */
#include "policy/ramp.h"

#include "policy/account.h"

#define START 1024 /* parts */

// clang-format off
/* Does a start that failed so say that the instance has too much to do? */
static const bool blamed[RELINK_CAUSE_COUNT] = {
	[RELINK_NONE]            = false,
	[RELINK_GONE]            = true,
	[RELINK_ENGINE_CRASH]    = true,
	[RELINK_ENGINE_HANG]     = true,
	[RELINK_NETWORK]         = true,
	[RELINK_PROVIDER_DOWN]   = true,
	[RELINK_THROTTLED]       = true,
	[RELINK_REFUSED]         = false,
	[RELINK_REPLACED]        = false,
	[RELINK_LOGGED_OUT]      = false,
	[RELINK_UNPAIRED]        = false,
	[RELINK_AUTH_CORRUPT]    = false,
	[RELINK_QR_EXPIRED]      = false,
	[RELINK_BANNED]          = false,
	[RELINK_TOS_BLOCK]       = false,
	[RELINK_CLIENT_OUTDATED] = false,
	[RELINK_MISCONFIGURED]   = false,
	[RELINK_CANCELLED]       = false,
	[RELINK_STALE]           = false,
	[RELINK_CAPACITY]        = true,
	[RELINK_BY_REQUEST]      = false,
	[RELINK_UNKNOWN]         = false,
	[RELINK_INTERNAL]        = false,
	[RELINK_POISON]          = false,
};
// clang-format on

/* A wish ends a start too; then its cause is none, or an old one and the account goes on at once. */
enum start_outcome start_outcome_of(const struct account *a)
{
	unsigned next = a->state;

	if (a->state == ST_QR || a->state == ST_AUTH || a->state == ST_UP)
		return START_WELL;
	if (a->state == ST_CLOSING)
		next = a->after == AFTER_WAIT   ? ST_WAITING
		       : a->after == AFTER_PARK ? ST_PARKED
		       : a->after == AFTER_HOLD ? ST_HELD
						: ST_IDLE;
	if (next != ST_WAITING && next != ST_PARKED && next != ST_HELD)
		return START_NEITHER;
	return a->cause < RELINK_CAUSE_COUNT && blamed[a->cause] ? START_BADLY : START_NEITHER;
}

void ramp_restart(struct ramp *r, uint64_t first, uint64_t now)
{
	r->parts = (first > 0 ? first : 1) * START;
	r->cut_at = now;
	r->careful = false;
}

static void up(struct ramp *r, uint64_t under_way, uint64_t most)
{
	uint64_t width = r->parts / START;

	if (2 * under_way < width || width >= most)
		return;
	r->parts += r->careful ? START / width : START;
}

/* Those that were already under way at the last setback went the same way; they are one setback. */
static void down(struct ramp *r, uint64_t began, uint64_t now, uint64_t most)
{
	if (began <= r->cut_at)
		return;
	if (r->parts > most * START)
		r->parts = most * START;
	r->parts = r->parts / 2 > START ? r->parts / 2 : START;
	r->careful = true;
	r->cut_at = now;
}

static void measure(struct ramp *r, uint64_t took)
{
	took = took > 0 ? took : 1;
	r->mean = r->mean == 0 ? took : (7 * r->mean + took + 7) / 8;
}

void ramp_ended(struct ramp *r, enum start_outcome outcome, uint64_t began, uint64_t now,
		uint64_t under_way, uint64_t most)
{
	if (outcome == START_NEITHER)
		return;
	measure(r, now > began ? now - began : 0);
	if (outcome == START_WELL)
		up(r, under_way, most);
	else
		down(r, began, now, most);
}

uint64_t ramp_slots(const struct ramp *r, uint64_t most)
{
	uint64_t width = r->parts / START, others = most > 1 ? most - 1 : 1;

	return width < others ? width : others;
}

bool ramp_lets(const struct ramp *r, uint64_t most, bool person, uint64_t under_way,
	       uint64_t persons)
{
	return under_way < most &&
	       (person ? persons < r->parts / START : under_way < ramp_slots(r, most));
}

bool ramp_time(const struct ramp *r, uint64_t slots, uint64_t under_way, uint64_t starts,
	       uint64_t *ret_ms)
{
	uint64_t free = slots > under_way ? slots - under_way : 0;

	*ret_ms = 0;
	if (starts <= free)
		return true;
	if (r->mean == 0 || slots == 0)
		return false;
	*ret_ms = (starts - free) * r->mean / slots;
	return true;
}
