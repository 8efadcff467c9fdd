/*
 * fit.h - what a plugin wrote, made fit for a frame.
 *
 * A plugin passes on what its provider said, which may be any bytes of any length; frames take
 * UTF-8 within bounds.  Invalid bytes become U+FFFD, and a cut never goes through a character.
 */
#ifndef RELINK_WORKER_FIT_H
#define RELINK_WORKER_FIT_H
#include <relink/plugin.h>

#include "base/str.h"

/* Where copies go; whoever owns it knows how long they live. */
struct fit_room {
	char *p;
	size_t n, size;
};

/* `s` itself when it is fit, else a fit copy of at most `max` bytes.  The room must have `max`
 * left. */
struct str fit_text(struct fit_room *, struct relink_str s, size_t max);
/* The same, always a copy. */
struct str fit_copy(struct fit_room *, struct relink_str s, size_t max);

/* Numbers that are none of plugin.h's become UNKNOWN. */
uint64_t fit_state(enum relink_state);
uint64_t fit_cause(enum relink_cause);

static inline struct str fit_str(struct relink_str s)
{
	return (struct str){ s.p, s.p != NULL ? s.n : 0 };
}
static inline struct relink_str fit_lend(struct str s)
{
	return (struct relink_str){ s.p, s.n };
}

#endif
