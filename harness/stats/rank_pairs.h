/*
 * rank_pairs.h - order statistics of all pairs of two series, without keeping the pairs: those of
 * 3,000 launches a side are nine million.
 */
#ifndef CONCBENCH_RANK_PAIRS_H
#define CONCBENCH_RANK_PAIRS_H

#include <stddef.h>

/* The differences b - a; where @a is NULL the Walsh averages of b, n (n + 1) / 2 of them. */
struct rank_pairs {
	const double *a, *b; /* ascending, finite */
	size_t na, nb;
};

/**
 * rank_pairs_at() - the pair that has @k before it in ascending order.
 * @k: below the number of pairs.
 *
 * The pairs that are not above a value are counted in one pass over the sorted series, since a
 * rounded sum or difference grows with its terms; the value is found by halving the doubles in
 * between, 64 times at most. The result is the very pair that sorting all of them would give.
 */
double rank_pairs_at(const struct rank_pairs *p, size_t k);

#endif
