/*
 * permutation.h - a permutation test: how often does a random order do as well? Private to the
 * searches for change points.
 */
#ifndef CONCBENCH_PERMUTATION_H
#define CONCBENCH_PERMUTATION_H

#include <stddef.h>
#include <stdint.h>

/* Fewer values are no level. */
#define CHANGE_SEGMENT_MIN 2

/* Of the orders that it is given in: a statistic of the values. */
typedef double permutation_statistic_fn(void *arg);

struct permutation_test {
	double p_max;
	unsigned permutations; /* at most */
	uint64_t *state;       /* of the generator */
};

/**
 * permutation_p() - the share of random orders whose statistic is @least or more, or a bound of it.
 * @order: [n] which @statistic reads; shuffled.
 *
 * It ends early: with 1 as soon as p_max is out of reach, or after three hits at ten times its
 * rate; with 1 / (orders + 1) when there has been no hit in 3 / p_max orders, or in 1 / p_max of
 * them when none came to half of @least. So a clear case has a p of about p_max: less is not known.
 * The first two rules turn a p_max of 1 % into 1.02 %; the last makes it up to 1.4 % for tails that
 * fall so slowly that twice the best of a hundred is nothing special, and changes nothing for tails
 * that fall exponentially.
 */
double permutation_p(size_t *order, size_t n, double least, const struct permutation_test *test,
    permutation_statistic_fn *statistic, void *arg);

#endif
