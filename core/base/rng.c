/* rng.c - the only file that asks the system for chance. */
#include "base/rng.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/must.h"

static uint64_t seeded;

void rng_bytes(void *to, size_t n)
{
	unsigned char *p = to;

	while (n > 0) {
		size_t part;

		if (seeded != 0) {
			uint64_t v = rng_next(&seeded);

			part = n < sizeof v ? n : sizeof v;
			memcpy(p, &v, part);
		} else {
			ssize_t got = getrandom(p, n, 0);

			if (got < 0 && errno == EINTR)
				continue; /* only while a machine that boots gathers its entropy */
			must(got > 0);
			part = (size_t)got;
		}
		p += part;
		n -= part;
	}
}

uint64_t rng_u64(void)
{
	uint64_t v;

	rng_bytes(&v, sizeof v);
	return v;
}

void rng_hex(char *to, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	uint64_t v = 0;

	for (size_t i = 0; i < n; i++, v >>= 4) {
		if (i % 16 == 0)
			v = rng_u64();
		to[i] = hex[v & 15];
	}
	to[n] = '\0';
}

void rng_seed(uint64_t seed)
{
	seeded = seed;
}
