/* equivalence_test.c - what is called the same, what is not, and how often by mistake. */
#include "harness/stats/equivalence.h"

#include "harness/run/run_fixture.h"

#include <errno.h>
#include <math.h>

#define MARGIN 0.05

static enum equivalence judge(const double *x, size_t n, struct stats_interval *ratio)
{
	enum equivalence out;

	assert_int_equal(equivalence_of(x, n, MARGIN, ratio, &out), 0);
	return out;
}

#define JUDGE(ratio, ...)                    \
	judge((const double[]){__VA_ARGS__}, \
	    sizeof((const double[]){__VA_ARGS__}) / sizeof(double), ratio)

static void known_pairs(void **state)
{
	struct stats_interval i;

	(void)state;
	assert_int_equal(JUDGE(&i, 0.01, -0.01, 0.0), EQUIVALENCE_HOLDS);
	assert_true(fabs(i.estimate - 1.0) < 1e-12);
	/* mean 0, sd 0.01, Student's 2.920 of two degrees of freedom. */
	assert_true(fabs(log(i.high) - 2.920 * 0.01 / sqrt(3.0)) < 1e-12);
	assert_true(fabs(log(i.low) + log(i.high)) < 1e-12);
	/* As far as futexes between PUs were. */
	assert_int_equal(JUDGE(&i, 0.40, 0.45, 0.38, 0.43), EQUIVALENCE_FAILS);
	assert_int_equal(JUDGE(&i, -0.40, -0.45, -0.38, -0.43), EQUIVALENCE_FAILS);
	assert_true(i.high < 1.0 / 1.05);
	/* It includes 1, and shows nothing. */
	assert_int_equal(JUDGE(&i, 0.2, -0.2, 0.1, -0.1), EQUIVALENCE_UNKNOWN);
	assert_true(i.low < 1.0 && i.high > 1.0);
	/* Two that agree to the last digit may do so by chance. */
	assert_int_equal(JUDGE(&i, 0.0, 0.0), EQUIVALENCE_UNKNOWN);
	assert_int_equal(JUDGE(&i, 0.0, 0.0, 0.0), EQUIVALENCE_HOLDS);
}

static void nonsense_is_refused(void **state)
{
	const double x[] = {0.0, NAN, 0.0};
	struct stats_interval i;
	enum equivalence out;

	(void)state;
	assert_int_equal(equivalence_of(x, 3, MARGIN, &i, &out), -EINVAL);
	assert_int_equal(equivalence_of(x, 0, MARGIN, &i, &out), -EINVAL);
}

static double normal(uint64_t *rng)
{
	double sum = 0.0;

	for (unsigned i = 0; i < 12; i++) {
		*rng = *rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		sum += (double)(*rng >> 11) * 0x1p-53;
	}
	return sum - 6.0;
}

/* Share of series that are ever called the same, looked at after each of up to ten pairs. */
static double called_same(double log_ratio, double sd)
{
	const unsigned tries = 20000;
	uint64_t rng = 20260101;
	unsigned same = 0;

	for (unsigned t = 0; t < tries; t++) {
		enum equivalence found = EQUIVALENCE_UNKNOWN;
		struct stats_interval ratio;
		double x[10];

		for (size_t n = 0; n < 10 && found == EQUIVALENCE_UNKNOWN; n++) {
			x[n] = log_ratio + sd * normal(&rng);
			found = judge(x, n + 1, &ratio);
		}
		same += found == EQUIVALENCE_HOLDS;
	}
	return (double)same / tries;
}

static void what_differs_is_hardly_called_the_same(void **state)
{
	static const double sds[] = {0.003, 0.01, 0.03, 0.1};

	(void)state;
	for (size_t i = 0; i < sizeof(sds) / sizeof(sds[0]); i++) {
		/* Just beyond the margin, the worst there is; and what windows of hand-offs did. */
		assert_true(called_same(log(1.051), sds[i]) < 0.15);
		assert_true(called_same(log(1.1), sds[i]) < 0.05);
		assert_true(called_same(log(1.4), sds[i]) < 0.01);
		/* It can be told in the noise of a good machine; in a lot of noise nothing can. */
		assert_true(i >= 2 || called_same(0.0, sds[i]) > 0.99);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_pairs),
	    cmocka_unit_test(nonsense_is_refused),
	    cmocka_unit_test(what_differs_is_hardly_called_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
