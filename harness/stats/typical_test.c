/* typical_test.c - what is typical, and that no launch weighs more than another. */
#include "harness/stats/typical.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void two_thirds_within_a_factor_of_two(void **state)
{
	static const struct {
		double x[6], middle;
		size_t n;
		bool typical;
	} table[] = {
	    {{0}, 0, 0, false},
	    {{5}, 5, 1, true},
	    {{0, 0, 0}, 0, 3, true},
	    {{10, 20, 5}, 10, 3, true},
	    {{10, 20.1, 4.9}, 10, 3, false},
	    {{10, 20, 4.9}, 10, 3, true},
	    {{10, 10, 10, 1000, 1000, 1000}, 505, 6, false},
	    {{10, 10, 10, 10, 1000, 1000}, 10, 6, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(
		    typical_is(table[i].x, table[i].n, table[i].middle), table[i].typical);
}

static void record(struct histogram *h, uint64_t from, uint64_t to, unsigned times)
{
	histogram_clear(h);
	for (unsigned k = 0; k < times; k++)
		for (uint64_t v = from; v < to; v++)
			histogram_record(h, v);
}

/* Of equal launches it is the histogram of all of them; so it is of one. */
static void equal_launches_are_as_merged(void **state)
{
	static const double q[] = {0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1};
	static struct mixture m;
	static struct histogram h, all;

	(void)state;
	memset(&m, 0, sizeof(m));
	histogram_clear(&all);
	for (unsigned l = 0; l < 7; l++) {
		record(&h, 20 + 11 * l, 1000 + 300 * l, 1);
		/* As many values of each. */
		while (h.count < 3000)
			histogram_record(&h, 5000 + l);
		mixture_add(&m, &h);
		histogram_merge(&all, &h);
	}
	for (size_t i = 0; i < sizeof(q) / sizeof(q[0]); i++) {
		assert_true(mixture_quantile(&m, q[i]) == (double)histogram_quantile(&all, q[i]));
		assert_int_equal(
		    mixture_tells_quantile(&m, q[i]), histogram_tells_quantile(&all, q[i]));
	}
}

static void no_launch_outweighs_the_others(void **state)
{
	static struct mixture m;
	static struct histogram slow, fast, all;

	(void)state;
	memset(&m, 0, sizeof(m));
	histogram_clear(&all);
	record(&slow, 1000, 1100, 1);
	record(&fast, 30, 32, 1000000);
	for (unsigned l = 0; l < 10; l++) {
		mixture_add(&m, l ? &slow : &fast);
		histogram_merge(&all, l ? &slow : &fast);
	}
	assert_true(mixture_quantile(&m, 0.05) < 32);
	assert_true(mixture_quantile(&m, 0.15) >= 1000);
	/* The control. */
	assert_true(histogram_quantile(&all, 0.999) < 32);
	/* And the 2,000,000 of one tell no tail of the others, which have 100 each. */
	assert_true(mixture_tells_quantile(&m, 0.9));
	assert_false(mixture_tells_quantile(&m, 0.999));
	assert_true(histogram_tells_quantile(&all, 0.999));
}

static void nothing_tells_nothing(void **state)
{
	static struct mixture m;

	(void)state;
	memset(&m, 0, sizeof(m));
	assert_false(mixture_tells_quantile(&m, 0.5));
	assert_false(mixture_tells_quantile(&m, 1));
	assert_true(mixture_quantile(&m, 0.5) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(two_thirds_within_a_factor_of_two),
	    cmocka_unit_test(equal_launches_are_as_merged),
	    cmocka_unit_test(no_launch_outweighs_the_others),
	    cmocka_unit_test(nothing_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
