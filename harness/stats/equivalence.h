/*
 * equivalence.h - do two ways to measure the same thing agree? Pure functions.
 *
 * On a noisy machine it proves nothing that an interval includes "no difference", because the
 * interval is wide. So the question is turned round: two ways are equivalent when the whole
 * interval of their difference lies within a margin (two one-sided tests: Schuirmann, Journal of
 * Pharmacokinetics and Biopharmaceutics 15 (1987) 657-680).
 */
#ifndef CONCBENCH_EQUIVALENCE_H
#define CONCBENCH_EQUIVALENCE_H

#include "harness/stats/stats.h"

#include <stddef.h>

/* Fewer pairs say nothing of how much they vary. */
#define EQUIVALENCE_MIN 3

enum equivalence {
	EQUIVALENCE_UNKNOWN, /* too few pairs, or too much noise */
	EQUIVALENCE_HOLDS,   /* the interval lies within the margin */
	EQUIVALENCE_FAILS,   /* ... and here wholly outside */
};

/**
 * equivalence_of() - what paired log ratios say.
 * @log_ratio: [n] of one way to the other, each pair measured side by side.
 * @margin:    0.05: ratios from 1/1.05 to 1.05 are the same.
 * @ratio:     the mean and Student's interval, as a ratio: each side of it is 95 % sure, so that
 *             one that is not within the margin is called so in 5 % of all looks at most, and when
 *             they are looked at again after each pair in 7 % (equivalence_test.c). Of fewer than
 *             EQUIVALENCE_MIN the interval is that of all ratios there are.
 * Return: 0 with @out; -EINVAL none, or one is not finite.
 */
int equivalence_of(const double *log_ratio, size_t n, double margin, struct stats_interval *ratio,
    enum equivalence *out);

#endif
