/* percentiles_test.c - what is told of a distribution, and what is not. */
#include "harness/run/percentiles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* How many of the points are told when @n values were recorded. */
static unsigned told(uint64_t n)
{
	static struct histogram h;
	unsigned count = 0;

	histogram_clear(&h);
	for (uint64_t i = 0; i < n; i++)
		histogram_record(&h, i);
	for (unsigned i = 0; i < PERCENTILES; i++) {
		uint64_t ns = UINT64_MAX;
		const bool known = percentile_get(&h, i, &ns);

		count += known;
		/* Untouched, never a 0, when it is not known. */
		assert_int_equal(known, ns != UINT64_MAX);
	}
	return count;
}

static void ten_values_lie_beyond_what_is_told(void **state)
{
	(void)state;
	assert_int_equal(told(0), 0);
	/* The maximum is a fact. */
	assert_int_equal(told(1), 1);
	assert_int_equal(told(19), 1);
	assert_int_equal(told(20), 2);
	assert_int_equal(told(99), 2);
	assert_int_equal(told(100), 3);
	assert_int_equal(told(1000), 4);
	assert_int_equal(told(9999), 4);
	assert_int_equal(told(10000), 5);
}

static void values_are_the_histograms(void **state)
{
	static struct histogram h;
	uint64_t ns, last = 0;

	(void)state;
	histogram_clear(&h);
	for (uint64_t i = 1; i <= 10000; i++)
		histogram_record(&h, i);
	for (unsigned i = 0; i < PERCENTILES; i++) {
		assert_true(percentile_get(&h, i, &ns));
		assert_in_range(
		    ns, (uint64_t)(percentiles[i].q * 9900), (uint64_t)(percentiles[i].q * 10100));
		assert_true(ns >= last);
		last = ns;
	}
	assert_int_equal(last, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ten_values_lie_beyond_what_is_told),
	    cmocka_unit_test(values_are_the_histograms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
