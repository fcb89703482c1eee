/* launch_ratio_test.c - one launch's figure: of the middle of its turns, or of the quickest. */
#include "harness/stats/launch_ratio.h"
#include "harness/stats/noise_fixture.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define LAUNCHES 1000

static const struct noise_model calm = {.name = "Gaussian", .white = 0.02};
/* Half of the slots take five times as long. */
static const struct noise_model disturbed = {.name = "disturbed", .white = 0.02, .outliers = 0.5};

static void near(double got, double want, double within)
{
	if (!(fabs(got - want) <= within))
		fail_msg("%.15g instead of %.15g", got, want);
}

/*
 * x = numpy.log([1.1, 1.1, 1, 1, 2, 0.5, 9, 9, 1.05, 1.06]); scipy.stats.trim_mean(x, 0.3);
 * w = scipy.stats.mstats.winsorize(x, limits=(0.3, 0.3)); sqrt(((w - w.mean())**2).sum() / 12)
 */
static void a_launch_is_the_middle_of_its_pairs(void **state)
{
	const struct quartet q[] = {
	    {{100, 100}, {110, 110}},
	    {{100, 100}, {100, 100}},
	    {{100, 400}, {200, 200}}, /* drift: as far one way as the other */
	    {{100, 100}, {900, 900}}, /* an outlier */
	    {{100, 100}, {105, 106}},
	};
	struct launch_ratio r;

	(void)state;
	assert_int_equal(launch_ratio_of(q, 5, &r), 0);
	near(r.log_ratio, 0.07441985797551444, 1e-12);
	assert_int_equal(r.quartets, 5);
	near(r.predicted_sd, 0.020514609119625778, 1e-12);
	assert_int_equal(launch_ratio_of(q, 2, &r), 0);
	near(r.predicted_sd, 0.0, 0.0);
}

/* Something took time from one slot of every quartet: every mean is off, half of the pairs are not.
 */
static void a_spoiled_slot_costs_its_pair_only(void **state)
{
	const struct quartet q[] = {
	    {{100, 100}, {101, 140}},
	    {{130, 100}, {101, 101}},
	    {{100, 100}, {170, 101}},
	    {{100, 150}, {101, 101}},
	    {{100, 100}, {101, 101}},
	};
	struct launch_ratio r;

	(void)state;
	assert_int_equal(launch_ratio_of(q, 5, &r), 0);
	near(r.log_ratio, log(1.01), 1e-12);
}

static void what_is_no_launch(void **state)
{
	struct quartet q = {{100, 100}, {100, 100}};
	struct launch_ratio r = {.quartets = 77};

	(void)state;
	assert_int_equal(launch_ratio_of(&q, 0, &r), -EINVAL);
	q.head_ns[1] = 0.0;
	assert_int_equal(launch_ratio_of(&q, 1, &r), -EINVAL);
	q.head_ns[1] = (double)NAN;
	assert_int_equal(launch_ratio_of(&q, 1, &r), -EINVAL);
	q.head_ns[1] = 100.0;
	q.base_ns[0] = (double)INFINITY;
	assert_int_equal(launch_ratio_of(&q, 1, &r), -EINVAL);
	assert_int_equal(r.quartets, 77);
}

/*
 * b, h: the slots below, eight quartets of base's and of head's two, eight times as long where they
 * are disturbed. import numpy as np
 * q = lambda a: np.sort(np.log(a).ravel())[:a.size // 4].mean()
 * f = lambda k: q(np.array(h)[k]) - q(np.array(b)[k]); n = 8
 * j = [f([k for k in range(n) if k != i]) for i in range(n)]
 * f(range(n)); np.sqrt((n - 1) / n * ((j - np.mean(j))**2).sum())
 */
static void a_disturbed_launch_is_its_quickest_turns(void **state)
{
	const struct quartet q[] = {
	    {{100, 800}, {102, 103}},
	    {{808, 101}, {101, 824}},
	    {{100, 792}, {816, 102}},
	    {{800, 99}, {101, 808}},
	    {{101, 808}, {832, 103}},
	    {{808, 100}, {102, 816}},
	    {{99, 800}, {808, 101}},
	    {{800, 101}, {102, 824}},
	};
	struct launch_ratio r;

	(void)state;
	assert_int_equal(launch_ratio_of(q, 8, &r), 0);
	assert_true(r.quickest);
	near(r.log_ratio, 0.017438572890672077, 1e-12);
	near(r.predicted_sd, 0.0028910319804654593, 1e-12);
	/* It is kept what the middle says, which is not much. */
	assert_true(fabs(r.middle) > 0.1);
	/* Of few it is not known how good they are. */
	assert_int_equal(launch_ratio_of(q, 6, &r), 0);
	assert_true(r.quickest);
	assert_int_equal(launch_ratio_of(q, 5, &r), 0);
	assert_false(r.quickest);
	near(r.middle, r.log_ratio, 0.0);
}

static void swap(struct quartet *q)
{
	for (unsigned i = 0; i < NOISE_QUARTETS; i++) {
		const struct quartet was = q[i];

		for (unsigned k = 0; k < QUARTET_PAIRS; k++) {
			q[i].base_ns[k] = was.head_ns[k];
			q[i].head_ns[k] = was.base_ns[k];
		}
	}
}

/* What the signed-rank test rests on. Return: how many of the launches took their quickest. */
static unsigned sides_may_change_places(const struct noise_model *model)
{
	struct noise_machine m = {.model = model, .rng = 7};
	unsigned quickest = 0;

	for (unsigned i = 0; i < LAUNCHES; i++) {
		struct quartet q[NOISE_QUARTETS];
		struct launch_ratio there, back;

		m.slots = 0;
		noise_quartets(&m, 0.01, q);
		assert_int_equal(launch_ratio_of(q, NOISE_QUARTETS, &there), 0);
		swap(q);
		assert_int_equal(launch_ratio_of(q, NOISE_QUARTETS, &back), 0);
		near(back.log_ratio, -there.log_ratio, 1e-12);
		near(back.middle, -there.middle, 1e-12);
		near(back.predicted_sd, there.predicted_sd, 1e-12);
		assert_int_equal(back.quickest, there.quickest);
		quickest += there.quickest;
	}
	print_message("%s: %u of %u by their quickest\n", model->name, quickest, LAUNCHES);
	return quickest;
}

static void only_the_sign_changes(void **state)
{
	(void)state;
	/* 0.5 % and 53 %: the middle is taken unless it is bad. Here half of the pairs are of two
	 * disturbed slots or of none, and of some launches they are the middle. */
	assert_in_range(sides_may_change_places(&calm), 0, LAUNCHES / 50);
	assert_in_range(sides_may_change_places(&disturbed), LAUNCHES * 4 / 10, LAUNCHES);
}

/* How far launches lie from the truth, as they say themselves: within a quarter, on the median. */
static void the_error_is_what_it_says(void **state)
{
	const struct noise_model *const models[] = {&calm, &disturbed};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct noise_machine m = {.model = models[k], .rng = 11};
		static double error[LAUNCHES], predicted[LAUNCHES];
		double middle_error, middle_predicted;

		for (unsigned i = 0; i < LAUNCHES; i++) {
			struct quartet q[NOISE_QUARTETS];
			struct launch_ratio r;

			m.slots = 0;
			noise_quartets(&m, 0.01, q);
			assert_int_equal(launch_ratio_of(q, NOISE_QUARTETS, &r), 0);
			error[i] = fabs(r.log_ratio - log(1.01));
			predicted[i] = r.predicted_sd;
		}
		assert_int_equal(stats_median(error, LAUNCHES, &middle_error), 0);
		assert_int_equal(stats_median(predicted, LAUNCHES, &middle_predicted), 0);
		/* scipy.stats.norm.ppf(0.75): the median deviation of a normal one. */
		print_message("%s: off by %.3f %%, said %.3f %%\n", models[k]->name,
		    100 * middle_error / 0.6745, 100 * middle_predicted);
		assert_true(middle_predicted > 0.75 * middle_error / 0.6745);
		assert_true(middle_predicted < 1.25 * middle_error / 0.6745);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_launch_is_the_middle_of_its_pairs),
	    cmocka_unit_test(a_spoiled_slot_costs_its_pair_only),
	    cmocka_unit_test(what_is_no_launch),
	    cmocka_unit_test(a_disturbed_launch_is_its_quickest_turns),
	    cmocka_unit_test(only_the_sign_changes),
	    cmocka_unit_test(the_error_is_what_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
