/* change_points_test.c - against the definition and against published results. */
#include "harness/stats/change_points_exact.h"
#include "harness/stats/change_points_fixture.h"

#include <errno.h>
#include <stdlib.h>

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
 * in its own tests: series_1 changes at 6, series_2 at 4, the sequence at 5 and at 8.
 *
 * The last is where the shipped settings are stricter: they find its larger step, at 5 or at 8,
 * and what is left are segments of at most nine values, where no p is below CHANGE_P_MAX.
 */
static void as_published(void **state)
{
	static const double series_1[] = {
	    1.02, 0.95, 0.99, 1.00, 1.12, 0.90, 0.50, 0.51, 0.48, 0.48, 0.55};
	static const double series_2[] = {
	    2.02, 2.03, 2.01, 2.04, 1.82, 1.85, 1.79, 1.81, 1.80, 1.76, 1.78};
	static const double sequence[] = {
	    0.3, 2.4, 1.5, -0.9, -0.5, 99.7, 98.3, 99.1, 149.0, 149.7, 149.5, 149.1, 148.8, 150.0};
	struct change_point out[MAX];
	size_t count;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		assert_int_equal(find_seeded(series_1, 11, seed, out), 1);
		assert_int_equal(out[0].index, 6);
		assert_int_equal(find_seeded(series_2, 11, seed, out), 1);
		assert_int_equal(out[0].index, 4);
		assert_int_equal(find_seeded(sequence, 14, seed, out), 1);
		assert_int_equal(out[0].index, 5);
		assert_int_equal(change_points_find(sequence, 14, 0.05, CHANGE_PERMUTATIONS, seed,
				     out, MAX, &count),
		    0);
		assert_int_equal(count, 2);
		assert_int_equal(out[0].index, 5);
		assert_int_equal(out[1].index, 8);
	}
}

/* The share of all orders, one after the other (Heap's algorithm). */
static double p_by_definition(double *x, size_t n, double least)
{
	size_t turns[8] = {0}, at, i = 1;
	unsigned orders = 1, good = by_definition(x, n, &at) >= least;

	while (i < n) {
		if (turns[i] >= i) {
			turns[i++] = 0;
			continue;
		}
		{
			const size_t other = i % 2 ? turns[i] : 0;
			const double swap = x[other];

			x[other] = x[i];
			x[i] = swap;
		}
		orders++;
		good += by_definition(x, n, &at) >= least;
		turns[i]++;
		i = 1;
	}
	return (double)good / orders;
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void p_is_exact(void **state)
{
	(void)state;
	rng = 4;
	for (unsigned series = 0; series < 12; series++) {
		const size_t n = 4 + series % 4;
		double x[8], sorted[8], total = 0.0, p = -1.0, want, least;
		size_t at;

		for (size_t i = 0; i < n; i++)
			x[i] = sorted[i] = series % 3 ? normal() : floor(3 * uniform());
		qsort(sorted, n, sizeof(*sorted), ascending);
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < i; j++)
				total += fabs(x[i] - x[j]);
		least = by_definition(x, n, &at) - 1e-9;
		want = p_by_definition(x, n, least);
		assert_int_equal(change_points_exact(sorted, n, total, least, &p), 0);
		if (!(fabs(p - want) <= 1e-12))
			fail_msg("series %u: p %.15g, by definition %.15g", series, p, want);
	}
}

static double choose(size_t n, size_t k)
{
	double c = 1.0;

	for (size_t i = 0; i < k; i++)
		c = c * (double)(n - i) / (double)(i + 1);
	return c;
}

/* A step that nobody can overlook is found whenever a p can be so small, with any seed; and no
 * length from which on that is possible is left out. */
static void obvious_steps_are_found(void **state)
{
	unsigned searched = 0, others = 0;
	struct change_point out[MAX];
	size_t least = 0;

	(void)state;
	rng = 12;
	for (size_t n = 2 * CHANGE_SEGMENT_MIN; n <= 40; n++) {
		/* Beyond what is counted exactly three values or more are obvious. */
		const size_t from = n <= CHANGE_EXACT_MAX ? CHANGE_SEGMENT_MIN : 3;

		for (size_t at = from; at + from <= n; at++) {
			const bool possible = 2.0 / choose(n, at) <= CHANGE_P_MAX;
			double x[40];

			for (size_t i = 0; i < n; i++)
				x[i] = (i < at ? 100.0 : 150.0) + uniform() / 100;
			if (possible && !least)
				least = n;
			for (uint64_t seed = 1; seed <= 10; seed++) {
				const size_t found = find_seeded(x, n, seed, out);
				bool hit = false;

				for (size_t k = 0; k < found; k++)
					hit = hit || out[k].index == at;
				if (hit != possible)
					fail_msg("%zu values, step at %zu, seed %u: %zu found", n,
					    at, (unsigned)seed, found);
				searched++;
				others += (unsigned)(found - hit);
			}
		}
	}
	/* Of the noise on either side. */
	assert_true(others < searched * 2 * CHANGE_P_MAX);
	assert_int_equal(least, CHANGE_POINTS_MIN);
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
	assert_int_equal(change_points_find(flat, 20, 0.01, 98, 1, out, MAX, &count), -EINVAL);
	assert_int_equal(count, 9);
	assert_int_equal(change_points_find(flat, 20, 0.01, 99, 1, out, MAX, &count), 0);
	assert_int_equal(count, 0);
}

/* A step is where it is in any unit, from any zero, up to the largest and smallest doubles. */
static void any_unit_any_zero(void **state)
{
	static const struct {
		double zero, step; /* in steps, and one step */
	} units[] = {
	    {0, 1}, {0, 1e-9}, {6e13, 16}, {-6e13, 16}, {0, 7e307}, {-1.125, 1.5e308}, {0, 1e-310}};
	struct change_point out[MAX];
	double x[60];

	(void)state;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		rng = 77;
		for (unsigned i = 0; i < 60; i++)
			x[i] = units[u].step * (units[u].zero + uniform() / 4 + (i < 23 ? 0 : 2));
		if (find(x, 60, out) != 1 || out[0].index != 23)
			fail_msg("a step of %g above %g of them", units[u].step, units[u].zero);
	}
}

/* More changes than there is room for are counted, and the first of them are stored. */
static void no_room(void **state)
{
	struct change_point out[3] = {{0, 0}, {0, 0}, {99, 0}};
	double x[80];
	size_t count = 0;

	(void)state;
	for (unsigned i = 0; i < 80; i++)
		x[i] = 10.0 * (i / 20) + i % 2;
	assert_int_equal(
	    change_points_find(x, 80, CHANGE_P_MAX, CHANGE_PERMUTATIONS, 1, out, 2, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(out[0].index, 20);
	assert_int_equal(out[1].index, 40);
	assert_int_equal(out[2].index, 99);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_defined),
	    cmocka_unit_test(as_published),
	    cmocka_unit_test(p_is_exact),
	    cmocka_unit_test(obvious_steps_are_found),
	    cmocka_unit_test(several_changes),
	    cmocka_unit_test(nothing_to_find),
	    cmocka_unit_test(any_unit_any_zero),
	    cmocka_unit_test(no_room),
	    cmocka_unit_test(the_same_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
