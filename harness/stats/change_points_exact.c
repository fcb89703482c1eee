#include "harness/stats/change_points_exact.h"

#include "harness/stats/permutation.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* A set of values: bit r is the value of rank r. */
struct table {
	double *sum;    /* [set] */
	double *within; /* [set] distances of its values, pair by pair */
	double *share;  /* [set] of its orders that have a good split in one of their beginnings */
};

static unsigned size_of(size_t set)
{
	return (unsigned)__builtin_popcountll(set);
}

static void fill(struct table *t, const double *x, size_t sets)
{
	t->sum[0] = t->within[0] = 0.0;
	for (size_t set = 1; set < sets; set++) {
		/* The largest value is above all others of the set. */
		const unsigned top = 63 - (unsigned)__builtin_clzll(set);
		const size_t rest = set ^ (size_t)1 << top;

		t->sum[set] = t->sum[rest] + x[top];
		t->within[set] = t->within[rest] + x[top] * size_of(rest) - t->sum[rest];
	}
}

/* Splits off @set, as best_split() reckons it. */
static bool is_good(const struct table *t, size_t set, size_t all, double total, double least)
{
	const double n = size_of(set), m = size_of(all ^ set);
	const double left = t->within[set], right = t->within[all ^ set];

	if (n < CHANGE_SEGMENT_MIN || m < CHANGE_SEGMENT_MIN)
		return false;
	return n * m / (n + m) *
		   (2.0 / (n * m) * (total - left - right) - 2.0 / (n * (n - 1.0)) * left -
		       2.0 / (m * (m - 1.0)) * right) >=
	       least;
}

/* Every value of the set is equally often the last one of an order. */
static double share_of(const struct table *t, size_t set)
{
	double sum = 0.0;

	for (size_t left = set; left; left &= left - 1)
		sum += t->share[set ^ (left & (~left + 1))];
	return sum / size_of(set);
}

int change_points_exact(const double *x, size_t n, double total, double least, double *p)
{
	const size_t sets = (size_t)1 << (n <= CHANGE_EXACT_MAX ? n : 0), all = sets - 1;
	struct table t;
	double *room;

	if (n > CHANGE_EXACT_MAX || n < 2 * CHANGE_SEGMENT_MIN)
		return -EINVAL;
	room = malloc(3 * sets * sizeof(*room));
	if (!room)
		return -ENOMEM;
	t = (struct table){room, room + sets, room + 2 * sets};
	fill(&t, x, sets);
	t.share[0] = 0.0;
	for (size_t set = 1; set < sets; set++)
		t.share[set] = is_good(&t, set, all, total, least) ? 1.0 : share_of(&t, set);
	*p = t.share[all];
	free(room);
	return 0;
}
