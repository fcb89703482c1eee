#include "harness/stats/stats.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

void stats_sort(double *x, size_t n)
{
	if (n > 1)
		qsort(x, n, sizeof(*x), compare_doubles);
}

/* Between a <= b, never outside them, and without b - a, which may overflow. */
static double interpolate(double a, double b, double t)
{
	return fmin(fmax((1 - t) * a + t * b, a), b);
}

double stats_quantile_sorted(const double *x, size_t n, double q)
{
	double position, whole;
	size_t i;

	assert(n > 0 && q >= 0 && q <= 1);
	position = q * (double)(n - 1);
	whole = floor(position);
	i = (size_t)whole;
	if (i + 1 >= n)
		return x[n - 1];
	return interpolate(x[i], x[i + 1], position - whole);
}

static bool all_finite(const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

static int copy_sorted(const double *x, size_t n, double **out)
{
	double *copy;

	if (n == 0 || !all_finite(x, n))
		return -EINVAL;
	copy = calloc(n, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, x, n * sizeof(*copy));
	stats_sort(copy, n);
	*out = copy;
	return 0;
}

int stats_median(const double *x, size_t n, double *out)
{
	double *sorted = NULL;
	int err = copy_sorted(x, n, &sorted);

	if (err)
		return err;
	*out = stats_quantile_sorted(sorted, n, 0.5);
	free(sorted);
	return 0;
}

int stats_mad(const double *x, size_t n, double *out)
{
	double *sorted = NULL;
	double median;
	int err = copy_sorted(x, n, &sorted);

	if (err)
		return err;
	median = stats_quantile_sorted(sorted, n, 0.5);
	for (size_t i = 0; i < n; i++)
		sorted[i] = fabs(sorted[i] - median);
	if (all_finite(sorted, n)) {
		stats_sort(sorted, n);
		*out = stats_quantile_sorted(sorted, n, 0.5);
	} else {
		err = -ERANGE;
	}
	free(sorted);
	return err;
}

int stats_mean_stddev(const double *x, size_t n, double *mean, double *stddev)
{
	double sum = 0, rest = 0, squares = 0;
	double m, deviation;

	if (n == 0 || !all_finite(x, n))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		sum += x[i];
	m = sum / (double)n;
	/* The second pass also takes out what rounding left in the first. */
	for (size_t i = 0; i < n; i++)
		rest += x[i] - m;
	m += rest / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (x[i] - m) * (x[i] - m);
	deviation = n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
	if (!isfinite(m) || !isfinite(deviation))
		return -ERANGE;
	*mean = m;
	*stddev = deviation;
	return 0;
}

int stats_trimmed_mean(const double *x, size_t n, double share, double *mean, double *error)
{
	double *sorted = NULL, middle, deviation, unused;
	size_t cut, left;
	int err;

	if (!(share >= 0.0 && share < 0.5))
		return -EINVAL;
	err = copy_sorted(x, n, &sorted);
	if (err)
		return err;
	cut = (size_t)(share * (double)n);
	left = n - 2 * cut;
	err = stats_mean_stddev(sorted + cut, left, &middle, &unused);
	for (size_t i = 0; i < cut; i++) {
		sorted[i] = sorted[cut];
		sorted[n - 1 - i] = sorted[n - 1 - cut];
	}
	if (!err)
		err = stats_mean_stddev(sorted, n, &unused, &deviation);
	free(sorted);
	if (err)
		return err;
	*mean = middle;
	*error =
	    left > 1 ? deviation * sqrt((double)(n - 1) / (double)left / (double)(left - 1)) : 0.0;
	return 0;
}

/* Two nested intervals of order statistics, (x_d, x_(n+1-d)) and (x_(d+1), x_(n-d)). */
struct order_pair {
	size_t d;
	double outer; /* coverage of the wider one */
	double inner; /* of the narrower; "negative" when its ends have crossed */
};

/*
 * The narrowest pair whose wider interval covers @level, or the extremes. x_d <= median <=
 * x_(n+1-d) when between d and n-d of the n samples are below it, and that number is binomial (n,
 * 1/2). Summed from the middle outwards: the tails underflow for n > 1074, the middle never does.
 */
static struct order_pair find_order_pair(size_t n, double level)
{
	struct order_pair pair = {.d = n / 2};
	double term = 1; /* P(exactly d samples below) */

	for (size_t i = 1; i <= (n + 1) / 2; i++)
		term *= (double)(2 * i - 1) / (double)(2 * i);
	/* An even n has one middle term, an odd one two equal ones. */
	pair.inner = n % 2 ? 0 : -term;
	pair.outer = n % 2 ? 2 * term : term;
	while (pair.outer < level && pair.d > 1) {
		term *= (double)pair.d / (double)(n - pair.d + 1);
		pair.inner = pair.outer;
		pair.outer += 2 * term;
		pair.d--;
	}
	return pair;
}

int stats_median_ci(
    const double *x, size_t n, double level, struct stats_interval *out, double *covered)
{
	struct order_pair pair;
	double *sorted = NULL;
	double lambda = 0;
	size_t d;
	int err;

	/* Written so that a NaN is refused too. */
	if (n < 2 || !(level > 0 && level < 1))
		return -EINVAL;
	err = copy_sorted(x, n, &sorted);
	if (err)
		return err;
	pair = find_order_pair(n, level);
	d = pair.d;
	if (pair.outer >= level) {
		/* Hettmansperger & Sheather's weight of the narrower interval; not the linear one,
		 * which would be too narrow. */
		const double share = (pair.outer - level) / (pair.outer - pair.inner);

		lambda = (double)(n - d) * share / ((double)d + (double)(n - 2 * d) * share);
	}
	out->estimate = stats_quantile_sorted(sorted, n, 0.5);
	out->low = interpolate(sorted[d - 1], sorted[d], lambda);
	out->high = interpolate(sorted[n - d - 1], sorted[n - d], 1 - lambda);
	if (covered)
		*covered = pair.outer < level ? pair.outer : level;
	free(sorted);
	return 0;
}

double stats_jain(const double *x, size_t n)
{
	double largest = 0, sum = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
		largest = fmax(largest, fabs(x[i]));
	if (largest == 0)
		return 1;
	/* Relative to the largest, so that no square overflows or vanishes. */
	for (size_t i = 0; i < n; i++) {
		sum += x[i] / largest;
		squares += (x[i] / largest) * (x[i] / largest);
	}
	return sum * sum / ((double)n * squares);
}

double stats_half_width(const struct stats_interval *i)
{
	return fmax(i->high - i->estimate, i->estimate - i->low) / i->estimate;
}

int stats_intervals_overlap(const struct stats_interval *a, const struct stats_interval *b)
{
	return a->low <= b->high && b->low <= a->high;
}

double stats_normal_upper(double z)
{
	return 0.5 * erfc(z / sqrt(2.0));
}

/* By bisection: called once an interval, needs no table. */
double stats_normal_quantile_upper(double p)
{
	double low = 0.0, high = 40.0;

	for (unsigned i = 0; i < 100; i++) {
		const double middle = (low + high) / 2;

		if (stats_normal_upper(middle) > p)
			low = middle;
		else
			high = middle;
	}
	return high;
}
