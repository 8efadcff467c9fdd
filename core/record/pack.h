/*
 * pack.h - the bytes of a recording.
 *
 *	file    = part+               each start of a recording begins a part, and each file
 *	part    = RECORD_MAGIC header record*
 *	record  = length kind payload; the length is that of kind and payload
 *
 *	header  'H' version relink's-version time_ms, then for account, event, effects and policy:
 *	            count names
 *	policy  'P' index provider's-name members     the numbers that later steps go by
 *	account 'A' row id members                    as it is before its next step; id mostly empty
 *	step    'S' row policy digest event effects changes
 *	gap     'G' count                             so many steps are missing: all is told anew
 *
 * Numbers are LEB128: 7 bits a byte, the lowest first.  A text is its length and its bytes.  `members`
 * is the set of those that are not zero, one bit each in the header's order, and then their values, for
 * each 64 members in turn;
 * `changes` is the same of those that the step changed.  The digest is that of the account before the
 * step.
 */
#ifndef RELINK_RECORD_PACK_H
#define RELINK_RECORD_PACK_H
#include "base/buf.h"
#include "record/values.h"

#define RECORD_MAGIC      "\nRLKREC\n"
#define RECORD_MAGIC_SIZE (sizeof RECORD_MAGIC - 1)
#define RECORD_VERSION    1
#define RECORD_MAX        4096 /* bytes of one record */

enum record_kind {
	RECORD_HEADER = 'H',
	RECORD_POLICY = 'P',
	RECORD_ACCOUNT = 'A',
	RECORD_STEP = 'S',
	RECORD_GAP = 'G'
};

void pack_u64(struct buf *, uint64_t v);
void pack_text(struct buf *, struct str);
/* Those of `n` members that differ from `base`; NULL: from zero. */
void pack_values(struct buf *, const struct values *, const struct values *base, unsigned n);

/* What is left of a record; once something does not fit, `bad` stays and all the rest is zero. */
struct unpack {
	const unsigned char *p, *end;
	bool bad;
};

uint64_t unpack_u64(struct unpack *);
/* Lent by the bytes.  Names, ids and versions are all that a recording holds of texts, and they are shown on a
 * terminal: what is no visible ASCII makes the record bad. */
struct str unpack_text(struct unpack *, size_t max);
/* Into `values`, which holds what these differ from. */
void unpack_values(struct unpack *, struct values *values, unsigned n);

#endif
