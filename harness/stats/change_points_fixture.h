/* change_points_fixture.h - what the tests of change points share: noise that is the same every
 * time, and the search as a history asks for it. */
#ifndef CONCBENCH_CHANGE_POINTS_FIXTURE_H
#define CONCBENCH_CHANGE_POINTS_FIXTURE_H

#include "harness/base/random.h"
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
	return random_uniform(&rng);
}

static inline double normal(void)
{
	return random_normal(&rng);
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
