/*
 * rng.h - the only source of chance.
 *
 * rng_bytes is the kernel's; keys and ids come from it.  rng_next is a small generator over a state
 * of the caller's (splitmix64): jitter and simulations use it, so that a seed replays a run.
 */
#ifndef RELINK_BASE_RNG_H
#define RELINK_BASE_RNG_H
#include <stddef.h>
#include <stdint.h>

void rng_bytes(void *to, size_t n);
uint64_t rng_u64(void);
/* `n` hex digits and a NUL: `to` has n + 1 bytes. */
void rng_hex(char *to, size_t n);
/* Tests: rng_bytes becomes a function of `seed`; 0 gives real chance back. */
void rng_seed(uint64_t seed);

static inline uint64_t rng_next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

#endif
