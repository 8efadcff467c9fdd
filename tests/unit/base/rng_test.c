/* rng_test.c - chance that is chance, and chance that can be replayed. */
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

static void exactly_n_bytes_are_written(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 9, 255, 256, 257, 1000, 3000 };

	(void)state;
	for (size_t i = 0; i < 2 * (sizeof sizes / sizeof sizes[0]); i++) {
		unsigned char to[3002];
		size_t n = sizes[i / 2];

		rng_seed(i % 2);
		memset(to, 0xaa, sizeof to);
		rng_bytes(to + 1, n);
		assert_int_equal(to[0], 0xaa);
		assert_int_equal(to[n + 1], 0xaa);
		if (n >= 255) { /* and all of them: a last byte that never changes would show */
			unsigned char again[3002];

			rng_bytes(again + 1, n);
			assert_memory_not_equal(to + 1, again + 1, 16);
			assert_memory_not_equal(to + 1 + n - 16, again + 1 + n - 16, 16);
		}
	}
	rng_seed(0);
}

static void the_kernel_s_bytes_take_every_value(void **state)
{
	static unsigned char bytes[1 << 16];
	unsigned count[256] = { 0 };

	(void)state;
	rng_bytes(bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		count[bytes[i]]++;
	for (unsigned v = 0; v < 256; v++) /* 256 on average, deviation 16 */
		assert_in_range(count[v], 100, 450);
	assert_true(rng_u64() != rng_u64());
}

static void hex_is_n_digits_and_a_nul(void **state)
{
	char seen[256] = { 0 };

	(void)state;
	for (size_t n = 0; n <= 40; n++) {
		char to[42];

		memset(to, 'z', sizeof to);
		rng_hex(to, n);
		assert_int_equal(strlen(to), n);
		assert_int_equal(strspn(to, "0123456789abcdef"), n);
		assert_int_equal(to[n + 1], 'z');
		if (n == 40) /* the later digits are chance as well */
			assert_true(strspn(to + 16, "0") < 24);
		for (size_t i = 0; i < n; i++)
			seen[(unsigned char)to[i]] = 1;
	}
	for (const char *c = "0123456789abcdef"; *c != '\0'; c++)
		assert_true(seen[(unsigned char)*c]);
}

static void a_seed_replays_everything(void **state)
{
	char a[3][33], bytes[3][100];

	(void)state;
	for (int i = 0; i < 3; i++) {
		rng_seed(i < 2 ? 12345 : 12346);
		rng_hex(a[i], 32);
		rng_bytes(bytes[i], sizeof bytes[i]);
	}
	assert_string_equal(a[0], a[1]);
	assert_memory_equal(bytes[0], bytes[1], sizeof bytes[0]);
	assert_string_not_equal(a[0], a[2]);
	rng_seed(0);
	rng_hex(a[1], 32);
	assert_string_not_equal(a[0], a[1]);
}

/* Published values of splitmix64 for the seed 1234567: stored seeds must go on as they began. */
static void the_small_generator_is_splitmix64(void **state)
{
	static const uint64_t published[] = { 6457827717110365317ull, 3203168211198807973ull,
					      9817491932198370423ull, 4593380528125082431ull,
					      16408922859458223821ull };
	uint64_t seed = 1234567;

	(void)state;
	for (size_t i = 0; i < sizeof published / sizeof published[0]; i++)
		assert_true(rng_next(&seed) == published[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exactly_n_bytes_are_written),
		cmocka_unit_test(the_kernel_s_bytes_take_every_value),
		cmocka_unit_test(hex_is_n_digits_and_a_nul),
		cmocka_unit_test(a_seed_replays_everything),
		cmocka_unit_test(the_small_generator_is_splitmix64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
