/*
 * fuzz.h - what a fuzz target defines, and how it takes values out of an input.
 */
#ifndef RELINK_TESTS_FUZZ_H
#define RELINK_TESTS_FUZZ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The most that one input may make the code allocate at once. */
#define FUZZ_ALLOCATION_MAX (8u << 20)

/* One input.  What it allocates is watched by input.c; whatever is wrong ends the process. */
int fuzz_one(const uint8_t *data, size_t size);

/* An input as a row of values; behind its end all of them are zero. */
struct tape {
	const uint8_t *p;
	size_t n;
};

static inline bool tape_ended(const struct tape *t)
{
	return t->n == 0;
}

static inline uint8_t tape_byte(struct tape *t)
{
	if (t->n == 0)
		return 0;
	t->n--;
	return *t->p++;
}

/* Small ones and those at the edges come often. */
static inline uint64_t tape_u64(struct tape *t)
{
	uint8_t how = tape_byte(t);
	uint64_t v = 0;

	if (how < 0xf0)
		return how;
	if (how < 0xf8)
		return UINT64_MAX - (how - 0xf0u);
	for (int i = 0; i < how - 0xf7; i++)
		v = v << 8 | tape_byte(t);
	return v;
}

/* The next `n` bytes, or as many as there are; lent by the input. */
static inline struct tape tape_cut(struct tape *t, size_t n)
{
	struct tape part = { t->p, n < t->n ? n : t->n };

	t->p += part.n;
	t->n -= part.n;
	return part;
}

#endif
