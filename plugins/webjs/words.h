/*
 * words.h - every word of both services, and what it means to Relink.
 *
 * Nothing else in this plugin knows a text, an error code or a status of a service: a new one is a new
 * line of a table in words.c.
 */
#ifndef RELINK_WEBJS_WORDS_H
#define RELINK_WEBJS_WORDS_H
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "relink/plugin.h"

static inline struct relink_str str_of(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

static inline bool str_is(struct relink_str s, const char *z)
{
	return s.n == strlen(z) && memcmp(s.p, z, s.n) == 0;
}

/* What a word means. */
struct meaning {
	enum relink_cause cause;
	bool maybe;       /* what was asked may have happened all the same */
	const char *hint; /* for people, behind the service's own words; NULL: none */
	bool
	    dead; /* only a session without a browser is told so, by a service that misses its death */
};

/* An error: its code (our service has one), its text and the HTTP status, in this order of trust.
 * `code` and `text` may be NULL. */
struct meaning words_of_error(const char *code, const char *text, unsigned status);

/* The state that a service's word names; UNKNOWN when it is none.  The meaning is that of a session
 * in DOWN. */
enum relink_state words_state(const char *word, struct meaning *ret_down);
/* Why a session is down: one of Relink's own causes by name, or a reason of WhatsApp. */
enum relink_cause words_down(const char *cause, const char *reason);

#endif
