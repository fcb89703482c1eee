#include "harness/stats/permutation.h"

#include "harness/base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ORDERS 999
#define P_MAX 0.01
#define TRIALS 40000

static uint64_t rng;

/* What the statistic is of one order after the other. */
struct null {
	double power; /* of a tail that falls as x^-1/power; 0: exponentially */
	unsigned asked;
};

static double draw(void *arg)
{
	struct null *n = arg;
	const double u = random_uniform(&rng);

	n->asked++;
	return n->power > 0 ? pow(u, -n->power) : -log(u);
}

static double p_of(struct null *n, double least)
{
	uint64_t state = rng;
	const struct permutation_test test = {P_MAX, ORDERS, &state};
	size_t order[2] = {0, 1};

	n->asked = 0;
	return permutation_p(order, 2, least, &test, draw, n);
}

/* In per cent: how often something that is one of the orders itself passes for a change. */
static double made_up_pct(double power)
{
	struct null n = {.power = power};
	unsigned found = 0;

	rng = 20261128;
	for (unsigned trial = 0; trial < TRIALS; trial++)
		found += p_of(&n, draw(&n)) <= P_MAX;
	print_message("tail x^-%g: %.2f %% made up\n", power > 0 ? 1 / power : INFINITY,
	    100.0 * found / TRIALS);
	return 100.0 * found / TRIALS;
}

/* A standard deviation of these shares is 0.05. */
static void the_level_is_kept(void **state)
{
	(void)state;
	assert_true(made_up_pct(0) < 1.2);
	assert_true(made_up_pct(0.5) < 1.2);
	/* As heavy as a tail can be: what permutation.h gives as the most. */
	assert_true(made_up_pct(10) < 1.55);
}

static void what_is_clear_ends_soon(void **state)
{
	struct null n = {.power = 0};

	(void)state;
	rng = 1;
	/* Of a hundred exponential ones the largest is about 5, of three hundred 6, of 999 7. */
	assert_true(p_of(&n, 50.0) == 1.0 / 100);
	assert_int_equal(n.asked, 99);
	assert_true(p_of(&n, 9.0) == 1.0 / 300);
	assert_int_equal(n.asked, 299);
	assert_true(p_of(&n, 0.01) == 1.0);
	assert_in_range(n.asked, 3, 10);
	/* One in 300: no early end, and hits enough for a share. */
	assert_true(p_of(&n, log(300)) > 1.0 / 1000);
	assert_int_equal(n.asked, ORDERS);
}

/* What is not above all others is no change, however often it is looked at. */
static void equal_is_a_hit(void **state)
{
	struct null n = {.power = 0};

	(void)state;
	rng = 2;
	assert_true(p_of(&n, -1.0) == 1.0);
	assert_int_equal(n.asked, 3);
}

/* A statistic that is as large as that of the order that there is in these of the others. */
struct planted {
	unsigned asked;
	unsigned hits[4]; /* 0: none more */
};

static double plant(void *arg)
{
	struct planted *p = arg;

	p->asked++;
	for (unsigned i = 0; i < 4; i++)
		if (p->asked == p->hits[i])
			return 1.0;
	/* So near that there is no early end. */
	return 0.99;
}

/* The order that there is counts as one of them: no p is 0, and none is too small. */
static void what_is_there_counts_too(void **state)
{
	static const struct {
		struct planted planted;
		double p;
	} rows[] = {{{0, {100, 0, 0, 0}}, 2.0 / 1000}, {{0, {100, 400, 700, 0}}, 4.0 / 1000},
	    {{0, {100, 400, 700, 999}}, 5.0 / 1000}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct planted planted = rows[i].planted;
		uint64_t seed = 3;
		const struct permutation_test test = {P_MAX, ORDERS, &seed};
		size_t order[2] = {0, 1};

		assert_true(permutation_p(order, 2, 1.0, &test, plant, &planted) == rows[i].p);
		assert_int_equal(planted.asked, ORDERS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_level_is_kept),
	    cmocka_unit_test(what_is_clear_ends_soon),
	    cmocka_unit_test(equal_is_a_hit),
	    cmocka_unit_test(what_is_there_counts_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
