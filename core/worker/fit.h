/*
 * fit.h - what a plugin wrote, made fit for a frame.
 *
 * A plugin passes on what its provider said, which may be any bytes of any length; frames take
 * UTF-8 within bounds.  Invalid bytes become U+FFFD, and a cut never goes through a character.
 */
#ifndef RELINK_WORKER_FIT_H
#define RELINK_WORKER_FIT_H
#include "web/lend.h"

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

#endif
