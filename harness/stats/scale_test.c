/* scale_test.c - figures of each scale, and whether intervals of shares cover what they say. */
#include "harness/stats/scale.h"

#include "harness/base/random.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define Z_95 STATS_Z_95
#define LAUNCHES_MAX 40

static void assert_near(double a, double b)
{
	if (!(fabs(a - b) <= 1e-9 * fabs(b) + 1e-12))
		fail_msg("%.17g is not %.17g", a, b);
}

static void values_that_a_scale_has(void **state)
{
	static const struct {
		double x;
		bool ratio, difference, share;
	} row[] = {
	    {1, true, true, true},
	    {0.5, true, true, true},
	    {2, true, true, false},
	    {0, false, true, true},
	    {-0.0, false, true, true},
	    {-1, false, true, false},
	    {(double)NAN, false, false, false},
	    {(double)INFINITY, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(scale_allows(CB_RATIO, row[i].x), row[i].ratio);
		assert_int_equal(scale_allows(CB_DIFFERENCE, row[i].x), row[i].difference);
		assert_int_equal(scale_allows(CB_SHARE, row[i].x), row[i].share);
		assert_int_equal(scale_allows(CB_OUTCOME, row[i].x), row[i].share);
	}
}

/* What 1 % is: of 200, of a worth of 50, and a point. */
static void a_per_cent_on_each_scale(void **state)
{
	const struct stats_interval about_200 = {200, 199, 202}, about_0 = {0, -0.5, 0.1},
				    about_a_half = {0.5, 0.49, 0.502};

	(void)state;
	assert_near(scale_half_width(CB_RATIO, 50, &about_200), 0.01);
	assert_near(scale_half_width(CB_DIFFERENCE, 50, &about_0), 0.01);
	assert_near(scale_half_width(CB_SHARE, 50, &about_a_half), 0.01);
	assert_near(scale_half_width(CB_OUTCOME, 50, &about_a_half), 0.01);

	assert_near(scale_place(CB_RATIO, 50, 202) - scale_place(CB_RATIO, 50, 200), log(1.01));
	assert_near(scale_bound(CB_RATIO, 0.01), log(1.01));
	assert_near(scale_effect(CB_RATIO, 50, log(1.01)), 0.01);
	assert_near(scale_place(CB_DIFFERENCE, 50, 0.25) - scale_place(CB_DIFFERENCE, 50, -0.25),
	    scale_bound(CB_DIFFERENCE, 0.01));
	assert_near(scale_effect(CB_DIFFERENCE, 50, 0.01), 0.5);
	assert_near(scale_place(CB_SHARE, 50, 0.02) - scale_place(CB_SHARE, 50, 0.01),
	    scale_bound(CB_SHARE, 0.01));
	assert_near(scale_effect(CB_SHARE, 50, 0.01), 0.01);
}

/* One loss in ten trials is no middle, and still one. */
static void losses_are_averaged(void **state)
{
	const double x[] = {0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
	double middle;

	(void)state;
	assert_int_equal(scale_middle(CB_SHARE, x, 10, &middle), 0);
	assert_near(middle, 0.1);
	assert_int_equal(scale_middle(CB_DIFFERENCE, x, 10, &middle), 0);
	assert_near(middle, 0);
}

static void intervals_by_scale(void **state)
{
	const double x[] = {-3, 2, 0, 1, -1, 4, 5, 0.5, -0.5, 3}, one[] = {1, 1, 1, 1, 1, 1};
	struct stats_interval i, expected;
	double covered, as_well;

	(void)state;
	assert_int_equal(stats_median_ci(x, 10, 0.95, &expected, &as_well), 0);
	assert_int_equal(scale_interval(CB_DIFFERENCE, x, 10, 10, 0.95, &i, &covered), 0);
	assert_memory_equal(&i, &expected, sizeof(i));
	assert_true(covered == as_well && i.low < 0);
	/* 6 of 6: Wilson's lower end is 1 / (1 + z2 / 6); of 60 trials that of 60. */
	assert_int_equal(scale_interval(CB_OUTCOME, one, 6, 6, 0.95, &i, &covered), 0);
	assert_near(i.low, 1 / (1 + Z_95 * Z_95 / 6));
	assert_true(i.estimate == 1 && i.high == 1);
	assert_near(covered, 0.95);
	assert_int_equal(scale_interval(CB_SHARE, one, 6, 60, 0.95, &i, &covered), 0);
	assert_near(i.low, 1 / (1 + Z_95 * Z_95 / 60));
	/* An only launch has none. */
	assert_int_equal(scale_interval(CB_SHARE, one, 1, 60, 0.95, &i, &covered), 0);
	assert_true(i.low == 1 && covered == 0);
	assert_int_equal(scale_interval(CB_SHARE, one, 0, 0, 0.95, &i, &covered), -EINVAL);
}

/* statsmodels.stats.proportion.proportion_confint(k, n, method="wilson") */
static void golden_wilson(void **state)
{
	const struct stats_interval few = stats_wilson(2, 20, Z_95),
				    none = stats_wilson(0, 0, Z_95);

	(void)state;
	assert_near(few.estimate, 0.1);
	assert_true(fabs(few.low - 0.0278664812) < 1e-9);
	assert_true(fabs(few.high - 0.3010336452) < 1e-9);
	assert_true(none.low == 0 && none.high == 1);
	assert_true(stats_wilson(0, 20, Z_95).low == 0 && stats_wilson(20, 20, Z_95).high == 1);
}

/* Golden, too: Wilson's interval, R: binom::binom.confint(x, n, methods = "wilson") or by the
 * formula; statsmodels.stats.proportion.proportion_confint(0, 100, method="wilson") = (0, 0.03699).
 */
static void more_golden_wilson(void **state)
{
	struct stats_interval i = stats_wilson(0, 100, STATS_Z_95);

	(void)state;
	assert_true(fabs(i.low) < 1e-12 && fabs(i.high - 0.036994) < 1e-5);
	i = stats_wilson(5, 10, STATS_Z_95);
	assert_true(fabs(i.low - 0.236593) < 1e-5 && fabs(i.high - 0.763407) < 1e-5);
	i = stats_wilson(0, 0, STATS_Z_95);
	assert_true(fabs(i.low) < 1e-12 && fabs(i.high - 1.0) < 1e-12);
}

/* Clusters that differ are worth less than their trials, and never less than one try each. */
static void launches_are_clusters(void **state)
{
	const double alike[] = {0.5, 0.5, 0.4, 0.6, 0.5, 0.5}, apart[] = {0, 1, 0, 1, 0, 1};
	const struct stats_interval as_trials = stats_wilson(30, 60, Z_95),
				    as_launches = stats_wilson(3, 6, Z_95);
	struct stats_interval i = stats_share_ci(alike, 6, 60, true, Z_95);

	(void)state;
	assert_near(i.low, as_trials.low);
	i = stats_share_ci(apart, 6, 60, true, Z_95);
	assert_near(i.low, as_launches.low);
	/* What is no count may be worth more than a try a trial. */
	i = stats_share_ci(alike, 6, 6, false, Z_95);
	assert_true(i.low > as_launches.low && i.high < as_launches.high);
}

/* ---- simulated launches ---- */

/* A launch's own share of losses is drawn around the mean; then its trials are. */
struct world {
	double mean;
	double spread; /* launches lose mean * (1 - spread) or mean * (1 + spread), half of each */
	double bad;    /* or: one launch in so many (0 none) loses this share, the others none */
	unsigned trials; /* of a launch */
	unsigned tries;  /* of a trial; 1: an outcome */
};

static double draw(const struct world *w, uint64_t *rng)
{
	const double up = random_uniform(rng);
	double p = w->mean * (1 + (up < 0.5 ? -w->spread : w->spread)), hits = 0;

	if (w->bad > 0)
		p = up < w->mean / w->bad ? w->bad : 0;
	for (unsigned i = 0; i < w->trials * w->tries; i++)
		hits += random_uniform(rng) < p;
	return hits / (w->trials * w->tries);
}

static double covered(const struct world *w, unsigned launches, unsigned times)
{
	uint64_t rng = 20261129;
	unsigned holds = 0;

	for (unsigned i = 0; i < times; i++) {
		struct stats_interval ci;
		double x[LAUNCHES_MAX];

		for (unsigned k = 0; k < launches; k++)
			x[k] = draw(w, &rng);
		ci = stats_share_ci(x, launches, launches * w->trials, w->tries == 1, Z_95);
		holds += ci.low <= w->mean && w->mean <= ci.high;
	}
	return (double)holds / times;
}

/* How often two sides are called different, with launches of one world and of another. */
static double called(
    const struct world *a, const struct world *b, unsigned launches, double alpha, unsigned times)
{
	uint64_t rng = 20261129;
	unsigned hits = 0;

	for (unsigned i = 0; i < times; i++) {
		double x[LAUNCHES_MAX], y[LAUNCHES_MAX], p;
		struct share_sample base = {x, launches, launches * a->trials, a->tries == 1};
		struct share_sample head = {y, launches, launches * b->trials, b->tries == 1};
		struct stats_interval ci;
		bool apart;

		for (unsigned k = 0; k < launches; k++) {
			x[k] = draw(a, &rng);
			y[k] = draw(b, &rng);
		}
		assert_int_equal(stats_share_shift(&base, &head, alpha, &ci, &p), 0);
		apart = ci.low > 0 || ci.high < 0;
		assert_int_equal(p < alpha, apart);
		hits += apart;
	}
	return (double)hits / times;
}

static const struct world worlds[] = {
    {.mean = 0.5, .trials = 1, .tries = 1},
    {.mean = 0.9, .trials = 1, .tries = 1},
    {.mean = 0.02, .trials = 10, .tries = 1},
    {.mean = 0.3, .spread = 0.5, .trials = 10, .tries = 1},
    {.mean = 0.3, .spread = 0.5, .trials = 100, .tries = 1},
    {.mean = 0.02, .spread = 0.9, .trials = 50, .tries = 1},
    {.mean = 0.5, .trials = 10, .tries = 50},
    {.mean = 0.001, .trials = 10, .tries = 50},
    {.mean = 0.0002, .trials = 10, .tries = 50},
    {.mean = 0.2, .spread = 0.2, .trials = 10, .tries = 50},
    {.mean = 0.02, .bad = 0.1, .trials = 10, .tries = 50},
};

#define WORLDS (sizeof(worlds) / sizeof(worlds[0]))

/* Of 10 launches the worst of these covers 93.1 %; three standard errors of 2,000 are 1.5 %. */
static void intervals_of_shares_cover(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLDS; i++) {
		for (unsigned n = 10; n <= LAUNCHES_MAX; n *= 2) {
			const double c = covered(&worlds[i], n, 2000);

			if (c < 0.92)
				fail_msg("world %zu, %u launches: %g covered", i, n, c);
		}
	}
}

/* The control: every trial a try, as if there were no launches. */
static double covered_by_trials(const struct world *w, unsigned launches, unsigned times)
{
	uint64_t rng = 20261129;
	unsigned holds = 0;

	for (unsigned i = 0; i < times; i++) {
		struct stats_interval ci;
		double sum = 0;

		for (unsigned k = 0; k < launches; k++)
			sum += draw(w, &rng) * w->trials;
		ci = stats_wilson(sum, launches * w->trials, Z_95);
		holds += ci.low <= w->mean && w->mean <= ci.high;
	}
	return (double)holds / times;
}

static void trials_of_a_launch_are_not_independent(void **state)
{
	const struct world w = {.mean = 0.3, .spread = 0.5, .trials = 100, .tries = 1};

	(void)state;
	assert_true(covered_by_trials(&w, 20, 2000) < 0.5);
	assert_true(covered(&w, 20, 2000) > 0.92);
}

/* One bad launch in twenty: who has not seen it does not know, and scale.h says so. Two sides, of
 * which one has seen it, are not called different for it. */
static const struct world rarely_bad = {.mean = 0.05, .bad = 1, .trials = 20, .tries = 1};

static void a_launch_that_is_rarely_bad(void **state)
{
	(void)state;
	assert_true(covered(&rarely_bad, 10, 2000) < 0.5);
	assert_true(called(&rarely_bad, &rarely_bad, 11, 0.001, 1000) < 0.005);
	assert_true(called(&rarely_bad, &rarely_bad, 20, 0.01, 1000) < 0.02);
}

/* Launches and levels of a gate's first look, of its confirmation and of two stored runs. */
static const struct {
	unsigned launches;
	double alpha, at_most;
} looks[] = {{11, 0.001, 0.004}, {8, 0.05, 0.09}, {10, 0.01, 0.02}};

static void equal_shares_are_not_called_different(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORLDS; i++) {
		for (size_t k = 0; k < sizeof(looks) / sizeof(looks[0]); k++) {
			const double c =
			    called(&worlds[i], &worlds[i], looks[k].launches, looks[k].alpha, 1000);

			if (c > looks[k].at_most)
				fail_msg(
				    "world %zu, %u launches: %g called", i, looks[k].launches, c);
		}
	}
}

static void shifted_shares_are(void **state)
{
	static const struct {
		struct world a, b;
	} row[] = {
	    {{.mean = 0.2, .trials = 10, .tries = 50}, {.mean = 0.24, .trials = 10, .tries = 50}},
	    {{.mean = 0, .trials = 10, .tries = 50}, {.mean = 0.01, .trials = 10, .tries = 50}},
	    {{.mean = 1, .trials = 2, .tries = 1}, {.mean = 0.2, .trials = 2, .tries = 1}},
	    {{.mean = 0, .trials = 1, .tries = 1}, {.mean = 1, .trials = 1, .tries = 1}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const double there = called(&row[i].a, &row[i].b, 20, 0.001, 500);
		const double back = called(&row[i].b, &row[i].a, 20, 0.001, 500);

		if (there < 0.9 || back < 0.9)
			fail_msg("row %zu: %g and %g called", i, there, back);
	}
}

static void the_shift_has_its_direction(void **state)
{
	const double none[] = {0, 0, 0, 0, 0, 0}, all[] = {1, 1, 1, 1, 1, 1};
	const struct share_sample a = {none, 6, 60, true}, b = {all, 6, 60, true};
	const struct share_sample few = {none, SHARE_LAUNCHES_MIN - 1, 60, true};
	struct stats_interval i, back;
	double p;

	(void)state;
	assert_int_equal(stats_share_shift(&a, &b, 0.05, &i, &p), 0);
	assert_true(i.estimate == 1 && i.low > 0.9 && i.high == 1 && p < 1e-9);
	assert_int_equal(stats_share_shift(&b, &a, 0.05, &back, &p), 0);
	assert_true(back.estimate == -1);
	assert_near(back.high, -i.low);
	assert_int_equal(stats_share_shift(&a, &a, 0.05, &i, &p), 0);
	assert_true(i.estimate == 0 && i.low < 0 && i.high > 0 && p == 1);
	assert_int_equal(stats_share_shift(&a, &few, 0.05, &i, &p), -EINVAL);
	assert_int_equal(stats_share_shift(&a, &b, 1, &i, &p), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_that_a_scale_has),
	    cmocka_unit_test(a_per_cent_on_each_scale),
	    cmocka_unit_test(losses_are_averaged),
	    cmocka_unit_test(intervals_by_scale),
	    cmocka_unit_test(golden_wilson),
	    cmocka_unit_test(more_golden_wilson),
	    cmocka_unit_test(launches_are_clusters),
	    cmocka_unit_test(intervals_of_shares_cover),
	    cmocka_unit_test(trials_of_a_launch_are_not_independent),
	    cmocka_unit_test(a_launch_that_is_rarely_bad),
	    cmocka_unit_test(equal_shares_are_not_called_different),
	    cmocka_unit_test(shifted_shares_are),
	    cmocka_unit_test(the_shift_has_its_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
