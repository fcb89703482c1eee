/* change_points_power_test.c - how often right, in which noise, and how long it takes. */
#include "harness/stats/change_points_fixture.h"

#include <stdlib.h>
#include <time.h>

/* Of 1,000 series of 100 with a step of two standard deviations, and no fewer than @margin values
 * on either side of it: in how many it is found within 4 points. */
static unsigned steps_found(size_t margin)
{
	const unsigned trials = 1000;
	unsigned found = 0, extra = 0;
	struct change_point out[MAX];
	double x[100];

	rng = 21;
	for (unsigned trial = 0; trial < trials; trial++) {
		const size_t at = margin + (size_t)(uniform() * (double)(101 - 2 * margin));
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
	print_message("steps of 2 sd, %zu values or more on either side: %u of %u within 4 points, "
		      "%u others\n",
	    margin, found, trials, extra);
	return found;
}

static void steps_are_found(void **state)
{
	(void)state;
	assert_in_range(steps_found(10), 950, 1000);
	/* Three values are hardly a level: what the very ends cost, so that it gets no worse. */
	assert_in_range(steps_found(4), 930, 1000);
	assert_in_range(steps_found(2), 900, 1000);
}

/* One split at a time, as it was searched before: is there one that chance would not make? */
static bool one_split_sees(const double *series, size_t n)
{
	double x[100], best, q;
	unsigned hits = 0;
	size_t at;

	assert_true(n <= 100);
	for (size_t i = 0; i < n; i++)
		x[i] = series[i];
	assert_int_equal(change_points_split(x, n, &at, &best), 0);
	for (unsigned order = 0; order < 299; order++) {
		for (size_t i = n; i > 1; i--) {
			const size_t j = (size_t)(uniform() * (double)i);
			const double swap = x[i - 1];

			x[i - 1] = x[j];
			x[j] = swap;
		}
		assert_int_equal(change_points_split(x, n, &at, &q), 0);
		hits += q >= best;
	}
	return (hits + 1) / 300.0 <= CHANGE_P_MAX;
}

/* Something became slower by four standard deviations and was mended after @len runs: both ends
 * have to be found. */
static void mended(size_t len, unsigned found_min, unsigned split_max)
{
	const unsigned trials = 100;
	unsigned found = 0, by_split = 0;
	struct change_point out[MAX];
	double x[100];

	rng = 60 + len;
	for (unsigned trial = 0; trial < trials; trial++) {
		const size_t at = 10 + (size_t)(uniform() * (double)(81 - len));
		unsigned ends = 0;
		size_t n;

		for (size_t i = 0; i < 100; i++)
			x[i] = 100.0 + normal() + (i >= at && i < at + len ? 4.0 : 0.0);
		n = find(x, 100, out);
		for (size_t k = 0; k < n; k++)
			ends += out[k].index + 1 >= at && out[k].index <= at + 1;
		for (size_t k = 0; k < n; k++)
			ends += out[k].index + 1 >= at + len && out[k].index <= at + len + 1;
		found += ends == 2;
		by_split += one_split_sees(x, 100);
	}
	print_message("%zu of 100 runs slower by 4 sd: both ends within 1 run in %u of %u, seen by "
		      "one split at a time in %u\n",
	    len, found, trials, by_split);
	assert_in_range(found, found_min, trials);
	assert_in_range(by_split, 0, split_max);
}

static void what_was_mended_is_found(void **state)
{
	(void)state;
	mended(5, 80, 20);
	mended(10, 90, 50);
	mended(20, 90, 100);
}

static unsigned made_up(double p_max, unsigned trials)
{
	struct change_point out[MAX];
	unsigned points = 0;
	double x[100];

	rng = 34;
	for (unsigned trial = 0; trial < trials; trial++) {
		for (size_t i = 0; i < 100; i++)
			x[i] = 100.0 + normal();
		points += (unsigned)find_at(x, 100, p_max, out);
	}
	print_message("no step, p <= %g: %u points in %u series of 100\n", p_max, points, trials);
	return points;
}

static void nothing_is_made_up(void **state)
{
	(void)state;
	assert_in_range(made_up(CHANGE_P_MAX, 1000), 0, 50);
}

/* What that bound must catch: a test that is content with less. */
static void a_lax_test_makes_things_up(void **state)
{
	(void)state;
	assert_in_range(made_up(10 * CHANGE_P_MAX, 1000), 51, 1000);
}

/* Noise of a unit, the value @i of a series; @before: the last one, 0 at first. */
typedef double noise_fn(size_t i, double before);

/* One in twenty lies up to twenty standard deviations above. */
static double outliers(size_t i, double before)
{
	(void)i;
	(void)before;
	return normal() + (uniform() < 0.05 ? 20.0 * uniform() : 0.0);
}

/* Two levels that take turns by chance: layouts of memory, say. */
static double bimodal(size_t i, double before)
{
	(void)i;
	(void)before;
	return normal() / 4 + (uniform() < 0.5 ? 0.0 : 5.0);
}

static double autoregressive(double before, double phi)
{
	return phi * before + sqrt(1 - phi * phi) * normal();
}

static double slightly_dependent(size_t i, double before)
{
	(void)i;
	return autoregressive(before, 0.2);
}

static double dependent(size_t i, double before)
{
	(void)i;
	return autoregressive(before, 0.5);
}

/* No step anywhere, and three standard deviations between the ends. */
static double drift(size_t i, double before)
{
	(void)before;
	return normal() + 0.03 * (double)i;
}

/*
 * The permutation takes values to be exchangeable. That holds whatever their distribution, and not
 * when neighbours are alike: then a wave passes for a step. What is asserted of those is that it is
 * no worse and no better than change_points.h and the guide say.
 */
static void other_noise(void **state)
{
	static const struct {
		const char *name;
		noise_fn *noise;
		unsigned points_min, points_max; /* in 500 series of 100 */
	} table[] = {
	    {"5 % outliers", outliers, 0, 25},
	    {"bimodal", bimodal, 0, 25},
	    {"AR(1), 0.2", slightly_dependent, 10, 75},
	    {"AR(1), 0.5", dependent, 125, 325},
	    {"drift", drift, 500, 1000},
	};

	(void)state;
	for (size_t t = 0; t < sizeof(table) / sizeof(table[0]); t++) {
		struct change_point out[MAX];
		unsigned points = 0;
		double x[100];

		rng = 5;
		for (unsigned trial = 0; trial < 500; trial++) {
			double before = 0.0;

			for (size_t i = 0; i < 100; i++)
				x[i] = before = table[t].noise(i, before);
			points += (unsigned)find(x, 100, out);
		}
		print_message(
		    "no step, %s: %.3f points a series of 100\n", table[t].name, points / 500.0);
		if (points < table[t].points_min || points > table[t].points_max)
			fail_msg("%s: %u points in 500 series", table[t].name, points);
	}
}

static double seconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* CPU time of a split of @n values, the shortest of some: what else runs here only adds to it. */
static double split_seconds(const double *x, size_t n)
{
	double least = INFINITY;

	for (unsigned round = 0; round < 9; round++) {
		const double began = seconds();
		double statistic;
		size_t at;

		assert_int_equal(change_points_split(x, n, &at, &statistic), 0);
		least = fmin(least, seconds() - began);
	}
	return least;
}

/* A hundred times as many values take some 150 times as long (n log n), and not 10,000 times. */
static void length_is_no_obstacle(void **state)
{
	const size_t n = 100000;
	struct change_point out[MAX];
	double *x = calloc(n, sizeof(*x)), few, many, began;

	(void)state;
	assert_non_null(x);
	rng = 55;
	for (size_t i = 0; i < n; i++)
		x[i] = normal() + (i / 1000 % 2 ? 3.0 : 0.0);
	few = split_seconds(x, n / 100);
	many = split_seconds(x, n);
	began = seconds();
	assert_int_equal(find(x, 10000, out), 9);
	print_message("split of %zu values %.3f ms, of %zu %.1f ms; 10000 with 9 changes %.0f ms\n",
	    n / 100, few * 1e3, n, many * 1e3, (seconds() - began) * 1e3);
	assert_true(many < 1500 * few);
	for (size_t i = 0; i < 9; i++)
		assert_in_range(out[i].index, 1000 * (i + 1) - 4, 1000 * (i + 1) + 4);
	free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(steps_are_found),
	    cmocka_unit_test(what_was_mended_is_found),
	    cmocka_unit_test(nothing_is_made_up),
	    cmocka_unit_test(a_lax_test_makes_things_up),
	    cmocka_unit_test(other_noise),
	    cmocka_unit_test(length_is_no_obstacle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
