/* change_points_fixture.h - what the tests of change points share: noise that is the same every
 * time, and the search as a history asks for it. */
#ifndef CONCBENCH_CHANGE_POINTS_FIXTURE_H
#define CONCBENCH_CHANGE_POINTS_FIXTURE_H

#include "harness/stats/change_points.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>

#define MAX 64

static uint64_t rng;

static inline double uniform(void)
{
	uint64_t z = rng += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return ((double)((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

static inline double normal(void)
{
	const double r = sqrt(-2.0 * log(uniform()));

	return r * cos(6.283185307179586 * uniform());
}

static inline size_t find_at(const double *x, size_t n, double p_max, struct change_point out[MAX])
{
	size_t count = 0;

	assert_int_equal(
	    change_points_find(x, n, p_max, CHANGE_PERMUTATIONS, 1, out, MAX, &count), 0);
	return count;
}

static inline size_t find(const double *x, size_t n, struct change_point out[MAX])
{
	return find_at(x, n, CHANGE_P_MAX, out);
}

static inline size_t find_seeded(
    const double *x, size_t n, uint64_t seed, struct change_point out[MAX])
{
	size_t count = 0;

	assert_int_equal(
	    change_points_find(x, n, CHANGE_P_MAX, CHANGE_PERMUTATIONS, seed, out, MAX, &count), 0);
	return count;
}

#endif
