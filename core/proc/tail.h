/*
 * tail.h - the file that a service prints to, read on as it grows.
 *
 * A file and not a pipe, since a pipe would end with us, and the service with it.  It appends, so we
 * may empty the file at any time.  How far it was read stands in a second file: what was printed
 * while no core ran is said by the next one, once.
 */
#ifndef RELINK_PROC_TAIL_H
#define RELINK_PROC_TAIL_H
#include "proc/cut.h"

#define TAIL_FILE_MAX (8u << 20) /* then it is emptied; what was not read by then is lost */

struct tail {
	int fd, mark;
	uint64_t at; /* read up to here */
	struct cut cut;
};

/* Open or make `path`, and `path`.read beside it.  ERR_IO. */
int tail_open(struct tail *, const char *path, struct why *why);
/* A descriptor for the process to print to; the caller closes it.  -1 with errno. */
int tail_writer(const char *path);
/* Say the lines that are new, a bounded number of bytes of them; true: there is more. */
bool tail_read(struct tail *, struct speech *);
/* It has ended: say all that is there, within a bound, also a last line without its end. */
void tail_drain(struct tail *, struct speech *);
void tail_close(struct tail *);

#endif
