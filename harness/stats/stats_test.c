#include "harness/stats/stats.h"

#include "harness/base/random.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What the golden figures below were computed of; X in the Python commands. */
static const double sample[] = {
    14, 3, 15, 92, 65, 35, 89, 79, 32, 38, 46, 26, 43, 38, 32, 79, 50, 28, 84, 19};

static void assert_close(double actual, double expected)
{
	if (!(fabs(actual - expected) <= 1e-12 * fmax(1, fabs(expected))))
		fail_msg("%.17g is not %.17g", actual, expected);
}

/* python3 -c 'import statistics as s; X=[...]; print(s.median(X),
 *   s.quantiles(X, n=10, method="inclusive"), s.mean(X), s.stdev(X),
 *   s.median([abs(x - s.median(X)) for x in X]))'
 * "inclusive" is Hyndman & Fan's type 7. */
static void golden_figures(void **state)
{
	static const double deciles[] = {14.9, 24.6, 30.8, 33.8, 38.0, 44.2, 54.5, 79.0, 84.5};
	double sorted[COUNT(sample)], median, mad, mean, stddev;

	(void)state;
	memcpy(sorted, sample, sizeof(sample));
	stats_sort(sorted, COUNT(sample));
	for (size_t i = 0; i < COUNT(deciles); i++)
		assert_close(
		    stats_quantile_sorted(sorted, COUNT(sample), (double)(i + 1) / 10), deciles[i]);
	assert_close(stats_quantile_sorted(sorted, COUNT(sample), 0), 3);
	assert_close(stats_quantile_sorted(sorted, COUNT(sample), 1), 92);
	assert_int_equal(stats_median(sample, COUNT(sample), &median), 0);
	assert_close(median, 38);
	assert_int_equal(stats_mad(sample, COUNT(sample), &mad), 0);
	assert_close(mad, 15.5);
	assert_int_equal(stats_mean_stddev(sample, COUNT(sample), &mean, &stddev), 0);
	assert_close(mean, 45.35);
	assert_close(stddev, 27.040466750876604);
}

/*
 * scipy.stats.trim_mean(x, g), and with w = scipy.stats.mstats.winsorize(x, limits=(g, g)),
 * h = n - 2 * int(n * g): sqrt(((w - w.mean())**2).sum() / (h * (h - 1)))
 */
static void trimmed_means(void **state)
{
	double mean, error, plain, stddev;

	(void)state;
	assert_int_equal(stats_trimmed_mean(sample, COUNT(sample), 0.3, &mean, &error), 0);
	assert_close(mean, 39.25);
	assert_close(error, 4.79620385602733);
	assert_int_equal(stats_trimmed_mean(sample, COUNT(sample), 0.25, &mean, &error), 0);
	assert_close(mean, 40.7);
	assert_close(error, 7.196295343207272);
	/* Nothing left out: the plain mean and its error. */
	assert_int_equal(stats_trimmed_mean(sample, COUNT(sample), 0.0, &mean, &error), 0);
	assert_int_equal(stats_mean_stddev(sample, COUNT(sample), &plain, &stddev), 0);
	assert_close(mean, plain);
	assert_close(error, stddev / sqrt((double)COUNT(sample)));
	/* One left: of three the middle one. */
	assert_int_equal(stats_trimmed_mean(sample, 3, 0.4, &mean, &error), 0);
	assert_close(mean, 14);
	assert_close(error, 0);
	assert_int_equal(stats_trimmed_mean(sample, 1, 0.4, &mean, &error), 0);
	assert_close(mean, 14);
	assert_close(error, 0);
}

/* A one-pass sum of squares loses all digits here.
 * python3 -c 'import statistics as s; print(repr(s.stdev([1e9 + i for i in (4, 7, 13, 16)])))' */
static void deviation_of_large_samples(void **state)
{
	static const double large[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
	double mean, stddev;

	(void)state;
	assert_int_equal(stats_mean_stddev(large, COUNT(large), &mean, &stddev), 0);
	assert_close(mean, 1e9 + 10);
	assert_close(stddev, 5.477225575051661);
	assert_int_equal(stats_mean_stddev(large, 1, &mean, &stddev), 0);
	assert_close(mean, 1e9 + 4);
	assert_close(stddev, 0);
}

/*
 * python3 -c 'from math import comb
 * def ci(x, l):
 *     x = sorted(x); n = len(x); g = lambda d: 1 - 2 * sum(comb(n, k) for k in range(d)) / 2**n
 *     d = max([d for d in range(1, n // 2 + 1) if g(d) >= l], default=0)
 *     if not d: return x[0], x[-1], g(1)
 *     i = (g(d) - l) / (g(d) - g(d + 1)); w = (n - d) * i / (d + (n - 2 * d) * i)
 *     return (1 - w) * x[d - 1] + w * x[d], (1 - w) * x[n - d] + w * x[n - d - 1], l
 * X = [...]; print(ci(X[:7], .95)); print(ci([i * i * 7919 % 104729 for i in range(1, 5001)],
 * .95))'
 */
static void golden_intervals(void **state)
{
	static const struct {
		size_t n;
		double level, low, high, covered;
	} cases[] = {
	    {5, 0.95, 3, 92, 0.9375},
	    {6, 0.95, 6.92857142857144, 82.3571428571428, 0.95},
	    {7, 0.95, 11.0666666666667, 89.8, 0.95},
	    {10, 0.95, 14.6576576576577, 82.4234234234234, 0.95},
	    {15, 0.95, 28.2410365240702, 57.9033843404445, 0.95},
	    {20, 0.95, 28.9409368635438, 61.4714867617108, 0.95},
	    {20, 0.99, 25.5961512386929, 79, 0.99},
	    {20, 0.5, 34.9711888201136, 43.0288111798864, 0.5},
	    {20, 0.05, 38, 38, 0.05},
	    {2, 0.3, 5.2, 11.8, 0.3},
	    {3, 0.5, 8.5, 14.5, 0.5},
	};
	struct stats_interval ci;
	double *many = malloc(5000 * sizeof(*many));
	double covered;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
		    stats_median_ci(sample, cases[i].n, cases[i].level, &ci, &covered), 0);
		assert_close(ci.low, cases[i].low);
		assert_close(ci.high, cases[i].high);
		assert_close(covered, cases[i].covered);
		assert_true(ci.low <= ci.estimate && ci.estimate <= ci.high);
	}
	/* 2^-5000 is no double: the binomial tail must not be summed from its end. */
	assert_non_null(many);
	for (uint64_t i = 1; i <= 5000; i++)
		many[i - 1] = (double)(i * i * 7919 % 104729);
	assert_int_equal(stats_median_ci(many, 5000, 0.95, &ci, NULL), 0);
	assert_close(ci.low, 51960.2531655283);
	assert_close(ci.high, 54775.3848093009);
	free(many);
}

struct distribution {
	const char *name;
	double (*draw)(uint64_t *state);
	double median;
};

static double draw_normal(uint64_t *state)
{
	return 100 + random_normal(state);
}

static double draw_exponential(uint64_t *state)
{
	return -log(random_uniform(state));
}

/* Fast path and slow path: 70 % about 1, 30 % about 2. */
static double draw_bimodal(uint64_t *state)
{
	return (random_uniform(state) < 0.7 ? 1 : 2) + 0.1 * random_normal(state);
}

/* The worst case: nothing near the median. */
static double draw_gap(uint64_t *state)
{
	return (random_uniform(state) < 0.5 ? -1 : 1) + 0.01 * random_normal(state);
}

static const struct distribution distributions[] = {
    {"normal", draw_normal, 100},
    {"exponential", draw_exponential, 0.693147180559945309},
    /* python3 -c 'from statistics import NormalDist as N; print(1 + N(0, .1).inv_cdf(.5 / .7))';
     * the slow mode's lower tail at ten deviations does not matter */
    {"bimodal", draw_bimodal, 1.0565948821932863},
};

/* Broken intervals for the controls: half as wide, and a fifth wider. */
static void halve(struct stats_interval *ci)
{
	ci->low += (ci->estimate - ci->low) / 2;
	ci->high -= (ci->high - ci->estimate) / 2;
}

static void widen(struct stats_interval *ci)
{
	ci->low -= (ci->estimate - ci->low) / 5;
	ci->high += (ci->high - ci->estimate) / 5;
}

#define TRIALS 2000
#define SMALLEST_N 6
#define LARGEST_N 40

static unsigned hits(
    const struct distribution *d, size_t n, double level, void (*spoil)(struct stats_interval *))
{
	uint64_t state = n * 1000003 + 42;
	unsigned count = 0;
	double x[LARGEST_N];

	for (unsigned t = 0; t < TRIALS; t++) {
		struct stats_interval ci;

		for (size_t i = 0; i < n; i++)
			x[i] = d->draw(&state);
		assert_int_equal(stats_median_ci(x, n, level, &ci, NULL), 0);
		if (spoil)
			spoil(&ci);
		count += ci.low <= d->median && d->median <= ci.high;
	}
	return count;
}

/* Four standard deviations of a binomial share: 1 in 30,000 by chance, were the seeds not fixed. */
static double margin(double level, unsigned trials)
{
	return 4 * sqrt(level * (1 - level) / trials);
}

/* For every n at least @level; for all of them together, where the margin is a third of a percent,
 * neither less nor more. */
static bool covers(
    const struct distribution *d, double level, void (*spoil)(struct stats_interval *))
{
	const unsigned all = TRIALS * (LARGEST_N - SMALLEST_N + 1);
	unsigned total = 0;
	bool good = true;

	for (size_t n = SMALLEST_N; n <= LARGEST_N; n++) {
		unsigned count = hits(d, n, level, spoil);

		total += count;
		if (count < (level - margin(level, TRIALS)) * TRIALS)
			good = false;
	}
	if (!spoil)
		print_message("%s: %.2f %% of %u intervals at %g %%\n", d->name,
		    100.0 * total / all, all, 100 * level);
	return good && fabs((double)total / all - level) <= margin(level, all);
}

static void interval_covers_the_median(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(distributions); i++) {
		assert_true(covers(&distributions[i], 0.95, NULL));
		/* Negative controls: too narrow, and too wide to be of use. */
		assert_false(covers(&distributions[i], 0.95, halve));
		assert_false(covers(&distributions[i], 0.95, widen));
	}
}

/* Coverage of the order statistics d and n+1-d, by the definition. */
static double exact_coverage(size_t n, size_t d)
{
	double tail = 0, term = ldexp(1, -(int)n);

	for (size_t k = 0; k < d; k++) {
		tail += term;
		term *= (double)(n - k) / (double)(k + 1);
	}
	return 1 - 2 * tail;
}

/* What the header says of the worst case: not below the next narrower pair's coverage. */
static void gap_costs_no_more_than_one_rank(void **state)
{
	static const struct distribution gap = {"gap", draw_gap, 0};

	(void)state;
	for (size_t n = SMALLEST_N; n <= LARGEST_N; n++) {
		double floor_level;
		size_t d = 1;

		while (exact_coverage(n, d + 1) >= 0.95)
			d++;
		floor_level = exact_coverage(n, d + 1);
		assert_true(hits(&gap, n, 0.95, NULL) >=
			    (floor_level - margin(floor_level, TRIALS)) * TRIALS);
	}
}

static void refuses_bad_input(void **state)
{
	static const double nan_inside[] = {1, NAN, 3}, inf_inside[] = {1, 2, -INFINITY};
	static const double huge[] = {-DBL_MAX, DBL_MAX, DBL_MAX};
	static const double levels[] = {0, 1, -1, 2, NAN};
	struct stats_interval ci = {1, 2, 3};
	double out = 4711, other = 4712;

	(void)state;
	assert_int_equal(stats_median(NULL, 0, &out), -EINVAL);
	assert_int_equal(stats_mad(NULL, 0, &out), -EINVAL);
	assert_int_equal(stats_mean_stddev(NULL, 0, &out, &other), -EINVAL);
	assert_int_equal(stats_trimmed_mean(NULL, 0, 0.3, &out, &other), -EINVAL);
	assert_int_equal(stats_trimmed_mean(sample, 3, 0.5, &out, &other), -EINVAL);
	assert_int_equal(stats_trimmed_mean(sample, 3, -0.1, &out, &other), -EINVAL);
	assert_int_equal(stats_trimmed_mean(sample, 3, NAN, &out, &other), -EINVAL);
	assert_int_equal(stats_trimmed_mean(nan_inside, 3, 0.3, &out, &other), -EINVAL);
	assert_int_equal(stats_median(nan_inside, 3, &out), -EINVAL);
	assert_int_equal(stats_mad(inf_inside, 3, &out), -EINVAL);
	assert_int_equal(stats_mean_stddev(nan_inside, 3, &out, &other), -EINVAL);
	assert_int_equal(stats_median_ci(inf_inside, 3, 0.95, &ci, &out), -EINVAL);
	assert_int_equal(stats_median_ci(sample, 1, 0.95, &ci, &out), -EINVAL);
	for (size_t i = 0; i < COUNT(levels); i++)
		assert_int_equal(stats_median_ci(sample, 20, levels[i], &ci, &out), -EINVAL);
	assert_int_equal(stats_mad(huge, 3, &out), -ERANGE);
	assert_int_equal(stats_mean_stddev(huge, 3, &out, &other), -ERANGE);
	assert_int_equal(stats_trimmed_mean(huge, 3, 0.0, &out, &other), -ERANGE);
	assert_true(out == 4711 && other == 4712);
	assert_true(ci.estimate == 1 && ci.low == 2 && ci.high == 3);
	/* Extremes that need no arithmetic out of range still work. */
	assert_int_equal(stats_median_ci(huge, 3, 0.5, &ci, &out), 0);
	assert_true(isfinite(ci.low) && isfinite(ci.high));
}

static void leaves_input_alone(void **state)
{
	double copy[COUNT(sample)], out, other;
	struct stats_interval ci;

	(void)state;
	memcpy(copy, sample, sizeof(sample));
	assert_int_equal(stats_median(copy, COUNT(copy), &out), 0);
	assert_int_equal(stats_mad(copy, COUNT(copy), &out), 0);
	assert_int_equal(stats_mean_stddev(copy, COUNT(copy), &out, &other), 0);
	assert_int_equal(stats_trimmed_mean(copy, COUNT(copy), 0.3, &out, &other), 0);
	assert_int_equal(stats_median_ci(copy, COUNT(copy), 0.95, &ci, NULL), 0);
	assert_memory_equal(copy, sample, sizeof(sample));
}

static void constants_have_no_width(void **state)
{
	double x[40], mean, stddev, mad;
	struct stats_interval ci;

	(void)state;
	/* 0.1 is no binary fraction: (1-w)*0.1 + w*0.1 must still be exactly 0.1. */
	for (size_t i = 0; i < COUNT(x); i++)
		x[i] = 0.1;
	for (size_t n = 2; n <= COUNT(x); n++) {
		assert_int_equal(stats_median_ci(x, n, 0.95, &ci, NULL), 0);
		assert_true(ci.low == 0.1 && ci.estimate == 0.1 && ci.high == 0.1);
		assert_int_equal(stats_mad(x, n, &mad), 0);
		assert_true(mad == 0);
		assert_int_equal(stats_mean_stddev(x, n, &mean, &stddev), 0);
		assert_close(mean, 0.1);
		assert_true(stddev < 1e-16);
	}
}

static void jain_index(void **state)
{
	static const struct {
		double x[4], index;
	} cases[] = {
	    {{5, 5, 5, 5}, 1},
	    {{1, 0, 0, 0}, 0.25},
	    {{1, 1, 0, 0}, 0.5},
	    {{0, 0, 0, 0}, 1},
	    {{1, 2, 3, 4}, 100.0 / (4 * 30)},
	    {{1e200, 2e200, 3e200, 4e200}, 100.0 / (4 * 30)}, /* squares overflow */
	    {{1e-200, 2e-200, 3e-200, 4e-200}, 100.0 / (4 * 30)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_close(stats_jain(cases[i].x, 4), cases[i].index);
	assert_close(stats_jain(NULL, 0), 1);
}

static void overlap(void **state)
{
	static const struct {
		struct stats_interval a, b;
		int shared;
	} cases[] = {
	    {{2, 1, 3}, {5, 4, 6}, 0},
	    {{2, 1, 4}, {5, 4, 6}, 1}, /* one point */
	    {{2, 1, 9}, {5, 4, 6}, 1},
	    {{2, 2, 2}, {2, 2, 2}, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
		    stats_intervals_overlap(&cases[i].a, &cases[i].b), cases[i].shared);
		assert_int_equal(
		    stats_intervals_overlap(&cases[i].b, &cases[i].a), cases[i].shared);
	}
}

static void half_width_is_the_longer_side(void **state)
{
	const struct stats_interval right = {.estimate = 100, .low = 96, .high = 144};
	const struct stats_interval left = {.estimate = 100, .low = 50, .high = 101};
	const struct stats_interval none = {.estimate = 0, .low = 0, .high = 1};

	(void)state;
	assert_true(fabs(stats_half_width(&right) - 0.44) < 1e-12);
	assert_true(fabs(stats_half_width(&left) - 0.5) < 1e-12);
	assert_true(stats_half_width(&none) > DBL_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(half_width_is_the_longer_side),
	    cmocka_unit_test(golden_figures),
	    cmocka_unit_test(trimmed_means),
	    cmocka_unit_test(deviation_of_large_samples),
	    cmocka_unit_test(golden_intervals),
	    cmocka_unit_test(interval_covers_the_median),
	    cmocka_unit_test(gap_costs_no_more_than_one_rank),
	    cmocka_unit_test(refuses_bad_input),
	    cmocka_unit_test(leaves_input_alone),
	    cmocka_unit_test(constants_have_no_width),
	    cmocka_unit_test(jain_index),
	    cmocka_unit_test(overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
