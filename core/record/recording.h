/*
 * recording.h - a recording, read back item by item.
 *
 * The bytes may be of an older or a newer build, cut off, or damaged: what can't be read is told as an
 * item, and reading goes on where it can.  What is told as a step goes into account_step without harm.
 */
#ifndef RELINK_RECORD_RECORDING_H
#define RELINK_RECORD_RECORDING_H
#include <stddef.h>

#include "base/str.h"
#include "record/values.h"

struct recording;

enum recorded_kind {
	RECORDED_PART,   /* a recording began */
	RECORDED_GAP,    /* `count` steps were not written */
	RECORDED_DAMAGE, /* `count` bytes can't be read, and `why` */
	RECORDED_BREAK,  /* the account of this step is not as its last one left it */
	RECORDED_STEP
};

struct recorded {
	enum recorded_kind kind;
	size_t at; /* its first byte */
	uint64_t count;
	const char *why;
	bool torn;          /* DAMAGE: whoever wrote it was ended there; the rest is whole */
	struct str version; /* PART: of Relink */
	uint64_t time;      /* PART: ms */

	/* STEP, BREAK */
	uint64_t row;
	char id[65]; /* empty: not recorded */
	struct str provider;
	struct policy policy;
	struct account_event event;
	/* STEP */
	struct account before;
	struct values after, effects; /* as recorded, in the order of this build */
	/* Which of this build's members the recording has. */
	const bool *known[OF_COUNT]; /* lent until the next item */
};

/* ERR_NOMEM.  The bytes are lent until recording_close. */
int recording_open(struct recording **ret_recording, struct str bytes);
void recording_close(struct recording **);
/* 1: an item; 0: that was all; ERR_NOMEM. */
int recording_next(struct recording *, struct recorded *ret_item);
/* The name of a member that the newest part has and this build doesn't; NULL: there are no more. */
const char *recording_stranger(const struct recording *, enum values_of, unsigned n);

#endif
