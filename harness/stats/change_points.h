/*
 * change_points.h - where a series of figures changed its level. Pure functions, thread-safe.
 */
#ifndef CONCBENCH_CHANGE_POINTS_H
#define CONCBENCH_CHANGE_POINTS_H

#include "harness/stats/permutation.h"

struct change_point {
	size_t index; /* first value of the new level */
	double p;     /* from the permutation test that found it: a bound, see permutation.h */
};

/* With these settings, series of 100 normal values without a change gave 0.022 change points each.
 * A step of two standard deviations was found within 4 points in 98 % of the series when 10 values
 * or more lay on either side of it, and in 92 % wherever it was. Both ends of a bump of four
 * standard deviations (a level that came back) were found within one point in 86 % of the series
 * when it was 5 points long, in 94 % for 10 points and in 97 % for 20.
 *
 * Without a change there were 0.036 points a series with 5 % of outliers and 0.030 with two modes:
 * the shape of the noise does not matter. The test is not valid for noise whose neighbours are
 * alike: it gave 0.11 points a series when each value is correlated with the last one by 0.2, 0.53
 * for 0.5, and 1.5 in a slow drift of three standard deviations. (change_points_power_test.c
 * measures all of these.)
 */
#define CHANGE_P_MAX 0.01
#define CHANGE_PERMUTATIONS 999
/* When a step divides n values without overlap into k and n - k, 2 / C(n, k) of all orders are
 * divided as well. So nine values never give a p below 0.0159; ten give 0.0095 when four or more
 * lie on either side. With fewer values a search finds nothing. From 12 values on three on a side
 * are enough, from 21 on two. */
#define CHANGE_POINTS_MIN 10

/**
 * change_points_find() - E-divisive means.
 *
 * Matteson & James, "A nonparametric approach for multiple change point analysis of multivariate
 * data", JASA 109 (2014) 334-345, with exponent 1 and in one dimension: the split that maximises
 * the energy distance of the two sides is a change when no more than p_max of random orders of the
 * same values have a split as good; then each side likewise. As in Daly et al., "The use of change
 * point detection to identify software performance regressions", ICPE 2020, the split runs over the
 * whole segment and the permutation over its values. Where no split is found, a bump is sought
 * (change_bump.h) with half of p_max, because a false one makes two points. A split cannot see it:
 * it compares all before with all after, and a level that came back is on both sides. (The paper
 * also maximises over where the right side ends, which costs a factor n.) All splits of n values
 * cost O(n log n): sums of distances come from a Fenwick tree over the ranks (Fenwick, Software:
 * Practice & Experience 24(3), 1994). A segment is tested again after every change that is found in
 * it, so that the time also grows with the number of changes: of 10,000 values 9 changes took 0.24
 * s, 30 took 0.55 s, most of it in splits that cut off one level only.
 *
 * With up to 16 values all orders are counted (change_points_exact.h), with more a random sample
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
