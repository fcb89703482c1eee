/*
 * rank_test.c - golden values by SciPy 1.10.1, NumPy and R 4.2.2, each with the command that gave
 * it.
 */
#include "harness/stats/rank.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void near(double got, double want, double within)
{
	if (!(fabs(got - want) <= within))
		fail_msg("%.15g instead of %.15g", got, want);
}

static const double d12[] = {
    0.012, -0.003, 0.021, 0.008, -0.011, 0.017, 0.004, 0.0095, 0.0151, -0.0007, 0.0132, 0.0063};

/*
 * scipy.stats.wilcoxon(d12, mode="exact").pvalue == 0.02099609375
 * w = numpy.sort([(d[i] + d[j]) / 2 for i in range(12) for j in range(i, 12)]); median(w)
 * P(T <= k) by p = (p + shift(p, rank)) / 2; k = 13 at 0.05 and 7 at 0.01; w[k], w[-1-k]
 */
static void signed_rank_exact(void **state)
{
	struct rank_shift r;

	(void)state;
	assert_int_equal(rank_one_sample(d12, 12, 0.05, &r), 0);
	near(r.p, 0.02099609375, 1e-12);
	near(r.shift.estimate, 0.008075, 1e-12);
	near(r.shift.low, 0.00165, 1e-12);
	near(r.shift.high, 0.01365, 1e-12);
	near(r.covered, 0.95751953125, 1e-12);
	assert_int_equal(rank_one_sample(d12, 12, 0.01, &r), 0);
	near(r.shift.low, -0.0015, 1e-12);
	near(r.shift.high, 0.01525, 1e-12);
	near(r.covered, 0.99072265625, 1e-12);
}

/* With eleven, and not with ten, there is an interval at z = 3.29: the extremes. */
static void smallest_samples(void **state)
{
	const double alpha = erfc(3.29 / sqrt(2.0));
	struct rank_shift r;

	(void)state;
	assert_int_equal(rank_one_sample(d12, 10, alpha, &r), -EINVAL);
	assert_int_equal(rank_one_sample(d12, 11, alpha, &r), 0);
	near(r.shift.low, -0.011, 1e-15);
	near(r.shift.high, 0.021, 1e-15);
	near(r.covered, 1.0 - 2.0 / 2048, 1e-15);
	assert_int_equal(rank_one_sample(d12, 0, 0.05, &r), -EINVAL);
	assert_int_equal(rank_one_sample(d12, 5, 0.05, &r), -EINVAL);
	assert_int_equal(rank_one_sample(d12, 6, 0.05, &r), 0);
	assert_int_equal(rank_one_sample(d12, 12, 0.0, &r), -EINVAL);
	assert_int_equal(rank_one_sample(d12, 12, 1.0, &r), -EINVAL);
	assert_int_equal(rank_one_sample(d12, 12, (double)NAN, &r), -EINVAL);
}

static void not_finite(void **state)
{
	double x[12];
	struct rank_shift r = {.p = 7.0};

	(void)state;
	for (size_t i = 0; i < 12; i++)
		x[i] = d12[i];
	x[3] = (double)NAN;
	assert_int_equal(rank_one_sample(x, 12, 0.05, &r), -EINVAL);
	x[3] = (double)INFINITY;
	assert_int_equal(rank_one_sample(x, 12, 0.05, &r), -EINVAL);
	assert_int_equal(rank_two_samples(d12, 12, x, 12, 0.05, &r), -EINVAL);
	assert_int_equal(rank_two_samples(x, 12, d12, 12, 0.05, &r), -EINVAL);
	near(r.p, 7.0, 0.0);
}

/*
 * x = [((i * 7919) % 1009) / 1009 - 0.45 for i in range(250)]
 * scipy.stats.wilcoxon(x, mode="approx", correction=True).pvalue == 0.014012463519851335
 * k = floor(n(n+1)/4 - 0.5 - norm.isf(0.005) * sd) = 12738; w[k], w[-1-k], median(w)
 */
static void signed_rank_normal(void **state)
{
	double x[250];
	struct rank_shift r;

	(void)state;
	for (unsigned i = 0; i < 250; i++)
		x[i] = (double)((i * 7919) % 1009) / 1009 - 0.45;
	assert_int_equal(rank_one_sample(x, 250, 0.01, &r), 0);
	near(r.p, 0.014012463519851335, 1e-9);
	near(r.shift.estimate, 0.046531219028741355, 1e-12);
	near(r.shift.low, -0.002527254707631321, 1e-12);
	near(r.shift.high, 0.09757185332011892, 1e-12);
}

/* Exact also with ties: of the 2^n signs of equal differences one has all of them up. */
static void ties_and_zeros(void **state)
{
	double x[12];
	struct rank_shift r;

	(void)state;
	for (size_t i = 0; i < 12; i++)
		x[i] = 0.25;
	assert_int_equal(rank_one_sample(x, 12, 0.01, &r), 0);
	near(r.p, 2.0 / 4096, 1e-15);
	near(r.shift.low, 0.25, 0.0);
	near(r.shift.high, 0.25, 0.0);
	for (size_t i = 0; i < 12; i++)
		x[i] = i < 2 ? 0.25 : 0.0;
	assert_int_equal(rank_one_sample(x, 12, 0.01, &r), 0);
	near(r.p, 0.5, 1e-15);
	for (size_t i = 0; i < 12; i++)
		x[i] = 0.0;
	assert_int_equal(rank_one_sample(x, 12, 0.01, &r), 0);
	near(r.p, 1.0, 0.0);
	near(r.shift.estimate, 0.0, 0.0);
}

static const double a7[] = {10.1, 9.8, 10.4, 10.0, 9.9, 10.25, 10.3};
static const double b6[] = {10.6, 10.2, 10.9, 10.7, 10.45, 10.8};

/*
 * scipy.stats.mannwhitneyu(a7, b6, method="exact", alternative="two-sided").pvalue
 * df = numpy.sort((b[:, None] - a[None, :]).ravel()); median(df)
 * U's distribution by itertools.combinations(range(13), 7); k = 6 at 0.05; df[k], df[-1-k]
 */
static void rank_sum_exact(void **state)
{
	struct rank_shift r;

	(void)state;
	assert_int_equal(rank_two_samples(a7, 7, b6, 6, 0.05, &r), 0);
	near(r.p, 0.008158508158508158, 1e-12);
	near(r.shift.estimate, 0.5, 1e-9);
	near(r.shift.low, 0.2, 1e-9);
	near(r.shift.high, 0.8, 1e-9);
	near(r.covered, 0.965034965034965, 1e-12);
	/* The other way round is the negative. */
	assert_int_equal(rank_two_samples(b6, 6, a7, 7, 0.05, &r), 0);
	near(r.shift.estimate, -0.5, 1e-9);
	near(r.shift.low, -0.8, 1e-9);
	near(r.p, 0.008158508158508158, 1e-12);
	assert_int_equal(rank_two_samples(a7, 2, b6, 2, 0.05, &r), -EINVAL);
}

/*
 * a = [((i * 7919) % 1009) // 50 for i in range(80)]; b = [((i * 6007) % 1009) // 50 + 1 for i in
 * range(70)]; scipy.stats.mannwhitneyu(a, b, method="asymptotic").pvalue; median of b - a
 */
static void rank_sum_normal_with_ties(void **state)
{
	double a[80], b[70];
	struct rank_shift r;

	(void)state;
	for (unsigned i = 0; i < 80; i++)
		a[i] = (double)((i * 7919) % 1009 / 50);
	for (unsigned i = 0; i < 70; i++)
		b[i] = (double)((i * 6007) % 1009 / 50 + 1);
	assert_int_equal(rank_two_samples(a, 80, b, 70, 0.05, &r), 0);
	near(r.p, 0.1304250256087983, 1e-9);
	near(r.shift.estimate, 1.5, 1e-12);
}

/*
 * Nine and twelve million pairs. R 4.2.2:
 * i <- 0:2999; a <- ((i * 7919) %% 10007) / 10007; b <- ((i * 6007) %% 10009) / 10009 + 0.02
 * df <- sort(outer(b, a, "-")); n <- 3000
 * k <- floor(n * n / 2 - 0.5 - qnorm(0.975) * sqrt(n * n / 12 * (2 * n + 1)))
 * c(median(df), df[k + 1], df[n * n - k]); wilcox.test(b, a, exact = FALSE)$p.value
 *
 * i <- 0:4999; x <- ((i * 7919) %% 10007) / 10007 - 0.49; o <- outer(x, x, "+") / 2
 * s <- sort(o[upper.tri(o, TRUE)]); n <- 5000; N <- n * (n + 1) / 2
 * k <- floor(N / 2 - 0.5 - qnorm(0.995) * sqrt(n * (n + 1) * (2 * n + 1) / 24))
 * c(median(s), s[k + 1], s[N - k]); wilcox.test(x, exact = FALSE)$p.value
 */
static void millions_of_pairs(void **state)
{
	double *x = calloc(5000, sizeof(*x)), *y = calloc(3000, sizeof(*y));
	struct rank_shift r;

	(void)state;
	assert_non_null(x);
	assert_non_null(y);
	for (unsigned i = 0; i < 3000; i++) {
		x[i] = (double)(i * 7919 % 10007) / 10007;
		y[i] = (double)(i * 6007 % 10009) / 10009 + 0.02;
	}
	assert_int_equal(rank_two_samples(x, 3000, y, 3000, 0.05, &r), 0);
	near(r.p, 0.189683487592782, 1e-12);
	near(r.shift.estimate, 0.00990325115909721, 1e-14);
	near(r.shift.low, -0.00492694119012282, 1e-14);
	near(r.shift.high, 0.02457670438965276, 1e-14);
	for (unsigned i = 0; i < 5000; i++)
		x[i] = (double)(i * 7919 % 10007) / 10007 - 0.49;
	assert_int_equal(rank_one_sample(x, 5000, 0.01, &r), 0);
	near(r.p, 0.0121543205807758, 1e-12);
	near(r.shift.estimate, 0.010249825122414319, 1e-14);
	near(r.shift.low, -0.000342760067952419, 1e-14);
	near(r.shift.high, 0.020842410312781084, 1e-14);
	free(x);
	free(y);
}

/*
 * The largest samples that are counted out: nothing may be lost on the way to 1e-29. R 4.2.2:
 * i <- 0:49; wilcox.test(i + 50, i, conf.int = TRUE)
 * i <- 0:199; x <- ((i * 7919) %% 1009) / 1009 - 0.45
 * wilcox.test(x, conf.int = TRUE, conf.level = 0.99, exact = TRUE); the same of x[1:80]
 */
static void exact_to_its_border(void **state)
{
	double a[200], b[50];
	struct rank_shift r;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		a[i] = i;
		b[i] = i + 50;
	}
	assert_int_equal(rank_two_samples(a, 50, b, 50, 0.05, &r), 0);
	near(r.p / 1.98233060428369e-29, 1.0, 1e-12);
	near(r.shift.estimate, 50.0, 0.0);
	near(r.shift.low, 44.0, 0.0);
	near(r.shift.high, 56.0, 0.0);
	for (unsigned i = 0; i < 200; i++)
		a[i] = (double)(i * 7919 % 1009) / 1009 - 0.45;
	assert_int_equal(rank_one_sample(a, 200, 0.01, &r), 0);
	near(r.p, 0.01544518893069351, 1e-14);
	near(r.shift.estimate, 0.05247770069375618, 1e-14);
	near(r.shift.low, -0.00302279484638257, 1e-14);
	near(r.shift.high, 0.10797819623389496, 1e-14);
	assert_int_equal(rank_one_sample(a, 80, 0.01, &r), 0);
	near(r.p, 0.1673151201885871, 1e-14);
	near(r.shift.estimate, 0.0460356788899901, 1e-14);
	near(r.shift.low, -0.0461347869177403, 1e-14);
	near(r.shift.high, 0.1382061446977205, 1e-14);
}

/* Benjamini & Hochberg 1995, their example of 15 p-values: four are rejected at 0.05. */
static void false_discoveries(void **state)
{
	static const double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
	    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0};
	static const double shuffled[] = {0.5, 0.0001, 0.04, 0.02};
	bool reject[15];

	(void)state;
	assert_int_equal(rank_benjamini_hochberg(p, 15, 0.05, reject), 4);
	for (unsigned i = 0; i < 15; i++)
		assert_int_equal(reject[i], i < 4);
	assert_int_equal(rank_benjamini_hochberg(shuffled, 4, 0.05, reject), 2);
	assert_false(reject[0]);
	assert_true(reject[1]);
	assert_false(reject[2]);
	assert_true(reject[3]);
	assert_int_equal(rank_benjamini_hochberg(p, 0, 0.05, reject), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(signed_rank_exact),
	    cmocka_unit_test(smallest_samples),
	    cmocka_unit_test(not_finite),
	    cmocka_unit_test(signed_rank_normal),
	    cmocka_unit_test(ties_and_zeros),
	    cmocka_unit_test(rank_sum_exact),
	    cmocka_unit_test(rank_sum_normal_with_ties),
	    cmocka_unit_test(millions_of_pairs),
	    cmocka_unit_test(exact_to_its_border),
	    cmocka_unit_test(false_discoveries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
