#include "harness/cell/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define N 7u

static int is_permutation(const size_t *order, size_t n)
{
	unsigned char seen[64] = {0};

	for (size_t i = 0; i < n; i++) {
		if (order[i] >= n || seen[order[i]])
			return 0;
		seen[order[i]] = 1;
	}
	return 1;
}

static void shuffles_are_permutations(void **state)
{
	size_t order[64];

	(void)state;
	for (size_t n = 0; n <= 64; n++) {
		schedule_shuffle(order, n, 42, (unsigned)n);
		assert_true(is_permutation(order, n));
	}
	/* The checker itself: a doubled entry is none. */
	order[0] = order[1];
	assert_false(is_permutation(order, 64));
}

static void same_seed_same_order(void **state)
{
	size_t a[N], b[N];

	(void)state;
	schedule_shuffle(a, N, 1, 2);
	schedule_shuffle(b, N, 1, 2);
	assert_memory_equal(a, b, sizeof(a));
	schedule_shuffle(b, N, 1, 3);
	assert_memory_not_equal(a, b, sizeof(a));
	schedule_shuffle(b, N, 2, 2);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* Pearson's statistic of "item i at place j" against uniform, worst row. */
static double worst_chi_square(int (*order_of)(size_t *order, unsigned round), unsigned rounds)
{
	unsigned count[N][N] = {{0}};
	double worst = 0.0;

	for (unsigned r = 0; r < rounds; r++) {
		size_t order[N];

		(void)order_of(order, r);
		for (size_t j = 0; j < N; j++)
			count[order[j]][j]++;
	}
	for (size_t i = 0; i < N; i++) {
		const double expected = (double)rounds / N;
		double sum = 0.0;

		for (size_t j = 0; j < N; j++)
			sum += (count[i][j] - expected) * (count[i][j] - expected) / expected;
		if (sum > worst)
			worst = sum;
	}
	return worst;
}

static int real_order(size_t *order, unsigned round)
{
	schedule_shuffle(order, N, 99, round);
	return 0;
}

/* Negative control: rotation visits every place as often, but a swap of neighbours only does not.
 */
static int biased_order(size_t *order, unsigned round)
{
	for (size_t i = 0; i < N; i++)
		order[i] = i;
	order[round % (N - 1)] = round % (N - 1) + 1;
	order[round % (N - 1) + 1] = round % (N - 1);
	return 0;
}

static void every_place_is_as_likely(void **state)
{
	/* 99.99 % point of chi-square with 6 degrees of freedom, over 7 rows: R
	 * qchisq(1-1e-4/7, 6) = 31.9. The seed is fixed, so this does not flicker. */
	const double limit = 31.9;

	(void)state;
	assert_true(worst_chi_square(real_order, 7000) < limit);
	assert_true(worst_chi_square(biased_order, 7000) > limit);
}

static void seeds_differ(void **state)
{
	uint64_t seeds[3 * 50 * 50];
	size_t n = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 3; seed++)
		for (size_t i = 0; i < 50; i++)
			for (unsigned launch = 0; launch < 50; launch++)
				seeds[n++] = schedule_seed(seed, i, launch);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			assert_true(seeds[i] != seeds[j]);
}

static void rounds_stop_with_the_budget(void **state)
{
	(void)state;
	/* Two are tried as long as there is any time. */
	assert_true(schedule_fits(0, 0, 0, 10));
	assert_true(schedule_fits(1, 9, 9, 10));
	assert_false(schedule_fits(1, 10, 9, 10));
	/* A third only when one like the last fits. */
	assert_true(schedule_fits(2, 6, 4, 10));
	assert_false(schedule_fits(2, 7, 4, 10));
}

static void counters_get_a_share(void **state)
{
	(void)state;
	assert_int_equal(schedule_rounds_budget(1000, false), 1000);
	assert_int_equal(schedule_rounds_budget(1000, true), 900);
	assert_int_equal(schedule_rounds_budget(0, true), 0);
	assert_true(schedule_rounds_budget(UINT64_MAX, true) < UINT64_MAX);
}

static void what_is_left_fits_the_budget(void **state)
{
	static const struct {
		size_t wanted;
		uint64_t cell_ns, budget_left_ns;
		size_t cells;
		uint64_t left_ns;
	} rows[] = {
	    {7, 0, 1000, 7, UINT64_MAX}, /* nothing known yet */
	    {7, 100, 1000, 7, 700},
	    {10, 100, 1000, 10, 1000},
	    {11, 100, 1000, 11, 1000}, /* the last is begun as the time ends */
	    {500, 100, 1000, 11, 1000},
	    {500, 100, 950, 10, 950},
	    {500, 100, 0, 1, 0}, /* the one that is just beginning */
	    {0, 100, 1000, 0, 0},
	    {SIZE_MAX, 2, UINT64_MAX, (SIZE_MAX >> 1) + 1, UINT64_MAX},
	    {3, UINT64_MAX, UINT64_MAX - 1, 1, UINT64_MAX - 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t left_ns = 12345;

		assert_true(schedule_cells_left(rows[i].wanted, rows[i].cell_ns,
				rows[i].budget_left_ns, &left_ns) == rows[i].cells);
		assert_true(left_ns == rows[i].left_ns);
	}
}

/* Of long windows, and of trials without one, a launch has two; and never more than asked for. */
static void long_slots_are_few(void **state)
{
	(void)state;
	assert_int_equal(schedule_slots(3000000, 6), 6);
	assert_int_equal(schedule_slots(49999999, 6), 6);
	assert_int_equal(schedule_slots(50000000, 6), 2);
	assert_int_equal(schedule_slots(0, 6), 2);
	assert_int_equal(schedule_slots(0, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(long_slots_are_few),
	    cmocka_unit_test(shuffles_are_permutations),
	    cmocka_unit_test(same_seed_same_order),
	    cmocka_unit_test(every_place_is_as_likely),
	    cmocka_unit_test(seeds_differ),
	    cmocka_unit_test(rounds_stop_with_the_budget),
	    cmocka_unit_test(counters_get_a_share),
	    cmocka_unit_test(what_is_left_fits_the_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
