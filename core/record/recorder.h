/*
 * recorder.h - what goes into account_step and what comes out, as bytes for a file.
 *
 * Knows no file: whoever has one takes chunks, and says how that went.  A chunk that can't be kept, or
 * a step that finds the buffer full, leaves a gap: it is counted, and every account is told anew.
 * Holds two buffers of a quarter of a file's size at most (4 MiB), and a bit an account.
 */
#ifndef RELINK_RECORD_RECORDER_H
#define RELINK_RECORD_RECORDER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "policy/account.h"

struct recorder;

struct recorder_options {
	uint64_t file_bytes; /* a file's size, at most */
	bool ids;            /* with the accounts' public ids */
};

/* ERR_NOMEM. */
int recorder_new(struct recorder **ret_recorder, const struct recorder_options *);
void recorder_free(struct recorder **);

struct recorder_step {
	uint64_t row;
	struct str id;       /* written with options.ids only */
	unsigned policy;     /* which: the provider's number, below RECORDER_POLICIES */
	struct str provider; /* its name */
	const struct policy *p;
	const struct account *before, *after;
	const struct account_event *event;
	const struct effects *fx;
};
#define RECORDER_POLICIES 64

void recorder_step(struct recorder *, const struct recorder_step *);
/* Something else than a step has changed the account: it is told anew. */
void recorder_forget(struct recorder *, uint64_t row);

struct recorder_chunk {
	struct str bytes; /* lent until recorder_kept or recorder_lost */
	bool begins;      /* a part: it may go to another file than the one before */
};

/* False: there is nothing, or the last one is still out. */
bool recorder_take(struct recorder *, struct recorder_chunk *ret_chunk);
/* It is in a file, which has so many bytes now. */
void recorder_kept(struct recorder *, uint64_t file_bytes);
/* It is not; nor is what came since: that goes, too, and a part begins. */
void recorder_lost(struct recorder *);
/* Nobody takes anything for now. */
void recorder_skip(struct recorder *);

/* Is there room for a part in a file of this size? */
bool recorder_fits(const struct recorder_options *, uint64_t file_bytes);

struct recorder_stats {
	uint64_t steps, lost, bytes;
};
void recorder_stats(const struct recorder *, struct recorder_stats *ret_stats);

#endif
