#include "harness/stats/permutation.h"

#include "harness/base/random.h"

#include <math.h>

/* Nothing after so many orders: a p that is too large would do that less than once in 20. */
#define SURE_WITHOUT_HIT 3.0
/* Nothing after that many, and none of them reached a half. Of orders that are as likely as each
 * other, one is above all of 1 / p_max - 1 others with p_max at most; that it is twice as far as
 * the best of them is rare where the statistic's tail falls exponentially, as it does for series
 * without a change, so that hardly anything is let through that more orders would have caught. */
#define CLEAR_WITHOUT_HIT 1.0
#define CLEAR_RATIO 2.0
/* So many hits at ten times the rate that p_max allows: a p that is small enough would do that
 * less than once in 200. */
#define HOPELESS_HITS 3

/* Fisher-Yates; the bias of a 64-bit product over so few values is below 1e-12. */
static void shuffle(size_t *x, size_t n, uint64_t *state)
{
	for (size_t i = n; i > 1; i--) {
		const size_t j =
		    (size_t)((double)(random_next(state) >> 11) / 9007199254740992.0 * (double)i);
		const size_t swap = x[i - 1];

		x[i - 1] = x[j];
		x[j] = swap;
	}
}

double permutation_p(size_t *order, size_t n, double least, const struct permutation_test *test,
    permutation_statistic_fn *statistic, void *arg)
{
	const double all = test->permutations + 1.0, p_max = test->p_max;
	double most = -INFINITY;
	unsigned hits = 0;

	for (unsigned i = 1; i <= test->permutations; i++) {
		double reached;

		shuffle(order, n, test->state);
		reached = statistic(arg);
		hits += reached >= least;
		most = fmax(most, reached);
		if ((hits + 1.0) / all > p_max ||
		    (hits >= HOPELESS_HITS && hits > 10.0 * p_max * i))
			return 1.0;
		if (!hits && (i + 1.0) * p_max >= (least > CLEAR_RATIO * most ? CLEAR_WITHOUT_HIT
									      : SURE_WITHOUT_HIT))
			return 1.0 / (i + 1.0);
	}
	return (hits + 1.0) / all;
}
