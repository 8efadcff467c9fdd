/*
 * birth.h - what a worker does before anything else: close what is not its own, tie its life to the
 * core's, and arrange for its last words.
 */
#ifndef RELINK_WORKER_BIRTH_H
#define RELINK_WORKER_BIRTH_H

#define LINK_FD 3

/* `slot` names the process.  Ends the process when there is no core at the other end of LINK_FD. */
void birth(const char *slot);

#endif
