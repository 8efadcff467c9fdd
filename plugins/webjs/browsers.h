/*
 * browsers.h - which sessions have a Chromium on this machine, as /proc shows it.
 *
 * For a service that says "connected" for hours after the browser has died, and "ended" of one that
 * goes on.  It counts only where it can be seen: a list of which no session has a browser in sight
 * proves nothing, unless the process that started them is still there to be seen.
 */
#ifndef RELINK_WEBJS_BROWSERS_H
#define RELINK_WEBJS_BROWSERS_H
#include <stdbool.h>

#include "relink/plugin.h"

struct browsers;

/* Who waits for a look to be over.  It belongs to the caller; zero it first. */
struct browsers_wait {
	struct browsers_wait *prev, *next;
	void (*fn)(void *arg);
	void *arg;
	bool waits;
};

/* `root` is /proc, lent for ever.  NULL: no memory. */
struct browsers *browsers_new(const struct relink_host *, const char *root);
void browsers_free(struct browsers *);

/* Look at all processes from now on, then call fn(arg): perhaps before this returns, in any case a
 * few hundred processes a turn of the loop.  Who asks during a look gets the next one. */
void browsers_look(struct browsers *, struct browsers_wait *, void (*fn)(void *arg), void *arg);
/* Do not call any more. */
void browsers_drop(struct browsers *, struct browsers_wait *);

/* By the last look: the process of the session's Chromium, or 0.  Without sight it is 0, too. */
long browsers_pid(const struct browsers *, struct relink_str session);

/* A list, after a look: first all its sessions, then what becomes of each, then its end.
 * `complete`: what was not in it is forgotten. */
void browsers_list_begin(struct browsers *);
void browsers_listed(struct browsers *, struct relink_str session);
/* True: two lists in a row the session had no browser, though it had one: it is so far that it must
 * have had, or its browser was seen. */
bool browsers_missed(struct browsers *, struct relink_str session, bool had_one);
void browsers_list_end(struct browsers *, bool complete);
/* It has a new life, or none: what lists showed before says nothing about it.  NULL is fine, here and
 * below. */
void browsers_forget(struct browsers *, struct relink_str session);
/* Was it missed in the last two lists? */
bool browsers_is_dead(const struct browsers *, struct relink_str session);

#endif
