/*
 * warm_up.h - which trials at the beginning of a launch are still warming up. Pure function.
 *
 * Warm-up is detected, not assumed: a launch that is warm at once (its set-up filled the caches)
 * keeps all its trials, and one that takes longer loses more than one.
 */
#ifndef CONCBENCH_WARM_UP_H
#define CONCBENCH_WARM_UP_H

#include <stddef.h>

/* The fewest trials in which it can be detected; with fewer the first is left out, because nothing
 * could speak for it. */
#define WARM_UP_JUDGED_MIN 4
/* In deviations, scaled so that one would be a standard deviation of normal noise. */
#define WARM_UP_DEVIATIONS 3.0
/* Trials that are looked at: a launch does not take longer to warm up. */
#define WARM_UP_WINDOW 64

/**
 * warm_up_count() - how many leading values stand apart from those that follow.
 * @x: [n] time per operation of a launch's trials in their order; a trial that finished no
 *     operation is INFINITY. No NaN.
 *
 * A value is warm-up when it, and every one before it, lies further from the median of all after it
 * than WARM_UP_DEVIATIONS times their scaled MAD (at least 0.1 % of the median, as figures that are
 * equal to the last digit are no reason to throw others away). Either direction counts: leaving out
 * slow values only would make every case look faster than it is. At most half are warm-up, because
 * beyond that it is not clear which half is the odd one, and at most those of WARM_UP_WINDOW
 * values.
 *
 * Return: the number.
 */
size_t warm_up_count(const double *x, size_t n);

#endif
