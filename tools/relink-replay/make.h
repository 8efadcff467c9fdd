/* make.h - a recording of a few steps, as this build takes them: a test from then on. */
#ifndef RELINK_REPLAY_MAKE_H
#define RELINK_REPLAY_MAKE_H
#include "record/replay.h"

struct make;

/* False: the reason is on stderr.  The file must not exist. */
bool make_begin(struct make **ret_make, const char *path);
bool make_step(struct make *, const struct recorded *, const struct replayed *);
bool make_end(struct make **);

#endif
