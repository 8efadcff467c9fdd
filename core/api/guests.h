/*
 * guests.h - people who have logged in with a key, from a browser: the cookie, and who it stands for.
 *
 * To the outside a guest is a session; here that word is for those of accounts.  It is its key with
 * another name: role, workspace and end are the key's.  It is kept in memory
 * only, so a restart ends all; of the cookie only its SHA-256 is here.
 */
#ifndef RELINK_API_GUESTS_H
#define RELINK_API_GUESTS_H
#include "api/digest.h"
#include "api/who.h"

#define GUEST_COOKIE  "relink_session"
#define GUEST_TEXT    64 /* 256 bits as hex */
#define GUEST_LIFE_MS (12ull * 60 * 60 * 1000)
#define GUEST_IDLE_MS (60ull * 60 * 1000)
#define GUESTS_MAX    1000
/* So nobody can end those of others by beginning many. */
#define GUESTS_PER_KEY 20

struct guest {
	uint64_t number; /* 0: free; its place in the table is what is left of it by GUESTS_MAX */
	uint64_t begun_at, used_at;
	uint8_t digest[DIGEST_BYTES];
	struct who who;
};

struct guests {
	struct guest *all; /* GUESTS_MAX of them; NULL until the first */
	unsigned n;        /* places that were ever used */
	uint64_t begun;
};

void guests_fini(struct guests *);
/* Begin one for `who` and write the cookie's value, which its caller wipes.  Where the table or the
 * key's share of it is full, the one that was not used for longest ends.  False when memory is out. */
bool guests_begin(struct guests *, const struct who *who, uint64_t now, char text[GUEST_TEXT + 1]);
/* The session of this cookie's value, used now; NULL: there is none, or it is over. */
struct guest *guests_find(struct guests *, struct str text, uint64_t now);
/* Does that session go on?  For streams. */
bool guests_hold(const struct guests *, uint64_t number, uint64_t now);
void guests_end(struct guests *, uint64_t number);
/* When it will be over at the latest; 0: there is none of this number. */
uint64_t guests_end_of(const struct guests *, uint64_t number);

/* The cookie's value in a Cookie header; p is NULL when it is not there. */
struct str guest_cookie(struct str header);

#endif
