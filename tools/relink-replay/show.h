/* show.h - what a replay finds, for people or as one JSON object a line. */
#ifndef RELINK_REPLAY_SHOW_H
#define RELINK_REPLAY_SHOW_H
#include <stdbool.h>

#include "record/replay.h"

struct tally {
	uint64_t parts, steps, different, breaks, gaps, missing, damages, torn;
};

struct show {
	bool json;
	const char *file;
};

void show_step(const struct show *, const struct recorded *);
void show_different(const struct show *, const struct recorded *, const struct replayed *);
/* Anything but a step. */
void show_item(const struct show *, const struct recorded *);
/* The file has a member that this build doesn't know. */
void show_stranger(const struct show *, enum values_of, const char *name);
void show_tally(const struct show *, const struct tally *);

#endif
