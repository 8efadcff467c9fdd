/*
 * field.h - accounts that live under random events, and somebody who records them.
 */
#ifndef RELINK_TESTS_RECORD_FIELD_H
#define RELINK_TESTS_RECORD_FIELD_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those above before it. */
#include <cmocka.h>

#include "base/buf.h"
#include "record/recorder.h"
#include "record/replay.h"

#define FIELD_ACCOUNTS 5

struct field {
	struct recorder *recorder;
	struct policy p;
	struct account a[FIELD_ACCOUNTS];
	uint64_t now, rng;
	struct buf file; /* what was kept */
};

void field_begin(struct field *, uint64_t file_bytes);
void field_end(struct field *);
/* So many random events that can come where they come. */
void field_live(struct field *, unsigned steps);
/* Take what the recorder has, and keep it; false: there was nothing. */
bool field_keep(struct field *);

struct told {
	unsigned parts, gaps, damages, torn, breaks, steps, different;
	uint64_t missing;
	struct recorded first_damage, first_different;
	struct replayed difference;
};

/* Read and replay all of it. */
struct told field_replay(struct str bytes);

#endif
