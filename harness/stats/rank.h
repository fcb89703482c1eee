/*
 * rank.h - distribution-free estimates of a shift: Hodges & Lehmann with Wilcoxon's tests.
 *
 * Hodges & Lehmann, "Estimates of location based on rank tests", Annals of Mathematical Statistics
 * 34 (1963) 598-611; Wilcoxon, Biometrics Bulletin 1 (1945) 80-83; Mann & Whitney, Annals of
 * Mathematical Statistics 18 (1947) 50-60. Null distributions are counted out (Lehmann,
 * "Nonparametrics", 1975): of signed ranks up to 200, with ties too; of rank sums up to 50 a side,
 * without ties. Beyond they are normal with continuity and tie correction. Time grows as n log n
 * and memory as n, so that no number of launches is too large. All functions are pure and
 * thread-safe.
 */
#ifndef CONCBENCH_RANK_H
#define CONCBENCH_RANK_H

#include "harness/stats/stats.h"

#include <stdbool.h>

struct rank_shift {
	struct stats_interval shift;
	double covered; /* what the interval covers: 1 - alpha or a little more */
	double p;       /* two-sided, of a shift of zero */
};

/**
 * rank_one_sample() - pseudo-median of differences @d, with the signed-rank interval and test.
 * @alpha: two-sided.
 * Return: 0; -EINVAL when a value is not finite, alpha is out of (0, 1) or no interval of that
 * level exists for so few (smallest two-sided p is 2 / 2^n); -ENOMEM.
 */
int rank_one_sample(const double *d, size_t n, double alpha, struct rank_shift *out);

/**
 * rank_two_samples() - how far @b lies above @a, with the rank-sum interval and test.
 * Return: as rank_one_sample().
 */
int rank_two_samples(
    const double *a, size_t na, const double *b, size_t nb, double alpha, struct rank_shift *out);

/** rank_benjamini_hochberg() - false discovery rate @q over @n tests (Benjamini & Hochberg, JRSS B
 * 57 (1995) 289-300): reject[i] says whether p[i] is rejected. Return: how many; -ENOMEM. */
int rank_benjamini_hochberg(const double *p, size_t n, double q, bool *reject);

#endif
