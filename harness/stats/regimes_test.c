/* regimes_test.c - two regimes are found, and one is not taken for two. */
#include "harness/stats/regimes.h"

#include "harness/stats/noise_fixture.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define VALUES_MAX 400
#define SERIES 2000

/* Round trips of @n launches round @ns, a share of them round @other_ns; one in a hundred of all is
 * up to five times as long, when something else ran. */
static void make(struct noise_machine *m, double *x, size_t n, double ns, double sd, double share,
    double other_ns)
{
	for (size_t i = 0; i < n; i++) {
		x[i] = (random_uniform(&m->rng) < share ? other_ns : ns) *
		       exp(sd * random_normal(&m->rng));
		if (random_uniform(&m->rng) < 0.01)
			x[i] *= 1 + 4 * random_uniform(&m->rng);
	}
}

/* Of SERIES series how many are taken for two, in per cent. */
static double found_pct(size_t n, double sd, double share, double other_ns)
{
	struct noise_machine m = {.rng = 4711 + n};
	double x[VALUES_MAX];
	unsigned two = 0;

	for (unsigned i = 0; i < SERIES; i++) {
		struct regimes r;

		make(&m, x, n, 60, sd, share, other_ns);
		assert_int_equal(regimes_split(x, n, &r), 0);
		assert_int_equal(r.n[0] + r.n[1], n);
		two += r.count == 2;
	}
	return 100.0 * two / SERIES;
}

/* The null rate: of one regime, quiet or wide, with few launches and with many. */
static void one_is_not_two(void **state)
{
	static const size_t n[] = {6, 11, 20, 38, 80, 400};
	static const double sd[] = {0.01, 0.05, 0.1, 0.2};

	(void)state;
	for (size_t i = 0; i < COUNT(n); i++)
		for (size_t k = 0; k < COUNT(sd); k++) {
			const double pct = found_pct(n[i], sd[k], 0, 60);

			if (pct > 1)
				fail_msg("%.2f %% of %zu launches, sd %g", pct, n[i], sd[k]);
		}
}

/* Two virtual CPUs of a shared machine, 40 launches of 11 s that stayed in one regime. */
static void recorded_ones_are_one(void **state)
{
	static const double x[] = {398.3, 408.4, 408.6, 408.8, 408.8, 411.6, 411.9, 411.9, 413.3,
	    413.8, 414.6, 415.7, 417.6, 421.1, 421.8, 423.1, 423.5, 424.9, 425.7, 427.9, 427.9,
	    428.7, 429.4, 443.4, 444.9, 445.1, 445.6, 454.0, 454.8, 455.1, 456.3, 456.7, 457.3,
	    457.8, 458.1, 458.3, 460.3, 462.3, 481.0, 612.1};
	double both[2 * COUNT(x)];
	struct regimes r;

	(void)state;
	assert_int_equal(regimes_split(x, COUNT(x), &r), 0);
	assert_int_equal(r.count, 1);
	/* The control: as many of the quick regime, as far apart as others' locks have shown. */
	for (size_t i = 0; i < COUNT(x); i++) {
		both[2 * i] = x[i];
		both[2 * i + 1] = x[i] / 4;
	}
	assert_int_equal(regimes_split(both, COUNT(both), &r), 0);
	assert_int_equal(r.count, 2);
	assert_int_equal(r.n[0], COUNT(x));
}

/* Recorded ones differ by 3 to 6 times. */
static void two_are_two(void **state)
{
	static const size_t n[] = {20, 38, 80, 400};
	static const double share[] = {0.3, 0.5, 0.7};
	static const double other_ns[] = {120, 200, 330};

	(void)state;
	for (size_t i = 0; i < COUNT(n); i++)
		for (size_t k = 0; k < COUNT(share); k++)
			for (size_t m = 0; m < COUNT(other_ns); m++) {
				const double pct = found_pct(n[i], 0.05, share[k], other_ns[m]);

				if (pct < (n[i] < 38 ? 90 : 98))
					fail_msg("%.1f %% of %zu launches, %g of them at %g", pct,
					    n[i], share[k], other_ns[m]);
			}
}

static void groups_are_told_apart(void **state)
{
	static const double x[] = {210, 60, 62, 200, 58, 61, 59, 220, 60, 205, 63, 64};
	struct regimes r;

	(void)state;
	assert_int_equal(regimes_split(x, COUNT(x), &r), 0);
	assert_int_equal(r.count, 2);
	assert_int_equal(r.n[0], 8);
	assert_int_equal(r.n[1], 4);
	assert_true(r.middle[0] == 60.5);
	assert_true(r.middle[1] == 207.5);
	assert_true(r.threshold > 64 && r.threshold < 200);
	for (size_t i = 0; i < COUNT(x); i++)
		assert_int_equal(regimes_of(&r, x[i]), x[i] > 100);
	/* Fewer than three there are chance. */
	assert_int_equal(regimes_split(x + 4, 6, &r), 0);
	assert_int_equal(r.count, 1);
	assert_int_equal(regimes_of(&r, 1e9), 0);
}

static void nothing_and_nonsense(void **state)
{
	static const double bad[] = {1, 0, 2}, worse[] = {1, NAN}, worst[] = {INFINITY};
	struct regimes r = {.count = 7};

	(void)state;
	assert_int_equal(regimes_split(bad, 3, &r), -EINVAL);
	assert_int_equal(regimes_split(worse, 2, &r), -EINVAL);
	assert_int_equal(regimes_split(worst, 1, &r), -EINVAL);
	assert_int_equal(r.count, 7);
	assert_int_equal(regimes_split(bad, 0, &r), 0);
	assert_int_equal(r.count, 0);
	assert_int_equal(regimes_split(bad, 1, &r), 0);
	assert_int_equal(r.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_is_not_two),
	    cmocka_unit_test(recorded_ones_are_one),
	    cmocka_unit_test(two_are_two),
	    cmocka_unit_test(groups_are_told_apart),
	    cmocka_unit_test(nothing_and_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
