/*
 * symbol.c - ISO/IEC 18004, read backwards: modules, code words, blocks, bits, text.
 *
 * x counts to the right, y down.  The word of a block is right when the polynomial that it is
 * vanishes at the first powers of 2 in GF(256), one for each of its check words.
 */
#include "symbol.h"

#include <stdint.h>
#include <string.h>

#define WORDS_MAX 3706 /* of version 40 */

enum level { LEVEL_L, LEVEL_M, LEVEL_Q, LEVEL_H };

// clang-format off
/* Check words in a block, and blocks, by level and version. */
static const uint8_t check_words[4][SYMBOL_VERSIONS + 1] = {
	[LEVEL_L] = { 0,  7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
	                 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30 },
	[LEVEL_M] = { 0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
	                 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28 },
	[LEVEL_Q] = { 0, 13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30,
	                 28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30 },
	[LEVEL_H] = { 0, 17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28,
	                 30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30 },
};
static const uint8_t n_blocks[4][SYMBOL_VERSIONS + 1] = {
	[LEVEL_L] = { 0,  1,  1,  1,  1,  1,  2,  2,  2,  2,  4,  4,  4,  4,  4,  6,  6,  6,  6,  7,  8,
	                  8,  9,  9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25 },
	[LEVEL_M] = { 0,  1,  1,  1,  2,  2,  4,  4,  4,  5,  5,  5,  8,  9,  9, 10, 10, 11, 13, 14, 16,
	                 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49 },
	[LEVEL_Q] = { 0,  1,  1,  2,  2,  4,  4,  6,  6,  8,  8,  8, 10, 12, 16, 12, 17, 16, 18, 21, 20,
	                 23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68 },
	[LEVEL_H] = { 0,  1,  1,  2,  4,  4,  4,  5,  6,  8,  8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25,
	                 25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81 },
};
/* How many bits count the characters, in versions to 9, to 26 and to 40. */
static const uint8_t count_bits[][3] = {
	[1] = { 10, 12, 14 },
	[2] = {  9, 11, 13 },
	[4] = {  8, 16, 16 },
};
// clang-format on

/* --- modules --- */

static bool is_finder(const struct symbol *s, int left, int top)
{
	for (int y = 0; y < 7; y++) {
		for (int x = 0; x < 7; x++) {
			int dx = x < 3 ? 3 - x : x - 3, dy = y < 3 ? 3 - y : y - 3;
			int ring = dx > dy ? dx : dy;

			if (*symbol_at((struct symbol *)s, left + x, top + y) != (ring != 2))
				return false;
		}
	}
	return true;
}

static bool has_frame(struct symbol *s)
{
	int size = SYMBOL_SIZE(s->version);

	if (!is_finder(s, 0, 0) || !is_finder(s, size - 7, 0) || !is_finder(s, 0, size - 7))
		return false;
	for (int i = 8; i < size - 8; i++) {
		if (*symbol_at(s, i, 6) != (i % 2 == 0) || *symbol_at(s, 6, i) != (i % 2 == 0))
			return false;
	}
	return true;
}

static int alignments(int version, int at[7])
{
	int n = version == 1 ? 0 : version / 7 + 2;
	int step = version == 32 ? 26 : n > 0 ? (version * 4 + n * 2 + 1) / (n * 2 - 2) * 2 : 0;

	for (int i = n - 1, pos = SYMBOL_SIZE(version) - 7; i > 0; i--, pos -= step)
		at[i] = pos;
	at[0] = 6;
	return n;
}

static bool is_alignment(int version, int x, int y)
{
	int at[7], n = alignments(version, at);

	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++) {
			bool corner =
			    (i == 0 && j == 0) || (i == 0 && j == n - 1) || (i == n - 1 && j == 0);

			if (!corner && x >= at[i] - 2 && x <= at[i] + 2 && y >= at[j] - 2 &&
			    y <= at[j] + 2)
				return true;
		}
	}
	return false;
}

/* Does the module carry no data? */
static bool is_function(int version, int x, int y)
{
	int size = SYMBOL_SIZE(version);

	if (x == 6 || y == 6 || (x < 9 && y < 9) || (x >= size - 8 && y < 9) ||
	    (x < 9 && y >= size - 8))
		return true;
	if (version >= 7 && ((x >= size - 11 && y < 6) || (x < 6 && y >= size - 11)))
		return true;
	return is_alignment(version, x, y);
}

static bool is_masked(int mask, int x, int y)
{
	switch (mask) {
	case 0:
		return (x + y) % 2 == 0;
	case 1:
		return y % 2 == 0;
	case 2:
		return x % 3 == 0;
	case 3:
		return (x + y) % 3 == 0;
	case 4:
		return (x / 3 + y / 2) % 2 == 0;
	case 5:
		return x * y % 2 + x * y % 3 == 0;
	case 6:
		return (x * y % 2 + x * y % 3) % 2 == 0;
	default:
		return ((x + y) % 2 + x * y % 3) % 2 == 0;
	}
}

static unsigned format_bits(unsigned data)
{
	unsigned rest = data;

	for (int i = 0; i < 10; i++)
		rest = rest << 1 ^ (rest >> 9) * 0x537;
	return (data << 10 | rest) ^ 0x5412;
}

static bool read_format(struct symbol *s, enum level *ret_level, int *ret_mask)
{
	static const enum level levels[] = { LEVEL_M, LEVEL_L, LEVEL_H, LEVEL_Q };
	unsigned bits = 0;

	for (int i = 0; i < 6; i++)
		bits |= (unsigned)*symbol_at(s, 8, i) << i;
	bits |= (unsigned)*symbol_at(s, 8, 7) << 6;
	bits |= (unsigned)*symbol_at(s, 8, 8) << 7;
	bits |= (unsigned)*symbol_at(s, 7, 8) << 8;
	for (int i = 9; i < 15; i++)
		bits |= (unsigned)*symbol_at(s, 14 - i, 8) << i;
	for (unsigned data = 0; data < 32; data++) {
		if (format_bits(data) == bits) {
			*ret_level = levels[data >> 3];
			*ret_mask = (int)(data & 7);
			return true;
		}
	}
	return false;
}

/* The code words in their order in the symbol, up and down its pairs of columns from the right. */
static int read_words(struct symbol *s, int mask, uint8_t words[WORDS_MAX])
{
	int size = SYMBOL_SIZE(s->version), n = 0;

	memset(words, 0, WORDS_MAX);
	for (int right = size - 1; right >= 1; right -= 2) {
		right -= right == 6;
		for (int i = 0; i < 2 * size; i++) {
			bool up = ((right + 1) & 2) == 0;
			int x = right - i % 2, y = up ? size - 1 - i / 2 : i / 2;

			if (is_function(s->version, x, y))
				continue;
			if (n / 8 < WORDS_MAX && *symbol_at(s, x, y) != is_masked(mask, x, y))
				words[n / 8] |= (uint8_t)(0x80 >> n % 8);
			n++;
		}
	}
	return n / 8;
}

/* --- blocks --- */

static uint8_t times(uint8_t a, uint8_t b)
{
	unsigned z = 0;

	for (int i = 7; i >= 0; i--)
		z = (z << 1) ^ ((z >> 7) * 0x11d) ^ ((unsigned)(b >> i & 1) * a);
	return (uint8_t)z;
}

static bool is_right(const uint8_t *block, int n, int n_check)
{
	uint8_t root = 1;

	for (int i = 0; i < n_check; i++, root = times(root, 2)) {
		uint8_t sum = 0;

		for (int k = 0; k < n; k++)
			sum = times(sum, root) ^ block[k];
		if (sum != 0)
			return false;
	}
	return true;
}

/* The data words of all blocks, one after the other; 0: one of them is wrong.  In the symbol the
 * blocks are interleaved; the later ones may have a data word more. */
static int read_data(const uint8_t *words, int n_words, int version, enum level level,
		     uint8_t data[WORDS_MAX])
{
	int blocks = n_blocks[level][version], n_check = check_words[level][version];
	int n_short = blocks - n_words % blocks, length = n_words / blocks, n_data = 0;

	for (int b = 0; b < blocks; b++) {
		int n = length - n_check + (b >= n_short);
		uint8_t block[256];

		for (int i = 0; i < length - n_check; i++)
			block[i] = words[i * blocks + b];
		if (b >= n_short)
			block[n - 1] = words[(n - 1) * blocks + b - n_short];
		for (int i = 0; i < n_check; i++)
			block[n + i] =
			    words[(length - n_check + i) * blocks + (blocks - n_short) + b];
		if (!is_right(block, n + n_check, n_check))
			return 0;
		memcpy(data + n_data, block, (size_t)n);
		n_data += n;
	}
	return n_data;
}

/* --- bits --- */

struct bits {
	const uint8_t *p;
	int at, n;
	bool short_of; /* more was taken than there is */
	char *text;
	size_t n_text, size;
};

static unsigned take(struct bits *b, int n)
{
	unsigned v = 0;

	if (n > b->n - b->at) {
		b->short_of = true;
		return 0;
	}
	for (; n > 0; n--, b->at++)
		v = v << 1 | (b->p[b->at / 8] >> (7 - b->at % 8) & 1u);
	return v;
}

static void put(struct bits *b, char c)
{
	if (b->n_text + 1 < b->size)
		b->text[b->n_text++] = c;
	else
		b->short_of = true;
}

static void take_digits(struct bits *b, unsigned n)
{
	while (n > 0 && !b->short_of) {
		unsigned some = n < 3 ? n : 3, v = take(b, (int)some * 3 + 1);

		for (unsigned power = some == 3 ? 100 : some == 2 ? 10 : 1; power > 0; power /= 10)
			put(b, (char)('0' + v / power % 10));
		n -= some;
	}
}

static void take_alphanumeric(struct bits *b, unsigned n)
{
	static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

	for (; n > 1 && !b->short_of; n -= 2) {
		unsigned v = take(b, 11);

		if (v >= 45 * 45) {
			b->short_of = true;
			return;
		}
		put(b, set[v / 45]);
		put(b, set[v % 45]);
	}
	if (n == 1 && !b->short_of) {
		unsigned v = take(b, 6);

		put(b, set[v % 45]);
		b->short_of |= v >= 45;
	}
}

static void take_bytes(struct bits *b, unsigned n)
{
	for (; n > 0 && !b->short_of; n--)
		put(b, (char)take(b, 8));
}

/* Which character set the bytes are in; theirs is UTF-8, or the host refuses them. */
static void take_eci(struct bits *b)
{
	unsigned first = take(b, 8);

	if ((first & 0xc0) == 0x80)
		take(b, 8);
	else if ((first & 0xe0) == 0xc0)
		take(b, 16);
}

static bool take_segment(struct bits *b, int version)
{
	unsigned mode = b->n - b->at >= 4 ? take(b, 4) : 0, n;

	if (mode == 0)
		return false;
	if (mode == 7) {
		take_eci(b);
		return !b->short_of;
	}
	if (mode != 1 && mode != 2 && mode != 4) {
		b->short_of = true;
		return false;
	}
	n = take(b, count_bits[mode][version < 10 ? 0 : version < 27 ? 1 : 2]);
	if (mode == 1)
		take_digits(b, n);
	else if (mode == 2)
		take_alphanumeric(b, n);
	else
		take_bytes(b, n);
	return !b->short_of;
}

size_t symbol_text(struct symbol *s, char *text, size_t size)
{
	uint8_t words[WORDS_MAX], data[WORDS_MAX];
	struct bits b = { .p = data, .text = text, .size = size };
	enum level level;
	int mask, n;

	if (s->version < 1 || s->version > SYMBOL_VERSIONS || size == 0 || !has_frame(s) ||
	    !read_format(s, &level, &mask))
		return 0;
	n = read_words(s, mask, words);
	b.n = 8 * read_data(words, n, s->version, level, data);
	while (b.n > 0 && take_segment(&b, s->version))
		;
	if (b.short_of)
		return 0;
	text[b.n_text] = '\0';
	return b.n_text;
}
