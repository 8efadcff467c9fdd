/*
 * hostile_test.c - a peer that lies gets no memory, and mutations of good frames do no harm.
 *
 * Counts every malloc of the process, msgpack-c's too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/obj.h"
#include "base/rng.h"
#include "prove.h"
#include "sample.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_MALLOC_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAVE_MALLOC_HOOKS 1
#endif
#endif

static size_t taken; /* bytes asked for since it was set to zero */

#ifdef HAVE_MALLOC_HOOKS
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					      void (*on_free)(const volatile void *));

static void on_malloc(const volatile void *p, size_t n)
{
	(void)p;
	taken += n;
}

static void on_free(const volatile void *p)
{
	(void)p;
}

static void count_memory(void)
{
	must(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0);
}
#else
void *__libc_malloc(size_t n);
/* visible, or msgpack-c's shared library would go on with the C library's */
__attribute__((visibility("default"))) void *malloc(size_t n);

void *malloc(size_t n)
{
	taken += n;
	return __libc_malloc(n);
}

static void count_memory(void)
{
}
#endif

/* --- lies --- */

static void nested(struct buf *out, struct str header, size_t times, size_t filler)
{
	for (size_t i = 0; i < times; i++)
		buf_str(out, header);
	for (size_t i = 0; i < filler; i++)
		buf_byte(out, '\x01');
}

static void a_lie_takes_no_memory(void **state)
{
	static const struct {
		const char *name;
		struct str header;
		size_t times, filler;
	} cases[] = {
		{ "array of 4 thousand million", STR("\xdd\xff\xff\xff\xff"), 1, 0 },
		{ "31 of them in each other", STR("\xdd\xff\xff\xff\xff"), 31, 0 },
		{ "map of 4 thousand million", STR("\xdf\xff\xff\xff\xff"), 1, 0 },
		{ "map of 2 thousand million and 1", STR("\xdf\x80\0\0\1"), 1, 100 },
		{ "string of 4 GB", STR("\xdb\xff\xff\xff\xff"), 1, 0 },
		{ "30 arrays of 65535 in each other", STR("\xdc\xff\xff"), 30, 0 },
		{ "30 arrays of 65535, with bytes enough for one", STR("\xdc\xff\xff"), 30, 65535 },
		{ "as deep as allowed, with bytes enough for one", STR("\xdc\xff\xf0"), 16, 65535 },
		{ "arrays that claim a megabyte of nodes", STR("\xdd\0\x0f\xff\0"), 1, 0xfff00 },
		{ "binary of 4 GB", STR("\xc6\xff\xff\xff\xff"), 1, 0 },
		{ "extension of 4 GB", STR("\xc9\xff\xff\xff\xff\1"), 1, 0 },
		{ "in a message", STR("\x93\x02\xa3log\xdf\xff\xff\xff\xff"), 1, 10 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct why why = { 0 };
		struct buf out;
		struct msg m;

		buf_init(&out, LIMIT_FRAME);
		nested(&out, cases[i].header, cases[i].times, cases[i].filler);
		assert_int_equal(out.failed, 0);
		taken = 0;
		if (msg_open(&m, buf_all(&out), &why) != ERR_FORMAT || taken != 0)
			fail_msg("%s: took %zu bytes; %s", cases[i].name, taken, why.text);
		buf_fini(&out);
	}
}

/* What opening may cost: 24 bytes a node, a node for a byte, and the zone itself. */
static size_t open_cost(size_t frame_bytes)
{
	return 24 * frame_bytes + 256;
}

static void the_worst_true_frame_takes_little_memory(void **state)
{
	struct buf out;
	struct msg m;

	(void)state;
	buf_init(&out, LIMIT_FRAME);
	/* [1, 1, nil, {"k": [1, 1, 1, ...]}] */
	buf_str(&out, STR("\x94\x01\x01\xc0\x81\xa1k\xdc\xff\xf0"));
	nested(&out, STR("\x01"), 0xfff0, 0);
	taken = 0;
	assert_int_equal(msg_open(&m, buf_all(&out), NULL), 0);
	assert_true(taken > 24 * 0xfff0);
	assert_true(taken <= open_cost(out.n));
	msg_close(&m);
	buf_fini(&out);
}

/* An item that is only one byte makes a list cost most; it is refused at the first. */
static void a_list_of_nothing_takes_little_memory(void **state)
{
	struct msg_listed listed;
	struct buf out;
	struct msg m;

	(void)state;
	buf_init(&out, LIMIT_FRAME);
	buf_str(&out, STR("\x93\x02\xa6listed\x82\xa4"
			  "call\x01\xa8sessions\xdc\x03\xe8"));
	nested(&out, STR("\xc0"), LIMIT_LIST_PART, 0);
	assert_int_equal(msg_open(&m, buf_all(&out), NULL), 0);
	taken = 0;
	assert_int_equal(msg_read(&m, MSG_listed, &listed, NULL), ERR_FORMAT);
	assert_true(taken > 0);
	assert_true(taken <= 2 * LIMIT_LIST_PART * sizeof(struct msg_session));
	msg_close(&m);
	buf_fini(&out);
}

/* --- mutations --- */

#define ROUNDS 200000

static size_t below(uint64_t *seed, size_t n)
{
	return n > 0 ? rng_next(seed) % n : 0;
}

/* One small accident: a bit turned, a byte that means something, a piece lost or doubled. */
static void mutate(struct buf *b, uint64_t *seed)
{
	static const unsigned char telling[] = {
		0x00, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xbf,
		0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc7, 0xca, 0xcc, 0xcf, 0xd0,
		0xd3, 0xd4, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff,
	};
	size_t at = below(seed, b->n), n = 1 + below(seed, 8);

	if (b->n == 0)
		return;
	n = MIN_OF(n, b->n - at);
	switch (rng_next(seed) % 4) {
	case 0:
		b->p[at] ^= (char)(1 << rng_next(seed) % 8);
		break;
	case 1:
		b->p[at] = (char)telling[below(seed, sizeof telling)];
		break;
	case 2:
		memmove(b->p + at, b->p + at + n, b->n - at - n);
		b->n -= n;
		break;
	case 3:
		if (buf_room(b, n) == NULL)
			return;
		memmove(b->p + at + n, b->p + at, b->n - at);
		b->n += n;
		break;
	}
}

/* A good frame's value of random content in `out`. */
static void random_value(struct buf *out, uint64_t *seed)
{
	union any_record record;
	struct carrier c;
	struct str value;

	while (!carrier_at(rng_next(seed) % 32, &c))
		continue;
	buf_reset(out);
	sample_fill(c.rec, SAMPLE_RANDOM, seed, &record);
	must(carrier_pack(&c, out, (uint32_t)rng_next(seed), &record) == 0);
	sample_forget();
	value = only_value(out);
	buf_drop(out, out->n - value.n);
}

/* A block of exactly this size, so that a sanitizer sees a read past its end. */
static bool prove_exact(const struct buf *b)
{
	char *exact = malloc(b->n + 1);
	bool was_read;

	must(exact != NULL);
	memcpy(exact + 1, b->p, b->n);
	was_read = prove_frame((struct str){ exact + 1, b->n });
	free(exact);
	return was_read;
}

static void mutated_frames_are_refused_or_read_cleanly(void **state)
{
	uint64_t seed = 20251122;
	unsigned n_read = 0;
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 20);
	for (unsigned i = 0; i < ROUNDS; i++) {
		random_value(&b, &seed);
		for (size_t k = below(&seed, 4); k > 0; k--)
			mutate(&b, &seed);
		n_read += prove_exact(&b);
	}
	buf_fini(&b);
	/* a quarter is not mutated at all; some mutations change a text or a number only */
	assert_in_range(n_read, ROUNDS / 4, ROUNDS / 4 * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lie_takes_no_memory),
		cmocka_unit_test(the_worst_true_frame_takes_little_memory),
		cmocka_unit_test(a_list_of_nothing_takes_little_memory),
		cmocka_unit_test(mutated_frames_are_refused_or_read_cleanly),
	};

	count_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
