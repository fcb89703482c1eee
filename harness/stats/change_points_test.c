/* change_points_test.c - against the definition, against published results, and how often right. */
#include "harness/stats/change_points.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#define MAX 64

static uint64_t rng;

static double uniform(void)
{
	uint64_t z = rng += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return ((double)((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	const double r = sqrt(-2.0 * log(uniform()));

	return r * cos(6.283185307179586 * uniform());
}

static size_t find(const double *x, size_t n, struct change_point out[MAX])
{
	size_t count = 0;

	assert_int_equal(
	    change_points_find(x, n, CHANGE_P_MAX, CHANGE_PERMUTATIONS, 1, out, MAX, &count), 0);
	return count;
}

/* Matteson & James 2014, equations (5) to (7), pair by pair. */
static double by_definition(const double *x, size_t n, size_t *at)
{
	double best = -INFINITY;

	for (size_t t = 2; t + 2 <= n; t++) {
		const double a = (double)t, b = (double)(n - t);
		double between = 0.0, left = 0.0, right = 0.0, q;

		for (size_t i = 0; i < n; i++) {
			for (size_t j = i + 1; j < n; j++) {
				const double d = fabs(x[i] - x[j]);

				*(j < t ? &left : i >= t ? &right : &between) += d;
			}
		}
		q = a * b / (a + b) *
		    (2 / (a * b) * between - left / (a * (a - 1) / 2) - right / (b * (b - 1) / 2));
		if (q > best) {
			best = q;
			*at = t;
		}
	}
	return best;
}

static void as_defined(void **state)
{
	double x[60];

	(void)state;
	rng = 11;
	for (unsigned series = 0; series < 50; series++) {
		const size_t n = 4 + series;
		size_t at = 0, want_at = 0;
		double q = 0.0, want;

		for (size_t i = 0; i < n; i++)
			/* Ties too. */
			x[i] = series % 2 ? normal() : floor(4 * uniform());
		want = by_definition(x, n, &want_at);
		assert_int_equal(change_points_split(x, n, &at, &q), 0);
		if (!(fabs(q - want) <= 1e-9 * (1 + fabs(want))))
			fail_msg("series %u: %.15g at %zu, by definition %.15g at %zu", series, q,
			    at, want, want_at);
	}
}

/*
 * Published with their change points by Apache Otava (formerly Hunter; Fleming et al., ICPE 2023)
 * in its own tests: series_1 changes at 6, series_2 at 4.
 */
static void as_published(void **state)
{
	static const double series_1[] = {
	    1.02, 0.95, 0.99, 1.00, 1.12, 0.90, 0.50, 0.51, 0.48, 0.48, 0.55};
	static const double series_2[] = {
	    2.02, 2.03, 2.01, 2.04, 1.82, 1.85, 1.79, 1.81, 1.80, 1.76, 1.78};
	struct change_point out[MAX];

	(void)state;
	assert_int_equal(find_at(series_1, 11, 0.05, out), 1);
	assert_int_equal(out[0].index, 6);
	assert_int_equal(find_at(series_2, 11, 0.05, out), 1);
	assert_int_equal(out[0].index, 4);
}

/* Three levels, as in the paper's simulations: all found, and in order. */
static void several_changes(void **state)
{
	struct change_point out[MAX];
	double x[300];

	(void)state;
	rng = 3;
	for (unsigned i = 0; i < 300; i++)
		x[i] = (i < 100 ? 10.0 : i < 200 ? 13.0 : 9.0) + normal();
	assert_int_equal(find(x, 300, out), 2);
	assert_in_range(out[0].index, 98, 102);
	assert_in_range(out[1].index, 198, 202);
	assert_true(out[0].p <= CHANGE_P_MAX && out[1].p <= CHANGE_P_MAX);
}

static void nothing_to_find(void **state)
{
	static const double flat[20] = {0};
	struct change_point out[MAX];
	double x[2] = {1, 2};
	size_t count = 9;

	(void)state;
	assert_int_equal(find(flat, 20, out), 0);
	assert_int_equal(find(x, 2, out), 0);
	assert_int_equal(find(x, 0, out), 0);
	x[1] = (double)NAN;
	assert_int_equal(change_points_find(x, 2, 0.01, 99, 1, out, MAX, &count), -EINVAL);
	assert_int_equal(change_points_find(flat, 20, 0.0, 99, 1, out, MAX, &count), -EINVAL);
	assert_int_equal(count, 9);
}

static void the_same_twice(void **state)
{
	struct change_point a[MAX], b[MAX];
	double x[80];

	(void)state;
	rng = 8;
	for (unsigned i = 0; i < 80; i++)
		x[i] = (i < 40 ? 0.0 : 1.2) + normal();
	assert_int_equal(find(x, 80, a), find(x, 80, b));
	assert_int_equal(a[0].index, b[0].index);
}

/* A step of two standard deviations anywhere but at the very ends, in 100 values. */
static void steps_are_found(void **state)
{
	const unsigned trials = 1000;
	unsigned found = 0, extra = 0;
	struct change_point out[MAX];
	double x[100];

	(void)state;
	rng = 21;
	for (unsigned trial = 0; trial < trials; trial++) {
		const size_t at = 10 + (size_t)(uniform() * 81);
		bool hit = false;
		size_t n;

		for (size_t i = 0; i < 100; i++)
			x[i] = 100.0 + normal() + (i < at ? 0.0 : 2.0);
		n = find(x, 100, out);
		for (size_t k = 0; k < n; k++) {
			const size_t off =
			    out[k].index > at ? out[k].index - at : at - out[k].index;

			if (off <= 4 && !hit)
				hit = true;
			else
				extra++;
		}
		found += hit ? 1 : 0;
	}
	print_message("steps of 2 sd: %u of %u within 4 points, %u others\n", found, trials, extra);
	assert_in_range(found, trials * 95 / 100, trials);
}

static void nothing_is_made_up(void **state)
{
	const unsigned trials = 1000;
	struct change_point out[MAX];
	unsigned made_up = 0;
	double x[100];

	(void)state;
	rng = 34;
	for (unsigned trial = 0; trial < trials; trial++) {
		for (size_t i = 0; i < 100; i++)
			x[i] = 100.0 + normal();
		made_up += (unsigned)find(x, 100, out);
	}
	print_message("no step: %u points in %u series of 100\n", made_up, trials);
	assert_in_range(made_up, 0, trials * 5 / 100);
}

static double seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Ten times as long takes about ten times as long, and no hundred times. */
static void length_is_no_obstacle(void **state)
{
	struct change_point out[MAX];
	double *x = calloc(10000, sizeof(*x)), began, one, ten;

	(void)state;
	assert_non_null(x);
	rng = 55;
	for (size_t i = 0; i < 10000; i++)
		x[i] = normal() + (i / 1000 % 2 ? 3.0 : 0.0);
	began = seconds();
	for (unsigned i = 0; i < 10; i++)
		(void)find(x, 1000, out);
	one = (seconds() - began) / 10;
	began = seconds();
	assert_int_equal(find(x, 10000, out), 9);
	ten = seconds() - began;
	print_message(
	    "1,000 points %.1f ms, 10,000 points with 9 changes %.0f ms\n", one * 1e3, ten * 1e3);
	for (size_t i = 0; i < 9; i++)
		assert_in_range(out[i].index, 1000 * (i + 1) - 4, 1000 * (i + 1) + 4);
	free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_defined),
	    cmocka_unit_test(as_published),
	    cmocka_unit_test(several_changes),
	    cmocka_unit_test(nothing_to_find),
	    cmocka_unit_test(the_same_twice),
	    cmocka_unit_test(steps_are_found),
	    cmocka_unit_test(nothing_is_made_up),
	    cmocka_unit_test(length_is_no_obstacle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
