/*
 * scale.h - what a figure's scale (concbench/figure.h) makes of numbers: which of them are
 * possible, where differences are measured, which interval goes with an estimate. Pure functions.
 *
 * A per cent means the same for precisions, noisy intervals and smallest effects. On a ratio scale
 * it is one per cent of the estimate; for a difference, one per cent of what the figure declares to
 * be worth a hundred; for a share or an outcome, one point.
 */
#ifndef CONCBENCH_SCALE_H
#define CONCBENCH_SCALE_H

#include "harness/stats/stats.h"

#include <concbench/figure.h>
#include <stdbool.h>

/** scale_allows() - is @x a value that a figure of this scale can have? */
bool scale_allows(enum cb_scale scale, double x);

/** scale_averages() - is the middle a mean? Shares and outcomes are averaged, because a trial
 * counts by how much it lost, and the median of 0, 0, 0 and 1 would hide that. The other scales use
 * the median. */
bool scale_averages(enum cb_scale scale);

/** scale_middle() - of @n trials of a launch, or launches. Return: 0; as stats_median(). */
int scale_middle(enum cb_scale scale, const double *x, size_t n, double *out);

/**
 * scale_interval() - estimate and interval over launches.
 * @x:      [n] a launch's figure each; n >= 1.
 * @trials: behind all of them.
 *
 * Ratio and difference: stats_median_ci(). Share and outcome: the mean and stats_share_ci().
 * @covered: what the interval covers; 0 of one launch, which has none.
 * Return: 0; -EINVAL; -ENOMEM.
 */
int scale_interval(enum cb_scale scale, const double *x, size_t n, unsigned trials, double level,
    struct stats_interval *out, double *covered);

/** scale_half_width() - the interval's longer side as a fraction of a hundred per cent:
 * stats_half_width() for a ratio. Not finite when a hundred per cent is 0. */
double scale_half_width(enum cb_scale scale, double worth, const struct stats_interval *i);

/** scale_place() - maps a figure to where differences count: the logarithm of a ratio, a difference
 * in units of @worth, a share as it is. */
double scale_place(enum cb_scale scale, double worth, double x);

/** scale_effect() - the difference of two places for people: relative for a ratio (0.01 is 1 %
 * more), in the figure's unit for a difference, as a fraction of 1 for a share. */
double scale_effect(enum cb_scale scale, double worth, double shift);

/** scale_bound() - the difference of two places that @fraction of a hundred per cent makes. */
double scale_bound(enum cb_scale scale, double fraction);

/* ---- shares ---- */

/**
 * stats_wilson() - score interval of a share (Wilson, Journal of the American Statistical
 * Association 22 (1927) 209-212): right near 0 and 1, too, where the usual one has no width.
 * @of: 0 gives all of 0 to 1.
 * @z:  of the level; 1.96 for 95 %.
 */
struct stats_interval stats_wilson(double hits, double of, double z);
#define STATS_Z_95 1.959963984540054

/**
 * stats_share_ci() - the mean of launches' shares.
 * @x:      [n] from 0 to 1, n >= 1.
 * @trials: behind them, at least @n.
 * @counts: each trial gave 0 or 1.
 *
 * Trials of one launch are alike, so they tell less than as many launches would. The interval is
 * Wilson's, for the number of independent tries that would make a share vary as much as these
 * launches do (Korn & Graubard, Survey Methodology 24 (1998) 193-201; Dean & Pagano, Journal of
 * Survey Statistics and Methodology 3 (2015) 484-503), reduced because that is estimated from few
 * launches (Student's t instead of z). A launch is always worth at least one try: a share varies
 * most when it is 0 or 1. Counts are never worth more than the number of trials. When all launches
 * are 0, or all are 1, every trial is one try; the interval then does not allow for a rare launch
 * that is quite different.
 */
struct stats_interval stats_share_ci(
    const double *x, size_t n, unsigned trials, bool counts, double z);

/* Shares of one side's launches. */
struct share_sample {
	const double *x; /* [n] from 0 to 1 */
	size_t n;
	unsigned trials;
	bool counts;
};

/* Fewer launches do not tell how they vary. */
#define SHARE_LAUNCHES_MIN 5

/**
 * stats_share_shift() - how much larger @b's share is than @a's.
 * @p: two-sided, of no difference: of the widest interval that does not hold 0.
 *
 * Newcombe's hybrid of two score intervals (Statistics in Medicine 17 (1998) 873-890, method 10),
 * here of stats_share_ci(), except that a trial is worth as much on both sides as on the side whose
 * launches vary more. If each side were judged by itself, one bad launch in many would be a change,
 * because the side without it would seem more certain. Return: 0; -EINVAL with too few launches.
 */
int stats_share_shift(const struct share_sample *a, const struct share_sample *b, double alpha,
    struct stats_interval *out, double *p);

#endif
