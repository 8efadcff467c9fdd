/* words.h - values of a recording in words. */
#ifndef RELINK_REPLAY_WORDS_H
#define RELINK_REPLAY_WORDS_H
#include "base/buf.h"
#include "record/replay.h"

/* "2025-11-16T10:00:00.000Z"; 0: "none". */
void words_time(struct buf *, uint64_t ms);
/* A member's value as people say it. */
void words_value(struct buf *, enum values_of, unsigned member, uint64_t value);
/* One step in one line. */
void words_step(struct buf *, const struct recorded *);
/* "timer_at of the account was none and is 2025-..." */
void words_difference(struct buf *, const struct difference *);

#endif
