/*
 * random.h - seeded random numbers, the same on every machine: splitmix64 (Steele, Lea & Flood,
 * "Fast splittable pseudorandom number generators", OOPSLA 2014). Every number is a valid seed.
 */
#ifndef CONCBENCH_RANDOM_H
#define CONCBENCH_RANDOM_H

#include <math.h>
#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/** random_uniform() - above 0 and below 1. */
static inline double random_uniform(uint64_t *state)
{
	return ((double)(random_next(state) >> 11) + 0.5) / 9007199254740992.0;
}

/** random_normal() - of mean 0 and deviation 1 (Box & Muller 1958). */
static inline double random_normal(uint64_t *state)
{
	const double r = sqrt(-2.0 * log(random_uniform(state)));

	return r * cos(6.283185307179586 * random_uniform(state));
}

#endif
