/*
 * change_bump.h - finds where a series leaves its level for a while and comes back. Private to
 * change_points.c and its tests.
 */
#ifndef CONCBENCH_CHANGE_BUMP_H
#define CONCBENCH_CHANGE_BUMP_H

#include "harness/stats/permutation.h"

struct change_bump {
	size_t begin, end; /* [begin, end) is on another level than what is around it */
	double p;
};

/* Of fewer values hardly any bump is rarer than chance allows. */
#define CHANGE_BUMP_VALUES_MIN 17

/**
 * change_bump_find() - the interval that differs most from the rest, if by more than chance
 * explains.
 *
 * One split cannot see a regression that was fixed: both of its sides hold the old level. As in
 * circular binary segmentation (Olshen, Venkatraman, Lucito & Wigler, Biostatistics 5 (2004)
 * 557-572), an interval is compared with all that is outside it, and the best of all intervals with
 * the best of random orders of the same values. Two things differ. Values are replaced by the
 * normal scores of their ranks, so that an outlier neither passes for a level nor hides one. And
 * the lengths tried grow by a quarter each time, at every place: O(n log n) intervals instead of
 * all n^2, at a loss of at most 6 % of the statistic. The ends of the interval found are then
 * fitted exactly.
 *
 * @x: n finite values. No end lies within CHANGE_SEGMENT_MIN of an end of the series: a step.
 * Return: 1 and a bump; 0; -ENOMEM.
 */
int change_bump_find(
    const double *x, size_t n, const struct permutation_test *test, struct change_bump *out);

#endif
