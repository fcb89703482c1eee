/* verdict_test.c - layout, one look, one rule. */
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

static void names_are_told_apart(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(
			    verdict_name((enum verdict)i), verdict_name((enum verdict)k));
	assert_string_equal(verdict_name(VERDICT_COUNT), "unknown");
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

/* Quickest turns that are the same are no proof that the others are. */
static void same_is_said_of_all_turns(void **state)
{
	struct evidence e = {.log_ratio = {.estimate = 0.0, .low = -0.005, .high = 0.005},
	    .launches = 20,
	    .quickest = 20,
	    .middle = {.estimate = 0.0, .low = -0.005, .high = 0.005}};

	(void)state;
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_SAME);
	e.middle.high = 0.011;
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_UNSURE);
	e.middle = (struct stats_interval){.estimate = 0.0, .low = -0.011, .high = 0.005};
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_UNSURE);
	/* Nor a change: it would have been none of the middle's alone. */
	e.log_ratio = (struct stats_interval){.estimate = 0.007, .low = 0.005, .high = 0.009};
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_UNSURE);
	/* What is beyond is a change, unless the others surely changed the other way. */
	e.log_ratio.high = 0.011;
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_SLOWER);
	e.middle = (struct stats_interval){.estimate = -0.2, .low = -0.4, .high = -0.001};
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_UNSURE);
	e.log_ratio = (struct stats_interval){.estimate = -0.02, .low = -0.03, .high = -0.01};
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_FASTER);
	e.middle = (struct stats_interval){.estimate = 0.2, .low = 0.001, .high = 0.4};
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_UNSURE);
	/* Who has no launch of that kind has no other interval. */
	e.quickest = 0;
	assert_int_equal(verdict_of(&e, 0.01), VERDICT_FASTER);
}

static void evidence_of_quickest_turns(void **state)
{
	struct launch_ratio l[11];
	struct evidence e;

	(void)state;
	for (unsigned i = 0; i < 11; i++)
		l[i] = (struct launch_ratio){.log_ratio = 0.001 * (i + 1), .middle = 0.5};
	assert_int_equal(evidence_of(l, 11, looks_alpha(0), &e), 0);
	assert_int_equal(e.quickest, 0);
	near(e.middle.low, 0.001, 1e-15);
	near(e.middle.high, 0.011, 1e-15);
	for (unsigned i = 0; i < 3; i++)
		l[i].quickest = true;
	assert_int_equal(evidence_of(l, 11, looks_alpha(0), &e), 0);
	assert_int_equal(e.quickest, 3);
	near(e.log_ratio.low, 0.001, 1e-15);
	near(e.log_ratio.high, 0.011, 1e-15);
	near(e.middle.low, 0.004, 1e-15);
	near(e.middle.high, 0.5, 1e-15);
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
	    cmocka_unit_test(names_are_told_apart),
	    cmocka_unit_test(layout_shows_in_the_launches),
	    cmocka_unit_test(looks_cost_what_they_say),
	    cmocka_unit_test(the_rule),
	    cmocka_unit_test(same_is_said_of_all_turns),
	    cmocka_unit_test(evidence_is_over_launches),
	    cmocka_unit_test(evidence_of_quickest_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
