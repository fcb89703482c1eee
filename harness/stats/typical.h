/*
 * typical.h - the typical launch: a value that most launches are near, and a mixture in which every
 * launch counts the same, however much it did. Pure.
 */
#ifndef CONCBENCH_TYPICAL_H
#define CONCBENCH_TYPICAL_H

#include "harness/stats/histogram.h"

#include <stddef.h>

/* A value is typical when two thirds of all lie within a factor of two of it. */
#define TYPICAL_FACTOR 2.0
#define TYPICAL_SHARE (2.0 / 3)

/**
 * typical_is() - is @middle typical of these values?
 * @x: [n] at least 0.
 * Return: false, too, when there are none.
 */
bool typical_is(const double *x, size_t n, double middle);

/*
 * The latencies of launches, each with the weight 1: merged without weights, they would show
 * whichever launch did most operations.
 */
struct mixture {
	unsigned launches;
	double variance; /* the sum of 1 / latencies over the launches */
	uint64_t min, max;
	double share[HISTOGRAM_BUCKETS]; /* of the values; sums up to launches */
};

/** mixture_add() - one launch more; @h is not empty. @m begins zero-filled. */
void mixture_add(struct mixture *m, const struct histogram *h);

/**
 * mixture_tells_quantile() - as histogram_tells_quantile(), for the number of equally weighted
 * values that would tell as much: Kish's effective size (Survey Sampling, 1965), launches^2 /
 * variance.
 */
bool mixture_tells_quantile(const struct mixture *m, double q);

/** mixture_quantile() - as histogram_quantile(); 0 when there is no launch. */
double mixture_quantile(const struct mixture *m, double q);

#endif
