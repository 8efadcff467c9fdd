/* guests.c - the table of guests. */
#include "api/guests.h"

#include <stdlib.h>

#include "api/auth.h"
#include "base/rng.h"

static bool is_over(const struct guest *s, uint64_t now)
{
	return s->number == 0 || now - s->begun_at >= GUEST_LIFE_MS ||
	       now - s->used_at >= GUEST_IDLE_MS;
}

static void wipe(struct guest *s)
{
	explicit_bzero(s, sizeof *s);
}

void guests_fini(struct guests *t)
{
	for (unsigned i = 0; i < t->n; i++)
		wipe(&t->all[i]);
	free(t->all);
	*t = (struct guests){ .all = NULL };
}

/* A free place: one that is over, a new one, or that of who was away for longest: among the key's own
 * where it has its share. */
static struct guest *place_for(struct guests *t, const struct who *who, uint64_t now)
{
	struct guest *oldest = NULL, *own = NULL, *free_one = NULL;
	unsigned n_own = 0;

	for (unsigned i = 0; i < t->n; i++) {
		struct guest *s = &t->all[i];

		if (is_over(s, now)) {
			free_one = s;
			continue;
		}
		if (oldest == NULL || s->used_at < oldest->used_at)
			oldest = s;
		if (strcmp(s->who.key, who->key) != 0)
			continue;
		n_own++;
		if (own == NULL || s->used_at < own->used_at)
			own = s;
	}
	if (n_own >= GUESTS_PER_KEY)
		return own;
	if (free_one != NULL)
		return free_one;
	return t->n < GUESTS_MAX ? &t->all[t->n++] : oldest;
}

bool guests_begin(struct guests *t, const struct who *who, uint64_t now, char text[GUEST_TEXT + 1])
{
	uint8_t digest[DIGEST_BYTES];
	struct guest *s;

	if (t->all == NULL)
		t->all = calloc(GUESTS_MAX, sizeof *t->all);
	rng_hex(text, GUEST_TEXT);
	if (t->all == NULL || !digest_of(digest, &(struct str){ text, GUEST_TEXT }, 1))
		return false;
	s = place_for(t, who, now);
	wipe(s);
	/* never used again, and says where it is */
	s->number = ++t->begun * GUESTS_MAX + (uint64_t)(s - t->all);
	s->begun_at = s->used_at = now;
	memcpy(s->digest, digest, sizeof digest);
	s->who = *who;
	s->who.guest = s->number;
	return true;
}

struct guest *guests_find(struct guests *t, struct str text, uint64_t now)
{
	struct guest *found = NULL;
	uint8_t digest[DIGEST_BYTES];

	if (text.n != GUEST_TEXT || !digest_of(digest, &text, 1))
		return NULL;
	for (unsigned i = 0; i < t->n; i++) {
		if (auth_same(t->all[i].digest, digest) && !is_over(&t->all[i], now))
			found = &t->all[i];
	}
	if (found != NULL)
		found->used_at = now;
	return found;
}

bool guests_hold(const struct guests *t, uint64_t number, uint64_t now)
{
	const struct guest *s = &t->all[number % GUESTS_MAX];

	return s->number == number && !is_over(s, now);
}

void guests_end(struct guests *t, uint64_t number)
{
	struct guest *s = &t->all[number % GUESTS_MAX];

	if (s->number == number)
		wipe(s);
}

uint64_t guests_end_of(const struct guests *t, uint64_t number)
{
	return number != 0 && t->all[number % GUESTS_MAX].number == number
		   ? t->all[number % GUESTS_MAX].begun_at + GUEST_LIFE_MS
		   : 0;
}

struct str guest_cookie(struct str header)
{
	static const char name[] = GUEST_COOKIE "=";
	size_t n_name = sizeof name - 1;

	while (header.n > 0) {
		const char *end = memchr(header.p, ';', header.n);
		size_t n = end != NULL ? (size_t)(end - header.p) : header.n;

		if (n >= n_name && memcmp(header.p, name, n_name) == 0)
			return (struct str){ header.p + n_name, n - n_name };
		n += end != NULL;
		while (n < header.n && header.p[n] == ' ')
			n++;
		header = (struct str){ header.p + n, header.n - n };
	}
	return STR_NONE;
}
