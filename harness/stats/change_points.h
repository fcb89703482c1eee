/*
 * change_points.h - where a series of figures changed its level. Pure functions, thread-safe.
 */
#ifndef CONCBENCH_CHANGE_POINTS_H
#define CONCBENCH_CHANGE_POINTS_H

#include "harness/stats/permutation.h"

struct change_point {
	size_t index; /* first value of the new level */
	double p;     /* of the permutation test that found it: a bound, see permutation.h */
};

/* With these, series of 100 normal values without a change gave 0.022 points each, and a step of
 * two standard deviations was found within 4 points in 98 % of series where 10 values or more lay
 * on either side of it, and in 92 % wherever it was. Of bumps of four standard deviations, that is
 * of levels that came back, both ends were found within one point in 86 % where they were 5 points
 * long, in 94 % of 10 points and in 97 % of 20.
 *
 * Without a change it gave 0.036 points with 5 % of outliers and 0.030 with two modes; the shape of
 * the noise does not matter. What the test does not hold for is noise whose neighbours are alike:
 * 0.11 points a series where a value is correlated with the last one by 0.2, 0.53 by 0.5, and 1.5
 * in a slow drift of three standard deviations. (change_points_power_test.c measures all of these.)
 */
#define CHANGE_P_MAX 0.01
#define CHANGE_PERMUTATIONS 999
/* Of n values that a step divides without overlap into k and n - k, 2 / C(n, k) of the orders are
 * divided as well: of nine values no p is below 0.0159, of ten it is 0.0095 with four or more on
 * either side. Below that a search finds nothing, whatever there is. From 12 values on three on a
 * side are enough, from 21 on two. */
#define CHANGE_POINTS_MIN 10

/**
 * change_points_find() - E-divisive means.
 *
 * Matteson & James, "A nonparametric approach for multiple change point analysis of multivariate
 * data", JASA 109 (2014) 334-345, with exponent 1 and in one dimension: the split that maximises
 * the energy distance of the two sides is a change when no more than p_max of random orders of the
 * same values have a split as good; then each side likewise. As in Daly et al., "The use of change
 * point detection to identify software performance regressions", ICPE 2020, the split runs over the
 * whole segment and the permutation over its values. Where no split is found, a bump is looked for
 * (change_bump.h) with half of p_max, since one made up is two points: a split compares all before
 * it with all after it, and a level that came back is on both sides. (The paper also maximises over
 * where the right side ends, which costs a factor n.) All splits of n values cost O(n log n): sums
 * of distances come from a Fenwick tree over the ranks (Fenwick, Software: Practice & Experience
 * 24(3), 1994). A segment is tested again after every change that is found in it, so that the time
 * also grows with the number of changes: of 10,000 values 9 changes took 0.24 s, 30 took 0.55 s,
 * most of it in splits that cut off one level only.
 *
 * Of up to 16 values all orders are counted (change_points_exact.h), of more some random ones
 * (permutation.h).
 *
 * @x: n finite values, oldest first.
 * @permutations: at most.
 * @seed: of the permutations: the same series gives the same answer.
 * @out: @max of them, ascending by index.
 * @count: how many there are; when more than @max, the rest is not stored.
 * Return: 0; -EINVAL when a value is not finite, p_max is not within (0, 1), or so few
 * permutations, with their 1 / (permutations + 1), cannot reach it; -ENOMEM.
 */
int change_points_find(const double *x, size_t n, double p_max, unsigned permutations,
    uint64_t seed, struct change_point *out, size_t max, size_t *count);

/**
 * change_points_split() - the best split of one segment, for tests.
 * @at: first index of the right side, CHANGE_SEGMENT_MIN .. n - CHANGE_SEGMENT_MIN.
 * Return: 0 with its statistic; -EINVAL when n is too small; -ENOMEM.
 */
int change_points_split(const double *x, size_t n, size_t *at, double *statistic);

#endif
