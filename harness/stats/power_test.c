/* power_test.c - the smallest change that is said to be visible is, and a smaller one is not. */
#include "harness/stats/power.h"

#include "harness/stats/verdict.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define TRIALS 2000
/* Of 2,000 trials at a true power of 0.9 fewer than 1,773 succeed once in 40 times. */
#define POWER_MIN 0.8865
/* More than 1,826 once in 40 times: 0.8 of it must be below that for certain. */
#define POWER_SMALLER_MAX 0.87
/* Not the one that power_visible() tries with. */
#define OTHER_SEED 20240229

static const struct power_design designs[] = {
    {.sd = 0.01, .min_effect = 0.01, .find = 13, .confirm = 6},
    {.sd = 0.01, .min_effect = 0.01, .find = 20, .confirm = 10},
    {.sd = 0.01, .min_effect = 0.01, .find = 40, .confirm = 20},
    {.sd = 0.01, .min_effect = 0.01, .find = 90, .confirm = 80},
    {.sd = 0.002, .min_effect = 0.01, .find = 40, .confirm = 20},
    {.sd = 0.2, .min_effect = 0.01, .find = 40, .confirm = 20},
    {.sd = 0.01, .min_effect = 0.05, .find = 20, .confirm = 10},
};
#define DESIGNS (sizeof(designs) / sizeof(designs[0]))

static void what_is_visible_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < DESIGNS; i++) {
		const struct power_design *d = &designs[i];
		const double visible = power_visible(d);
		const double at = power_share(d, visible, TRIALS, OTHER_SEED);
		const double below = power_share(d, 0.8 * visible, TRIALS, OTHER_SEED);

		print_message("sd %.3g %%, min-effect %.3g %%, %u + %u launches: %.3g %% is found "
			      "in %.1f %%, 0.8 of it in %.1f %%\n",
		    100 * d->sd, 100 * d->min_effect, d->find, d->confirm, 100 * visible, 100 * at,
		    100 * below);
		assert_true(at >= POWER_MIN);
		assert_true(below <= POWER_SMALLER_MAX);
	}
}

static void without_noise_it_is_what_counts(void **state)
{
	const struct power_design d = {.sd = 0.0, .min_effect = 0.01, .find = 20, .confirm = 10};

	(void)state;
	/* Below min_effect the interval lies within it: same. */
	assert_true(power_visible(&d) >= 0.01);
	assert_true(power_visible(&d) < 0.0103);
	assert_true(power_share(&d, 0.0099, 10, 1) < 0.01);
	assert_true(power_share(&d, 0.0101, 10, 1) > 0.99);
}

static void no_verdict_is_no_figure(void **state)
{
	const unsigned first = looks_launches(0);
	struct power_design d = {
	    .sd = 0.01, .min_effect = 0.01, .find = first - 1, .confirm = first};

	(void)state;
	assert_true(fabs(power_visible(&d)) < 1e-12);
	/* Found, but never confirmed. */
	d = (struct power_design){
	    .sd = 0.01, .min_effect = 0.01, .find = first, .confirm = CONFIRM_LAUNCHES - 1};
	assert_true(fabs(power_visible(&d)) < 1e-12);
	assert_true(power_share(&d, 0.5, 10, 1) < 0.01);
	d.confirm++;
	assert_true(power_visible(&d) > 0.01);
	d.sd = (double)NAN;
	assert_true(fabs(power_visible(&d)) < 1e-12);
}

/* Time to confirm is not time to find. */
static void what_is_not_found_in_time_is_not_confirmed(void **state)
{
	const struct power_design late = {
	    .sd = 0.01, .min_effect = 0.01, .find = 13, .confirm = 147};
	const struct power_design early = {
	    .sd = 0.01, .min_effect = 0.01, .find = 80, .confirm = 80};

	(void)state;
	assert_true(power_share(&early, 0.012, 500, OTHER_SEED) > 0.95);
	assert_true(power_share(&late, 0.012, 500, OTHER_SEED) < 0.8);
}

static void the_same_question_has_the_same_answer(void **state)
{
	(void)state;
	assert_true(fabs(power_visible(&designs[1]) - power_visible(&designs[1])) < 1e-15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_visible_is_found),
	    cmocka_unit_test(without_noise_it_is_what_counts),
	    cmocka_unit_test(no_verdict_is_no_figure),
	    cmocka_unit_test(what_is_not_found_in_time_is_not_confirmed),
	    cmocka_unit_test(the_same_question_has_the_same_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
