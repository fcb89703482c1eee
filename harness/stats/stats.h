/*
 * stats.h - small pure functions on series of numbers. No I/O, no JSON, no global state.
 *
 * All take n finite samples of one unit and leave them unmodified; all are thread-safe. Quantiles
 * are Hyndman & Fan's type 7 (The American Statistician 50(4), 1996), the default of R and NumPy.
 */
#ifndef CONCBENCH_STATS_H
#define CONCBENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

/* An estimate with its interval, all in the unit of the samples. */
struct stats_interval {
	double estimate;
	double low;
	double high;
};

/** stats_sort() - ascending, in place. */
void stats_sort(double *x, size_t n);

/** stats_quantile_sorted() - type 7 quantile of ascending @x; n >= 1, 0 <= q <= 1. */
double stats_quantile_sorted(const double *x, size_t n, double q);

/** stats_median() - Return: 0; -EINVAL when n is 0 or a sample is not finite; -ENOMEM. */
int stats_median(const double *x, size_t n, double *out);

/** stats_mad() - median absolute deviation from the median, unscaled. Return: as stats_median();
 * -ERANGE when a deviation is not finite. */
int stats_mad(const double *x, size_t n, double *out);

/**
 * stats_mean_stddev() - mean and sample (n-1) deviation; deviation 0 when n is 1. Two passes.
 * Return: as stats_median(); -ERANGE when a result is not finite (samples near DBL_MAX).
 */
int stats_mean_stddev(const double *x, size_t n, double *mean, double *stddev);

/**
 * stats_trimmed_mean() - mean of what is left when the floor(@share * n) smallest and as many of
 * the largest are left out, and its standard error from the winsorized deviations (Yuen, "The
 * two-sample trimmed t for unequal population variances", Biometrika 61 (1974) 165-170).
 * @share: 0 <= share < 0.5; of each side.
 * @error: 0 when one value is left.
 * Return: as stats_mean_stddev(); -EINVAL, too, when @share is out of range.
 */
int stats_trimmed_mean(const double *x, size_t n, double share, double *mean, double *error);

/**
 * stats_median_ci() - median and its distribution-free interval.
 * @level:   coverage, 0 < level < 1.
 * @covered: what the interval covers, @level or less; may be NULL. Untouched on error, as @out.
 *
 * Interpolated order statistics of the sign test: Hettmansperger & Sheather, "Confidence intervals
 * based on interpolated order statistics", Statistics & Probability Letters 4 (1986) 75-79. With so
 * few samples that even the extremes do not reach @level (n < 6 at 0.95) the interval is the
 * extremes and *@covered says what coverage that has.
 *
 * The order statistics are exact for every distribution; the interpolation between two of them is
 * an approximation. It is good where the density is smooth at the median, and worst where the
 * median lies in a gap between two equally frequent modes: coverage may then fall to that of the
 * next narrower pair (stats_test.c measures both).
 *
 * Return: 0; -EINVAL when n < 2, a sample is not finite or level is out of range; -ENOMEM.
 */
int stats_median_ci(
    const double *x, size_t n, double level, struct stats_interval *out, double *covered);

/** stats_jain() - Jain's fairness index (sum x)^2 / (n * sum x^2) of x >= 0, 1/n..1; 1 when all are
 * 0, or there is none. */
double stats_jain(const double *x, size_t n);

/**
 * stats_half_width() - the number after "±": the longer side of the interval, relative to the
 * estimate. The interval of a median may be lopsided (-4 %, +44 %), and half of its width would
 * promise too much on one side.
 * Return: not finite when the estimate is 0.
 */
double stats_half_width(const struct stats_interval *i);

/** stats_intervals_overlap() - 1 when the two intervals share a point. */
int stats_intervals_overlap(const struct stats_interval *a, const struct stats_interval *b);

/** stats_normal_upper() - the share of a standard normal distribution above @z. */
double stats_normal_upper(double z);

/** stats_normal_quantile_upper() - the z above which the share @p of it lies, @p up to 0.5. */
double stats_normal_quantile_upper(double p);

#endif
