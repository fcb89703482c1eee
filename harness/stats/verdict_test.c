/* verdict_test.c - one launch, one look, one rule. */
#include "harness/stats/verdict.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void near(double got, double want, double within)
{
	if (!(fabs(got - want) <= within))
		fail_msg("%.15g instead of %.15g", got, want);
}

static void names_go_both_ways(void **state)
{
	enum verdict v;

	(void)state;
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		assert_int_equal(verdict_from_name(verdict_name((enum verdict)i), &v), 0);
		assert_int_equal(v, i);
	}
	assert_int_equal(verdict_from_name("quicker", &v), -EINVAL);
	assert_string_equal(verdict_name(VERDICT_COUNT), "unknown");
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

static void layout_shows_in_the_launches(void **state)
{
	struct launch_ratio l[5];

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		l[i] = (struct launch_ratio){.log_ratio = 0.01 * i, .predicted_sd = 0.01};
	/* mad 0.01 */
	near(layout_ratio(l, 5), 1.4826022185056018, 1e-12);
	for (unsigned i = 0; i < 5; i++)
		l[i].predicted_sd = 0.005;
	near(layout_ratio(l, 5), 2 * 1.4826022185056018, 1e-12);
	for (unsigned i = 0; i < 3; i++)
		l[i].predicted_sd = 0.0;
	near(layout_ratio(l, 5), 0.0, 0.0);
	near(layout_ratio(l, 0), 0.0, 0.0);
}

/* 2 * scipy.stats.norm.sf([3.29, 3.29, 2.81, 2.58]) */
static void looks_cost_what_they_say(void **state)
{
	static const double alpha[LOOKS] = {0.0010018738275714444, 0.0010018738275714444,
	    0.004954149997571722, 0.00988003151554129};

	(void)state;
	for (unsigned i = 0; i < LOOKS; i++) {
		near(looks_alpha(i), alpha[i], 1e-12);
		/* There is an interval at that level. */
		assert_true(2.0 / pow(2, looks_launches(i)) <= looks_alpha(i));
		if (i)
			assert_true(looks_launches(i) > looks_launches(i - 1));
	}
	/* One launch less than the first look, and there is none. */
	assert_true(2.0 / pow(2, looks_launches(0) - 1) > looks_alpha(0));
}

static enum verdict judge(double low, double estimate, double high, double min_effect)
{
	const struct evidence e = {
	    .log_ratio = {.estimate = estimate, .low = low, .high = high}, .launches = 20};

	return verdict_of(&e, min_effect);
}

static void the_rule(void **state)
{
	const double pct = log1p(0.01);

	(void)state;
	assert_int_equal(judge(-pct, 0.0, pct, 0.01), VERDICT_SAME);
	assert_int_equal(judge(0.001, 0.005, 0.009, 0.01), VERDICT_SAME);
	assert_int_equal(judge(-0.0101, 0.0, 0.0, 0.01), VERDICT_UNSURE);
	assert_int_equal(judge(-0.001, 0.011, 0.02, 0.01), VERDICT_UNSURE);
	assert_int_equal(judge(0.001, 0.0051, 0.011, 0.01), VERDICT_SLOWER);
	assert_int_equal(judge(0.0, 0.01, 0.02, 0.01), VERDICT_UNSURE);
	/* Below the floor, though above zero. */
	assert_int_equal(judge(0.001, 0.0049, 0.02, 0.01), VERDICT_UNSURE);
	assert_int_equal(judge(-0.02, -0.01, -0.001, 0.01), VERDICT_FASTER);
	assert_int_equal(judge(-0.02, -0.0049, -0.001, 0.01), VERDICT_UNSURE);
	assert_int_equal(judge(-0.009, -0.005, -0.001, 0.01), VERDICT_SAME);
	/* Somebody who cares for 5 % only. */
	assert_int_equal(judge(0.01, 0.02, 0.04, 0.05), VERDICT_SAME);
	assert_int_equal(judge(0.01, 0.02, 0.06, 0.05), VERDICT_UNSURE);
	assert_int_equal(judge(0.01, 0.03, 0.06, 0.05), VERDICT_SLOWER);
}

static void evidence_is_over_launches(void **state)
{
	struct launch_ratio l[11];
	struct evidence e;

	(void)state;
	for (unsigned i = 0; i < 11; i++)
		l[i] = (struct launch_ratio){.log_ratio = 0.001 * (i + 1)};
	assert_int_equal(evidence_of(l, 11, looks_alpha(0), &e), 0);
	near(e.log_ratio.low, 0.001, 1e-15);
	near(e.log_ratio.high, 0.011, 1e-15);
	near(e.log_ratio.estimate, 0.006, 1e-15);
	near(e.p, 2.0 / 2048, 1e-15);
	assert_int_equal(e.launches, 11);
	assert_int_equal(evidence_of(l, 10, looks_alpha(0), &e), -EINVAL);
	assert_int_equal(evidence_of(l, 0, looks_alpha(0), &e), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_go_both_ways),
	    cmocka_unit_test(a_launch_is_the_middle_of_its_pairs),
	    cmocka_unit_test(a_spoiled_slot_costs_its_pair_only),
	    cmocka_unit_test(what_is_no_launch),
	    cmocka_unit_test(layout_shows_in_the_launches),
	    cmocka_unit_test(looks_cost_what_they_say),
	    cmocka_unit_test(the_rule),
	    cmocka_unit_test(evidence_is_over_launches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
