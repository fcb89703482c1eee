/*
 * changes_search.h - the changes of one series that are large enough to be told.
 */
#ifndef CONCBENCH_CHANGES_SEARCH_H
#define CONCBENCH_CHANGES_SEARCH_H

#include "harness/history/history.h"
#include "harness/stats/change_points.h"

/* Shorter series are counted, not searched. */
#define CHANGES_POINTS_MIN CHANGE_POINTS_MIN

struct changes_series {
	const struct history_point **points; /* [n] those that have a figure */
	double *x; /* [n] their logarithms: a change is relative, and so is the noise */
	size_t n;
	struct change_point *found; /* [count], ascending */
	size_t count;
	size_t smaller; /* left out */
};

/**
 * changes_search() - find them, and leave out those below @min_effect.
 *
 * A change is between the medians of the two segments that it divides. The smallest one goes
 * first and its segments become one, before the next is looked at: many small steps in one
 * direction are small each, and a large one together.
 *
 * @points: referred to by @out.
 * Return: 0; -ENOMEM. @out is to be freed in any case.
 */
int changes_search(
    const struct history_points *points, double min_effect, struct changes_series *out);
void changes_series_free(struct changes_series *s);

/** changes_level() - the median of a segment, ns per operation; segment 0 is before the first
 * change. */
double changes_level(const struct changes_series *s, size_t segment);

/** changes_effect() - of change @i, relative: 0.05 takes 5 % longer. */
double changes_effect(const struct changes_series *s, size_t i);

#endif
