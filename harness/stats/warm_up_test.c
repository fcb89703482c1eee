/* warm_up_test.c - what is warm-up, what is not, and that leaving it out favours nobody. */
#include "harness/stats/warm_up.h"

#include "harness/run/run_fixture.h"
#include "harness/stats/stats.h"

#include <math.h>

#define COUNT(...)     \
	warm_up_count( \
	    (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void known_launches(void **state)
{
	(void)state;
	/* Warm at once: nothing is thrown away. */
	assert_int_equal(COUNT(100, 101, 99, 100.5, 99.5, 100.2), 0);
	/* Cold for one, for two. */
	assert_int_equal(COUNT(150, 101, 99, 100.5, 99.5, 100.2), 1);
	assert_int_equal(COUNT(150, 130, 99, 100.5, 99.5, 100.2), 2);
	/* Too fast is as odd as too slow: a queue that was not full yet. */
	assert_int_equal(COUNT(50, 101, 99, 100.5, 99.5, 100.2), 1);
	/* Only what leads: a disturbance later on stays in. */
	assert_int_equal(COUNT(100, 150, 99, 100.5, 99.5, 100.2), 0);
	assert_int_equal(COUNT(100, 101, 99, 100.5, 99.5, 150), 0);
	/* In noise that wide, 150 is nothing special. */
	assert_int_equal(COUNT(150, 101, 60, 140, 80, 170), 0);
	/* No operation finished before it was warm; or in most trials, which is the case's nature.
	 */
	assert_int_equal(COUNT(INFINITY, 101, 99, 100.5, 99.5, 100.2), 1);
	assert_int_equal(COUNT(100, INFINITY, INFINITY, INFINITY, 101, 99), 0);
	assert_int_equal(COUNT(INFINITY, INFINITY, INFINITY, INFINITY, INFINITY), 0);
}

static void equal_figures_are_no_reason(void **state)
{
	(void)state;
	assert_int_equal(COUNT(100, 100, 100, 100, 100, 100), 0);
	assert_int_equal(COUNT(100.2, 100, 100, 100, 100, 100), 0);
	assert_int_equal(COUNT(101, 100, 100, 100, 100, 100), 1);
}

static void at_most_half(void **state)
{
	(void)state;
	assert_int_equal(COUNT(900, 500, 300, 200, 150, 100.1, 100, 100.2), 4);
	assert_int_equal(COUNT(16, 8, 4, 2), 2);
}

/* Of so few nothing can be told: the first is left out, as nothing speaks for it. */
static void few_trials(void **state)
{
	(void)state;
	assert_int_equal(warm_up_count(NULL, 0), 0);
	assert_int_equal(COUNT(100), 1);
	assert_int_equal(COUNT(100, 100), 1);
	assert_int_equal(COUNT(100, 100, 100), 1);
}

static void long_launches_are_looked_at_where_they_begin(void **state)
{
	double x[10 * WARM_UP_WINDOW];

	(void)state;
	for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++)
		x[i] = i < 100 ? 1000.0 - (double)i : 100 + (double)(i % 7) / 10;
	assert_true(warm_up_count(x, sizeof(x) / sizeof(x[0])) <= WARM_UP_WINDOW / 2);
	for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++)
		x[i] = i < 5 ? 1000.0 : 100 + (double)(i % 7) / 10;
	assert_int_equal(warm_up_count(x, sizeof(x) / sizeof(x[0])), 5);
}

static double uniform(uint64_t *state)
{
	return (double)(fixture_random(state) >> 11) * 0x1p-53;
}

static double gauss(uint64_t *state)
{
	const double u = 1 - uniform(state);

	return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * uniform(state));
}

/* Mean of the medians of 20000 launches of 6 trials, the warm-up left out by @rule. */
static double mean_of_medians(size_t (*rule)(const double *x, size_t n), double *left_out)
{
	uint64_t seed = 20261123;
	double sum = 0;
	size_t out = 0;

	for (int i = 0; i < 20000; i++) {
		double x[6], median;
		size_t n;

		for (int k = 0; k < 6; k++)
			x[k] = 100 + gauss(&seed);
		n = rule(x, 6);
		out += n;
		assert_int_equal(stats_median(x + n, 6 - n, &median), 0);
		sum += median;
	}
	*left_out = (double)out / (20000 * 6);
	return sum / 20000;
}

/* The control: leaving out only what is slow makes every case look faster. */
static size_t slow_only(const double *x, size_t n)
{
	double median;

	assert_int_equal(stats_median(x + 1, n - 1, &median), 0);
	return x[0] > median ? warm_up_count(x, n) + (warm_up_count(x, n) == 0) : 0;
}

static void warm_launches_keep_their_figure(void **state)
{
	double left_out;

	(void)state;
	/* Standard error of the mean: 0.0036 */
	assert_true(fabs(mean_of_medians(warm_up_count, &left_out) - 100) < 0.015);
	assert_true(left_out < 0.05);
	assert_true(100 - mean_of_medians(slow_only, &left_out) > 0.03);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_launches),
	    cmocka_unit_test(equal_figures_are_no_reason),
	    cmocka_unit_test(at_most_half),
	    cmocka_unit_test(few_trials),
	    cmocka_unit_test(long_launches_are_looked_at_where_they_begin),
	    cmocka_unit_test(warm_launches_keep_their_figure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
