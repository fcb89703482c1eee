/*
 * layout_test.c - how often a case is marked layout-sensitive whose launches are exchangeable, and
 * whether one whose launches are not is marked. The seeds are fixed, so the counts are.
 */
#include "harness/stats/noise_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define TRIALS 1000
#define LAUNCHES_MAX 40

static const struct noise_model quiet = {.name = "Gaussian", .white = 0.02};
static const struct noise_model outliers = {.name = "outliers", .white = 0.02, .outliers = 0.05};
static const struct noise_model lottery = {.name = "lottery", .white = 0.02, .lottery = 0.03};

/* The first @quartets of a launch. */
static void launch(struct noise_machine *m, unsigned quartets, struct launch_ratio *out)
{
	struct quartet q[NOISE_QUARTETS];

	/* No drift: a machine may go on for ever. */
	m->slots = 0;
	noise_quartets(m, 0.0, q);
	assert_int_equal(launch_ratio_of(q, quartets, out), 0);
}

static unsigned marked(const struct noise_model *model, size_t launches, unsigned quartets)
{
	struct noise_machine m = {.model = model, .rng = launches * 100 + quartets};
	unsigned marks = 0;

	for (unsigned t = 0; t < TRIALS; t++) {
		struct launch_ratio l[LAUNCHES_MAX];

		for (size_t i = 0; i < launches; i++)
			launch(&m, quartets, &l[i]);
		marks += layout_sensitive(l, launches);
	}
	return marks;
}

static const size_t counts[] = {11, 15, 20, LAUNCHES_MAX};
static const unsigned quartets[] = {3, 4, 6, 8, NOISE_QUARTETS};

static void exchangeable_launches_are_not_marked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		for (size_t k = 0; k < sizeof(quartets) / sizeof(quartets[0]); k++) {
			const unsigned q = marked(&quiet, counts[i], quartets[k]);
			const unsigned o = marked(&outliers, counts[i], quartets[k]);

			print_message("%2zu launches, %2u quartets: limit %.2f, marked %.2f %%, "
				      "outliers %.2f %%\n",
			    counts[i], quartets[k], layout_limit(counts[i], quartets[k]),
			    100.0 * q / TRIALS, 100.0 * o / TRIALS);
			assert_in_range(q, 0, TRIALS / 100);
			assert_in_range(o, 0, TRIALS / 100);
		}
	}
}

static void a_lottery_is_marked(void **state)
{
	(void)state;
	assert_in_range(marked(&lottery, 40, NOISE_QUARTETS), TRIALS * 95 / 100, TRIALS);
}

static void limits(void **state)
{
	(void)state;
	/* Nothing can be said. */
	assert_true(fabs(layout_limit(10, 12)) < 1e-12);
	assert_true(fabs(layout_limit(80, 2)) < 1e-12);
	/* From here on chance alone does not reach it. */
	assert_true(fabs(layout_limit(80, 12) - 1.5) < 1e-12);
	assert_true(layout_limit(11, 12) > 2.0);
	for (unsigned k = 3; k < 20; k++)
		for (size_t n = 11; n < 100; n++) {
			assert_true(layout_limit(n + 1, k) <= layout_limit(n, k));
			assert_true(layout_limit(n, k + 1) <= layout_limit(n, k));
		}
}

/* The launch with the fewest quartets sets it; one that does not know its spread does not. */
static void the_fewest_quartets_count(void **state)
{
	struct launch_ratio l[11];

	(void)state;
	for (unsigned i = 0; i < 11; i++)
		l[i] = (struct launch_ratio){
		    .log_ratio = 0.01 * i, .predicted_sd = 0.0193, .quartets = 12};
	/* 1.4826 * 0.03 / 0.0193 is 2.3. */
	assert_true(layout_sensitive(l, 11));
	l[4].quartets = 3;
	assert_false(layout_sensitive(l, 11));
	l[4].predicted_sd = 0.0;
	assert_true(layout_sensitive(l, 11));
	assert_false(layout_sensitive(l, 10));
	assert_false(layout_sensitive(l, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(exchangeable_launches_are_not_marked),
	    cmocka_unit_test(a_lottery_is_marked),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(the_fewest_quartets_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
