/* admit.c - token bucket, classes and lines.  Pure. */
#include "policy/admit.h"

#include "policy/account.h"

#define START \
	60000 /* parts; so `per_minute` parts are one millisecond's worth, and nothing is rounded */

void bucket_init(struct bucket *b, uint64_t now)
{
	*b = (struct bucket){ START, now };
}

static uint64_t parts_at(const struct bucket *b, uint64_t per_minute, uint64_t burst, uint64_t now)
{
	uint64_t full = burst * START, passed = now > b->at ? now - b->at : 0;
	uint64_t parts = passed > full / per_minute ? full : b->parts + passed * per_minute;

	return parts > full ? full : parts;
}

/* What must be in the bucket for a start. */
static uint64_t needed(uint64_t burst, bool person)
{
	return person || burst < 2 ? START : 2ull * START;
}

static uint64_t until(uint64_t parts, uint64_t wanted, uint64_t per_minute)
{
	return parts >= wanted ? 0 : (wanted - parts + per_minute - 1) / per_minute;
}

bool bucket_take(struct bucket *b, uint64_t per_minute, uint64_t burst, bool person, uint64_t now,
		 uint64_t *ret_wait_ms)
{
	b->parts = parts_at(b, per_minute, burst, now);
	b->at = now;
	if (b->parts >= needed(burst, person)) {
		b->parts -= START;
		return true;
	}
	*ret_wait_ms = until(b->parts, needed(burst, person), per_minute);
	return false;
}

uint64_t bucket_time(const struct bucket *b, uint64_t per_minute, uint64_t burst, bool person,
		     uint64_t now, uint64_t starts)
{
	return starts == 0 ? 0
			   : until(parts_at(b, per_minute, burst, now),
				   needed(burst, person) + (starts - 1) * START, per_minute);
}

unsigned admit_class(const struct account *a)
{
	unsigned kind = a->person ? 0 : a->was_up ? 1 : 2;

	return kind * 3 + (a->priority <= PRIORITY_LOW ? a->priority : PRIORITY_LOW);
}

/* A login that was never seen is most likely none. */
static bool needs_scan(const struct account *a)
{
	return a->fresh_next || !account_has_login(a);
}

unsigned admit_line(const struct account *a)
{
	return 2 * admit_class(a) + needs_scan(a);
}

bool admit_scans(const struct account *a)
{
	return a->state == ST_QR || (a->state == ST_STARTING && !account_has_login(a));
}

bool admit_may_scan(uint64_t scans, uint64_t most, bool person)
{
	return most == 0 || scans < (person || most == 1 ? most : most - 1);
}
