/* rank_pairs_test.c - every order statistic is the one that sorting all pairs gives, bit by bit. */
#include "harness/base/random.h"
#include "harness/stats/rank_pairs.h"
#include "harness/stats/stats.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define MAX 24

/* 0: smooth, 1: ties and zeros of both signs, 2: of all magnitudes, 3: no more than rounding. */
static void draw(uint64_t *rng, unsigned kind, double *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const double u = 2 * random_uniform(rng) - 1;

		x[i] = kind == 0   ? u
		       : kind == 1 ? trunc(3 * u)
		       : kind == 2 ? ldexp(u, (int)(1200 * random_uniform(rng)) - 900)
				   : 1.0 + DBL_EPSILON * floor(4 * u);
	}
	stats_sort(x, n);
}

/* Of how many order statistics the bits differ; @off: asked for one further on. */
static unsigned differences(const struct rank_pairs *p, size_t off)
{
	double all[MAX * (MAX + 1)];
	unsigned wrong = 0;
	size_t n = 0;

	for (size_t j = 0; j < p->nb; j++) {
		if (p->a)
			for (size_t i = 0; i < p->na; i++)
				all[n++] = p->b[j] - p->a[i];
		else
			for (size_t i = j; i < p->nb; i++)
				all[n++] = p->b[j] / 2 + p->b[i] / 2;
	}
	stats_sort(all, n);
	for (size_t k = 0; k + off < n; k++) {
		const double got = rank_pairs_at(p, k + off), want = all[k] + 0.0;

		wrong += memcmp(&got, &want, sizeof(got)) != 0;
	}
	return wrong;
}

static void as_sorted(void **state)
{
	uint64_t rng = 17;
	double a[MAX], b[MAX];

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		const struct rank_pairs averages = {.b = b, .nb = 1 + (round * 7) % MAX};
		const struct rank_pairs apart = {a, b, 1 + (round * 5) % MAX, averages.nb};

		draw(&rng, round % 4, a, apart.na);
		draw(&rng, round % 4, b, apart.nb);
		assert_int_equal(differences(&averages, 0), 0);
		assert_int_equal(differences(&apart, 0), 0);
	}
}

/* What the comparison must catch: one off. */
static void one_off_is_seen(void **state)
{
	uint64_t rng = 18;
	double a[MAX], b[MAX];

	(void)state;
	draw(&rng, 0, a, MAX);
	draw(&rng, 0, b, MAX);
	assert_true(differences(&(struct rank_pairs){.b = b, .nb = MAX}, 1) > 0);
	assert_true(differences(&(struct rank_pairs){a, b, MAX, MAX}, 1) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_sorted),
	    cmocka_unit_test(one_off_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
