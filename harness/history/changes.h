/*
 * changes.h - the runs at which a case's figures changed, as text or JSON.
 */
#ifndef CONCBENCH_CHANGES_H
#define CONCBENCH_CHANGES_H

#include "harness/history/history.h"
#include "harness/stats/change_points.h"

#include <stdio.h>

/* Shorter series are counted, not searched. */
#define CHANGES_POINTS_MIN CHANGE_POINTS_MIN

struct changes_options {
	double min_effect; /* relative; smaller ones are left out as changes_search() does */
	const struct history_run *since; /* only changes at this run or after it; NULL: all */
	bool plain;                      /* ASCII only */
};

struct changes_count {
	unsigned series, short_series, damaged, points;
	unsigned changes; /* told */
	unsigned smaller; /* left out */
};

/**
 * changes_print() - the change points (E-divisive means, change_points.h) of every series that
 * @filter picks, each with the run that begins the new level and what else changed then.
 *
 * The same history gives the same text: the permutations are seeded.
 * @count: what there was.
 * Return: 0; -EUCLEAN when some series are damaged: all others are there; -EIO when @to has an
 * error; an error that history_error() says.
 */
int changes_print(FILE *to, struct history *h, const struct history_filter *filter,
    const struct changes_options *how, struct changes_count *count);

/**
 * changes_json() - the same for programs, one object:
 *
 *   concbench_changes: 2, the version of this format; min_effect; since: a run's id, when asked
 * for; count: {series, short_series, points, changes, smaller, damaged}; changes: [{case,
 * definition, workers, machine, machine_title, metric, unit, scale, better, effect, direction, p,
 * before, after: {run, date, revision, value}, facts: {key: {before, after}}}]
 *
 * before.run is the last run of the old level and after.run the first of the new one; value is the
 * median of each level. effect is relative when the scale is a ratio (0.05: it takes 5 % longer),
 * otherwise the difference of the values; direction is a word for it. When one run lacks a fact,
 * its side is missing.
 */
int changes_json(FILE *to, struct history *h, const struct history_filter *filter,
    const struct changes_options *how, struct changes_count *count);

/* ---- what both are made of ---- */

/* The changes of one series that are large enough to be told. */
struct changes_series {
	struct run_figure figure;
	const struct history_point **points; /* [n] those that have a value */
	double *x; /* [n] these; of a ratio their logarithms: its changes are relative, and so is
		    * its noise */
	size_t n;
	struct change_point *found; /* [count], ascending */
	size_t count;
	size_t smaller; /* left out */
};

/**
 * changes_search() - find them, and leave out those below @min_effect.
 *
 * A change lies between the medians of the two segments that it divides. The smallest change is
 * removed first, and its two segments become one before the next is looked at: several small steps
 * in one direction may together be a large one.
 *
 * @points: of one series; referred to by @out.
 * Return: 0; -ENOMEM. @out is to be freed in any case.
 */
int changes_search(
    const struct history_points *points, double min_effect, struct changes_series *out);
void changes_series_free(struct changes_series *s);

/** changes_level() - the median of a segment, in the figure's unit. Segment 0 comes before the
 * first change. */
double changes_level(const struct changes_series *s, size_t segment);

/** changes_effect() - of change @i, as history_effect() has it. */
double changes_effect(const struct changes_series *s, size_t i);

/**
 * changes_teller - called for every series that has a change to report, and for every damaged one.
 * @found: its changes; NULL: the series is damaged, and history_error() says how. @first: the first
 * change that is not too old.
 * Return: 0; an error ends the walk.
 */
typedef int changes_teller(void *context, struct history *h, const struct history_series *series,
    const struct changes_series *found, size_t first);

/** changes_walk() - Return: 0; an error, of @tell or one that history_error() says. */
int changes_walk(struct history *h, const struct history_filter *filter,
    const struct changes_options *how, changes_teller *tell, void *context,
    struct changes_count *count);

/** changes_damaged() - the final status. Return: 0; -EUCLEAN with a history_error() when damaged
 * series were left out. */
int changes_damaged(struct history *h, const struct changes_count *count);

#endif
