/*
 * replay.h - a recorded step taken again by this build's policy, and what came out otherwise.
 */
#ifndef RELINK_RECORD_REPLAY_H
#define RELINK_RECORD_REPLAY_H
#include "record/recording.h"

struct difference {
	enum values_of of; /* OF_EFFECTS, OF_ACCOUNT */
	unsigned member;
	uint64_t was, is;
};

#define DIFFERENCES_MAX (2 * VALUES_MAX)

struct replayed {
	struct account after;
	struct effects effects;
	struct difference differences[DIFFERENCES_MAX]; /* of effects first */
	unsigned n;
};

/* Members that the recording doesn't have are not compared. */
void replay_step(const struct recorded *step, struct replayed *ret);

#endif
