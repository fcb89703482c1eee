/*
 * warm_up.h - which trials at the beginning of a launch are still warming up. Pure function.
 *
 * Detected, not assumed: a launch that is warm at once (its caches were filled while it was set up)
 * gives all its trials, and one that takes longer loses more than one.
 */
#ifndef CONCBENCH_WARM_UP_H
#define CONCBENCH_WARM_UP_H

#include <stddef.h>

/* Trials from which on it can be told; of fewer the first is left out, as there is nothing that
 * could speak for it. */
#define WARM_UP_JUDGED_MIN 4
/* In deviations, scaled so that of normal noise one would be a standard deviation. */
#define WARM_UP_DEVIATIONS 3.0
/* Trials that are looked at: a launch does not take longer to warm up. */
#define WARM_UP_WINDOW 64

/**
 * warm_up_count() - how many leading values stand outside what follows them.
 * @x: [n] time per operation of a launch's trials in their order; a trial that finished no
 *     operation is INFINITY. No NaN.
 *
 * A value is warm-up when it, and every one before it, lies further from the median of all after it
 * than WARM_UP_DEVIATIONS times their scaled MAD (at least 0.1 % of the median, as figures that are
 * equal to the last digit are no reason to throw others away). Either direction counts: throwing
 * out slow ones only would make every case faster than it is. At most half are warm-up, since then
 * it is no longer clear which half is the odd one, and at most those of WARM_UP_WINDOW values.
 *
 * Return: the number.
 */
size_t warm_up_count(const double *x, size_t n);

#endif
