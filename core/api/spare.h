/*
 * spare.h - a descriptor that is kept to be given up.
 *
 * Without a descriptor the queue of connections cannot be emptied, and a loop that watches it would
 * spin.  So the spare one is closed, a client taken in its place, told that there is no room, and let
 * go.
 */
#ifndef RELINK_API_SPARE_H
#define RELINK_API_SPARE_H
#include <stdbool.h>

struct face;

struct spare {
	int fd; /* -1: there is none at the moment */
};

/* Have one, if there can be one. */
void spare_open(struct spare *);
void spare_close(struct spare *);
/* Take the next client of the listening socket and refuse it.  False: nobody could be taken. */
bool spare_refuse(struct spare *, int listen_fd, struct face *);

#endif
