/*
 * sample.h - values for every message, made from its table; shared by the tests and the fuzz target.
 */
#ifndef RELINK_TESTS_IPC_SAMPLE_H
#define RELINK_TESTS_IPC_SAMPLE_H
#include "ipc/schema.h"

/*
 * LEAST    everything zero or empty
 * TYPICAL  short strings, small numbers, two items in a list
 * MOST     everything at its bound; in a list the first item is MOST, the others are LEAST
 * RANDOM   any of these, and between them
 */
enum sample { SAMPLE_LEAST, SAMPLE_TYPICAL, SAMPLE_MOST, SAMPLE_RANDOM };

/* Large enough for any record of msg.h. */
union any_record {
	max_align_t align;
	char bytes[512];
};

/* Fill `to`, a struct of `rec`.  Lists live until sample_forget. */
void sample_fill(const struct record *rec, enum sample, uint64_t *seed, void *to);
void sample_forget(void);

/* Same content, wherever strings and lists live. */
bool record_equal(const struct record *rec, const void *a, const void *b);

/* One way to send a record: as a method's parameters, as its result, or as an error. */
struct carrier {
	enum msg_kind kind;
	enum msg_method method;
	const struct record *rec;
};
/* All there are, one by one; false after the last. */
bool carrier_at(size_t i, struct carrier *ret_carrier);
int carrier_pack(const struct carrier *, struct buf *out, uint32_t id, const void *from);
int carrier_read(const struct carrier *, const struct msg *, void *to, struct why *);

/* The value of the only frame in `b`. */
struct str only_value(const struct buf *b);

#endif
